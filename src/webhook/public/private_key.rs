//! A sender's private key, for trying a route without the sender.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING,
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA512, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::SectionKind;
use zeroize::Zeroizing;

use super::algorithm::{Algorithm, KeyError};
use super::der::{pem_section, rsa_private_key};
use super::public_key::from_hex;
use crate::secret::Secret;
use crate::webhook::scheme::Hash;
use crate::webhook::sign::SignError;

/// What a private key of Standard Webhooks begins with.
const STANDARD_PREFIX: &str = "whsk_";

enum Pair {
    Edwards(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

/// Signs a message with a private key as an operator has it: PKCS#8 in PEM (`BEGIN PRIVATE KEY`, RFC 7468 section
/// 10); for Ed25519 also `whsk_` and base64, of the seed or of seed and public key, or the seed in hexadecimal
/// digits.
///
/// # Errors
/// When the text is none of these, or the key not one for this algorithm.
pub(in crate::webhook) fn sign(
    algorithm: Algorithm,
    private: &Secret,
    message: &[u8],
) -> Result<Vec<u8>, SignError> {
    let pair = read(private, algorithm);
    let signed = pair.and_then(|pair| pair.sign(message));
    signed.map_err(|error| SignError::Secret(error.to_string()))
}

fn read(private: &Secret, algorithm: Algorithm) -> Result<Pair, KeyError> {
    let text = std::str::from_utf8(private.expose()).map_err(|_| KeyError::Encoding)?;
    let text = text.trim();
    if text.starts_with("-----") {
        let der = pem_section(text, SectionKind::PrivateKey, "`PRIVATE KEY`")?;
        return pair(&der, algorithm);
    }
    if algorithm != Algorithm::Ed25519 {
        return Err(KeyError::Pem("`PRIVATE KEY`"));
    }
    let bytes = Zeroizing::new(match text.strip_prefix(STANDARD_PREFIX) {
        Some(text) => STANDARD.decode(text).map_err(|_| KeyError::Encoding)?,
        None => from_hex(text)?,
    });
    from_seed(&bytes).map(Pair::Edwards)
}

impl Pair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        let failed = |_| KeyError::Malformed;
        match self {
            Self::Edwards(pair) => {
                let signature = pair.try_sign(message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Ecdsa(pair) => {
                let signature = pair.sign(&random, message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

fn pair(pkcs8: &[u8], algorithm: Algorithm) -> Result<Pair, KeyError> {
    match algorithm {
        Algorithm::Ed25519 => {
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8);
            pair.map(Pair::Edwards)
                .map_err(|_| algorithm.family().needed())
        }
        Algorithm::EcdsaP256Der => ecdsa(pkcs8, algorithm, &ECDSA_P256_SHA256_ASN1_SIGNING),
        Algorithm::EcdsaP256Fixed => ecdsa(pkcs8, algorithm, &ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::EcdsaP384Fixed => ecdsa(pkcs8, algorithm, &ECDSA_P384_SHA384_FIXED_SIGNING),
        Algorithm::RsaPssSha512 => rsa(pkcs8, algorithm, &RSA_PSS_SHA512),
        Algorithm::RsaPkcs1(Hash::Sha1) => Err(KeyError::Sha1),
        Algorithm::RsaPkcs1(Hash::Sha256) => rsa(pkcs8, algorithm, &RSA_PKCS1_SHA256),
        Algorithm::RsaPkcs1(Hash::Sha384) => rsa(pkcs8, algorithm, &RSA_PKCS1_SHA384),
        Algorithm::RsaPkcs1(Hash::Sha512) => rsa(pkcs8, algorithm, &RSA_PKCS1_SHA512),
    }
}

fn ecdsa(
    pkcs8: &[u8],
    algorithm: Algorithm,
    signs: &'static EcdsaSigningAlgorithm,
) -> Result<Pair, KeyError> {
    let pair = EcdsaKeyPair::from_pkcs8(signs, pkcs8);
    pair.map(Pair::Ecdsa)
        .map_err(|_| algorithm.family().needed())
}

fn rsa(
    pkcs8: &[u8],
    algorithm: Algorithm,
    encoding: &'static dyn RsaEncoding,
) -> Result<Pair, KeyError> {
    let der = rsa_private_key(pkcs8, algorithm)?;
    let pair = RsaKeyPair::from_der(der).map_err(|_| KeyError::Malformed)?;
    // What a sender of this scheme could not verify with is not signed with.
    match pair.public_modulus_len() {
        256..=1024 => Ok(Pair::Rsa(pair, encoding)),
        _ => Err(KeyError::Size),
    }
}

/// 32 bytes of seed, with or without the 32 of the public key (as Go and libsodium keep them).
fn from_seed(bytes: &[u8]) -> Result<Ed25519KeyPair, KeyError> {
    let pair = match bytes.split_at_checked(32) {
        Some((seed, [])) => Ed25519KeyPair::from_seed_unchecked(seed),
        Some((seed, public)) if public.len() == 32 => {
            Ed25519KeyPair::from_seed_and_public_key(seed, public)
        }
        _ => return Err(KeyError::Malformed),
    };
    pair.map_err(|_| KeyError::Malformed)
}
