//! Signed deliveries among the credentials: whom they speak for, and what of them no upstream sees.
//!
//! Whether a delivery is genuine is the business of [`Webhook`]; that needs the body, so it is asked for apart
//! from tokens and keys.

use std::sync::Arc;

use crate::model::{Claims, Denied, FoldedName, Principal, Reason};
use crate::webhook::{Genuine, Webhook};

use super::location::Place;
use super::places::Places;
use super::removal::Removal;
use super::{CredentialKind, Fingerprint, Verified};

/// The claims that a delivery states of itself; nobody else's metadata is taken for them.
const CLAIMS: [&str; 4] = ["webhook", "secret_id", "event_id", "signed_at"];

/// Every webhook of the policy.
#[derive(Debug, Default)]
pub(super) struct Webhooks {
    held: Box<[Held]>,
    /// Takes out the secrets that any of them has in the query.
    in_query: Removal,
}

/// A webhook, and what is taken out of its deliveries.
#[derive(Debug)]
struct Held {
    webhook: Arc<Webhook>,
    /// Of deliveries, and of those that come with a key: whatever may hold a credential.
    everything: Arc<Removal>,
    /// Of deliveries that come with a token.
    beside_token: Arc<Removal>,
}

impl Webhooks {
    /// These webhooks, beside what is read from these places.
    pub(super) fn new(webhooks: Vec<Arc<Webhook>>, places: &Places) -> Self {
        let parameters = webhooks
            .iter()
            .filter_map(|webhook| webhook.secret_parameter());
        let in_query = Removal::of(parameters.map(|name| Place::Query(name.into())));
        let held = webhooks.into_iter().map(|webhook| {
            let headers = webhook.secret_headers().iter();
            let headers = headers.map(|name| Place::Header(name.clone()));
            let parameter = webhook.secret_parameter();
            let parameter = parameter.map(|name| Place::Query(name.into()));
            let secrets: Vec<Place> = headers.chain(parameter).collect();
            let with = |removal: &Arc<Removal>| match secrets.is_empty() {
                true => Arc::clone(removal),
                false => Arc::new(removal.and(secrets.iter().cloned())),
            };
            Held {
                everything: with(&places.everything),
                beside_token: with(&places.beside_token),
                webhook,
            }
        });
        Self {
            held: held.collect(),
            in_query,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Webhook>> {
        self.held.iter().map(|held| &held.webhook)
    }

    /// The webhook of a name.
    pub(super) fn find(&self, name: &str) -> Option<&Arc<Webhook>> {
        self.held(name).map(|held| &held.webhook)
    }

    /// Whether one of them has a secret in a header of this name, in whichever spelling.
    pub(super) fn has_header(&self, name: &str) -> bool {
        let name = FoldedName::new(name);
        let mut headers = self.all().flat_map(|webhook| webhook.secret_headers());
        headers.any(|ours| name.matches(ours.as_str().as_bytes()))
    }

    /// Whether one of them has a secret in a parameter of this name, as it reads once decoded.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        let mut parameters = self.all().filter_map(|webhook| webhook.secret_parameter());
        parameters.any(|ours| ours == name)
    }

    /// How to take out the secrets that any of them has in the query.
    pub(super) const fn in_query(&self) -> &Removal {
        &self.in_query
    }

    /// What is taken out of the deliveries of a webhook.
    pub(super) fn removal(&self, name: &str) -> Option<&Arc<Removal>> {
        self.held(name).map(|held| &held.everything)
    }

    /// Whom a genuine delivery speaks for: its sender, or whoever came along with it.
    pub(super) fn delivered(
        &self,
        webhook: &Webhook,
        genuine: &Genuine,
        first: Option<Verified>,
    ) -> Option<Verified> {
        let held = self.held(webhook.name())?;
        Some(match first {
            None => Verified {
                principal: Arc::clone(&genuine.principal),
                kind: CredentialKind::Webhook,
                fingerprint: Fingerprint::NONE,
                remove: Arc::clone(&held.everything),
                signing: None,
            },
            Some(first) => Verified {
                principal: Arc::new(signed(&first.principal, genuine)),
                remove: match first.kind {
                    CredentialKind::IdToken => Arc::clone(&held.beside_token),
                    CredentialKind::ApiKey | CredentialKind::Webhook => {
                        Arc::clone(&held.everything)
                    }
                },
                ..first
            },
        })
    }

    fn held(&self, name: &str) -> Option<&Held> {
        self.held.iter().find(|held| **held.webhook.name() == *name)
    }
}

/// Refuses a delivery whose secret is one tenant's and whose key, or token, is another's.
pub(super) fn of_one_tenant(first: &Verified, genuine: &Genuine) -> Result<(), Denied> {
    match (&first.principal.tenant, &genuine.tenant) {
        (Some(own), Some(theirs)) if own != theirs => Err(Denied::new(
            Reason::TenantMismatch,
            "the signature is of another tenant than the credential",
        )),
        _ => Ok(()),
    }
}

/// The principal with what the signature says.
fn signed(principal: &Principal, genuine: &Genuine) -> Principal {
    let mut members = principal.claims.members().clone();
    for name in CLAIMS {
        match genuine.principal.claims.get(name) {
            Some(value) => drop(members.insert(name.to_owned(), value.clone())),
            None => drop(members.remove(name)),
        }
    }
    Principal {
        claims: Claims::new(members),
        webhook: Some(Arc::clone(&genuine.facts)),
        // Its memo is of other facts.
        ..principal.clone()
    }
}
