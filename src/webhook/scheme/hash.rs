//! The hashes that schemes use, plain and keyed.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::webhook) enum Hash {
    /// SHA-1: sound as a MAC (RFC 6194), and no more.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

fn keyed<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of any length (RFC 2104 section 2), so that the other branch is never met.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn plain<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut digest = D::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().to_vec()
}

impl Hash {
    /// The words of files.
    pub(in crate::webhook) const WORDS: &'static [(&'static str, Self)] = &[
        ("sha1", Self::Sha1),
        ("sha256", Self::Sha256),
        ("sha384", Self::Sha384),
        ("sha512", Self::Sha512),
    ];

    /// The MAC (RFC 2104) of parts joined.
    pub(in crate::webhook) fn mac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => keyed::<Hmac<Sha1>>(key, parts),
            Self::Sha256 => keyed::<Hmac<Sha256>>(key, parts),
            Self::Sha384 => keyed::<Hmac<Sha384>>(key, parts),
            Self::Sha512 => keyed::<Hmac<Sha512>>(key, parts),
        }
    }

    /// The digest of parts joined.
    pub(in crate::webhook) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => plain::<Sha1>(parts),
            Self::Sha256 => plain::<Sha256>(parts),
            Self::Sha384 => plain::<Sha384>(parts),
            Self::Sha512 => plain::<Sha512>(parts),
        }
    }

    /// How many bytes it gives.
    pub(in crate::webhook) const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}
