//! A sender's public key.

use std::fmt;

use aws_lc_rs::rsa;
use aws_lc_rs::signature::ParsedPublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::SectionKind;

use super::algorithm::{Algorithm, Encoding, Family, KeyError};
use super::der::{pem_section, subject_key};
use super::digest::Hashed;
use super::edwards;

/// A public key, ready to verify signatures of one algorithm, and good for nothing else.
#[derive(Clone)]
pub(in crate::webhook) struct PublicKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a key as an operator writes it. Spaces around the text do not count.
    ///
    /// # Errors
    /// When the text is not in this encoding, or the key not one for this algorithm.
    pub(in crate::webhook) fn parse(
        algorithm: Algorithm,
        encoding: Encoding,
        text: &str,
    ) -> Result<Self, KeyError> {
        let text = text.trim();
        match encoding {
            Encoding::Hex => Self::from_bytes(&from_hex(text)?, algorithm),
            Encoding::Base64 => Self::from_bytes(&from_base64(text)?, algorithm),
            Encoding::SpkiBase64 => Self::from_spki(&from_base64(text)?, algorithm),
            Encoding::Pem => {
                let spki = pem_section(text, SectionKind::PublicKey, "`PUBLIC KEY`")?;
                Self::from_spki(&spki, algorithm)
            }
        }
    }

    /// Takes a SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7), as certificates hold it.
    ///
    /// # Errors
    /// When it is damaged, or the key not one for this algorithm.
    pub(in crate::webhook) fn from_spki(
        spki: &[u8],
        algorithm: Algorithm,
    ) -> Result<Self, KeyError> {
        let key = subject_key(spki, algorithm)?;
        match algorithm.family() {
            Family::Edwards => Self::edwards(key),
            Family::P256 => Self::point(key, 65, algorithm),
            Family::P384 => Self::point(key, 97, algorithm),
            Family::Rsa => Self::rsa(key, algorithm),
        }
    }

    /// Whether this key made a signature over a message. What does not have the one right form is no signature.
    pub(in crate::webhook) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }

    /// The same where the message is known by its digest: see [`super::Hasher`].
    pub(in crate::webhook) fn verifies_digest(&self, digest: &Hashed, signature: &[u8]) -> bool {
        self.key.verify_digest_sig(&digest.0, signature).is_ok()
    }

    fn from_bytes(bytes: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        match algorithm.family() {
            Family::Edwards => Self::edwards(bytes),
            _ => Err(KeyError::NeedsSpki),
        }
    }

    fn edwards(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Malformed)?;
        if !edwards::is_sound(bytes) {
            return Err(KeyError::Weak);
        }
        Self::parsed(bytes, Algorithm::Ed25519)
    }

    /// A point of a NIST curve, not compressed (SEC 1 section 2.3.3).
    fn point(bytes: &[u8], length: usize, algorithm: Algorithm) -> Result<Self, KeyError> {
        if bytes.len() != length || bytes.first() != Some(&4) {
            return Err(KeyError::Malformed);
        }
        Self::parsed(bytes, algorithm)
    }

    fn parsed(bytes: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        let verifies = algorithm.of_point().ok_or(KeyError::Malformed)?;
        let key = ParsedPublicKey::new(verifies, bytes).map_err(|_| KeyError::Malformed)?;
        Ok(Self { algorithm, key })
    }

    fn rsa(bytes: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = rsa::PublicKey::from_der(bytes).map_err(|_| KeyError::Malformed)?;
        if !(2048..=8192).contains(&bits(&key)) {
            return Err(KeyError::Size);
        }
        let parameters = algorithm.rsa().ok_or(KeyError::Malformed)?;
        let key = ParsedPublicKey::new(parameters, bytes).map_err(|_| KeyError::Malformed)?;
        Ok(Self { algorithm, key })
    }
}

/// The length of the modulus in bits.
fn bits(key: &rsa::PublicKey) -> usize {
    let modulus = key.modulus();
    let modulus = modulus.big_endian_without_leading_zero();
    let leading = modulus.first().map_or(0, |first| first.leading_zeros());
    (modulus.len() * 8).saturating_sub(leading as usize)
}

fn from_base64(text: &str) -> Result<Vec<u8>, KeyError> {
    STANDARD.decode(text).map_err(|_| KeyError::Encoding)
}

/// Hexadecimal digits in either case, two for each byte, and nothing else.
pub(super) fn from_hex(text: &str) -> Result<Vec<u8>, KeyError> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(KeyError::Encoding);
    }
    pairs.iter().map(|[high, low]| byte(*high, *low)).collect()
}

fn byte(high: u8, low: u8) -> Result<u8, KeyError> {
    let digit = |character: u8| char::from(character).to_digit(16);
    let value = digit(high).zip(digit(low)).ok_or(KeyError::Encoding)?;
    u8::try_from(value.0 * 16 + value.1).map_err(|_| KeyError::Encoding)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
