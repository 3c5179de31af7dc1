//! How secrets and public keys are written, and what is made of them.

use crate::webhook::public;

/// How the keys of a scheme are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::webhook) enum KeyForm {
    /// Secrets.
    Secret {
        /// How they are decoded.
        encoding: SecretEncoding,
        /// What stands before them and is no part of the key.
        strip_prefix: Option<Box<str>>,
    },
    /// Public keys.
    Public {
        /// What they are for.
        algorithm: public::Algorithm,
        /// How they are written.
        encoding: public::Encoding,
        /// What stands before them and is no part of the key.
        strip_prefix: Option<Box<str>>,
    },
    /// None: the sender publishes its keys.
    None,
}

/// How the text of a secret becomes the key of a MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::webhook) enum SecretEncoding {
    /// It is the key, byte for byte.
    Utf8,
    /// It is base64 of the key.
    Base64,
    /// It is hexadecimal of the key.
    Hex,
    /// The key is its SHA-1.
    Sha1,
}
