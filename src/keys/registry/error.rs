//! Why a change was not made.

use crate::store;

use super::super::FormatError;

/// Why a change was not made. No message holds the text or the hash of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What was wished for makes no sense: the field, and what would be right.
    #[error("`{field}` {message}")]
    Invalid {
        /// The field, as documents call it.
        field: &'static str,
        /// What would be right.
        message: String,
    },
    /// There is no such key within reach.
    #[error("there is no such key")]
    Unknown,
    /// The key was revoked, or is over.
    #[error("the key is over: {0}")]
    Over(&'static str),
    /// Whoever asks may not have that.
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// No text could be made.
    #[error("no key can be made: {0}")]
    NotMade(#[from] FormatError),
    /// The store could not do it.
    #[error(transparent)]
    Store(store::Error),
}

impl Error {
    /// This field is wrong.
    pub(in crate::keys) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Invalid { field, message }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unknown => Self::Unknown,
            other => Self::Store(other),
        }
    }
}
