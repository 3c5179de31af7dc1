//! Public keys of senders.

use crate::secret::Secret;

use super::scheme::Hash;
use super::sign::SignError;

/// How a sender signs with a key that only it has. The configuration says which, never a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ECDSA on P-256 with SHA-256, the signature in DER (SEC 1, RFC 3279 section 2.2.3).
    EcdsaP256Der,
    /// The same, the signature as two numbers of 32 bytes (RFC 9421 section 3.3.4).
    EcdsaP256Fixed,
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) with a hash.
    RsaPkcs1(Hash),
}

/// How a public key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// The raw key in hexadecimal.
    Hex,
    /// The raw key in base64.
    Base64,
    /// A SubjectPublicKeyInfo in base64, without the lines of PEM.
    SpkiBase64,
    /// PEM.
    Pem,
}

/// A public key with the one algorithm it may be used for.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    algorithm: Algorithm,
}

impl PublicKey {
    /// Reads a key. Says what is wrong with it without quoting it.
    pub(super) fn parse(
        algorithm: Algorithm,
        _encoding: Encoding,
        _text: &str,
    ) -> Result<Self, String> {
        Ok(Self { algorithm })
    }

    /// Whether the owner of the key made this signature of this message.
    pub(super) fn verifies(&self, _message: &[u8], _signature: &[u8]) -> bool {
        let _ = self.algorithm;
        false
    }
}

/// Signs a message with a private key, as text an operator has.
pub(super) fn sign(
    _algorithm: Algorithm,
    _private: &Secret,
    _message: &[u8],
) -> Result<Vec<u8>, SignError> {
    Err(SignError::NotBySecret)
}
