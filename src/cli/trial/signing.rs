//! Signing in a trial, and what its webhooks make of what was signed.

use bytes::Bytes;

use crate::model::Request;
use crate::policy::Match;
use crate::secret::Secret;
use crate::webhook::{GivenKey, Message, Telling};

use super::api_key::MadeKey;
use super::ask::Ask;
use super::delivery::{DeliveryDraft, DeliveryError, Signers};
use super::senders::{ByKey, Sender};
use super::world::World;

impl World {
    /// The names of the webhooks, in their order.
    pub(in crate::cli) fn webhooks(&self) -> impl Iterator<Item = &str> {
        self.senders.keys().map(String::as_str)
    }

    /// What kind of scheme a webhook has.
    pub(in crate::cli) fn scheme(&self, webhook: &str) -> Option<String> {
        let sender = self.senders.get(webhook)?;
        Some(sender.webhook.described().into_owned())
    }

    /// What chooses the secrets of a webhook, if something does.
    pub(in crate::cli) fn chooses(&self, webhook: &str) -> Option<String> {
        self.senders.get(webhook)?.chosen_by.clone()
    }

    /// Whether keys of a webhook stand in for others that are not here.
    pub(in crate::cli) fn stands_in_for(&self, webhook: &str) -> bool {
        let sender = self.senders.get(webhook);
        sender.is_some_and(|sender| sender.stands_in)
    }

    /// What a webhook makes of a request on this route, step by step.
    pub(in crate::cli) fn tell(
        &self,
        webhook: &str,
        matched: &Match<'_>,
        request: &Request,
        key: Option<&[u8]>,
        body: &Bytes,
    ) -> Option<Telling> {
        let sender = self.senders.get(webhook)?;
        let capture = |name: &str| matched.capture(name);
        let message = Message {
            request,
            capture: &capture,
            key: key.map(|text| GivenKey {
                text,
                signing_secret: self.rack.signing(text),
            }),
        };
        Some(self.runtime.block_on(sender.webhook.tell(&message, body)))
    }

    /// The webhook of a name; without a name, the only one.
    fn sender(&self, name: Option<&str>) -> Option<&Sender> {
        match (name, self.senders.len()) {
            (Some(name), _) => self.senders.get(name),
            (None, 1) => self.senders.values().next(),
            (None, _) => None,
        }
    }

    /// Signs a request as the sender of a webhook does, with a secret of the trial, or with the API key that
    /// comes along where that signs.
    pub(in crate::cli) fn sign(
        &self,
        draft: &DeliveryDraft,
        key: Option<&MadeKey>,
        ask: &mut Ask,
    ) -> Result<(), String> {
        let name = draft.webhook.as_deref();
        let sender = self
            .sender(name)
            .ok_or_else(|| self.unknown_webhook(name))?;
        let text = key.map(|key| Secret::new(key.text().into_bytes()));
        let own = match (sender.by_key, key, &text) {
            (Some(ByKey::SigningSecret), Some(key), _) => Ok(&*key.signing),
            (Some(ByKey::Key), _, Some(text)) => Ok(text),
            (Some(_), _, _) => Err("an API key signs: write `key:` beside `webhook:`".to_owned()),
            (None, _, _) => sender.secret(draft, ask.now),
        };
        let signers = own.map(|own| Signers {
            own,
            other: &sender.stranger,
        });
        let sent = signers.and_then(|signers| {
            let sent = draft.send(&sender.webhook, signers, ask);
            sent.map_err(|error: DeliveryError| error.to_string())
        });
        sent.map_err(|why| format!("no delivery of `{}`: {why}", sender.webhook.name()))
    }

    fn unknown_webhook(&self, name: Option<&str>) -> String {
        let known: Vec<&str> = self.webhooks().collect();
        match (name, known.is_empty()) {
            (_, true) => "the policy has no webhook".to_owned(),
            (Some(name), _) => format!(
                "the policy has no webhook `{name}`; known: {}",
                known.join(", ")
            ),
            (None, _) => format!("name a webhook, one of: {}", known.join(", ")),
        }
    }
}
