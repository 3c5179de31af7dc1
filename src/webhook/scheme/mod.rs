//! Schemes that data describes: where a signature stands, how it is written, what it is made of.
//!
//! This part knows MACs, digests, fixed tokens, passwords and public keys, and how a message is taken apart for
//! them. It refuses to know senders: what differs between them is in files.
//!
//! Straight line: [`Declared::read`] -> [`Declared::look`] at the head (signature, timestamp, what must be there)
//! -> [`Declared::verify`] with the body -> [`Proof`]. [`Declared::sign`] goes the same way backwards.
//!
//! Always: a value that counts stands there once; what is not written exactly is not read; a time or an id is
//! stated only if the signature covers it; every key in force is tried, and nothing stops early.

mod base;
mod body_hash;
mod claim;
mod codec;
mod hash;
mod json;
mod key_form;
mod parameters;
mod place;
mod primitive;
mod query;
mod read;
mod sign;
mod signature;
mod telling;
mod template;
mod timestamp;

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderName;
use sha2::{Digest as _, Sha256};

use crate::model::Coverage;

use super::candidates::Candidates;
use super::kind::{Nature, Presence};
use super::message::Message;
use super::proof::Proof;
use super::refusal::{Refusal, Why};

pub(super) use base::Base;
pub(super) use codec::Encoding;
pub(super) use hash::Hash;
pub(super) use json::{Found, Pointers};
pub(super) use key_form::{KeyForm, SecretEncoding};
pub(super) use parameters::Parameters;
pub(super) use primitive::{MOST_OPERATIONS, MOST_SECRETS, Primitive};
pub(super) use query::{only, pairs, sorted};
pub(super) use telling::Trace;
pub(super) use timestamp::{Format, within};

use body_hash::BodyHash;
use claim::{Claim, EventId, Reach, Stamp, StampPlace};
pub(super) use place::required;
use place::{Parts, Place};
use signature::{Signature, Spots};
use template::{Given, Template};

/// A scheme that data describes.
#[derive(Debug)]
pub(super) struct Declared {
    primitive: Primitive,
    hash: Hash,
    key_form: KeyForm,
    signature: Signature,
    timestamp: Option<Stamp>,
    id: Option<EventId>,
    /// What is signed; of fixed tokens and passwords nothing.
    template: Option<Template>,
    /// Header fields that must have exactly these values.
    require: Box<[(HeaderName, Box<str>)]>,
    body_hash: Option<BodyHash>,
    covers: Coverage,
    /// Whether deliveries are told apart by their ids.
    by_id: bool,
    pointers: Pointers,
    base: Option<Base>,
    secret_headers: Box<[HeaderName]>,
}

impl Declared {
    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        let stamp = self.timestamp.as_ref().filter(|stamp| stamp.covered);
        Nature {
            covers: self.covers,
            tolerance: stamp.and_then(|stamp| stamp.tolerance),
            identified: self.by_id,
        }
    }

    /// Whether there is a time of signing that the signature does not cover: anybody can renew it.
    pub(super) fn has_unsigned_time(&self) -> bool {
        self.timestamp.as_ref().is_some_and(|stamp| !stamp.covered)
    }

    /// How its secrets, or public keys, are written.
    pub(super) fn key_form(&self) -> KeyForm {
        self.key_form.clone()
    }

    /// Names of header fields that hold a secret.
    pub(super) fn secret_headers(&self) -> &[HeaderName] {
        &self.secret_headers
    }

    /// The name of a parameter of the query that holds a secret.
    pub(super) fn secret_parameter(&self) -> Option<&str> {
        match &self.signature.spots {
            Spots::One(Place::Query(name)) if self.primitive.is_fixed() => Some(name),
            _ => None,
        }
    }

    /// What can be said without the body.
    pub(super) fn look(&self, message: &Message<'_>) -> Result<Presence, Refusal> {
        let parts = self.parts(message, &[]);
        let claim = self.claim(&parts, message.request.received_at, Reach::Head)?;
        Ok(match claim {
            Some(_) => Presence::Present,
            None => Presence::Absent,
        })
    }

    /// Whether it is genuine.
    pub(super) fn verify(
        &self,
        message: &Message<'_>,
        body: &Bytes,
        candidates: &Candidates<'_>,
    ) -> Result<Proof, Refusal> {
        let parts = self.parts(message, body);
        if !self.signature.spots.are_in_head() && body.is_empty() {
            return Err(Why::Missing.into());
        }
        let claim = self.claim(&parts, candidates.now(), Reach::Whole)?;
        let claim = claim.ok_or(Why::Missing)?;
        let signed = self.signed(&parts, &claim)?;
        let matched = self.matching(candidates, &signed, &claim.taken.signatures);
        let hashed = self.body_hash.as_ref();
        hashed.map_or(Ok(()), |hash| hash.check(&parts))?;
        let secret = matched
            .ok_or_else(|| Refusal::new(Why::Mismatch, "no secret in force made this signature"))?;
        Ok(self.proof(secret, &claim, &signed, body))
    }

    fn parts<'p>(&'p self, message: &'p Message<'_>, body: &'p [u8]) -> Parts<'p> {
        let request = message.request;
        let target = message.target();
        Parts::new(
            &request.method,
            target,
            &request.headers,
            body,
            &self.pointers,
        )
    }

    /// What is signed, in parts to be joined.
    fn signed<'s>(
        &'s self,
        parts: &'s Parts<'_>,
        claim: &'s Claim,
    ) -> Result<Vec<Cow<'s, [u8]>>, Refusal> {
        let given = Given {
            timestamp: claim.timestamp.as_deref(),
            id: claim.id.as_deref(),
            base: self.base.as_ref(),
        };
        match &self.template {
            Some(template) => template.render(parts, given),
            None => Ok(Vec::new()),
        }
    }

    fn proof(&self, secret: usize, claim: &Claim, signed: &[Cow<'_, [u8]>], body: &[u8]) -> Proof {
        let covered = self.id.as_ref().is_some_and(|id| id.covered);
        let stamp = self.timestamp.as_ref().is_some_and(|stamp| stamp.covered);
        let mut unique = Sha256::new();
        match claim.id.as_deref().filter(|_| self.by_id) {
            Some(id) => unique.update([b"id:", id.as_bytes()].concat()),
            // Not the signature's own bytes: there may be several of one message, and some can be varied.
            None => {
                unique.update(b"signed:");
                signed.iter().for_each(|part| unique.update(part));
                if self.template.is_none() {
                    unique.update(body);
                }
            }
        }
        Proof {
            secret,
            event_id: claim.id.as_deref().filter(|_| covered).map(Into::into),
            signed_at: claim.signed_at.filter(|_| stamp),
            unique: unique.finalize().into(),
        }
    }
}
