//! What a store cannot do.

use std::borrow::Cow;

/// Why a store did not do as asked. No message holds a credential or a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It cannot be reached, does not answer in time, or cannot write (a full disk).
    #[error("the store does not answer: {0}")]
    Unavailable(Cow<'static, str>),
    /// What is to be added is there already.
    #[error("there is already a key with this {0}")]
    Exists(Cow<'static, str>),
    /// Somebody else has changed the key in between.
    #[error("the key was changed by somebody else in between")]
    Changed,
    /// There is no such key.
    #[error("there is no such key")]
    Unknown,
    /// The database cannot be used: its schema is newer than this program, or not ours.
    #[error("the store cannot be used: {0}")]
    Unusable(Cow<'static, str>),
}
