//! The process file's key `store`.

use std::path::PathBuf;
use std::time::Duration;

use crate::document::{Node, Problems, Shape};
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

impl Settings {
    /// A URL, or the section.
    pub fn shape() -> Shape {
        Shape::Text.into()
    }

    /// Reads the section.
    pub fn read(
        _node: Option<&Node>,
        default: &std::path::Path,
        _problems: &Problems,
    ) -> Option<Self> {
        Some(Self {
            backend: Backend::Sqlite(default.to_owned()),
            timeout: Duration::from_secs(1),
            migrate: true,
        })
    }
}
