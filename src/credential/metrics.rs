//! What this room counts.

use crate::model::Reason;
use crate::telemetry::{Error, Gauge, Registry, WorkerCounters, WorkerCounts};

/// The metrics of verification, one set for the whole process.
#[derive(Debug, Clone)]
pub struct Metrics {
    found: WorkerCounters<3>,
    entries: Gauge,
    bytes: Gauge,
    pub(super) waiting: Gauge,
    keys: WorkerCounters<5>,
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
            keys: registry.worker_counters(
                "sidegate_api_keys_total",
                "API keys that were presented: genuine and known to the worker, genuine and looked for, refused as nobody's, refused as not counting now, or not to be judged now.",
                &["result"],
                ["worker", "found", "unknown", "over", "unavailable"],
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

/// What came of an API key, in the order of the label's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyFound {
    /// It counts, and the worker knew it.
    Worker,
    /// It counts, and was looked for.
    Elsewhere,
    /// It is nobody's.
    Unknown,
    /// It was revoked, is over, or has not begun.
    Over,
    /// That cannot be said now.
    Unavailable,
}

impl KeyFound {
    /// What a refusal is counted as.
    pub(super) fn refused(reason: Reason) -> Self {
        match reason {
            Reason::KeyExpired | Reason::KeyRevoked | Reason::KeyNotYetValid => Self::Over,
            Reason::StoreUnavailable | Reason::Overloaded => Self::Unavailable,
            _ => Self::Unknown,
        }
    }
}

/// What one worker has counted: numbers that no other worker writes.
#[derive(Debug, Default)]
pub(super) struct Counted<const N: usize>(Option<WorkerCounts<N>>);

impl<const N: usize> Counted<N> {
    /// Counts one.
    pub(super) fn count(&mut self, counters: &WorkerCounters<N>, value: usize) {
        match &self.0 {
            Some(counts) if counts.are_of(counters) => counts.count(value),
            // The first one, or the metrics are others by now.
            _ => {
                let counts = self.0.insert(counters.worker());
                counts.count(value);
            }
        }
    }
}

/// What one worker has found of tokens.
#[derive(Debug, Default)]
pub(super) struct Finds(Counted<3>);

impl Finds {
    /// Counts one.
    pub(super) fn count(&mut self, metrics: &Metrics, found: Found) {
        self.0.count(&metrics.found, found as usize);
    }
}

/// What came of one worker's API keys.
#[derive(Debug, Default)]
pub(super) struct KeyFinds(Counted<5>);

impl KeyFinds {
    /// Counts one.
    pub(super) fn count(&mut self, metrics: &Metrics, found: KeyFound) {
        self.0.count(&metrics.keys, found as usize);
    }
}
