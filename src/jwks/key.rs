//! One key: what it may be used for is decided by the key itself, never by a token.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::signature::ParsedPublicKey;
use aws_lc_rs::{digest, hmac as mac};
use serde_json::Value;

use super::jwk::{Jwk, Unusable};
use crate::secret::Secret;

pub use jsonwebtoken::Algorithm;

/// A key ready to verify with, and the algorithms it may be used with (RFC 7517 section 4.4).
///
/// A key keeps its identity (the same `Arc`) as long as its set publishes it unchanged; when it
/// leaves the set, [`VerifyingKey::is_current`] turns false and stays so.
#[derive(Debug)]
pub struct VerifyingKey {
    kid: Option<Box<str>>,
    checks: Box<[(Algorithm, Check)]>,
    digest: [u8; 32],
    retired: AtomicBool,
}

/// A key as the crypto library takes it for one algorithm. It is parsed once: parsing takes a sixth as
/// long as checking a signature does.
#[derive(Debug)]
pub(super) enum Check {
    /// The public half of a key pair.
    Pair(ParsedPublicKey),
    /// A shared secret.
    Secret(Box<mac::Key>),
}

/// Why a shared secret cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// The algorithm is for key pairs.
    #[error("`{0:?}` does not work with a secret; use `HS256`, `HS384` or `HS512`")]
    NotSymmetric(Algorithm),
    /// RFC 7518 section 3.2: the secret must be at least as long as the hash.
    #[error("the secret has {given} bytes; `{algorithm:?}` needs at least {needed}")]
    TooShort {
        /// The algorithm it was meant for.
        algorithm: Algorithm,
        /// Bytes needed.
        needed: usize,
        /// Bytes given.
        given: usize,
    },
    /// No algorithm was named.
    #[error("a secret needs at least one of the algorithms `HS256`, `HS384` and `HS512`")]
    NoAlgorithm,
}

impl VerifyingKey {
    /// A key from a shared secret, for HS256, HS384 and HS512.
    pub fn from_secret(secret: &Secret, algorithms: &[Algorithm]) -> Result<Self, SecretKeyError> {
        if algorithms.is_empty() {
            return Err(SecretKeyError::NoAlgorithm);
        }
        let checks = algorithms.iter().map(|&algorithm| {
            let (needed, hash) = match algorithm {
                Algorithm::HS256 => (32, mac::HMAC_SHA256),
                Algorithm::HS384 => (48, mac::HMAC_SHA384),
                Algorithm::HS512 => (64, mac::HMAC_SHA512),
                other => return Err(SecretKeyError::NotSymmetric(other)),
            };
            let given = secret.len();
            if given < needed {
                return Err(SecretKeyError::TooShort {
                    algorithm,
                    needed,
                    given,
                });
            }
            let key = mac::Key::new(hash, secret.expose());
            Ok((algorithm, Check::Secret(Box::new(key))))
        });
        Ok(Self {
            kid: None,
            checks: checks.collect::<Result<_, _>>()?,
            // Nothing may be learnt about a secret, and it is in no set to be compared in.
            digest: [0; 32],
            retired: AtomicBool::new(false),
        })
    }

    /// Reads one entry of a set. A private member is not looked at.
    pub(super) fn from_jwk(jwk: &Value) -> Result<Self, Unusable> {
        let Jwk {
            kid,
            checks,
            public,
        } = Jwk::read(jwk)?;
        Ok(Self {
            kid,
            checks: checks.into(),
            digest: sha256(Value::from(public).to_string().as_bytes()),
            retired: AtomicBool::new(false),
        })
    }

    /// Whether the key may be used with an algorithm.
    pub fn allows(&self, algorithm: Algorithm) -> bool {
        self.check(algorithm).is_some()
    }

    /// Whether this key, used with an algorithm that is its own, made a signature (RFC 7515 section
    /// 5.2). `signed` is header and claims as they stood in the token.
    pub fn made(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        match self.check(algorithm) {
            Some(Check::Pair(key)) => match hash(algorithm) {
                // Half of the copies that the library makes of what it works with are spared.
                Some(hash) => {
                    let digest = digest::digest(hash, signed);
                    key.verify_digest_sig(&digest, signature).is_ok()
                }
                None => key.verify_sig(signed, signature).is_ok(),
            },
            Some(Check::Secret(key)) => mac::verify(key, signed, signature).is_ok(),
            None => false,
        }
    }

    fn check(&self, algorithm: Algorithm) -> Option<&Check> {
        let mut checks = self.checks.iter();
        checks
            .find(|(own, _)| *own == algorithm)
            .map(|(_, check)| check)
    }

    /// Whether the key is still in its set. A fact that was verified with a key that is not must not
    /// be used any more.
    pub fn is_current(&self) -> bool {
        !self.retired.load(Ordering::Relaxed)
    }

    /// The key's name (RFC 7517 section 4.5), if it has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Whether both are the same key under the same name, for the same purpose.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

/// What a signature is made of, when it is made of a hash (RFC 7518 section 3.1): not of the whole, as
/// EdDSA does (RFC 8037 section 3.1), nor with a secret.
fn hash(algorithm: Algorithm) -> Option<&'static digest::Algorithm> {
    match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => Some(&digest::SHA256),
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Some(&digest::SHA384),
        Algorithm::RS512 | Algorithm::PS512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// SHA-256 of some bytes.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}
