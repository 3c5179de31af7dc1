//! What a key is used for, how it is written, and why one cannot be used.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA512,
    RsaParameters, VerificationAlgorithm,
};

use crate::webhook::scheme::Hash;

/// How a pair of keys signs: padding, hash and form of the signature, all that a message could lie about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::webhook) enum Algorithm {
    /// Ed25519, without a context (RFC 8032 section 5.1); 64 bytes.
    Ed25519,
    /// ECDSA over P-256 with SHA-256, as a DER sequence of `r` and `s` (RFC 3279 section 2.2.3).
    EcdsaP256Der,
    /// ECDSA over P-256 with SHA-256, as `r` and `s` of 32 bytes each (RFC 9421 section 3.3.4).
    EcdsaP256Fixed,
    /// ECDSA over P-384 with SHA-384, as `r` and `s` of 48 bytes each (RFC 9421 section 3.3.5).
    EcdsaP384Fixed,
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2); as long as the modulus.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 bytes (RFC 9421 section 3.3.1).
    RsaPssSha512,
}

/// How a public key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::webhook) enum Encoding {
    /// The 32 bytes of an Ed25519 key in hexadecimal digits.
    Hex,
    /// The 32 bytes of an Ed25519 key in base64 (RFC 4648 section 4).
    Base64,
    /// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) as DER in base64.
    SpkiBase64,
    /// The same between the lines of PEM, `BEGIN PUBLIC KEY` (RFC 7468 section 13).
    Pem,
}

/// What kind of key an algorithm needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// A point of the curve edwards25519.
    Edwards,
    /// A point of P-256.
    P256,
    /// A point of P-384.
    P384,
    /// A modulus and an exponent.
    Rsa,
}

/// Why a key cannot be used. Says nothing of the key's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::webhook) enum KeyError {
    /// Not hexadecimal digits, base64 or PEM.
    #[error("the key is not written in the encoding that the scheme names")]
    Encoding,
    /// No section of PEM, several, or another one.
    #[error("the key's PEM text must hold one section, and that {0}")]
    Pem(&'static str),
    /// The bytes are no key.
    #[error("the key is damaged or incomplete")]
    Malformed,
    /// A key of another kind.
    #[error("the key is of another kind than the scheme's: {0} is needed")]
    Kind(&'static str),
    /// Written in an encoding for another kind of key.
    #[error("`hex` and `base64` are for Ed25519 keys; write this one as `spki-base64` or `pem`")]
    NeedsSpki,
    /// An RSA modulus that can be factored, or that costs too much.
    #[error("an RSA key must have 2048 to 8192 bits")]
    Size,
    /// A point with which anybody can sign.
    #[error("the key is a point that makes signatures worthless")]
    Weak,
    /// RSA with SHA-1 is verified, never made.
    #[error("nothing is signed with SHA-1 here")]
    Sha1,
}

impl Algorithm {
    /// The kind of key it needs.
    pub(super) const fn family(self) -> Family {
        match self {
            Self::Ed25519 => Family::Edwards,
            Self::EcdsaP256Der | Self::EcdsaP256Fixed => Family::P256,
            Self::EcdsaP384Fixed => Family::P384,
            Self::RsaPkcs1(_) | Self::RsaPssSha512 => Family::Rsa,
        }
    }

    /// What verifies with a key that is a point; of RSA see [`Algorithm::rsa`].
    pub(super) fn of_point(self) -> Option<&'static dyn VerificationAlgorithm> {
        match self {
            Self::Ed25519 => Some(&ED25519),
            Self::EcdsaP256Der => Some(&ECDSA_P256_SHA256_ASN1),
            Self::EcdsaP256Fixed => Some(&ECDSA_P256_SHA256_FIXED),
            Self::EcdsaP384Fixed => Some(&ECDSA_P384_SHA384_FIXED),
            Self::RsaPkcs1(_) | Self::RsaPssSha512 => None,
        }
    }

    /// What verifies with an RSA key.
    pub(super) fn rsa(self) -> Option<&'static RsaParameters> {
        match self {
            Self::RsaPkcs1(Hash::Sha1) => Some(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
            Self::RsaPkcs1(Hash::Sha256) => Some(&RSA_PKCS1_2048_8192_SHA256),
            Self::RsaPkcs1(Hash::Sha384) => Some(&RSA_PKCS1_2048_8192_SHA384),
            Self::RsaPkcs1(Hash::Sha512) => Some(&RSA_PKCS1_2048_8192_SHA512),
            Self::RsaPssSha512 => Some(&RSA_PSS_2048_8192_SHA512),
            _ => None,
        }
    }
}

impl Family {
    /// The kind of key in words.
    pub(super) const fn described(self) -> &'static str {
        match self {
            Self::Edwards => "an Ed25519 key",
            Self::P256 => "a key of the curve P-256",
            Self::P384 => "a key of the curve P-384",
            Self::Rsa => "an RSA key",
        }
    }

    /// That a key of this kind is needed.
    pub(super) const fn needed(self) -> KeyError {
        KeyError::Kind(self.described())
    }
}
