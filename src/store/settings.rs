//! The process file's key `store`.

use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Secret;

/// Where API keys are kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which database.
    pub backend: Backend,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Whether the schema is made and brought up to date unasked.
    pub migrate: bool,
}

/// Which database.
#[derive(Debug, Clone)]
pub enum Backend {
    /// One file on this machine.
    Sqlite(PathBuf),
    /// A server, named by a URL that may hold a password: `postgres://user:password@host/database`.
    Postgres(Secret),
}
