//! The digest of a message, for keys that sign nothing more of one.

use aws_lc_rs::digest::{
    Algorithm as Hashing, Context, Digest, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512,
};

use super::algorithm::Algorithm;
use crate::webhook::scheme::Hash;

/// A digest under way: the message is added as it comes.
#[derive(Clone)]
pub(in crate::webhook) struct Hasher(Context);

/// What there is to know of a message for who has its signature.
#[derive(Clone)]
pub(in crate::webhook) struct Hashed(pub(super) Digest);

impl Hasher {
    /// For keys of this algorithm; nothing where the message itself is needed, twice: Ed25519 (RFC 8032 section
    /// 5.1.6).
    pub(in crate::webhook) fn of(algorithm: Algorithm) -> Option<Self> {
        hashing(algorithm).map(|hashing| Self(Context::new(hashing)))
    }

    /// Adds what comes next.
    pub(in crate::webhook) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that was added.
    pub(in crate::webhook) fn end(self) -> Hashed {
        Hashed(self.0.finish())
    }
}

fn hashing(algorithm: Algorithm) -> Option<&'static Hashing> {
    Some(match algorithm {
        Algorithm::Ed25519 => return None,
        Algorithm::RsaPkcs1(Hash::Sha1) => &SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::EcdsaP256Der | Algorithm::EcdsaP256Fixed | Algorithm::RsaPkcs1(Hash::Sha256) => {
            &SHA256
        }
        Algorithm::EcdsaP384Fixed | Algorithm::RsaPkcs1(Hash::Sha384) => &SHA384,
        Algorithm::RsaPkcs1(Hash::Sha512) | Algorithm::RsaPssSha512 => &SHA512,
    })
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}
