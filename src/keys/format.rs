//! What the text of a key looks like: `<prefix><id><secret><checksum>`.

use crate::model::KeyHash;
use crate::secret::Secret;

/// The form of the keys of one set: 12 characters of id, 43 of secret (256 bits) and 6 of checksum after the
/// prefix, each of `0-9A-Za-z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    prefix: Box<str>,
}

/// The text cannot be the prefix of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormatError(pub &'static str);

/// A key that has just been made. Its text is here and nowhere else.
#[derive(Debug)]
pub struct Minted {
    /// The text.
    pub text: Secret,
    /// The id within it.
    pub id: Box<str>,
    /// How it begins: prefix and id.
    pub start: Box<str>,
    /// What is kept of it.
    pub hash: KeyHash,
}

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One of ours, whole: its checksum is right.
    Ours,
    /// Prefix and length or checksum say that it is not one of ours, or not whole.
    Other,
}

impl Format {
    /// Keys that begin like this: 2 to 32 characters of `0-9A-Za-z_-`, the first a letter.
    pub fn new(prefix: &str) -> Result<Self, FormatError> {
        Ok(Self {
            prefix: prefix.into(),
        })
    }

    /// How they begin.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Makes a key with an id that was never there before, or a new text for the key of this id. Fails
    /// when the system has no randomness.
    pub fn mint(&self, _id: Option<&str>) -> Result<Minted, FormatError> {
        Err(FormatError("not built"))
    }

    /// What a text is, by its form alone.
    pub fn shape(&self, _text: &[u8]) -> Shape {
        Shape::Other
    }

    /// What a secret scanner recognises our keys by: a regular expression.
    pub fn pattern(&self) -> String {
        String::new()
    }
}
