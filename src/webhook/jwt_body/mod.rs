//! Deliveries signed by a JWT that names a digest of the body: LiveKit, Upstash QStash, FusionAuth, Netlify, Vonage.
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
#[cfg(test)]
mod tests;
mod token;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::json;
use subtle::ConstantTimeEq as _;

use crate::model::Coverage;

use super::candidates::Candidates;
use super::kind::{Nature, Presence};
use super::message::Message;
use super::proof::{Proof, unique};
use super::refusal::{Refusal, Why};
use super::scheme::{Base, Encoding, Format, Hash, KeyForm, Pointers};
use super::sign::{Draft, SignError, Signed};
use super::signer::Named;

use token::Token;

/// How long a token that is signed here lives, if it may live that long.
const LIFE: Duration = Duration::from_secs(300);

/// Deliveries signed by a JWT that names a digest of the body.
#[derive(Debug)]
pub(super) struct JwtBody {
    header: HeaderName,
    prefix: Box<str>,
    signed_by: Named,
    key_form: KeyForm,
    hash: Hash,
    encoding: Encoding,
    issuer: Option<Box<str>>,
    /// The subject must be the address that the delivery was sent to.
    subject: Option<Base>,
    leeway: Duration,
    /// How long a token may have to live; nothing if it need not end.
    lifetime: Option<Duration>,
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
    /// Set where it names the event.
    id: Option<usize>,
}

impl JwtBody {
    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        Nature {
            covers: Coverage::Body,
            tolerance: self.lifetime.map(|lifetime| lifetime + self.leeway),
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

    /// Whether it is genuine.
    pub(super) fn verify(
        &self,
        message: &Message<'_>,
        body: &Bytes,
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
        self.window(token, message.request.received_at)
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
            (None, Some(_)) => {
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
        Ok(issued.or(start))
    }

    fn refuse_other_body(&self, token: &Token<'_>, body: &Bytes) -> Result<(), Refusal> {
        let stated = token.text(self.claims.digest).unwrap_or_default();
        // Upstash may pad it; it is signed, so that nobody else can choose between the two spellings.
        let stated = match self.encoding {
            Encoding::Base64Url => stated.trim_end_matches('='),
            _ => stated,
        };
        let stated = self
            .encoding
            .decode(stated.as_bytes())
            .ok_or_else(|| Refusal::new(Why::Malformed, "the token holds no digest of the body"))?;
        let digest = self.hash.digest(&[body]);
        match digest.ct_eq(&stated).into() {
            true => Ok(()),
            false => Err(Refusal::new(Why::Mismatch, "the token is for another body")),
        }
    }

    /// Signs as the sender would.
    pub(super) fn sign(&self, draft: &Draft<'_>) -> Result<Signed, SignError> {
        let life = self.lifetime.map_or(LIFE, |lifetime| lifetime.min(LIFE));
        let seconds = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH);
            since.unwrap_or_default().as_secs()
        };
        let mut claims = json!({
            "iat": seconds(draft.signed_at),
            "nbf": seconds(draft.signed_at),
            "exp": seconds(draft.signed_at + life),
        });
        let digest = self.encoding.encode(&self.hash.digest(&[draft.body]));
        let mut set = |name: &str, value: String| {
            if let Some(claims) = claims.as_object_mut() {
                claims.insert(name.to_owned(), value.into());
            }
        };
        if let Some(issuer) = &self.issuer {
            set("iss", issuer.to_string());
        }
        if let Some(base) = &self.subject {
            set("sub", base.join(draft.target));
        }
        if self.claims.id.is_some() {
            let made_up = || Encoding::Hex.encode(&unique(digest.as_bytes()));
            set("jti", draft.event_id.map_or_else(made_up, str::to_owned));
        }
        let steps = self.wanted.steps(self.claims.digest);
        set(steps.first().map_or("", |step| step), digest);
        let header = json!({ "alg": self.signed_by.name, "typ": "JWT" });
        let part =
            |json: &serde_json::Value| Encoding::Base64Url.encode(json.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signer = self.signed_by.signer;
        let signature = signer.sign(&self.key_form, draft, signed.as_bytes())?;
        let token = format!(
            "{}{signed}.{}",
            self.prefix,
            Encoding::Base64Url.encode(&signature)
        );
        let value = HeaderValue::try_from(token)
            .map_err(|_| SignError::Incomplete("the token does not fit a header field".into()))?;
        Ok(Signed {
            headers: vec![(self.header.clone(), value)],
            target: None,
            body: None,
        })
    }
}

/// A time of a token (RFC 7519 section 2, `NumericDate`), in whole seconds.
fn time(token: &Token<'_>, number: usize) -> Result<Option<SystemTime>, Refusal> {
    if !token.has(number) {
        return Ok(None);
    }
    let time = token.text(number).and_then(|text| Format::Unix.parse(text));
    let time = time.ok_or_else(|| Refusal::new(Why::Malformed, "a time of the token is none"))?;
    Ok(Some(time))
}
