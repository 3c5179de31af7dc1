//! Schemes that data describes: where a signature stands, how it is written, what it is made of.

mod base;
mod hash;
mod key_form;
mod parameters;

use bytes::Bytes;
use http::HeaderName;

use crate::document::Fields;
use crate::model::Coverage;

use super::candidates::Candidates;
use super::kind::{Around, Nature, Presence};
use super::message::Message;
use super::proof::Proof;
use super::refusal::{Refusal, Why};
use super::sign::{Draft, SignError, Signed};

pub(super) use base::Base;
pub(super) use hash::Hash;
pub(super) use key_form::{KeyForm, SecretEncoding};
pub(super) use parameters::Parameters;

/// What a signature is, mathematically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primitive {
    /// A keyed MAC (RFC 2104).
    Hmac,
    /// A plain hash that begins with the secret.
    Digest,
    /// The secret itself.
    Token,
    /// A name and a password (RFC 7617).
    Basic,
    /// Ed25519.
    Ed25519,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1,
}

/// A scheme that data describes.
#[derive(Debug)]
pub(super) struct Declared {}

impl Declared {
    /// Reads its keys of the section `scheme`.
    pub(super) fn read(
        _primitive: Primitive,
        _fields: &mut Fields<'_>,
        _around: &Around<'_>,
    ) -> Option<Self> {
        None
    }

    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        Nature {
            covers: Coverage::Part,
            tolerance: None,
            identified: false,
        }
    }

    /// How its secrets, or public keys, are written.
    pub(super) fn key_form(&self) -> KeyForm {
        KeyForm::None
    }

    /// Names of header fields that hold a secret.
    pub(super) fn secret_headers(&self) -> &[HeaderName] {
        &[]
    }

    /// What can be said without the body.
    pub(super) fn look(&self, _message: &Message<'_>) -> Result<Presence, Refusal> {
        Ok(Presence::Absent)
    }

    /// Whether it is genuine.
    pub(super) fn verify(
        &self,
        _message: &Message<'_>,
        _body: &Bytes,
        _candidates: &Candidates<'_>,
    ) -> Result<Proof, Refusal> {
        Err(Why::Mismatch.into())
    }

    /// Signs as the sender would.
    pub(super) fn sign(&self, _draft: &Draft<'_>) -> Result<Signed, SignError> {
        Err(SignError::NotBySecret)
    }
}
