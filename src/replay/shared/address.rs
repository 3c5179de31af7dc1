//! Where Redis is, as the process file says it.

use std::fmt;
use std::path::{Path, PathBuf};

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, parse_redis_url};

use crate::secret::Secret;

/// How addresses begin.
const SCHEMES: &[&str] = &["redis://", "rediss://", "unix:"];

/// The address of a Redis, with all that is needed to be let in. Never printed.
#[derive(Clone)]
pub struct Address {
    url: Secret,
    ca_file: Option<PathBuf>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address")
    }
}

impl Address {
    /// Takes `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `rediss://` for TLS, or `unix:/PATH`, and the file of
    /// certificates (PEM) that a server is trusted by besides the system's. The message of a refusal says what
    /// would be right, and holds nothing of the address.
    pub fn new(url: Secret, ca_file: Option<PathBuf>) -> Result<Self, String> {
        let address = Self { url, ca_file };
        let info = address.info()?;
        let encrypted = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
        if address.ca_file.is_some() && !encrypted {
            return Err("`ca_file` is for TLS: the address begins with `rediss://`".into());
        }
        Ok(address)
    }

    /// Whether a password is part of it.
    pub(in crate::replay) fn has_password(&self) -> bool {
        let info = self.info();
        info.is_ok_and(|info| info.redis_settings().password().is_some())
    }

    pub(super) fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The address, taken apart. Made anew for each connection, so that the password is kept in one place.
    pub(super) fn info(&self) -> Result<ConnectionInfo, String> {
        let text = std::str::from_utf8(self.url.expose()).unwrap_or_default();
        let known = SCHEMES.iter().any(|scheme| text.starts_with(scheme));
        let url = parse_redis_url(text).filter(|_| known);
        let Some(url) = url else {
            return Err(expected());
        };
        if url.fragment().is_some() {
            return Err("the address of a Redis ends before `#`: a server has to show a certificate that is trusted".into());
        }
        if url.scheme() != "unix" && url.query().is_some() {
            return Err(
                "the address of a Redis ends before `?`: the database stands behind the host, `/1`"
                    .into(),
            );
        }
        text.into_connection_info().map_err(|_| expected())
    }
}

fn expected() -> String {
    "expected the address of a Redis, `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `rediss://` for TLS, or \
     `unix:/PATH`: `@`, `/`, `?`, `#` and `%` inside a password are written `%40`, `%2F`, `%3F`, `%23` and `%25`"
        .into()
}
