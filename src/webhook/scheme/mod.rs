//! Schemes that data describes: where a signature stands, how it is written, what it is made of.
//!
//! This part knows MACs, digests, fixed tokens, passwords and public keys, and how a message is taken apart for
//! them. It refuses to know senders: what differs between them is in files.
//!
//! Straight line: [`Declared::read`] -> [`Declared::look`] at the head (signature, timestamp, what must be there)
//! -> [`Declared::begin`] before the body -> [`Declared::verify`] with it -> [`Proof`]. [`Declared::sign`] goes
//! the same way backwards.
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
mod text;
mod timestamp;

use std::borrow::Cow;

use http::HeaderName;

use crate::model::Coverage;

use super::candidates::Candidates;
use super::kind::{Nature, Presence};
use super::message::Message;
use super::proof::{Proof, unique};
use super::refusal::{Refusal, Why};
use super::whole::{Sums, Whole};

pub(super) use base::Base;
pub(super) use codec::Encoding;
pub(super) use hash::{Hash, Sum};
pub(super) use json::{Found, Pointers};
pub(super) use key_form::{KeyForm, SecretEncoding};
pub(super) use parameters::Parameters;
pub(super) use primitive::{MOST_OPERATIONS, MOST_SECRETS, Primitive, first};
pub(super) use query::{only, pairs, sorted};
pub(super) use telling::Trace;
pub(super) use text::Text;
pub(super) use timestamp::Format;

use body_hash::BodyHash;
use claim::{Claim, EventId, Reach, Stamp, StampPlace};
pub(super) use place::required;
use place::{Parts, Place};
use signature::{Signature, Spots};
use template::{Given, Template};
use text::Made;

/// What is signed, in parts to be joined.
type Signed<'s> = Vec<Cow<'s, [u8]>>;

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
    /// Ways in a JSON body at whose end there must be nothing.
    absent: Box<[Place]>,
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

    /// What can be computed of the body while it comes.
    pub(super) fn begin(
        &self,
        message: &Message<'_>,
        candidates: &Candidates<'_>,
        sums: &mut Sums,
    ) {
        if let Some(template) = &self.template {
            template.digests(sums);
        }
        if let Some(hash) = &self.body_hash {
            sums.digest(hash.hash);
        }
        sums.text(self.before_body(message, candidates, sums.remembered));
    }

    /// The text that is signed, up to the body. Nothing where the head does not say what that is.
    fn before_body(
        &self,
        message: &Message<'_>,
        candidates: &Candidates<'_>,
        remembered: bool,
    ) -> Option<Text> {
        let parts = self.parts(message, &[]);
        let claim = self.claim(&parts, candidates.now(), Reach::Head).ok()??;
        let id = self.id.as_ref().filter(|_| self.by_id);
        // An id that stands in the body will be there, as a rule.
        let identified = id.is_some_and(|id| !id.place.is_in_head() || claim.id.is_some());
        let mut text = self.text(candidates, remembered && !identified);
        if text.is_kept() {
            return None;
        }
        let Some(template) = &self.template else {
            return Some(text);
        };
        let (before, next) = template.render_before_body(&parts, self.given(&claim, false))?;
        before.iter().for_each(|part| text.add(part));
        text.next = next;
        Some(text)
    }

    /// Whether a body of which all was computed that can be is read once more in the end.
    pub(super) fn reads_body(&self, begun: Option<&Text>) -> bool {
        let in_body = |place: &Place| !place.is_in_head();
        let stamp = self.timestamp.as_ref();
        let hash = self.body_hash.as_ref();
        let from = begun.map_or(0, |text| text.next);
        !self.signature.spots.are_in_head()
            || stamp.is_some_and(|stamp| matches!(&stamp.place, StampPlace::At(at) if in_body(at)))
            || self.id.as_ref().is_some_and(|id| in_body(&id.place))
            || hash.is_some_and(|hash| in_body(&hash.place))
            || !self.absent.is_empty()
            || self.is_spelled_twice()
            || match &self.template {
                Some(template) => template.reads_body(from),
                None => begun.is_none(),
            }
    }

    /// Whether it is genuine.
    pub(super) fn verify(
        &self,
        message: &Message<'_>,
        mut body: Whole,
        candidates: &Candidates<'_>,
    ) -> Result<Proof, Refusal> {
        let begun = body.text.take();
        let parts = self.parts(message, &[]).of(&body);
        if !self.signature.spots.are_in_head() && parts.body.is_empty() {
            return Err(Why::Missing.into());
        }
        let claim = self.claim(&parts, candidates.now(), Reach::Whole)?;
        let claim = claim.ok_or(Why::Missing)?;
        let told_apart = body.remembered && !(self.by_id && claim.id.is_some());
        let (made, matched) = self.matched(begun, told_apart, &parts, &claim, candidates)?;
        let hashed = self.body_hash.as_ref();
        hashed.map_or(Ok(()), |hash| hash.check(&parts))?;
        let secret = matched
            .ok_or_else(|| Refusal::new(Why::Mismatch, "no secret in force made this signature"))?;
        Ok(self.proof(secret, &claim, made.unique))
    }

    /// What keys make of the text, and the number of the one that made a signature of it. Where senders spell the
    /// address in two ways, it is the text of the one that was signed.
    fn matched(
        &self,
        begun: Option<Text>,
        told_apart: bool,
        parts: &Parts<'_>,
        claim: &Claim,
        candidates: &Candidates<'_>,
    ) -> Result<(Made, Option<usize>), Refusal> {
        let whole = |verbatim| {
            let text = self.text(candidates, told_apart);
            self.whole_text(text, parts, claim, verbatim)
        };
        let made = match begun {
            Some(text) if !told_apart || text.is_told_apart() => {
                self.text_behind(text, parts, claim)?
            }
            _ => whole(false)?,
        };
        let (made, signatures) = (made.end(), &claim.taken.signatures);
        let matched = self.matching(candidates, &made, signatures);
        if matched.is_some() || !self.is_spelled_twice() {
            return Ok((made, matched));
        }
        let made = whole(true)?.end();
        let matched = self.matching(candidates, &made, signatures);
        Ok((made, matched))
    }

    /// Whether senders spell what is signed in two ways.
    fn is_spelled_twice(&self) -> bool {
        let template = self.template.as_ref();
        template.is_some_and(Template::is_spelled_twice)
    }

    /// A text that goes as far as the body, to its end.
    fn text_behind(
        &self,
        mut text: Text,
        parts: &Parts<'_>,
        claim: &Claim,
    ) -> Result<Text, Refusal> {
        if let Some(template) = &self.template {
            let behind = template.render_from(text.next, parts, self.given(claim, false))?;
            behind.iter().for_each(|part| text.add(part));
        }
        Ok(text)
    }

    /// A text of which nothing is known yet, to its end.
    fn whole_text(
        &self,
        mut text: Text,
        parts: &Parts<'_>,
        claim: &Claim,
        verbatim: bool,
    ) -> Result<Text, Refusal> {
        self.signed(parts, claim, verbatim)?
            .iter()
            .for_each(|part| text.add(part));
        if self.template.is_none() {
            text.add(parts.body);
        }
        Ok(text)
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
        verbatim: bool,
    ) -> Result<Signed<'s>, Refusal> {
        match &self.template {
            Some(template) => template.render(parts, self.given(claim, verbatim)),
            None => Ok(Vec::new()),
        }
    }

    fn given<'g>(&'g self, claim: &'g Claim, verbatim: bool) -> Given<'g> {
        Given {
            timestamp: claim.timestamp.as_deref(),
            id: claim.id.as_deref(),
            base: self.base.as_ref(),
            verbatim,
        }
    }

    fn proof(&self, secret: usize, claim: &Claim, text: Option<Vec<u8>>) -> Proof {
        let covered = self.id.as_ref().is_some_and(|id| id.covered);
        let stamp = self.timestamp.as_ref().is_some_and(|stamp| stamp.covered);
        let by_id = claim.id.as_deref().filter(|_| self.by_id);
        let by_id = by_id.map(|id| unique([b"id:", id.as_bytes()].concat().as_slice()));
        let text = text.and_then(|text| text.first_chunk().copied());
        Proof {
            secret,
            event_id: claim.id.as_deref().filter(|_| covered).map(Into::into),
            signed_at: claim.signed_at.filter(|_| stamp),
            // Neither is there where nobody asks.
            unique: by_id.or(text).unwrap_or_default(),
        }
    }
}
