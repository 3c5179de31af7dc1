//! What verifying looks at before it has the certificate, for people who ask why. It decides nothing.

use crate::webhook::fetch::Publisher;
use crate::webhook::kind::published::{address, single, time};
use crate::webhook::message::Message;
use crate::webhook::scheme::Trace;
use crate::webhook::whole::Whole;

use super::Paypal;

impl Paypal {
    /// Goes the way of [`Paypal::verify`] up to the certificate, which only a gate fetches.
    pub(in crate::webhook) fn tell(&self, message: &Message<'_>, body: &Whole) -> Trace {
        let mut found = Trace::default();
        let place = "the header paypal-transmission-sig, with all that belongs to it";
        found.find("signature", self.transmission(message), place);
        let field = |name: &'static str| single(message, name).ok().flatten();
        let (id, stamp) = (
            field("paypal-transmission-id"),
            field("paypal-transmission-time"),
        );
        if let Some(signed_at) = stamp.and_then(|stamp| time(stamp).ok()) {
            found.window(
                "timestamp",
                signed_at,
                self.tolerance,
                message.request.received_at,
            );
        }
        if let Some(url) = field("paypal-cert-url") {
            found.published(address(Publisher::Paypal, url), url);
        }
        if let (Some(id), Some(stamp)) = (id, stamp) {
            found.text = Some(self.signed(id, stamp, body).into_bytes());
        }
        found
    }
}
