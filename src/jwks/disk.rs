//! The last good set of an origin, kept over a restart.
//!
//! Only public members of usable keys are written, under a name made from the origin alone.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edge::{read_file, seconds_since_1970};
use super::key::sha256;
use super::set::ParsedSet;
use super::source::{Origin, Source};

/// How far another clock may have run ahead of ours when it wrote the file.
const CLOCK_SKEW: u64 = 300;

/// Two writers never share a temporary file, not even when a set is dropped and opened again.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// Where an origin's copy lies.
#[derive(Debug, Clone)]
pub(super) struct DiskCopy {
    path: PathBuf,
    origin: String,
}

#[derive(Serialize, Deserialize)]
struct Content {
    origin: String,
    /// Seconds since 1970.
    fetched_at: u64,
    set: Value,
}

/// Why a copy is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it cannot be read")]
    File,
    #[error("it is not a copy of this origin's key set")]
    Content,
    #[error("its time lies in the future")]
    Future,
}

impl DiskCopy {
    /// The place of a source's copy; none for sources that are on disk anyway.
    pub(super) fn new(folder: &Path, source: &Source) -> Option<Self> {
        let origin = match &source.origin {
            Origin::Discovery {
                issuer_url,
                expected_issuer,
            } => format!(
                "discovery {issuer_url} {}",
                expected_issuer.as_ref().unwrap_or(issuer_url)
            ),
            Origin::Url(url) => format!("url {url}"),
            Origin::File(_) | Origin::Inline(_) => return None,
        };
        // What came over plain http must not serve a policy that forbids it.
        let origin = format!("{origin} http={}", source.allow_http);
        let name: String = sha256(origin.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Some(Self {
            path: folder.join(format!("jwks-{name}.json")),
            origin,
        })
    }

    /// The copy and its age; none if there is no copy.
    pub(super) fn read(
        &self,
        max_size: usize,
    ) -> Result<Option<(ParsedSet, Duration)>, Unreadable> {
        if !self.path.exists() {
            return Ok(None);
        }
        // The copy is never much larger than the document it was made from.
        let text =
            read_file(&self.path, max_size.saturating_mul(2)).map_err(|_| Unreadable::File)?;
        let content: Content = serde_json::from_slice(&text).map_err(|_| Unreadable::Content)?;
        let parsed = ParsedSet::from_json(&content.set).map_err(|_| Unreadable::Content)?;
        if content.origin != self.origin {
            return Err(Unreadable::Content);
        }
        let now = seconds_since_1970();
        if content.fetched_at > now + CLOCK_SKEW {
            return Err(Unreadable::Future);
        }
        let age = Duration::from_secs(now.saturating_sub(content.fetched_at));
        Ok(Some((parsed, age)))
    }

    /// Replaces the copy, whole or not at all.
    pub(super) fn write(&self, set: &Value) -> io::Result<()> {
        let content = Content {
            origin: self.origin.clone(),
            fetched_at: seconds_since_1970(),
            set: set.clone(),
        };
        let text = serde_json::to_vec(&content)?;
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let (process, write) = (std::process::id(), WRITES.fetch_add(1, Ordering::Relaxed));
        let temporary = self.path.with_extension(format!("{process}-{write}.tmp"));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        let written = file
            .write_all(&text)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&temporary, &self.path));
        written.inspect_err(|_| drop(fs::remove_file(&temporary)))
    }
}
