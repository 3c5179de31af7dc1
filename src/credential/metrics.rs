//! What this room counts.

use crate::telemetry::{Counter, Error, Gauge, Registry};

/// The metrics of token verification, one set for the whole process.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(super) worker_hits: Counter,
    pub(super) shared_hits: Counter,
    pub(super) misses: Counter,
    entries: Gauge,
    bytes: Gauge,
    pub(super) waiting: Gauge,
}

impl Metrics {
    /// Declares them. Once per registry: a new version of the policy goes on counting where the last
    /// one stopped.
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
            entries: registry.gauge(
                "sidegate_token_cache_entries",
                "Verified tokens that workers remember, each worker's counted.",
            )?,
            bytes: registry.gauge(
                "sidegate_token_cache_bytes",
                "Bytes of what workers remember of verified tokens, about.",
            )?,
            waiting: registry.gauge(
                "sidegate_token_checks_waiting",
                "Tokens whose signature waits for its turn to be checked.",
            )?,
        })
    }

    /// Tells how many entries and bytes one worker had and has.
    pub(super) fn remembered(&self, before: (usize, usize), after: (usize, usize)) {
        let grown = |gauge: &Gauge, before: usize, after: usize| {
            if before != after {
                gauge.add(after as i64 - before as i64);
            }
        };
        grown(&self.entries, before.0, after.0);
        grown(&self.bytes, before.1, after.1);
    }
}
