//! What deliveries have in common whose senders publish their certificates.

use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::webhook::Fetcher;
use crate::webhook::fetch::{Address, Certificate, Publisher, Unobtainable};
use crate::webhook::message::Message;
use crate::webhook::refusal::{Refusal, Why};

/// The longest signature in base64: one of an RSA key of 8192 bits.
const LONGEST_SIGNATURE: usize = 1_368;

/// The one value of a header field (its name in lower case), which is ASCII without control characters.
pub(super) fn single<'m>(
    message: &Message<'m>,
    name: &'static str,
) -> Result<Option<&'m str>, Refusal> {
    let mut values = message.request.headers.get_all(name);
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(malformed(format!("`{name}` is there more than once")));
    }
    let Some(first) = first else {
        return Ok(None);
    };
    match std::str::from_utf8(first) {
        Ok(text) if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => Ok(Some(text)),
        _ => Err(malformed(format!("`{name}` is not plain text"))),
    }
}

/// A time in UTC with its date (RFC 3339 section 5.6), such as `2026-01-01T00:00:00.000Z`.
pub(super) fn time(text: &str) -> Result<SystemTime, Refusal> {
    let written = text.len() <= 30 && text.get(10..11) == Some("T") && text.ends_with('Z');
    let time: Option<jiff::Timestamp> = text.parse().ok().filter(|_| written);
    time.map(SystemTime::from)
        .ok_or_else(|| malformed("the timestamp is not a time in UTC"))
}

/// The address of a certificate, if the publisher could have named it.
pub(super) fn address(publisher: Publisher, text: &str) -> Result<Address, Refusal> {
    let detail = "the certificate's address is not one of the sender's";
    Address::of(publisher, text).ok_or_else(|| Refusal::new(Why::Mismatch, detail))
}

/// A signature in base64, padded (RFC 4648 section 4).
pub(super) fn signature(text: &str) -> Result<Vec<u8>, Refusal> {
    let bytes = match text.len() {
        1..=LONGEST_SIGNATURE => STANDARD.decode(text).ok(),
        _ => None,
    };
    bytes.ok_or_else(|| malformed("the signature is not base64"))
}

/// The certificate at the address that a message names, if it counts at the time the message arrived.
pub(super) async fn certificate(
    fetcher: &Fetcher,
    address: &Address,
    message: &Message<'_>,
) -> Result<Arc<Certificate>, Refusal> {
    let now = message.request.received_at;
    let network = message.request.client.network();
    let certificate = fetcher.certificate(address, network, now).await;
    let certificate = certificate.map_err(|Unobtainable| {
        Refusal::new(Why::Unavailable, "the sender's certificate cannot be had")
    })?;
    if !certificate.is_valid_at(now) {
        let detail = "the sender's certificate is over, or does not count yet";
        return Err(Refusal::new(Why::Mismatch, detail));
    }
    Ok(certificate)
}

/// A refusal of what cannot be read exactly.
pub(super) fn malformed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(Why::Malformed, detail)
}
