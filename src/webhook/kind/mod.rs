//! The kinds of schemes: those that data describes (`scheme`), and the few that need code, in a folder each here.
//! The one place that matches them.
//!
//! Each kind is read, looks at a head, verifies, signs where anybody can, and tells what it looked at, in the same
//! words. A kind knows messages and keys; it refuses to know policies, routes, tenants and what is answered.

mod contentful;
mod jwt_body;
mod paypal;
mod published;
mod rfc9421;
mod sns;
mod twilio;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderName;

use crate::document::{Fields, Problems, Shape, choice};
use crate::model::Coverage;

use super::Fetcher;
use super::aside;
use super::candidates::{Candidates, Held};
use super::message::Message;
use super::plan::Plan;
use super::proof::Proof;
use super::refusal::{Refusal, Why};
use super::scheme::{Base, Declared, KeyForm, Parameters, Primitive, Trace};
use super::sign::{Draft, SignError, Signed};
use super::whole::{Sums, Whole};
use contentful::Contentful;
use jwt_body::JwtBody;
use paypal::Paypal;
use rfc9421::Rfc9421;
use sns::Sns;
use twilio::{Twilio, states_digest};

/// How deliveries are signed.
#[derive(Debug)]
pub(super) enum Kind {
    /// As data says: MACs, digests, fixed tokens, public keys.
    Declared(Box<Declared>),
    /// Amazon SNS.
    Sns(Sns),
    /// PayPal.
    Paypal(Paypal),
    /// A JWT with a digest of the body.
    Jwt(JwtBody),
    /// Twilio.
    Twilio(Twilio),
    /// Contentful.
    Contentful(Contentful),
    /// HTTP Message Signatures.
    Rfc9421(Rfc9421),
}

/// What a scheme may need of the webhook around it while it is read.
pub(super) struct Around<'a> {
    /// The public base of addresses, where the file gives one.
    pub(super) url: Option<&'a Base>,
    /// Values of the file that the scheme refers to.
    pub(super) parameters: &'a Parameters,
    /// Where mistakes go.
    pub(super) problems: &'a Problems,
}

/// Whether a head has what makes a message a delivery of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// No signature stands where one would.
    Absent,
    /// One does, or may in the body, and nothing speaks against it so far.
    Present,
}

/// What is to be known of a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nature {
    /// How much of a request it covers.
    pub(super) covers: Coverage,
    /// How far the time it was signed may lie in the past or in the future; nothing where the signature covers no
    /// time, or none is demanded.
    pub(super) tolerance: Option<Duration>,
    /// Whether the signature covers a name of the event.
    pub(super) identified: bool,
}

macro_rules! each {
    ($kind:expr, $bound:ident => $then:expr) => {
        match $kind {
            Self::Declared($bound) => $then,
            Self::Sns($bound) => $then,
            Self::Paypal($bound) => $then,
            Self::Jwt($bound) => $then,
            Self::Twilio($bound) => $then,
            Self::Contentful($bound) => $then,
            Self::Rfc9421($bound) => $then,
        }
    };
}

/// What the key `kind` may say.
#[derive(Debug, Clone, Copy)]
enum Word {
    Declared(Primitive),
    Sns,
    Paypal,
    Jwt,
    Twilio,
    Contentful,
    Rfc9421,
}

const WORDS: &[(&str, Word)] = &[
    ("hmac", Word::Declared(Primitive::Hmac)),
    ("digest", Word::Declared(Primitive::Digest)),
    ("token", Word::Declared(Primitive::Token)),
    ("basic", Word::Declared(Primitive::Basic)),
    ("ed25519", Word::Declared(Primitive::Ed25519)),
    ("ecdsa-p256", Word::Declared(Primitive::EcdsaP256)),
    ("rsa-pkcs1", Word::Declared(Primitive::RsaPkcs1)),
    ("jwt-body-hash", Word::Jwt),
    ("aws-sns", Word::Sns),
    ("paypal", Word::Paypal),
    ("twilio", Word::Twilio),
    ("contentful", Word::Contentful),
    ("rfc9421", Word::Rfc9421),
];

impl Kind {
    /// Reads the section `scheme`. Its fields are finished by the caller.
    pub(super) fn read(fields: &mut Fields<'_>, around: &Around<'_>) -> Option<Self> {
        // Not needed by the schema: a preset may have it.
        let Some(node) = fields.shaped("kind", || Shape::words(WORDS)) else {
            around
                .problems
                .error(fields.node(), "scheme needs the key `kind`");
            return None;
        };
        match choice(node, around.problems, WORDS)? {
            Word::Declared(primitive) => {
                let read = Declared::read(primitive, fields, around)?;
                Some(Self::Declared(Box::new(read)))
            }
            Word::Sns => Sns::read(fields, around).map(Self::Sns),
            Word::Paypal => Paypal::read(fields, around).map(Self::Paypal),
            Word::Jwt => JwtBody::read(fields, around).map(Self::Jwt),
            Word::Twilio => Twilio::read(fields, around).map(Self::Twilio),
            Word::Contentful => Contentful::read(fields, around).map(Self::Contentful),
            Word::Rfc9421 => Rfc9421::read(fields, around).map(Self::Rfc9421),
        }
    }

    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        each!(self, kind => kind.nature())
    }

    /// Whether there is a time of signing that the signature does not cover.
    pub(super) fn has_unsigned_time(&self) -> bool {
        match self {
            Self::Declared(declared) => declared.has_unsigned_time(),
            _ => false,
        }
    }

    /// Whether its signature proves too little unless each delivery is taken once only.
    pub(super) fn needs_memory(&self) -> bool {
        matches!(self, Self::Paypal(_))
    }

    /// How its secrets, or public keys, are written.
    pub(super) fn key_form(&self) -> KeyForm {
        each!(self, kind => kind.key_form())
    }

    /// Names of header fields that hold a secret.
    pub(super) fn secret_headers(&self) -> &[HeaderName] {
        match self {
            Self::Declared(declared) => declared.secret_headers(),
            _ => &[],
        }
    }

    /// The name of a parameter of the query that holds a secret.
    pub(super) fn secret_parameter(&self) -> Option<&str> {
        match self {
            Self::Declared(declared) => declared.secret_parameter(),
            _ => None,
        }
    }

    /// What can be said without the body.
    pub(super) fn look(&self, message: &Message<'_>) -> Result<Presence, Refusal> {
        each!(self, kind => kind.look(message))
    }

    /// What can be computed of the body while it comes.
    pub(super) fn begin(
        &self,
        message: &Message<'_>,
        candidates: &Candidates<'_>,
        sums: &mut Sums,
    ) {
        match self {
            Self::Declared(kind) => kind.begin(message, candidates, sums),
            Self::Sns(_) => {}
            Self::Paypal(_) => sums.crc32(),
            Self::Jwt(kind) => kind.begin(sums),
            Self::Twilio(kind) => kind.begin(message, sums),
            Self::Contentful(kind) => kind.begin(message, candidates, sums),
            Self::Rfc9421(_) => Rfc9421::begin(message, sums),
        }
    }

    /// Whether a body of which all was computed that can be is read once more in the end.
    fn reads_body(&self, message: &Message<'_>, body: &Whole) -> bool {
        match self {
            Self::Declared(kind) => kind.reads_body(body.text.as_ref()),
            // A form, unless there is a digest of it.
            Self::Twilio(_) => !states_digest(message),
            // What its body holds is read apart.
            Self::Sns(_) | Self::Paypal(_) | Self::Jwt(_) | Self::Rfc9421(_) => false,
            Self::Contentful(_) => body.text.is_none(),
        }
    }

    /// Whether it is genuine, for those kinds that need not wait for anybody.
    fn verify_now(
        &self,
        message: &Message<'_>,
        body: Whole,
        candidates: &Candidates<'_>,
    ) -> Result<Proof, Refusal> {
        match self {
            Self::Declared(kind) => kind.verify(message, body, candidates),
            Self::Jwt(kind) => kind.verify(message, &body, candidates),
            Self::Twilio(kind) => kind.verify(message, &body, candidates),
            Self::Contentful(kind) => kind.verify(message, body, candidates),
            Self::Rfc9421(kind) => kind.verify(message, &body, candidates),
            Self::Sns(_) | Self::Paypal(_) => Err(Why::Unavailable.into()),
        }
    }

    /// Whether it is genuine. Where much of a body must be read for that, it is read on a thread aside.
    pub(super) async fn verify(
        plan: &Arc<Plan>,
        message: &Message<'_>,
        body: Whole,
        held: &Arc<[Held]>,
        fetcher: &Fetcher,
    ) -> Result<Proof, Refusal> {
        let now = message.request.received_at;
        match &plan.kind {
            Self::Sns(kind) => kind.verify(message, body.bytes, fetcher).await,
            Self::Paypal(kind) => kind.verify(message, &body, fetcher).await,
            kind if aside::is_much(body.bytes.len()) && kind.reads_body(message, &body) => {
                let (plan, held) = (Arc::clone(plan), Arc::clone(held));
                let request = message.request.clone();
                let work = move || {
                    // What chooses secrets has been asked already.
                    let message = Message {
                        request: &request,
                        capture: &|_| None,
                        key: None,
                    };
                    let candidates = Candidates::new(&held, now);
                    plan.kind.verify_now(&message, body, &candidates)
                };
                aside::run(work).await?
            }
            kind => kind.verify_now(message, body, &Candidates::new(held, now)),
        }
    }

    /// What verifying looks at, as far as it goes without the network.
    pub(super) fn tell(
        &self,
        message: &Message<'_>,
        body: &Bytes,
        candidates: &Candidates<'_>,
    ) -> Trace {
        let whole = Whole::from(body.clone());
        match self {
            Self::Declared(kind) => kind.tell(message, body, candidates),
            Self::Sns(kind) => kind.tell(message, body),
            Self::Paypal(kind) => kind.tell(message, &whole),
            Self::Jwt(kind) => kind.tell(message, &whole, candidates),
            Self::Twilio(kind) => kind.tell(message, &whole, candidates),
            Self::Contentful(kind) => kind.tell(message, &whole, candidates),
            Self::Rfc9421(kind) => kind.tell(message, &whole, candidates),
        }
    }

    /// Signs as the sender would.
    pub(super) fn sign(&self, draft: &Draft<'_>) -> Result<Signed, SignError> {
        each!(self, kind => kind.sign(draft))
    }
}
