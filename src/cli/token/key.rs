//! Keys that sign: made on the spot, or read from a PEM or JWK file.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey, Header};
use serde_json::{Value, json};

use super::jwk;

/// Why there is no key, or no signature.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum KeyError {
    /// The text holds no private key that we can read.
    #[error(
        "not a private key for {0:?}: expected PEM (PKCS#8, or PKCS#1 for RSA) or a private JWK"
    )]
    Unreadable(Algorithm),
    /// A JWK lacks a part, or its parts do not belong together.
    #[error("the JWK is not a complete private key for {0:?}")]
    Jwk(Algorithm),
    /// The environment does not hold the shared secret.
    #[error("the environment variable `{0}` is not set")]
    SecretUnset(String),
    /// A shared secret is needed only by the algorithms that share one.
    #[error("{0:?} does not sign with a shared secret: use --key")]
    NotShared(Algorithm),
    /// A static secret is never made up, because both sides must know it.
    #[error("{0:?} signs with a shared secret: name it with --secret-env")]
    NeedsSecret(Algorithm),
    /// The only key there is must stay secret.
    #[error("{0:?} has no public key set: its key is a shared secret")]
    Shared(Algorithm),
    /// The library refused.
    #[error("the key cannot sign with {0:?}")]
    Refused(Algorithm),
}

/// A key with the algorithm it signs with and the name that tokens give it.
#[derive(Debug, Clone)]
pub(in crate::cli) struct SigningKey {
    key: EncodingKey,
    algorithm: Algorithm,
    kid: Option<String>,
    /// PKCS#8 as PEM, for keys that were made here.
    pem: Option<String>,
}

impl SigningKey {
    /// Makes a key: RSA with 2048 bits, or the curve that the algorithm names.
    pub(in crate::cli) fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let refused = |_| KeyError::Refused(algorithm);
        let der: Vec<u8> = match algorithm {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
                return Err(KeyError::NeedsSecret(algorithm));
            }
            Algorithm::ES256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .and_then(|pair| pair.to_pkcs8v1())
                .map_err(refused)?
                .as_ref()
                .to_vec(),
            Algorithm::ES384 => EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)
                .and_then(|pair| pair.to_pkcs8v1())
                .map_err(refused)?
                .as_ref()
                .to_vec(),
            Algorithm::EdDSA => Ed25519KeyPair::generate()
                .and_then(|pair| pair.to_pkcs8v1())
                .map_err(refused)?
                .as_ref()
                .to_vec(),
            _ => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(refused)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(refused)?;
                der.as_ref().to_vec()
            }
        };
        let pem = to_pem(&der);
        let mut key = Self::from_pem(&pem, algorithm)?;
        key.kid = Some(key.thumbprint()?);
        key.pem = Some(pem);
        Ok(key)
    }

    /// Reads a private key: PEM, or a JWK (RFC 7517), whose `kid` is kept.
    pub(in crate::cli) fn from_text(text: &str, algorithm: Algorithm) -> Result<Self, KeyError> {
        if text.trim_start().starts_with('{') {
            let jwk: Value = serde_json::from_str(text).map_err(|_| KeyError::Jwk(algorithm))?;
            let kid = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
            let key = jwk::private_key(&jwk, algorithm).ok_or(KeyError::Jwk(algorithm))?;
            return Ok(Self {
                kid,
                ..Self::bare(key, algorithm)
            });
        }
        Self::from_pem(text, algorithm)
    }

    /// A shared secret for HS256, HS384 or HS512.
    pub(in crate::cli) fn from_secret(
        secret: &[u8],
        algorithm: Algorithm,
    ) -> Result<Self, KeyError> {
        if algorithm.family() != AlgorithmFamily::Hmac {
            return Err(KeyError::NotShared(algorithm));
        }
        Ok(Self::bare(EncodingKey::from_secret(secret), algorithm))
    }

    fn from_pem(pem: &str, algorithm: Algorithm) -> Result<Self, KeyError> {
        let bytes = pem.as_bytes();
        let key = match algorithm {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
                return Err(KeyError::NeedsSecret(algorithm));
            }
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(bytes),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(bytes),
            _ => EncodingKey::from_rsa_pem(bytes),
        };
        let key = key.map_err(|_| KeyError::Unreadable(algorithm))?;
        Ok(Self::bare(key, algorithm))
    }

    fn bare(key: EncodingKey, algorithm: Algorithm) -> Self {
        Self {
            key,
            algorithm,
            kid: None,
            pem: None,
        }
    }

    /// The same key under another name.
    #[must_use]
    pub(in crate::cli) fn named(self, kid: impl Into<String>) -> Self {
        Self {
            kid: Some(kid.into()),
            ..self
        }
    }

    /// The private key as PEM, when it was made here.
    pub(in crate::cli) fn pem(&self) -> Option<&str> {
        self.pem.as_deref()
    }

    /// The key set that verifies this key's tokens (RFC 7517 section 5).
    pub(in crate::cli) fn key_set(&self) -> Result<Value, KeyError> {
        if self.algorithm.family() == AlgorithmFamily::Hmac {
            return Err(KeyError::Shared(self.algorithm));
        }
        let mut public = self.public()?;
        public.common.key_id.clone_from(&self.kid);
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(json!({ "keys": [public] }))
    }

    /// Signs claims; `typ` is the JOSE header's (RFC 7515 section 4.1.9).
    pub(in crate::cli) fn sign(&self, claims: &Value, typ: &str) -> Result<String, KeyError> {
        let header = Header {
            typ: Some(typ.to_owned()).filter(|typ| !typ.is_empty()),
            kid: self.kid.clone(),
            ..Header::new(self.algorithm)
        };
        jsonwebtoken::encode(&header, claims, &self.key)
            .map_err(|_| KeyError::Refused(self.algorithm))
    }

    /// Signs claims under a header that is written out by the caller, whatever it says.
    pub(in crate::cli) fn sign_under(
        &self,
        header: &Value,
        claims: &Value,
    ) -> Result<String, KeyError> {
        let signed = unsigned(header, claims);
        jsonwebtoken::crypto::sign(signed.as_bytes(), &self.key, self.algorithm)
            .map(|signature| format!("{signed}.{signature}"))
            .map_err(|_| KeyError::Refused(self.algorithm))
    }

    /// The name that tokens give the key.
    pub(in crate::cli) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    fn public(&self) -> Result<Jwk, KeyError> {
        Jwk::from_encoding_key(&self.key, self.algorithm)
            .map_err(|_| KeyError::Refused(self.algorithm))
    }

    /// RFC 7638: a name that follows from the key.
    fn thumbprint(&self) -> Result<String, KeyError> {
        self.public()?
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(|_| KeyError::Refused(self.algorithm))
    }
}

/// Header and claims as a signature covers them (RFC 7515 section 7.1).
pub(in crate::cli) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

pub(super) fn to_pem(der: &[u8]) -> String {
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for (position, character) in STANDARD.encode(der).chars().enumerate() {
        if position > 0 && position % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END PRIVATE KEY-----\n");
    pem
}
