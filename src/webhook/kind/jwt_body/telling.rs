//! What verifying looks at, step by step, for people who ask why. It decides nothing.

use crate::webhook::candidates::Candidates;
use crate::webhook::message::Message;
use crate::webhook::scheme::Trace;
use crate::webhook::whole::Whole;

use super::token::Token;
use super::{JwtBody, time};

impl JwtBody {
    /// Goes the way of [`JwtBody::verify`], and on where that would end.
    pub(in crate::webhook) fn tell(
        &self,
        message: &Message<'_>,
        body: &Whole,
        candidates: &Candidates<'_>,
    ) -> Trace {
        let mut found = Trace::default();
        let place = format!("the header {}", self.header);
        let Some(text) = found.find("token", self.text(message), &place) else {
            return found;
        };
        let named = self.signed_by.name;
        let token = found.read("algorithm", Token::read(text, named, &self.wanted), |_| {
            format!("{named}, as the scheme has it")
        });
        let Some(token) = token else { return found };
        // Header and claims, which anybody can read; what is behind them is the signature.
        found.text = Some(token.signed.as_bytes().to_vec());
        let issued = time(&token, self.claims.issued).ok().flatten();
        let start = || time(&token, self.claims.not_before).ok().flatten();
        found.signed_at = issued.or_else(start);
        let sender = self.refuse_others(&token, message);
        found.read("sender", sender, |()| match (&self.issuer, &self.subject) {
            (Some(issuer), Some(_)) => format!("issuer {issuer}, and this address"),
            (Some(issuer), None) => format!("issuer {issuer}"),
            (None, Some(_)) => "this address".to_owned(),
            (None, None) => "whoever has the secret: no issuer is asked for".to_owned(),
        });
        let window = self.window(&token, candidates.now());
        found.read("times", window, |_| "it counts now".to_owned());
        let signer = self.signed_by.signer;
        let signed = token.signed.as_bytes();
        found.keys(
            candidates,
            signer.number(candidates, None, signed, &token.signature),
        );
        let digest = self.refuse_other_body(&token, body);
        found.read("digest", digest, |()| "that of the body".to_owned());
        found
    }
}
