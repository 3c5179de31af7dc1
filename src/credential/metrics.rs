//! What this room counts.

use crate::telemetry::{Error, Gauge, Registry, WorkerCounters, WorkerCounts};

/// The metrics of token verification, one set for the whole process.
#[derive(Debug, Clone)]
pub struct Metrics {
    found: WorkerCounters<3>,
    entries: Gauge,
    bytes: Gauge,
    pub(super) waiting: Gauge,
}

impl Metrics {
    /// Declares them. Once per registry: a new version of the policy goes on counting where the last
    /// one stopped.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            found: registry.worker_counters(
                "sidegate_token_cache_total",
                "Tokens found in the worker's memory, found in the shared memory, or verified anew.",
                &["result"],
                ["worker", "shared", "miss"],
            )?,
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

    /// How many tokens were found in any worker's memory.
    #[cfg(test)]
    pub(super) fn worker_hits(&self) -> u64 {
        self.found.totals()[Found::Worker as usize]
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

/// Where a token was found, in the order of the label's values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    /// In the worker's memory.
    Worker,
    /// In the shared memory.
    Shared,
    /// Nowhere: it is verified anew.
    Nowhere,
}

/// What one worker has found: numbers that no other worker writes.
#[derive(Debug, Default)]
pub(super) struct Finds(Option<WorkerCounts<3>>);

impl Finds {
    /// Counts one.
    pub(super) fn count(&mut self, metrics: &Metrics, found: Found) {
        match &self.0 {
            Some(counts) if counts.are_of(&metrics.found) => counts.count(found as usize),
            // The first one, or the metrics are others by now.
            _ => {
                let counts = self.0.insert(metrics.found.worker());
                counts.count(found as usize);
            }
        }
    }
}
