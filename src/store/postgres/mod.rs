//! A server of PostgreSQL, shared by replicas.

use tokio_postgres::Config;

use crate::secret::Secret;

/// Reads a URL. The message holds nothing of it.
pub(super) fn config(url: &Secret) -> Result<Config, String> {
    let text = std::str::from_utf8(url.expose()).unwrap_or_default();
    text.parse().map_err(|_| {
        "cannot be read as a URL of PostgreSQL, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`: `@`, `/`, `?` and `%` \
         inside a password are written `%40`, `%2F`, `%3F` and `%25`"
            .to_owned()
    })
}
