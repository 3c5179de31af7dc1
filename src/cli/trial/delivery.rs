//! Deliveries signed on the spot: good ones, and bad ones of every kind.

use std::time::SystemTime;

use http::{HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::model::Host;
use crate::secret::Secret;
use crate::webhook::{Draft, SignError, Signed, Webhook};

use super::ask::Ask;
use super::moment::date;
use super::tampering::{self, Versions};

/// What an event is called of which only the time is to change.
const EVENT: &str = "trial-event";

/// What a delivery is to be like; what is not said is left to its webhook.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::cli) struct DeliveryDraft {
    /// The webhook by its name in the policy; nothing means the only one.
    pub(in crate::cli) webhook: Option<String>,
    /// Whose secret signs, where each tenant has its own.
    pub(in crate::cli) tenant: Option<String>,
    /// The secret by its id; nothing means the first that counts.
    pub(in crate::cli) secret: Option<String>,
    /// What the event is called.
    pub(in crate::cli) event_id: Option<String>,
    /// When it is signed: a date as claims have them, see [`date`]. Nothing means when it arrives.
    pub(in crate::cli) at: Option<Value>,
    /// What becomes of it on the way.
    pub(in crate::cli) change: Option<Change>,
}

/// What is wrong with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Change {
    /// A byte of the body is another.
    Body,
    /// A character of the signature is another.
    Signature,
    /// It states another time than was signed.
    Timestamp,
    /// The body lacks its end.
    Truncate,
    /// The signature is not there.
    Drop,
    /// The signature is there twice.
    Twice,
    /// Another secret has signed it.
    OtherSecret,
}

impl Change {
    /// The words for them.
    pub(in crate::cli) const WORDS: [(&'static str, Self); 7] = [
        ("body", Self::Body),
        ("signature", Self::Signature),
        ("timestamp", Self::Timestamp),
        ("truncate", Self::Truncate),
        ("drop", Self::Drop),
        ("twice", Self::Twice),
        ("other_secret", Self::OtherSecret),
    ];
}

/// What signs a delivery, and what no secret of the webhook is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signers<'s> {
    pub(super) own: &'s Secret,
    pub(super) other: &'s Secret,
}

/// Why there is no delivery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli) enum DeliveryError {
    /// It cannot be signed.
    #[error(transparent)]
    Unsigned(#[from] SignError),
    /// There is nothing that could be changed in the way that was asked for.
    #[error("{0}")]
    Unchangeable(&'static str),
    /// It cannot be sent at all.
    #[error("{0} cannot be sent")]
    Unsendable(&'static str),
}

impl DeliveryDraft {
    /// When it is signed, if it arrives at this time.
    fn signed_at(&self, now: SystemTime) -> SystemTime {
        let own = self.at.as_ref().and_then(|at| date(at, now));
        own.unwrap_or(now)
    }

    /// Signs a request, and spoils it if that is asked for.
    pub(super) fn send(
        &self,
        webhook: &Webhook,
        signers: Signers<'_>,
        ask: &mut Ask,
    ) -> Result<(), DeliveryError> {
        let at = self.signed_at(ask.now);
        // An event's name is made up of its time, unless it has one: then only the time differs.
        let same_event = (self.change == Some(Change::Timestamp)).then_some(EVENT);
        let signed = self.sign(webhook, signers.own, at, same_event, ask)?;
        let Some(change) = self.change else {
            signed.apply(ask);
            return Ok(());
        };
        let unlike = self.sign(webhook, signers.other, at, same_event, ask)?;
        let later = match change {
            Change::Timestamp => {
                let later = at + std::time::Duration::from_secs(1);
                Some(self.sign(webhook, signers.own, later, same_event, ask)?)
            }
            _ => None,
        };
        let versions = Versions {
            unsigned: Message::of(ask)?,
            signed,
            unlike,
            later,
        };
        tampering::spoil(change, versions)?.apply(ask);
        Ok(())
    }

    fn sign(
        &self,
        webhook: &Webhook,
        secret: &Secret,
        at: SystemTime,
        same_event: Option<&str>,
        ask: &Ask,
    ) -> Result<Message, DeliveryError> {
        let method = Method::from_bytes(ask.method.as_bytes());
        let method = method.map_err(|_| DeliveryError::Unsendable("the method"))?;
        let host = Host::parse(&ask.host).map_err(|_| DeliveryError::Unsendable("the host"))?;
        let before = Message::of(ask)?;
        let signed = webhook.sign(&Draft {
            method: &method,
            host: &host,
            target: &ask.target,
            headers: &before.headers,
            body: &ask.body,
            signed_at: at,
            event_id: self.event_id.as_deref().or(same_event),
            secret,
        })?;
        Ok(before.with(signed))
    }
}

/// A request as far as a signature may stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) target: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Vec<u8>,
}

impl Message {
    fn of(ask: &Ask) -> Result<Self, DeliveryError> {
        let unsendable = |_| DeliveryError::Unsendable("a header");
        let field = |(name, value): &(String, String)| {
            let name = HeaderName::from_bytes(name.as_bytes());
            let name = name.map_err(|_| DeliveryError::Unsendable("a header"))?;
            Ok((name, HeaderValue::from_str(value).map_err(unsendable)?))
        };
        let headers: Result<_, DeliveryError> = ask.headers.iter().map(field).collect();
        Ok(Self {
            target: ask.target.clone(),
            headers: headers?,
            body: ask.body.clone(),
        })
    }

    /// What is sent in its place. A field that signing gives stands in the place of those of its name.
    fn with(mut self, signed: Signed) -> Self {
        let given = |name: &HeaderName| signed.headers.iter().any(|(known, _)| known == name);
        self.headers.retain(|(name, _)| !given(name));
        self.headers.extend(signed.headers);
        Self {
            target: signed.target.unwrap_or(self.target),
            body: signed.body.unwrap_or(self.body),
            headers: self.headers,
        }
    }

    fn apply(self, ask: &mut Ask) {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = self.headers.iter();
        ask.headers = headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        ask.target = self.target;
        ask.body = self.body;
    }
}
