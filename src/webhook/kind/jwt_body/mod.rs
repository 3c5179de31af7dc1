//! Deliveries signed by a JWT that names a digest of the body: LiveKit, QStash, FusionAuth, Netlify, Vonage, MessageBird.
//!
//! It knows where the token stands, which claim holds the digest and how it is written, and which of the other
//! claims must be what. It refuses to know tokens that bind no body: those are ID tokens, and `issuers` is for them.
//!
//! Straight line: header field -> [`Token`] -> algorithm as configured -> signature -> issuer, address, times ->
//! digest of the body.
//!
//! Always: the file says the algorithm, and the token is compared with it; a token lives no longer than the file
//! allows, whatever it says itself.

mod read;
mod sign;
mod telling;
#[cfg(test)]
mod tests;
mod token;

use std::time::{Duration, SystemTime};

use http::HeaderName;
use subtle::ConstantTimeEq as _;

use crate::model::Coverage;

use crate::webhook::candidates::Candidates;
use crate::webhook::kind::{Nature, Presence};
use crate::webhook::message::Message;
use crate::webhook::proof::{Proof, unique};
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::{Base, Encoding, Format, Hash, KeyForm, Pointers};
use crate::webhook::signer::Named;
use crate::webhook::whole::{Sums, Whole};

use token::Token;

/// Deliveries signed by a JWT that names a digest of the body.
#[derive(Debug)]
pub(in crate::webhook) struct JwtBody {
    header: HeaderName,
    prefix: Box<str>,
    signed_by: Named,
    key_form: KeyForm,
    hash: Hash,
    encoding: Encoding,
    issuer: Option<Box<str>>,
    /// The subject must be the address that the delivery was sent to.
    subject: Option<Base>,
    /// A claim must be the digest of that address.
    address: Option<Base>,
    leeway: Duration,
    /// How long a token may have to live; nothing if it need not end.
    lifetime: Option<Duration>,
    /// How long ago a token may have been issued; nothing if it need not say so.
    age: Option<Duration>,
    /// Whether a request without a body needs no digest of one.
    undigested: bool,
    wanted: Pointers,
    claims: Claims,
}

/// The numbers of the claims.
#[derive(Debug, Clone, Copy)]
struct Claims {
    digest: usize,
    expires: usize,
    not_before: usize,
    issued: usize,
    issuer: usize,
    subject: usize,
    /// Set where it is the digest of the address.
    address: Option<usize>,
    /// Set where it names the event.
    id: Option<usize>,
}

impl JwtBody {
    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        Nature {
            covers: Coverage::Body,
            tolerance: self.longest().map(|longest| longest + self.leeway),
            identified: self.claims.id.is_some(),
        }
    }

    /// How its secrets, or public keys, are written.
    pub(super) fn key_form(&self) -> KeyForm {
        self.key_form.clone()
    }

    /// What can be said without the body.
    pub(super) fn look(&self, message: &Message<'_>) -> Result<Presence, Refusal> {
        let Some(text) = self.text(message)? else {
            return Ok(Presence::Absent);
        };
        let token = Token::read(text, self.signed_by.name, &self.wanted)?;
        self.judge(&token, message)?;
        Ok(Presence::Present)
    }

    /// What is computed of the body while it comes.
    pub(super) fn begin(&self, sums: &mut Sums) {
        sums.digest(self.hash);
    }

    /// Whether it is genuine.
    pub(super) fn verify(
        &self,
        message: &Message<'_>,
        body: &Whole,
        candidates: &Candidates<'_>,
    ) -> Result<Proof, Refusal> {
        let text = self.text(message)?.ok_or(Why::Missing)?;
        let token = Token::read(text, self.signed_by.name, &self.wanted)?;
        let Named { signer, .. } = self.signed_by;
        let signed = token.signed.as_bytes();
        let secret = signer.number(candidates, None, signed, &token.signature)?;
        let signed_at = self.judge(&token, message)?;
        self.refuse_other_body(&token, body)?;
        let event_id = self.claims.id.map(|id| {
            let id = token.text(id).filter(|id| !id.is_empty());
            id.ok_or_else(|| Refusal::new(Why::Malformed, "the token does not name its event"))
        });
        let event_id = event_id.transpose()?;
        Ok(Proof {
            secret,
            event_id: event_id.map(Into::into),
            signed_at,
            // Not the signature: of one text there can be several.
            unique: unique(event_id.unwrap_or(token.signed).as_bytes()),
        })
    }

    /// How long a token may count.
    fn longest(&self) -> Option<Duration> {
        [self.lifetime, self.age].into_iter().flatten().min()
    }

    /// The token, where the message has one.
    fn text<'m>(&self, message: &Message<'m>) -> Result<Option<&'m str>, Refusal> {
        let mut values = message.request.headers.get_all(&self.header);
        let (Some(value), second) = (values.next(), values.next()) else {
            return Ok(None);
        };
        if second.is_some() {
            return Err(Refusal::new(
                Why::Malformed,
                "the signature stands there twice",
            ));
        }
        let text = std::str::from_utf8(value);
        let text = text.map_err(|_| Refusal::new(Why::Malformed, "the signature is not text"))?;
        Ok(text.strip_prefix(&*self.prefix))
    }

    /// Who made it, for which address, and when: gives the time.
    fn judge(
        &self,
        token: &Token<'_>,
        message: &Message<'_>,
    ) -> Result<Option<SystemTime>, Refusal> {
        self.refuse_others(token, message)?;
        self.window(token, message.request.received_at)
    }

    /// Refuses tokens of another issuer, or for another address.
    fn refuse_others(&self, token: &Token<'_>, message: &Message<'_>) -> Result<(), Refusal> {
        let claims = self.claims;
        if let Some(issuer) = &self.issuer
            && token.text(claims.issuer) != Some(issuer)
        {
            return Err(Refusal::new(
                Why::Mismatch,
                "the token is of another issuer",
            ));
        }
        if let Some(base) = &self.subject
            && token.text(claims.subject) != Some(&base.join(message.target()))
        {
            return Err(Refusal::new(
                Why::Mismatch,
                "the token is for another address",
            ));
        }
        if let (Some(base), Some(claim)) = (&self.address, claims.address) {
            let address = base.join(message.target());
            let stated = token.text(claim).and_then(|text| self.stated(text));
            let stated = stated.unwrap_or_default();
            if !bool::from(self.hash.digest(&[address.as_bytes()]).ct_eq(&stated)) {
                return Err(Refusal::new(
                    Why::Mismatch,
                    "the token is for another address",
                ));
            }
        }
        Ok(())
    }

    fn window(&self, token: &Token<'_>, now: SystemTime) -> Result<Option<SystemTime>, Refusal> {
        let claims = self.claims;
        let expires = time(token, claims.expires)?;
        match (expires, self.lifetime) {
            (Some(end), _) if end + self.leeway <= now => {
                return Err(Refusal::new(Why::Stale, "the token is over"));
            }
            (Some(end), Some(lifetime)) if end > now + lifetime + self.leeway => {
                return Err(Refusal::new(
                    Why::Future,
                    "the token ends later than is allowed",
                ));
            }
            (None, Some(_)) if self.age.is_none() => {
                return Err(Refusal::new(
                    Why::Malformed,
                    "the token does not say when it ends",
                ));
            }
            _ => {}
        }
        let (issued, start) = (time(token, claims.issued)?, time(token, claims.not_before)?);
        let mut starts = [issued, start].into_iter().flatten();
        if starts.any(|start| start > now + self.leeway) {
            return Err(Refusal::new(Why::Future, "the token does not count yet"));
        }
        match (self.age, issued) {
            (Some(age), Some(issued)) if issued + age + self.leeway < now => {
                let detail = "the token was issued too long ago";
                Err(Refusal::new(Why::Stale, detail))
            }
            (Some(_), None) => {
                let detail = "the token does not say when it was issued";
                Err(Refusal::new(Why::Malformed, detail))
            }
            _ => Ok(issued.or(start)),
        }
    }

    /// The digest that a claim states.
    fn stated(&self, text: &str) -> Option<Vec<u8>> {
        // Upstash may pad it; it is signed, so that nobody else can choose between the two spellings.
        let text = match self.encoding {
            Encoding::Base64Url => text.trim_end_matches('='),
            _ => text,
        };
        self.encoding.decode(text.as_bytes())
    }

    fn refuse_other_body(&self, token: &Token<'_>, body: &Whole) -> Result<(), Refusal> {
        // Only where the file says so: of some senders the same secret makes tokens that are given to anybody.
        if self.undigested && body.bytes.is_empty() && !token.has(self.claims.digest) {
            return Ok(());
        }
        let stated = token.text(self.claims.digest).unwrap_or_default();
        let stated = self
            .stated(stated)
            .ok_or_else(|| Refusal::new(Why::Malformed, "the token holds no digest of the body"))?;
        let digest = body.digest(self.hash);
        match digest.ct_eq(&stated).into() {
            true => Ok(()),
            false => Err(Refusal::new(Why::Mismatch, "the token is for another body")),
        }
    }
}

/// A time of a token (RFC 7519 section 2, `NumericDate`), in whole seconds.
fn time(token: &Token<'_>, number: usize) -> Result<Option<SystemTime>, Refusal> {
    if !token.has(number) {
        return Ok(None);
    }
    let time = token
        .number(number)
        .and_then(|text| Format::Unix.parse(text));
    let time = time.ok_or_else(|| Refusal::new(Why::Malformed, "a time of the token is none"))?;
    Ok(Some(time))
}
