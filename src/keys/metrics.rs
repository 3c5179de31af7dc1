//! What this room counts.

use crate::model::Reason;
use crate::telemetry::{
    Counter, CounterVec, Error, Gauge, Histogram, Registry, WorkerCounters, WorkerCounts,
};

/// How long look-ups take, in seconds.
const LOOKUP_BOUNDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// The metrics of stored keys, one set for the whole process.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    found: WorkerCounters<3>,
    pub(super) failed: Failures,
    pub(super) took: Histogram,
    pub(super) hashes: HashMetrics,
    pub(super) uses: UseMetrics,
    /// 1 while what is known of stored keys counts.
    pub(super) trusted: Gauge,
}

/// Look-ups that gave no answer.
#[derive(Debug, Clone)]
pub(super) struct Failures {
    /// The store did not answer.
    pub(super) store: Counter,
    /// Too many were under way, or waited for slow hashes.
    pub(super) overloaded: Counter,
}

/// The metrics of slow hashes; nothing where nobody counts.
#[derive(Debug, Clone, Default)]
pub(super) struct HashMetrics(Option<Hashes>);

#[derive(Debug, Clone)]
struct Hashes {
    done: Counter,
    waiting: Gauge,
    refused: Counter,
}

/// The metrics of uses.
#[derive(Debug, Clone)]
pub(super) struct UseMetrics {
    pub(super) written: Counter,
    pub(super) waiting: Gauge,
    pub(super) lost: Counter,
}

/// Where a text was found, in the order of the label's values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    /// Here.
    Memory,
    /// In the store.
    Store,
    /// It is nobody's.
    Nowhere,
}

impl Metrics {
    /// Declares them. Once per registry.
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let trusted = registry.gauge(
            "sidegate_key_store_trusted",
            "Whether what is known of stored API keys counts.",
        )?;
        trusted.set(1);
        Ok(Self {
            found: registry.worker_counters(
                "sidegate_key_finds_total",
                "Stored API keys that were asked for: known here, found in the store, or nobody's.",
                &["result"],
                ["memory", "store", "nowhere"],
            )?,
            failed: Failures::new(registry)?,
            took: registry.histogram(
                "sidegate_key_lookup_duration_seconds",
                "How long look-ups of API keys in the store took.",
                LOOKUP_BOUNDS,
            )?,
            hashes: HashMetrics::new(registry)?,
            uses: UseMetrics::new(registry)?,
            trusted,
        })
    }

    /// What has been found by all workers, in the order of [`Found`].
    #[cfg(test)]
    pub(super) fn finds(&self) -> [u64; 3] {
        self.found.totals()
    }
}

impl Failures {
    fn new(registry: &Registry) -> Result<Self, Error> {
        let failed: CounterVec = registry.counter_vec(
            "sidegate_key_lookup_failures_total",
            "Look-ups of API keys that gave no answer: the store did not answer, or too many were under way.",
            &["reason"],
        )?;
        Ok(Self {
            store: failed.with_label_values(&["store"]),
            overloaded: failed.with_label_values(&["overloaded"]),
        })
    }

    /// Counts one, by what its caller is told.
    pub(super) fn count(&self, reason: Reason) {
        match reason {
            Reason::Overloaded => self.overloaded.inc(),
            _ => self.store.inc(),
        }
    }
}

impl HashMetrics {
    fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self(Some(Hashes {
            done: registry.counter(
                "sidegate_key_hashes_total",
                "Texts that were compared with a bcrypt or Argon2 hash.",
            )?,
            waiting: registry.gauge(
                "sidegate_key_hashes_waiting",
                "Texts that wait to be compared with a bcrypt or Argon2 hash.",
            )?,
            refused: registry.counter(
                "sidegate_key_hashes_refused_total",
                "Texts that were not compared with a bcrypt or Argon2 hash because too many waited.",
            )?,
        })))
    }

    pub(super) fn done(&self) {
        self.0.iter().for_each(|hashes| hashes.done.inc());
    }

    pub(super) fn refused(&self) {
        self.0.iter().for_each(|hashes| hashes.refused.inc());
    }

    pub(super) fn wait(&self, waiting: usize) {
        self.0
            .iter()
            .for_each(|hashes| hashes.waiting.set(waiting as i64));
    }

    #[cfg(test)]
    pub(super) fn all_done(&self) -> u64 {
        self.0.as_ref().map_or(0, |hashes| hashes.done.get())
    }
}

impl UseMetrics {
    fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            written: registry.counter(
                "sidegate_key_uses_written_total",
                "Uses of API keys that were written to the store.",
            )?,
            waiting: registry.gauge(
                "sidegate_key_uses_waiting",
                "Uses of API keys that wait to be written to the store.",
            )?,
            lost: registry.counter(
                "sidegate_key_uses_lost_total",
                "Uses of API keys that were not counted because too many waited to be written.",
            )?,
        })
    }
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
            _ => self.0.insert(metrics.found.worker()).count(found as usize),
        }
    }
}
