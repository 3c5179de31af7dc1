//! Deliveries of PayPal.
//!
//! This part knows the five header fields that PayPal signs with, and what it signs: when and for whom a delivery
//! was sent, and a CRC-32 of the body. A CRC is no digest: whoever has seen one delivery can write another body
//! that fits its signature. What stands against that is that each transmission is accepted once, so these
//! deliveries are always remembered.
//!
//! Straight line: the fields of the head -> time, algorithm and the certificate's address -> the certificate ->
//! the signature over `id|time|webhook|crc`.
//!
//! Always: the webhook's name comes from the configuration; the algorithm that a message names is compared, never
//! followed.

mod telling;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use crate::document::Fields;
use crate::model::Coverage;

use crate::webhook::Fetcher;
use crate::webhook::fetch::{Address, Publisher};
use crate::webhook::kind::published::{address, certificate, malformed, signature, single, time};
use crate::webhook::kind::{Around, Nature, Presence};
use crate::webhook::message::Message;
use crate::webhook::proof::{Proof, unique};
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::KeyForm;
use crate::webhook::sign::{Draft, SignError, Signed};
use crate::webhook::whole::Whole;
use crate::webhook::window;

/// How long before or after its arrival a delivery may have been signed: PayPal tries again for three days.
const TOLERANCE: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Deliveries of PayPal.
#[derive(Debug)]
pub(in crate::webhook) struct Paypal {
    webhook: Box<str>,
    tolerance: Duration,
}

/// What the head says.
struct Transmission<'m> {
    id: &'m str,
    time: &'m str,
    signed_at: SystemTime,
    signature: Vec<u8>,
    address: Address,
}

impl Paypal {
    /// Reads its own keys of the section `scheme`, and the parameter `webhook_id`.
    pub(super) fn read(fields: &mut Fields<'_>, around: &Around<'_>) -> Option<Self> {
        let tolerance = window::tolerance(fields, TOLERANCE, None, around.problems);
        let webhook = around.parameters.one("webhook_id");
        let Some(webhook) = webhook.filter(|webhook| is_name(webhook)) else {
            around.problems.error_with(
                fields.node(),
                "paypal needs the webhook's ID at PayPal, which is signed",
                "add `parameters: { webhook_id: ... }`; it stands beside the address in the \
                 developer dashboard",
            );
            return None;
        };
        Some(Self {
            webhook: webhook.into(),
            tolerance: tolerance?,
        })
    }

    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        Nature {
            covers: Coverage::Part,
            tolerance: Some(self.tolerance),
            identified: true,
        }
    }

    /// How its secrets are written.
    pub(super) fn key_form(&self) -> KeyForm {
        KeyForm::None
    }

    /// What can be said without the body.
    pub(super) fn look(&self, message: &Message<'_>) -> Result<Presence, Refusal> {
        let found = self.transmission(message)?;
        Ok(found.map_or(Presence::Absent, |_| Presence::Present))
    }

    /// Whether it is genuine.
    pub(super) async fn verify(
        &self,
        message: &Message<'_>,
        body: &Whole,
        fetcher: &Fetcher,
    ) -> Result<Proof, Refusal> {
        let Some(found) = self.transmission(message)? else {
            return Err(Why::Missing.into());
        };
        let certificate = certificate(fetcher, &found.address, message).await?;
        let id = found.id;
        let signed = self.signed(id, found.time, body);
        if !certificate.made_with_sha256(signed.as_bytes(), &found.signature) {
            return Err(Why::Mismatch.into());
        }
        Ok(Proof {
            secret: 0,
            unique: unique(id.as_bytes()),
            event_id: Some(id.into()),
            signed_at: Some(found.signed_at),
        })
    }

    /// What is signed.
    fn signed(&self, id: &str, time: &str, body: &Whole) -> String {
        format!("{id}|{time}|{}|{}", self.webhook, body.crc32())
    }

    /// Only PayPal has the key.
    pub(super) fn sign(&self, _draft: &Draft<'_>) -> Result<Signed, SignError> {
        Err(SignError::NotBySecret)
    }

    /// The fields of the head, held against all that needs no certificate. Nothing if there is no signature.
    fn transmission<'m>(&self, message: &Message<'m>) -> Result<Option<Transmission<'m>>, Refusal> {
        let Some(sig) = single(message, "paypal-transmission-sig")? else {
            return Ok(None);
        };
        let needed = |name: &'static str| {
            let missing = || Refusal::new(Why::Missing, format!("`{name}` is missing"));
            single(message, name)?.ok_or_else(missing)
        };
        let id = needed("paypal-transmission-id")?;
        if !is_name(id) {
            return Err(malformed("`paypal-transmission-id` is not an ID"));
        }
        if needed("paypal-auth-algo")? != "SHA256withRSA" {
            let detail = "`paypal-auth-algo` is not the algorithm that PayPal signs with";
            return Err(Refusal::new(Why::Mismatch, detail));
        }
        let written = needed("paypal-transmission-time")?;
        let signed_at = time(written)?;
        window::within(self.tolerance, signed_at, message.request.received_at)?;
        Ok(Some(Transmission {
            id,
            time: written,
            signed_at,
            signature: signature(sig)?,
            address: address(Publisher::Paypal, needed("paypal-cert-url")?)?,
        }))
    }
}

/// What can be told from its neighbours in the text that is signed.
fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=128).contains(&text.len()) && text.bytes().all(fits)
}
