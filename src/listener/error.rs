//! Why a listener cannot be.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A listener could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody listens there already.
    #[error("cannot listen on `{0}`: the address is in use by another process")]
    InUse(SocketAddr),
    /// The system refuses the address.
    #[error("cannot listen on `{address}`: {source}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate or key cannot be used.
    #[error("`{}`: {message}", file.display())]
    Tls {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, without its content.
        message: String,
    },
}

impl Error {
    pub(super) fn tls(file: &Path, message: impl Into<String>) -> Self {
        Self::Tls {
            file: file.to_owned(),
            message: message.into(),
        }
    }
}
