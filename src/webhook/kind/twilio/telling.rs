//! What verifying looks at, step by step, for people who ask why. It decides nothing.

use crate::webhook::candidates::Candidates;
use crate::webhook::message::Message;
use crate::webhook::scheme::Trace;
use crate::webhook::signer::Signer;
use crate::webhook::whole::Whole;

use super::{SIGNATURE, Twilio, addresses, signed_fields};

impl Twilio {
    /// Goes the way of [`Twilio::verify`], and on where that would end.
    pub(in crate::webhook) fn tell(
        &self,
        message: &Message<'_>,
        body: &Whole,
        candidates: &Candidates<'_>,
    ) -> Trace {
        let mut found = Trace::default();
        let place = format!("the header {SIGNATURE}");
        let head = found.find("signature", self.head(message), &place);
        let fields = signed_fields(message, body);
        let fields = found.read("body", fields, |fields| {
            match (fields.is_empty(), body.bytes.is_empty()) {
                (false, _) => "a form, whose fields are signed behind the address".to_owned(),
                (true, false) => "its digest stands in the address, which is signed".to_owned(),
                (true, true) => "empty: the address alone is signed".to_owned(),
            }
        });
        let Some(fields) = fields else { return found };
        let [with, without] = addresses(&self.base)
            .map(|base| [base.as_bytes(), message.target().as_bytes(), &fields].concat());
        let Some(head) = head else {
            found.text = Some(without);
            return found;
        };
        let signer = Signer::Mac(self.hash());
        let number = |signed: &[u8]| signer.number(candidates, head.key, signed, &head.signature);
        let with_port = number(&with);
        let port = match with_port {
            Ok(_) => "with its port",
            Err(_) => "without its port; with it is tried too",
        };
        found.step(
            "address",
            format!("{}{}, {port}", self.base.as_str(), message.target()),
            true,
        );
        found.keys(candidates, with_port.clone().or_else(|_| number(&without)));
        found.text = Some(if with_port.is_ok() { with } else { without });
        found
    }
}
