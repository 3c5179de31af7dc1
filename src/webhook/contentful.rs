//! Deliveries of Contentful.

use bytes::Bytes;

use crate::document::Fields;
use crate::model::Coverage;

use super::candidates::Candidates;
use super::kind::{Around, Nature, Presence};
use super::message::Message;
use super::proof::Proof;
use super::refusal::{Refusal, Why};
use super::scheme::KeyForm;
use super::sign::{Draft, SignError, Signed};
/// Deliveries of Contentful.
#[derive(Debug)]
pub(super) struct Contentful {}

impl Contentful {
    /// Reads its own keys of the section `scheme`.
    pub(super) fn read(_fields: &mut Fields<'_>, _around: &Around<'_>) -> Option<Self> {
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

    /// How its secrets are written.
    pub(super) fn key_form(&self) -> KeyForm {
        KeyForm::None
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
