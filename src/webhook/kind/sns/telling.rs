//! What verifying looks at before it has the certificate, for people who ask why. It decides nothing.

use bytes::Bytes;

use crate::webhook::fetch::Publisher;
use crate::webhook::kind::published::{address, signature, time};
use crate::webhook::message::Message;
use crate::webhook::scheme::Trace;

use super::envelope::{Envelope, Version};
use super::{Presence, Sns, agree};

impl Sns {
    /// Goes the way of [`Sns::verify`] up to the certificate, which only a gate fetches.
    pub(in crate::webhook) fn tell(&self, message: &Message<'_>, body: &Bytes) -> Trace {
        let mut found = Trace::default();
        let head = self.look(message);
        let is_absent = matches!(head, Ok(Presence::Absent));
        match is_absent {
            true => found.step("type", "none in the header x-amz-sns-message-type", false),
            false => drop(found.read("type", head, |_| "one that is taken".to_owned())),
        }
        let envelope = found.read("envelope", Envelope::read(body), |envelope| {
            format!(
                "a message of {}, with all that is signed",
                envelope.topic.escape_default()
            )
        });
        let Some(envelope) = envelope else {
            return found;
        };
        if !is_absent {
            let agreed = agree(message, &envelope);
            found.read("head", agreed, |()| "it says what was signed".to_owned());
        }
        found.read("topic", self.refuse_other_topic(&envelope), |()| {
            "one of those that count".to_owned()
        });
        let lower = self.refuse_lower(&envelope);
        found.read("version", lower, |()| match envelope.version {
            Version::One => "1, with SHA-1".to_owned(),
            Version::Two => "2, with SHA-256".to_owned(),
        });
        match time(&envelope.timestamp) {
            Ok(time) => found.window(
                "timestamp",
                time,
                self.tolerance,
                message.request.received_at,
            ),
            Err(refusal) => found.step("timestamp", refusal.denied.detail, false),
        }
        found.read("signature", signature(&envelope.signature), |_| {
            "one in the body's JSON".to_owned()
        });
        found.published(
            address(Publisher::Sns, &envelope.certificate),
            &envelope.certificate,
        );
        found.text = Some(envelope.signed());
        found
    }
}
