//! What verifying looks at, step by step, for people who ask why. It decides nothing.

use crate::webhook::candidates::Candidates;
use crate::webhook::message::Message;
use crate::webhook::scheme::Trace;
use crate::webhook::signer::Signer;
use crate::webhook::whole::Whole;

use super::{
    Contentful, HASH, SIGNATURE, SIGNED_HEADERS, canonical, path_of, signature, signed_fields, time,
};

impl Contentful {
    /// Goes the way of [`Contentful::verify`], and on where that would end.
    pub(in crate::webhook) fn tell(
        &self,
        message: &Message<'_>,
        body: &Whole,
        candidates: &Candidates<'_>,
    ) -> Trace {
        let mut found = Trace::default();
        let place = format!("the header {SIGNATURE}");
        let signature = found.find("signature", signature(message), &place);
        match time(message) {
            Ok(time) => found.window("timestamp", time, self.tolerance, candidates.now()),
            Err(refusal) => found.step("timestamp", refusal.denied.detail, false),
        }
        let fields = found.read("fields", signed_fields(message), |_| {
            format!("those that {SIGNED_HEADERS} lists are there, each once")
        });
        let (Some(fields), Some(path)) = (fields, path_of(message.target())) else {
            return found;
        };
        let before = canonical(&message.request.method, &path, &fields);
        let signed = [before, body.bytes.to_vec()].concat();
        if let Some(signature) = signature {
            found.keys(
                candidates,
                Signer::Mac(HASH).number(candidates, None, &signed, &signature),
            );
        }
        found.text = Some(signed);
        found
    }
}
