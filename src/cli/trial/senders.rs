//! Who signs deliveries in a trial: the secrets of webhooks, and what stands in for those that are not here.
//!
//! A secret that is set is used, so that captured deliveries can be tried. One that is not, is made for the
//! trial in the form that the scheme asks for. Of public keys the private ones are elsewhere: a webhook whose
//! deliveries are signed here gets a pair of its own.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::error::Unspecified;

use crate::cli::exit::Failure;
use crate::cli::webhook::{Form, Held, all, anchor, below, each, folder, put, several};
use crate::document::{Key, Node, Problems, Value};
use crate::secret::Secret;
use crate::webhook::{Settings, Webhook};

use super::delivery::DeliveryDraft;

/// What a tenant is called where no case names one.
const SOMEBODY: &str = "somebody";

/// The webhooks of a policy while it is loaded.
#[derive(Debug, Default)]
pub(super) struct Senders {
    /// What signs for what the policy has: private keys by their public ones, and made-up secrets by themselves.
    pairs: RefCell<BTreeMap<String, String>>,
    webhooks: RefCell<BTreeMap<String, Node>>,
    failed: RefCell<bool>,
}

/// A webhook that can be signed for.
#[derive(Debug)]
pub(in crate::cli) struct Sender {
    pub(super) webhook: Arc<Webhook>,
    form: Form,
    held: Vec<Held>,
    /// What signs for each of them.
    signers: Vec<Option<Secret>>,
    /// What none of them is.
    pub(super) stranger: Secret,
    /// What of the API key signs that comes with a request, if it does.
    pub(super) by_key: Option<ByKey>,
    /// What chooses its secrets, in words.
    pub(super) chosen_by: Option<String>,
    /// Whether some of its keys stand in for others that are not here.
    pub(super) stands_in: bool,
}

/// What of an API key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByKey {
    /// Its text.
    Key,
    /// What is kept for it.
    SigningSecret,
}

impl Senders {
    /// A key for a variable that is not set. What it stands for is kept.
    pub(super) fn make_up(&self, form: &Form) -> Option<String> {
        match form.mint() {
            Ok(pair) => {
                let held = pair.held.clone();
                self.pairs.borrow_mut().insert(pair.held, pair.signs);
                Some(held)
            }
            Err(Unspecified) => {
                self.failed.replace(true);
                None
            }
        }
    }

    /// Puts keys where some are not here, and remembers the webhook as it is then.
    pub(super) fn adopt(
        &self,
        name: &str,
        webhook: &mut Node,
        drafts: &[&DeliveryDraft],
        beside: &Path,
    ) {
        let form = Form::of(webhook);
        let own = drafts.iter().filter(|draft| {
            let named = draft.webhook.as_deref();
            named.is_none_or(|named| named == name)
        });
        let own: Vec<&&DeliveryDraft> = own.collect();
        if let Some(secrets) = folder(webhook) {
            anchor(secrets, "folder", beside);
            let tenants = own.iter().filter_map(|draft| draft.tenant.as_deref());
            self.unfold(secrets, tenants.collect(), &form);
        }
        let signed_here = form.is_public() && !own.is_empty();
        each(webhook, &mut |_, key| {
            let file = key.at("file").and_then(Node::text);
            let gone = file.is_some_and(|file| {
                let beside = std::fs::File::open(beside.join(file));
                std::fs::File::open(file).or(beside).is_err()
            });
            let text = key.text();
            let known = text.is_some_and(|text| self.pairs.borrow().contains_key(text));
            if (gone || (signed_here && !known))
                && let Some(made) = self.make_up(&form)
            {
                put(key, made);
            }
        });
        let mut webhooks = self.webhooks.borrow_mut();
        webhooks.insert(name.to_owned(), webhook.clone());
    }

    /// A folder of secrets becomes a map from tenants to what is in it, and to secrets that are made here where a
    /// delivery is of a tenant that has none.
    fn unfold(&self, secrets: &mut Node, tenants: Vec<&str>, form: &Form) {
        let place = below(secrets, "folder")
            .map(|inner| inner.place.clone())
            .unwrap_or_else(|| secrets.place.clone());
        let held = Settings::unfolded(secrets, &Problems::new()).map(Cow::into_owned);
        let mut entries = match held.map(|held| held.value) {
            Some(Value::Map(entries)) => entries,
            _ => Vec::new(),
        };
        let mut tenants = tenants;
        if tenants.is_empty() && entries.is_empty() {
            tenants.push(SOMEBODY);
        }
        tenants.sort_unstable();
        tenants.dedup();
        tenants.retain(|tenant| entries.iter().all(|(known, _)| known.name != *tenant));
        entries.extend(tenants.into_iter().filter_map(|tenant| {
            let mut node = secrets.clone();
            put(&mut node, self.make_up(form)?);
            let key = Key {
                name: tenant.to_owned(),
                place: place.clone(),
            };
            Some((key, node))
        }));
        secrets.value = Value::Map(entries);
    }

    /// The webhooks, ready to sign. Mistakes in them have been told of when the policy was loaded.
    pub(super) fn ready(self) -> Result<BTreeMap<String, Sender>, Failure> {
        let failed = || Failure::environment("no key can be made here");
        if self.failed.into_inner() {
            return Err(failed());
        }
        let (webhooks, pairs) = (self.webhooks.into_inner(), self.pairs.into_inner());
        let built = several(webhooks.clone(), &Problems::new());
        let mut senders = BTreeMap::new();
        for (name, node) in &webhooks {
            let Some(webhook) = built.iter().find(|built| **built.name() == **name) else {
                continue;
            };
            let form = Form::of(node);
            let held = all(node);
            let signers = held.iter().map(|held| signer(held, &form, &pairs));
            let stranger = form.mint().map_err(|_| failed())?;
            let sender = Sender {
                webhook: Arc::clone(webhook),
                signers: signers.collect(),
                stranger: Secret::new(stranger.signs.into_bytes()),
                by_key: node.at("secrets_from").map(|from| match from.text() {
                    Some("signing_secret") => ByKey::SigningSecret,
                    _ => ByKey::Key,
                }),
                chosen_by: chosen_by(node),
                stands_in: held.iter().any(|held| {
                    let text = held.text.as_ref().map(Secret::expose);
                    let text = text.and_then(|text| std::str::from_utf8(text).ok());
                    text.is_some_and(|text| pairs.contains_key(text))
                }),
                form,
                held,
            };
            senders.insert(name.clone(), sender);
        }
        Ok(senders)
    }
}

/// What chooses the secrets of a webhook, as it is written.
fn chosen_by(webhook: &Node) -> Option<String> {
    if let Some(from) = webhook.at("secrets_from").and_then(Node::text) {
        return Some(match from {
            "signing_secret" => "the API key: the secret that is kept for it".to_owned(),
            _ => "the API key: it is the secret".to_owned(),
        });
    }
    let Value::Map(entries) = &webhook.at("secrets_by")?.value else {
        return None;
    };
    let (by, name) = entries.first()?;
    let name = match &name.value {
        Value::Integer(number) => number.to_string(),
        _ => name.text().unwrap_or_default().to_owned(),
    };
    Some(match by.name.as_str() {
        "path" => format!("{{{name}}} of the path"),
        "header" => format!("the header {name}"),
        "host" => format!("label {name} of the host"),
        other => format!("{other} {name}"),
    })
}

/// What signs for a key of the policy, if that is here.
fn signer(held: &Held, form: &Form, pairs: &BTreeMap<String, String>) -> Option<Secret> {
    let text = held.text.as_ref()?;
    if !form.is_public() {
        return Some(text.clone());
    }
    let public = std::str::from_utf8(text.expose()).ok()?;
    let private = pairs.get(public)?;
    Some(Secret::new(private.clone().into_bytes()))
}

impl Sender {
    /// Whether each tenant has secrets of its own.
    fn by_tenant(&self) -> bool {
        self.held.iter().any(|held| held.tenant.is_some())
    }

    /// The secret that signs a delivery, or why there is none.
    pub(super) fn secret(&self, draft: &DeliveryDraft, now: SystemTime) -> Result<&Secret, String> {
        let tenant = draft.tenant.as_deref();
        let own = self.held.iter().zip(&self.signers);
        let own = own.filter(|(held, _)| match self.by_tenant() {
            true => held.tenant.as_deref() == tenant,
            false => true,
        });
        let wanted = |held: &Held| match &draft.secret {
            Some(id) => held.id == *id,
            None => held.counts(now),
        };
        let mut wanted = own.filter(|(held, _)| wanted(held));
        match (wanted.next(), &draft.secret, tenant) {
            (Some((_, Some(secret))), _, _) => Ok(secret),
            (Some((_, None)), _, _) => Err("its key cannot be had here".to_owned()),
            (None, Some(id), _) => Err(format!(
                "it has no secret `{id}`; known: {}",
                self.known(|held| Some(held.id.as_str()))
            )),
            (None, None, Some(tenant)) if self.by_tenant() => {
                Err(format!("it has no secret of the tenant `{tenant}`"))
            }
            (None, None, None) if self.by_tenant() => Err(format!(
                "each tenant has a secret: write `tenant:` with one of {}",
                self.known(|held| held.tenant.as_deref())
            )),
            (None, None, _) if self.form.is_published() => {
                Err("its sender publishes what it signs with, and nobody else can sign".to_owned())
            }
            (None, None, _) => Err("it has no secret that counts at this time".to_owned()),
        }
    }

    fn known<'s>(&'s self, word: impl Fn(&'s Held) -> Option<&'s str>) -> String {
        let mut words: Vec<&str> = self.held.iter().filter_map(word).collect();
        words.dedup();
        words.join(", ")
    }
}
