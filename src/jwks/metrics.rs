//! What operators see of key sets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::edge::seconds_since_1970;
use super::error::FetchError;
use crate::telemetry::{CounterVec, Error, Gauge, GaugeVec, Registry};

/// The metrics of all key sets.
#[derive(Debug)]
pub(super) struct Metrics {
    fetches: CounterVec,
    keys: GaugeVec,
    last_success: GaugeVec,
    ready: GaugeVec,
    /// How many sets use each label: during a reload an issuer may have an old and a new one.
    users: Mutex<HashMap<Arc<str>, usize>>,
}

/// The metrics of one key set; they go when the last set of their issuer goes.
#[derive(Debug)]
pub(super) struct SetMetrics {
    all: Arc<Metrics>,
    issuer: Arc<str>,
    keys: Gauge,
    last_success: Gauge,
    ready: Gauge,
}

impl Metrics {
    /// Declares them.
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            fetches: registry.counter_vec(
                "sidegate_jwks_fetches_total",
                "Fetches of key sets by result.",
                &["issuer", "result"],
            )?,
            keys: registry.gauge_vec(
                "sidegate_jwks_keys",
                "Usable keys in an issuer's current key set.",
                &["issuer"],
            )?,
            last_success: registry.gauge_vec(
                "sidegate_jwks_last_success_timestamp_seconds",
                "When an issuer last confirmed its key set, in seconds since 1970.",
                &["issuer"],
            )?,
            ready: registry.gauge_vec(
                "sidegate_jwks_ready",
                "Whether an issuer's tokens can be verified (1) or not (0).",
                &["issuer"],
            )?,
            users: Mutex::default(),
        })
    }

    /// The metrics of one more set.
    pub(super) fn of(self: &Arc<Self>, issuer: &Arc<str>) -> SetMetrics {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        *users.entry(Arc::clone(issuer)).or_default() += 1;
        SetMetrics {
            all: Arc::clone(self),
            issuer: Arc::clone(issuer),
            keys: self.keys.with_label_values(&[issuer]),
            last_success: self.last_success.with_label_values(&[issuer]),
            ready: self.ready.with_label_values(&[issuer]),
        }
    }
}

impl SetMetrics {
    /// A fetch ended.
    pub(super) fn fetched(&self, failure: Option<&FetchError>) {
        let result = failure.map_or("ok", FetchError::kind);
        let labels = [self.issuer.as_ref(), result];
        self.all.fetches.with_label_values(&labels).inc();
        if failure.is_none() {
            let now = i64::try_from(seconds_since_1970()).unwrap_or(i64::MAX);
            self.last_success.set(now);
        }
    }

    /// So many keys may be used now.
    pub(super) fn usable(&self, keys: usize) {
        self.keys.set(i64::try_from(keys).unwrap_or(i64::MAX));
        self.ready.set(i64::from(keys > 0));
    }
}

impl Drop for SetMetrics {
    fn drop(&mut self) {
        let mut users = self
            .all
            .users
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match users.get_mut(&self.issuer) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                users.remove(&self.issuer);
                let issuer = self.issuer.as_ref();
                // What was never set cannot be removed, which is as good.
                for gauges in [&self.all.keys, &self.all.last_success, &self.all.ready] {
                    let _ = gauges.remove_label_values(&[issuer]);
                }
                for result in FetchError::KINDS.into_iter().chain(["ok"]) {
                    let _ = self.all.fetches.remove_label_values(&[issuer, result]);
                }
            }
        }
    }
}
