//! Asking an issuer: one bounded exchange.

use std::io::ErrorKind;
use std::time::Duration;

use super::set::SetError;
use super::source::AddressError;

/// Why a key set could not be had. No text of it comes from the answer's body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address may not be asked.
    #[error("the address is not allowed: {0}")]
    Address(#[from] AddressError),
    /// No connection, or a broken one.
    #[error("the issuer cannot be reached: {0}")]
    Connect(String),
    /// The whole exchange took too long.
    #[error("the issuer did not answer within {0:?}")]
    Timeout(Duration),
    /// Neither 200 nor an expected 304. Redirects are not followed.
    #[error("the issuer answered with status {0}")]
    Status(u16),
    /// The answer is larger than a key set may be.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The answer is no usable key set.
    #[error(transparent)]
    Set(#[from] SetError),
    /// The discovery document cannot be used.
    #[error("the discovery document {0}")]
    Discovery(&'static str),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    File(ErrorKind),
}
