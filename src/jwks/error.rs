//! What can go wrong with keys: at start, with an address, with one fetch.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use crate::telemetry;

use super::set::SetError;

/// Key sets cannot be had at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A metric could not be declared.
    #[error(transparent)]
    Metrics(#[from] telemetry::Error),
    /// The certificates for issuers cannot be read.
    #[error("`key_sets.ca_file` `{}` cannot be used: {reason}", path.display())]
    CaFile {
        /// The file as the operator named it.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why an address is not asked for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is not an absolute URL with a host.
    #[error("it is not a URL with a host, such as `https://idp.example.com`")]
    NotAUrl,
    /// Neither `https` nor `http`.
    #[error("it must begin with `https://`")]
    Scheme,
    /// Plain `http` to another machine.
    #[error(
        "plain `http://` is used only to this machine, unless `allow_http: true` says otherwise"
    )]
    PlainHttp,
    /// A user name or password.
    #[error("it must not hold a user name or password")]
    UserInfo,
    /// An address that only cloud metadata services and neighbours have.
    #[error("link-local and metadata addresses are never asked for keys")]
    LinkLocal,
}

/// Why a key set could not be had. No text of it comes from the answer's body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address may not be asked.
    #[error("the address is not allowed: {0}")]
    Address(#[from] AddressError),
    /// TLS or the certificates of this machine are not in order.
    #[error("no connection can be made: {0}")]
    Client(String),
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

impl FetchError {
    /// Every value of [`FetchError::kind`].
    pub(super) const KINDS: [&'static str; 8] = [
        "refused",
        "client",
        "connect",
        "timeout",
        "status",
        "too_large",
        "content",
        "file",
    ];

    /// The failure's name in metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Address(_) => "refused",
            Self::Client(_) => "client",
            Self::Connect(_) => "connect",
            Self::Timeout(_) => "timeout",
            Self::Status(_) => "status",
            Self::TooLarge(_) => "too_large",
            Self::Set(_) | Self::Discovery(_) => "content",
            Self::File(_) => "file",
        }
    }
}
