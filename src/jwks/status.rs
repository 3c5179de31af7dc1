//! How a key set is doing, for `/status`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::keyset::KeySet;

/// How one key set is doing.
#[derive(Debug, Clone)]
pub struct KeySetStatus {
    /// The name that the policy which first used the set gives the issuer.
    pub issuer: Arc<str>,
    /// Where the keys come from.
    pub origin: String,
    /// Whether tokens can be verified.
    pub ready: bool,
    /// How many keys are usable.
    pub keys: usize,
    /// The time since the issuer last confirmed them; never counted for keys that cannot change.
    pub age: Option<Duration>,
    /// Why the last fetch failed, if it did.
    pub last_error: Option<String>,
    /// How many fetches failed since the last good one.
    pub failures: u32,
}

impl KeySetStatus {
    pub(super) fn of(set: &KeySet) -> Self {
        let snapshot = set.snapshot();
        let health = set.health();
        Self {
            issuer: Arc::clone(&set.source().issuer),
            origin: set.source().origin.to_string(),
            ready: set.is_ready(),
            keys: snapshot.as_ref().map_or(0, |snapshot| snapshot.keys.len()),
            age: snapshot
                .filter(|snapshot| snapshot.stale_at.is_some())
                .map(|snapshot| snapshot.age(Instant::now())),
            last_error: health.last_error,
            failures: health.failures,
        }
    }
}
