//! A digest of the body that stands somewhere in the message, and is signed in the body's place.

use subtle::ConstantTimeEq as _;

use crate::webhook::{Refusal, Why};

use super::codec::Encoding;
use super::hash::Hash;
use super::place::{Parts, Place, malformed};

/// Where the digest stands, and how it is written.
#[derive(Debug)]
pub(super) struct BodyHash {
    pub(super) place: Place,
    pub(super) hash: Hash,
    pub(super) encoding: Encoding,
}

impl BodyHash {
    /// Refuses a body that is not the one that was signed.
    pub(super) fn check(&self, parts: &Parts<'_>) -> Result<(), Refusal> {
        let text = parts.value(&self.place)?;
        let text = text.ok_or_else(|| malformed("there is no digest of the body"))?;
        let given = self.encoding.decode(&text);
        let given = given.ok_or_else(|| malformed("the body's digest cannot be read exactly"))?;
        match bool::from(given.ct_eq(&parts.digest(self.hash))) {
            true => Ok(()),
            false => Err(Refusal::new(
                Why::Mismatch,
                "the body is not the one that was signed",
            )),
        }
    }

    /// The digest of a body.
    pub(super) fn of(&self, body: &[u8]) -> Vec<u8> {
        self.hash.digest(&[body])
    }
}
