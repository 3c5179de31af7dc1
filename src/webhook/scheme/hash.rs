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

/// A digest or a MAC under way: bytes are added as they come.
pub(in crate::webhook) struct Sum(Box<dyn Sink>);

/// What takes bytes, whichever hash it is.
trait Sink: Send + Sync {
    fn add(&mut self, bytes: &[u8]);
    fn end(self: Box<Self>) -> Vec<u8>;
}

struct Plain<D>(D);

struct Keyed<M>(M);

impl<D: Digest + Send + Sync> Sink for Plain<D> {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn end(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl<M: Mac + Send + Sync> Sink for Keyed<M> {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn end(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().into_bytes().to_vec()
    }
}

/// Ends as what no signature equals.
struct Nothing;

impl Sink for Nothing {
    fn add(&mut self, _bytes: &[u8]) {}

    fn end(self: Box<Self>) -> Vec<u8> {
        Vec::new()
    }
}

impl Sum {
    /// Adds what comes next.
    pub(in crate::webhook) fn add(&mut self, bytes: &[u8]) {
        self.0.add(bytes);
    }

    /// The digest, or the MAC, of all that was added.
    pub(in crate::webhook) fn end(self) -> Vec<u8> {
        self.0.end()
    }
}

/// What was added so far may tell of a secret.
impl std::fmt::Debug for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sum")
    }
}

fn keyed<M: Mac + KeyInit + Send + Sync + 'static>(key: &[u8]) -> Sum {
    // HMAC takes keys of any length (RFC 2104 section 2), so that the other branch is never met.
    match <M as KeyInit>::new_from_slice(key) {
        Ok(mac) => Sum(Box::new(Keyed(mac))),
        Err(_) => Sum(Box::new(Nothing)),
    }
}

impl Hash {
    /// The words of files.
    pub(in crate::webhook) const WORDS: &'static [(&'static str, Self)] = &[
        ("sha1", Self::Sha1),
        ("sha256", Self::Sha256),
        ("sha384", Self::Sha384),
        ("sha512", Self::Sha512),
    ];

    /// A MAC (RFC 2104) that has yet to be given its text.
    pub(in crate::webhook) fn keyed(self, key: &[u8]) -> Sum {
        match self {
            Self::Sha1 => keyed::<Hmac<Sha1>>(key),
            Self::Sha256 => keyed::<Hmac<Sha256>>(key),
            Self::Sha384 => keyed::<Hmac<Sha384>>(key),
            Self::Sha512 => keyed::<Hmac<Sha512>>(key),
        }
    }

    /// A digest that has yet to be given its text.
    pub(in crate::webhook) fn plain(self) -> Sum {
        match self {
            Self::Sha1 => Sum(Box::new(Plain(Sha1::new()))),
            Self::Sha256 => Sum(Box::new(Plain(Sha256::new()))),
            Self::Sha384 => Sum(Box::new(Plain(Sha384::new()))),
            Self::Sha512 => Sum(Box::new(Plain(Sha512::new()))),
        }
    }

    /// The MAC (RFC 2104) of parts joined.
    pub(in crate::webhook) fn mac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        all(self.keyed(key), parts)
    }

    /// The digest of parts joined.
    pub(in crate::webhook) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        all(self.plain(), parts)
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

fn all(mut sum: Sum, parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().for_each(|part| sum.add(part));
    sum.end()
}
