//! What is counted of a Redis that replicas share.

use super::trouble::{Kind, Trouble};
use crate::telemetry::{Counter, Error, Gauge, Histogram, Registry};

/// How long reservations take, in seconds.
const BOUNDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

#[derive(Debug, Clone)]
pub(super) struct RedisMetrics {
    pub(super) took: Histogram,
    /// 1 while there is a connection that answers.
    pub(super) up: Gauge,
    /// Deliveries of which Redis was never told what came of them.
    pub(super) unsettled: Counter,
    silent: Counter,
    lost: Counter,
    refused: Counter,
}

impl RedisMetrics {
    /// Declares them. Once per registry.
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let failures = registry.counter_vec(
            "sidegate_replay_redis_failures_total",
            "Deliveries that Redis was asked about in vain: no answer in time, no connection, or it refused.",
            &["reason"],
        )?;
        let failure = |reason: &str| failures.with_label_values(&[reason]);
        Ok(Self {
            took: registry.histogram(
                "sidegate_replay_redis_seconds",
                "How long reserving a delivery in Redis took.",
                BOUNDS,
            )?,
            up: registry.gauge(
                "sidegate_replay_redis_up",
                "Whether Redis answers that replicas share.",
            )?,
            unsettled: registry.counter(
                "sidegate_replay_redis_unsettled_total",
                "Deliveries of which Redis was never told what came of them.",
            )?,
            silent: failure("silent"),
            lost: failure("lost"),
            refused: failure("refused"),
        })
    }

    /// Counts a delivery that Redis was asked about in vain.
    pub(super) fn failed(&self, trouble: &Trouble) {
        let counter = match trouble.kind {
            Kind::Silent => &self.silent,
            Kind::Lost => &self.lost,
            Kind::Refused | Kind::Elsewhere => &self.refused,
        };
        counter.inc();
    }
}
