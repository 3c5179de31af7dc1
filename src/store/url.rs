//! The URL of a database.

use std::path::PathBuf;

use crate::secret::Secret;

/// Which database.
#[derive(Debug, Clone)]
pub enum Backend {
    /// One file on this machine.
    Sqlite(PathBuf),
    /// A server, named by a URL that may hold a password: `postgres://user:password@host/database`.
    Postgres(Secret),
}

impl Backend {
    /// What kind it is: `sqlite` or `postgres`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

/// Reads a URL. The message says what would be right, and holds nothing of the URL, where a password may be.
pub(super) fn parse(text: &str) -> Result<Backend, String> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        return sqlite(path.strip_prefix("//").unwrap_or(path));
    }
    if ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
    {
        return postgres(text);
    }
    Err("expected `sqlite:PATH` or `postgres://USER@HOST/DATABASE`".into())
}

fn sqlite(path: &str) -> Result<Backend, String> {
    if !cfg!(feature = "sqlite") {
        return Err("this sidegate was built without SQLite".into());
    }
    if path.is_empty() || path.starts_with(':') || path.contains('\0') {
        return Err("expected the path of a file behind `sqlite:`".into());
    }
    Ok(Backend::Sqlite(path.into()))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_text: &str) -> Result<Backend, String> {
    Err("this sidegate was built without PostgreSQL".into())
}

#[cfg(not(feature = "postgres"))]
pub(super) fn has_password(_url: &Secret) -> bool {
    false
}

#[cfg(feature = "postgres")]
fn postgres(text: &str) -> Result<Backend, String> {
    let url = Secret::new(text.as_bytes().to_vec());
    super::postgres::config(&url).map(|_| Backend::Postgres(url))
}

/// Whether a password is part of a URL that [`parse`] took.
#[cfg(feature = "postgres")]
pub(super) fn has_password(url: &Secret) -> bool {
    super::postgres::config(url).is_ok_and(|config| config.get_password().is_some())
}
