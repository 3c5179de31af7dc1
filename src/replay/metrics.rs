//! What this room counts, whether or not there is a Redis.

use crate::telemetry::{Counter, Error, Gauge, Registry};

/// What came of reserving, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    New,
    Pending,
    Seen,
    Unavailable,
    /// New as far as this replica knows, because Redis does not answer.
    Local,
}

#[derive(Debug)]
pub(super) struct Metrics {
    new: Counter,
    pending: Counter,
    seen: Counter,
    unavailable: Counter,
    local: Counter,
    memory: MemoryMetrics,
}

/// The metrics of the memory.
#[derive(Debug, Clone)]
pub(super) struct MemoryMetrics {
    /// Deliveries in it.
    pub(super) entries: Gauge,
    /// Deliveries that were forgotten before their time.
    pub(super) forgotten: Counter,
}

impl Metrics {
    /// Declares them. Once per registry.
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let all = registry.counter_vec(
            "sidegate_replay_total",
            "Genuine deliveries: new, pending, seen before, or nobody could say; local: new as far as this replica knows.",
            &["result"],
        )?;
        let one = |result: &str| all.with_label_values(&[result]);
        Ok(Self {
            new: one("new"),
            pending: one("pending"),
            seen: one("seen"),
            unavailable: one("unavailable"),
            local: one("local"),
            memory: MemoryMetrics {
                entries: registry.gauge(
                    "sidegate_replay_entries",
                    "Deliveries that this replica remembers.",
                )?,
                forgotten: registry.counter(
                    "sidegate_replay_forgotten_total",
                    "Deliveries that were forgotten before their time because the memory was full.",
                )?,
            },
        })
    }

    pub(super) fn memory(&self) -> MemoryMetrics {
        self.memory.clone()
    }

    pub(super) fn count(&self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::New => &self.new,
            Outcome::Pending => &self.pending,
            Outcome::Seen => &self.seen,
            Outcome::Unavailable => &self.unavailable,
            Outcome::Local => &self.local,
        };
        counter.inc();
    }
}
