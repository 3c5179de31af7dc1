//! `Content-Digest` (RFC 9530 section 2): what binds a body to a signature.

use subtle::ConstantTimeEq as _;

use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::Hash;
use crate::webhook::whole::Whole;

use super::structured::{Bare, Item, Member, dictionary};

/// The algorithms that are sound (RFC 9530 section 5); others are passed over.
const KNOWN: &[(&str, Hash)] = &[("sha-256", Hash::Sha256), ("sha-512", Hash::Sha512)];

/// The hashes that a field names, of those that are known.
pub(super) fn stated(field: &str) -> impl Iterator<Item = Hash> {
    let members = dictionary(field).unwrap_or_default();
    let known = KNOWN.iter();
    known.filter_map(move |(own, hash)| {
        let named = members.iter().any(|(name, _)| name == own);
        named.then_some(*hash)
    })
}

/// Refuses a body that a field does not describe. Every known digest in it must be right, and there must be one.
pub(super) fn refuse_other(field: &str, body: &Whole) -> Result<(), Refusal> {
    let malformed = || Refusal::new(Why::Malformed, "the body's digest cannot be read exactly");
    let members = dictionary(field).ok_or_else(malformed)?;
    let mut known = 0_usize;
    for (name, member) in &members {
        let Some((_, hash)) = KNOWN.iter().find(|(own, _)| own == name) else {
            continue;
        };
        let Member::Item(Item {
            bare: Bare::Bytes(stated),
            ..
        }) = member
        else {
            return Err(malformed());
        };
        if !bool::from(body.digest(*hash).ct_eq(stated)) {
            let detail = "the body is not the one whose digest was signed";
            return Err(Refusal::new(Why::Mismatch, detail));
        }
        known += 1;
    }
    match known {
        0 => Err(malformed()),
        _ => Ok(()),
    }
}

/// The field for a body.
pub(super) fn of(body: &[u8]) -> String {
    format!("sha-256={}", Bare::Bytes(Hash::Sha256.digest(&[body])))
}
