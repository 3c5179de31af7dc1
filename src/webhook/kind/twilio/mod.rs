//! Deliveries of Twilio: a MAC of the address, and of the form's fields joined without anything between.
//!
//! Straight line: header field -> the body is a form, or nothing, or its digest stands in the query -> the address
//! with and without its port -> MAC.
//!
//! Always: the file says which key and hash sign, never the message; a body that is no form is bound by its digest
//! or refused. The joints between names and values are not signed, so that `ab=c` and `a=bc` are one to Twilio.

mod address;
mod telling;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use subtle::ConstantTimeEq as _;

use crate::document::{Fields, Shape};
use crate::model::Coverage;

use crate::webhook::candidates::Candidates;
use crate::webhook::kind::{Around, Nature, Presence};
use crate::webhook::message::Message;
use crate::webhook::proof::{Proof, unique};
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::{Base, Encoding, Hash, KeyForm, SecretEncoding, only, pairs, sorted};
use crate::webhook::sign::{Draft, SignError, Signed};
use crate::webhook::signer::{Signer, secret};
use crate::webhook::whole::{Sums, Whole};

use address::addresses;

const SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");
const SETTINGS: HeaderName = HeaderName::from_static("x-twilio-webhooks-signature-settings");
const DIGEST: &str = "bodySHA256";
const FORM: &str = "application/x-www-form-urlencoded";

/// With what deliveries are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SignedWith {
    /// The account's token, and SHA-1.
    AuthToken,
    /// A key of its own, and SHA-256: a second header field names both.
    SharedKey,
}

const WORDS: &[(&str, SignedWith)] = &[
    ("auth_token", SignedWith::AuthToken),
    ("shared_key", SignedWith::SharedKey),
];

/// Deliveries of Twilio.
#[derive(Debug)]
pub(in crate::webhook) struct Twilio {
    base: Base,
    signed_with: SignedWith,
}

/// What the header fields hold.
struct Head<'h> {
    signature: Vec<u8>,
    key: Option<&'h str>,
}

impl Twilio {
    /// Reads the key `twilio` of the section `scheme`.
    pub(super) fn read(scheme: &mut Fields<'_>, around: &Around<'_>) -> Option<Self> {
        let problems = around.problems;
        let mut signed_with = SignedWith::AuthToken;
        if let Some(node) = scheme.shaped("twilio", || Shape::Section("twilio")) {
            let mut fields = Fields::of(node, "twilio", problems)?;
            fields.refuse_blanks();
            let written = fields.choice("signed_with", WORDS);
            signed_with = written.unwrap_or(signed_with);
            fields.finish();
        }
        let Some(base) = around.url else {
            let help = "add `url: https://hooks.example.com` to the webhook: its public address";
            problems.error_with(
                scheme.node(),
                "Twilio signs the address, and none is set",
                help,
            );
            return None;
        };
        Some(Self {
            base: base.clone(),
            signed_with,
        })
    }

    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        Nature {
            covers: Coverage::Part,
            tolerance: None,
            identified: false,
        }
    }

    /// How its secrets are written.
    pub(super) fn key_form(&self) -> KeyForm {
        KeyForm::Secret {
            encoding: SecretEncoding::Utf8,
            strip_prefix: None,
        }
    }

    /// What can be said without the body.
    pub(super) fn look(&self, message: &Message<'_>) -> Result<Presence, Refusal> {
        match self.head(message)? {
            Some(_) => Ok(Presence::Present),
            None => Ok(Presence::Absent),
        }
    }

    /// What is computed of the body while it comes.
    pub(super) fn begin(&self, message: &Message<'_>, sums: &mut Sums) {
        if states_digest(message) {
            sums.digest(Hash::Sha256);
        }
    }

    /// Whether it is genuine.
    pub(super) fn verify(
        &self,
        message: &Message<'_>,
        body: &Whole,
        candidates: &Candidates<'_>,
    ) -> Result<Proof, Refusal> {
        let head = self.head(message)?.ok_or(Why::Missing)?;
        let fields = signed_fields(message, body)?;
        let target = message.target();
        let made = addresses(&self.base).map(|base| {
            let signed = [base.as_bytes(), target.as_bytes(), &fields].concat();
            let signer = Signer::Mac(self.hash());
            signer.number(candidates, head.key, &signed, &head.signature)
        });
        let [with, without] = made;
        Ok(Proof {
            secret: with.or(without)?,
            event_id: None,
            signed_at: None,
            unique: unique(&head.signature),
        })
    }

    const fn hash(&self) -> Hash {
        match self.signed_with {
            SignedWith::AuthToken => Hash::Sha1,
            SignedWith::SharedKey => Hash::Sha256,
        }
    }

    fn head<'m>(&self, message: &Message<'m>) -> Result<Option<Head<'m>>, Refusal> {
        let Some(signature) = once(message, &SIGNATURE)? else {
            return Ok(None);
        };
        let signature = Encoding::Base64.decode(signature);
        let signature = signature.filter(|bytes| bytes.len() == self.hash().len());
        let signature = signature
            .ok_or_else(|| malformed("the signature is not in base64, or of another length"))?;
        let key = match self.signed_with {
            SignedWith::AuthToken => None,
            SignedWith::SharedKey => Some(named_key(message)?),
        };
        Ok(Some(Head { signature, key }))
    }

    /// Signs as the sender would.
    pub(super) fn sign(&self, draft: &Draft<'_>) -> Result<Signed, SignError> {
        let form = draft
            .headers
            .iter()
            .any(|(name, value)| *name == CONTENT_TYPE && is_form(value.as_bytes()));
        let is_signed = draft.body.is_empty() || form;
        let target = match is_signed {
            true => Cow::Borrowed(draft.target),
            false => {
                let digest = Encoding::Hex.encode(&Hash::Sha256.digest(&[draft.body]));
                let joint = if draft.target.contains('?') { '&' } else { '?' };
                Cow::Owned(format!("{}{joint}{DIGEST}={digest}", draft.target))
            }
        };
        let fields = match form {
            true => joined(draft.body)
                .map_err(|_| SignError::Incomplete("the form cannot be read".into()))?,
            false => Vec::new(),
        };
        let key = secret(&self.key_form(), draft)?;
        let address = self.base.join(&target);
        let mac = self
            .hash()
            .mac(key.expose(), &[address.as_bytes(), &fields]);
        let value = HeaderValue::try_from(Encoding::Base64.encode(&mac));
        let mut headers: Vec<_> = value.into_iter().map(|value| (SIGNATURE, value)).collect();
        if self.signed_with == SignedWith::SharedKey {
            let settings = HeaderValue::from_static("key=1,algorithm=HMAC_SHA256");
            headers.push((SETTINGS, settings));
        }
        Ok(Signed {
            headers,
            target: (!is_signed).then(|| target.into_owned()),
            body: None,
        })
    }
}

/// What is signed behind the address. Refuses a body that is not: one that is no form and has no digest.
fn signed_fields(message: &Message<'_>, body: &Whole) -> Result<Vec<u8>, Refusal> {
    let query = pairs(query(message).as_bytes())?;
    if let Some(stated) = only(&query, DIGEST)? {
        let stated = Encoding::Hex.decode(&stated);
        let stated = stated.ok_or_else(|| malformed("the body's digest is not in hexadecimal"))?;
        return match body.digest(Hash::Sha256).ct_eq(&stated).into() {
            true => Ok(Vec::new()),
            false => Err(Refusal::new(
                Why::Mismatch,
                "the body is not the one whose digest was signed",
            )),
        };
    }
    if body.bytes.is_empty() {
        return Ok(Vec::new());
    }
    let form = once(message, &CONTENT_TYPE)?.is_some_and(is_form);
    match form && message.request.method != Method::GET {
        true => joined(&body.bytes),
        false => Err(malformed(
            "the body is no form, and no digest of it was signed",
        )),
    }
}

fn query<'m>(message: &Message<'m>) -> &'m str {
    let parts = message.target().split_once('?');
    parts.map_or("", |(_, query)| query)
}

/// Whether a digest of the body stands in the query, in whatever spelling of its name.
pub(super) fn states_digest(message: &Message<'_>) -> bool {
    let query = pairs(query(message).as_bytes()).unwrap_or_default();
    query.iter().any(|(name, _)| **name == *DIGEST.as_bytes())
}

/// Fields as Twilio joins them. It signs text, so what is none is not read.
fn joined(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let pairs = pairs(body)?;
    let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
    match pairs
        .iter()
        .all(|(name, value)| is_text(name) && is_text(value))
    {
        true => Ok(sorted(&pairs)),
        false => Err(malformed("the form is not text")),
    }
}

fn is_form(media_type: &[u8]) -> bool {
    let essence = media_type.split(|byte| *byte == b';').next();
    essence.is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(FORM.as_bytes()))
}

/// The key that a header field names beside the one algorithm that is allowed.
fn named_key<'m>(message: &Message<'m>) -> Result<&'m str, Refusal> {
    let settings = once(message, &SETTINGS)?.and_then(|value| std::str::from_utf8(value).ok());
    let settings = settings.ok_or_else(|| malformed("the signature's settings are missing"))?;
    let (mut key, mut algorithm) = (None, None);
    for part in settings.split(',') {
        let slot = match part.trim().split_once('=') {
            Some(("key", value)) => (&mut key, value),
            Some(("algorithm", value)) => (&mut algorithm, value),
            _ => continue,
        };
        if slot.0.replace(slot.1).is_some() {
            return Err(malformed("the signature's settings say something twice"));
        }
    }
    match (key, algorithm) {
        (Some(key), Some("HMAC_SHA256")) => Ok(key),
        _ => Err(malformed(
            "the signature's settings are not those of a shared key",
        )),
    }
}

fn once<'m>(message: &Message<'m>, name: &HeaderName) -> Result<Option<&'m [u8]>, Refusal> {
    let mut values = message.request.headers.get_all(name);
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(malformed("a header field that counts stands there twice")),
    }
}

fn malformed(detail: &'static str) -> Refusal {
    Refusal::new(Why::Malformed, detail)
}
