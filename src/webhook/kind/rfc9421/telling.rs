//! What verifying looks at, step by step, for people who ask why. It decides nothing.

use crate::webhook::candidates::Candidates;
use crate::webhook::message::Message;
use crate::webhook::scheme::Trace;
use crate::webhook::whole::Whole;
use crate::webhook::window::within;

use super::input::Input;
use super::{CONTENT_DIGEST, INPUT, Rfc9421, digest, operations, stated_digest};

impl Rfc9421 {
    /// Goes the way of [`Rfc9421::verify`], and on where that would end: with the signature that is right, or else
    /// with the first.
    pub(in crate::webhook) fn tell(
        &self,
        message: &Message<'_>,
        body: &Whole,
        candidates: &Candidates<'_>,
    ) -> Trace {
        let mut found = Trace::default();
        let inputs = Input::read_all(self, message.request);
        let inputs = inputs.map(|inputs| (!inputs.is_empty()).then_some(inputs));
        let inputs = found.find("signature", inputs, &format!("the header {INPUT}"));
        let inputs = inputs.unwrap_or_default();
        let operations = operations(&inputs);
        let is_right = |input: &&Input| {
            let judged = input.judge(self, candidates.now());
            let proof = || self.proof(input, operations, message, body, candidates);
            judged.is_ok() && proof().is_ok()
        };
        let chosen = inputs.iter().find(is_right).or(inputs.first());
        if let Some(input) = chosen {
            self.tell_one(input, message, body, candidates, &mut found);
        }
        found
    }

    fn tell_one(
        &self,
        input: &Input,
        message: &Message<'_>,
        body: &Whole,
        candidates: &Candidates<'_>,
        found: &mut Trace,
    ) {
        let covered = &input.covered;
        found.read("covers", input.refuse_other(self), |()| covered.to_string());
        found.window("created", input.created, self.tolerance, candidates.now());
        let now = candidates.now();
        let near = within(self.tolerance, input.created, now).is_ok();
        if near && input.refuse_old(self, now).is_err() {
            found.step("expires", "the signature is over", false);
        }
        if input.covers(CONTENT_DIGEST.as_str()) {
            let stated = stated_digest(message.request);
            let judged = digest::refuse_other(&stated, body);
            found.read("digest", judged, |()| "that of the body".to_owned());
        }
        let Some(base) = found.read("text", self.base(input, message), |_| {
            "each covered component is in the message".to_owned()
        }) else {
            return;
        };
        let id = input.key_id();
        let signer = self.signed_by.signer;
        found.keys(
            candidates,
            signer.number(candidates, id, base.as_bytes(), &input.signature),
        );
        found.text = Some(base.into_bytes());
    }
}
