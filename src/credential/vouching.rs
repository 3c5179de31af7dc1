//! Whom a request speaks for where no token and no key says so: nobody, a sender, or who is given outright.

use std::sync::Arc;

use crate::model::{Denied, Principal, PrincipalKind, Reason};
use crate::webhook::{Genuine, Webhook};

use super::api_key::ProvenKey;
use super::fingerprint::Fingerprint;
use super::id_token::Proven;
use super::verifiers::{Verifiers, answered};
use super::webhook::of_one_tenant;
use super::{Accepted, CredentialKind, Verification, Verified};

impl Verifiers {
    /// Whether there are tokens or keys that a route with these names accepts.
    pub fn has_credentials(&self, accepted: &Accepted) -> bool {
        match accepted {
            Accepted::All => !self.id_tokens.is_empty() || !self.key_sets().is_empty(),
            Accepted::Only(names) => names.iter().any(|name| self.webhook(name).is_none()),
        }
    }

    /// Whom a genuine delivery of a webhook speaks for: its sender; with a key or a token that came along and was
    /// verified first, its holder. A key of another tenant is refused.
    pub fn delivered(
        &self,
        webhook: &Webhook,
        genuine: &Genuine,
        first: Option<Verified>,
    ) -> Result<Verified, Box<(Option<Verified>, Denied)>> {
        if let Some(verified) = &first
            && let Err(denied) = of_one_tenant(verified, genuine)
        {
            return Err(Box::new((first, denied)));
        }
        let verified = self.webhooks.delivered(webhook, genuine, first);
        // Every webhook that verifies is one of these.
        verified.ok_or_else(|| Box::new((None, Reason::SignatureInvalid.into())))
    }

    /// What these would answer to a credential that states exactly these facts, or to none: an issuer or a
    /// set that is not accepted is refused, as a credential of it would be. Counts no use of a key.
    pub fn vouch(&self, principal: Option<&Arc<Principal>>, accepted: &Accepted) -> Verification {
        let Some(principal) = principal else {
            return Verification::Absent(self.missing(accepted));
        };
        let proven = Proven {
            principal: Arc::clone(principal),
            fingerprint: Fingerprint::NONE,
        };
        match principal.kind {
            PrincipalKind::ApiKey => {
                let signing = None;
                let key = ProvenKey { proven, signing };
                self.key(accepted.check_set(&principal.issuer).map(|()| key))
            }
            PrincipalKind::User | PrincipalKind::Machine => {
                self.token(accepted.check(&principal.issuer).map(|()| proven))
            }
            PrincipalKind::Webhook => {
                let removal = self.webhooks.removal(&principal.issuer);
                let removal = removal.unwrap_or(&self.places.everything);
                let checked = accepted.check_webhook(&principal.issuer);
                answered(checked.map(|()| proven), CredentialKind::Webhook, removal)
            }
        }
    }

    /// What a request without a credential lacks.
    pub(super) fn missing(&self, accepted: &Accepted) -> Reason {
        let (keys, others, webhooks) = match accepted {
            Accepted::All => (
                !self.key_sets().is_empty(),
                !self.id_tokens.is_empty(),
                !self.webhooks.is_empty(),
            ),
            Accepted::Only(names) => {
                let webhooks = names.iter().any(|name| self.webhook(name).is_some());
                let mut named = names.iter().filter(|name| self.webhook(name).is_none());
                let all_keys = named.clone().all(|name| self.api_keys.has(name));
                let any = named.next().is_some();
                (any && all_keys, any && !all_keys, webhooks)
            }
        };
        match (keys, others, webhooks) {
            (true, false, _) => Reason::KeyMissing,
            (false, false, true) => Reason::SignatureMissing,
            _ => Reason::TokenMissing,
        }
    }
}
