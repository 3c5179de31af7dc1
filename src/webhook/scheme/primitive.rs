//! The mathematics of signatures: which key made one.

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use crate::webhook::Refusal;
use crate::webhook::candidates::Candidates;

use super::Declared;
use super::codec::Encoding;
use super::hash::Hash;
use super::place::{Parts, Place, malformed};
use super::signature::{Signature, Spots, Taken};
use super::text::Made;

/// What a signature is, mathematically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::webhook) enum Primitive {
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

/// The most secrets that are tried.
pub(in crate::webhook) const MOST_SECRETS: usize = 8;
/// The most operations with public keys for one message.
pub(in crate::webhook) const MOST_OPERATIONS: usize = 4;

impl Primitive {
    /// How long its signatures are, in bytes, where that is fixed.
    pub(super) const fn length(self, hash: Hash) -> Option<usize> {
        match self {
            Self::Hmac | Self::Digest => Some(hash.len()),
            Self::Ed25519 => Some(64),
            Self::Token | Self::Basic | Self::EcdsaP256 | Self::RsaPkcs1 => None,
        }
    }

    /// Whether the secret itself is sent, and nothing is signed.
    pub(super) const fn is_fixed(self) -> bool {
        matches!(self, Self::Token | Self::Basic)
    }

    /// Whether it is verified with a public key.
    pub(super) const fn is_public(self) -> bool {
        matches!(self, Self::Ed25519 | Self::EcdsaP256 | Self::RsaPkcs1)
    }
}

impl Declared {
    /// The number of the first key that made one of the signatures. All are tried, and nothing stops early.
    pub(super) fn matching(
        &self,
        candidates: &Candidates<'_>,
        made: &Made,
        signatures: &[Vec<u8>],
    ) -> Option<usize> {
        if self.primitive.is_public() {
            return verified(candidates, made, signatures);
        }
        if !self.primitive.is_fixed() {
            return first(&made.secrets, signatures);
        }
        // Of what is sent as it is, digests are compared: not even lengths can be measured.
        let digest = |text: &[u8]| Sha256::digest(text).to_vec();
        let given: Vec<Vec<u8>> = signatures.iter().map(|given| digest(given)).collect();
        let secrets = candidates.secrets().take(MOST_SECRETS);
        let own: Vec<_> = secrets.map(|(number, key)| (number, digest(key))).collect();
        first(&own, &given)
    }
}

/// The number of the first of ours that is among those that are given. All are compared with all.
pub(in crate::webhook) fn first(own: &[(usize, Vec<u8>)], given: &[Vec<u8>]) -> Option<usize> {
    let mut matched = None;
    for (number, own) in own {
        let equal = given
            .iter()
            .fold(Choice::from(0), |equal, given| equal | given.ct_eq(own));
        if bool::from(equal) && matched.is_none() {
            matched = Some(*number);
        }
    }
    matched
}

fn verified(candidates: &Candidates<'_>, made: &Made, signatures: &[Vec<u8>]) -> Option<usize> {
    let pairs = candidates.public_keys().flat_map(|(number, key)| {
        let each = signatures.iter();
        each.map(move |signature| (number, key, signature))
    });
    let mut tried = pairs.take(MOST_OPERATIONS);
    tried
        .find(|(_, key, signature)| made.is_signed_by(key, signature))
        .map(|(number, _, _)| number)
}

/// Takes a name with its password out of a header field (RFC 7617 section 2).
pub(super) fn password(signature: &Signature, parts: &Parts<'_>) -> Result<Option<Taken>, Refusal> {
    let Spots::One(place @ Place::Header(_)) = &signature.spots else {
        return Ok(None);
    };
    let Some(value) = parts.value(place)? else {
        return Ok(None);
    };
    let (scheme, text) = value.split_at_checked(6).unwrap_or_default();
    let text = Some(text.trim_ascii_start()).filter(|_| scheme.eq_ignore_ascii_case(b"basic "));
    let given = text.and_then(|text| Encoding::Base64.decode(text));
    let given = given.ok_or_else(|| malformed("not a name with a password (RFC 7617)"))?;
    Ok(Some(Taken {
        signatures: vec![given],
        timestamp: None,
    }))
}
