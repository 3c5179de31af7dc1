//! What is counted about connections to upstreams; requests are counted in telemetry.

use crate::telemetry::{Counter, CounterVec, Error, Gauge, GaugeVec, Registry};

/// The metrics of all upstreams.
#[derive(Debug)]
pub(super) struct Metrics {
    open: GaugeVec,
    opened: CounterVec,
    retried: CounterVec,
}

/// The metrics of one upstream.
#[derive(Debug)]
pub(super) struct Counters {
    open: Gauge,
    opened: Counter,
    /// Requests that were sent again because a reused connection had gone.
    pub(super) retried: Counter,
}

/// One open connection; counted until it is dropped.
#[derive(Debug)]
pub(super) struct Open(Gauge);

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let label = &["upstream"];
        Ok(Self {
            open: registry.gauge_vec(
                "sidegate_upstream_connections",
                "Open connections to upstreams.",
                label,
            )?,
            opened: registry.counter_vec(
                "sidegate_upstream_connections_total",
                "Connections made to upstreams.",
                label,
            )?,
            retried: registry.counter_vec(
                "sidegate_upstream_retries_total",
                "Requests sent again because a reused connection had been closed.",
                label,
            )?,
        })
    }

    pub(super) fn of(&self, upstream: &str) -> Counters {
        Counters {
            open: self.open.with_label_values(&[upstream]),
            opened: self.opened.with_label_values(&[upstream]),
            retried: self.retried.with_label_values(&[upstream]),
        }
    }
}

impl Counters {
    pub(super) fn opened(&self) -> Open {
        self.opened.inc();
        self.open.inc();
        Open(self.open.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
