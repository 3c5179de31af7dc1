//! What this room counts.

use crate::telemetry::{Counter, Error, Registry};

/// The counters of token verification, one set for the whole process.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(super) worker_hits: Counter,
    pub(super) shared_hits: Counter,
    pub(super) misses: Counter,
}

impl Metrics {
    /// Declares `sidegate_token_cache_total`. Once per registry: a new version of the policy goes on
    /// counting where the last one stopped.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        let total = registry.counter_vec(
            "sidegate_token_cache_total",
            "Tokens found in the worker's memory, found in the shared memory, or verified anew.",
            &["result"],
        )?;
        Ok(Self {
            worker_hits: total.with_label_values(&["worker"]),
            shared_hits: total.with_label_values(&["shared"]),
            misses: total.with_label_values(&["miss"]),
        })
    }
}
