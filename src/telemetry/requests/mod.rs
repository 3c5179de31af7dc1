//! The metrics of requests.
//!
//! Each worker counts for itself; a scrape adds up. A series appears when something happened: with
//! thousands of routes, zeros for each of them would be most of the answer.

mod beside;
mod route;
mod upstream;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::exposition::{Family, Source, Title};
use super::shards::{Shard, Shards, width};
use super::{Error, Registry};
use beside::Beside;
use route::Routes;
use upstream::Upstreams;

pub use beside::{ObservedCounts, ShadowCounts, ShadowOutcome, ShadowTotals};
pub use route::RouteMetrics;
pub use upstream::{UpstreamMetrics, UpstreamResult};

/// Bounds for whole requests, in nanoseconds: half a millisecond to ten seconds.
const REQUEST_BOUNDS: &[u64] = &[
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];
/// Bounds for decisions, in nanoseconds: ten microseconds to a tenth of a second, and one for a key
/// set's fetch.
const DECISION_BOUNDS: &[u64] = &[
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

const IN_FLIGHT: Title = Title {
    name: "sidegate_requests_in_flight",
    help: "Requests whose answer is not finished.",
    labels: &[],
};
const DECISIONS: Title = Title {
    name: "sidegate_decision_duration_seconds",
    help: "Time to decide, without the upstream.",
    labels: &[],
};

/// Requests in flight, then how long decisions took.
const NUMBERS: usize = 1 + width(DECISION_BOUNDS);

/// The metrics of requests, decisions and upstreams. Clones are the same metrics.
#[derive(Debug, Clone)]
pub struct RequestMetrics(Arc<Sums>);

#[derive(Debug, Default)]
struct Sums {
    workers: Mutex<Shards<NUMBERS>>,
    routes: Mutex<Routes>,
    upstreams: Mutex<Upstreams>,
    beside: Mutex<Beside>,
}

impl RequestMetrics {
    /// Declares them. Fails when they are declared already.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        let metrics = Self(Arc::default());
        registry.show(metrics.clone())?;
        Ok(metrics)
    }

    /// What one worker counts, whatever the route.
    pub fn worker(&self) -> WorkerMetrics {
        WorkerMetrics(lock(&self.0.workers).join())
    }

    /// What one worker counts on one route; the name is empty for requests that match none.
    pub fn route(&self, name: &str) -> RouteMetrics {
        lock(&self.0.routes).join(name)
    }

    /// What one worker counts of a shadow policy on one route of the policy in force; the name is empty
    /// for requests that match none.
    pub fn shadow(&self, route: &str) -> ShadowCounts {
        lock(&self.0.beside).shadow(route)
    }

    /// What all workers have counted of shadow policies so far, by route.
    pub fn shadow_totals(&self) -> BTreeMap<Box<str>, ShadowTotals> {
        lock(&self.0.beside).totals()
    }

    /// What one worker counts of the observed rules of one route.
    pub fn observed(&self, route: &str) -> ObservedCounts {
        lock(&self.0.beside).observed(route)
    }

    /// What one worker counts at one upstream.
    pub fn upstream(&self, name: &str) -> UpstreamMetrics {
        lock(&self.0.upstreams).join(name)
    }
}

impl Source for RequestMetrics {
    fn titles(&self) -> Vec<Title> {
        let titles = [
            &route::TITLES[..],
            &upstream::TITLES,
            &beside::TITLES,
            &[IN_FLIGHT, DECISIONS],
        ];
        titles.concat()
    }

    fn families(&self) -> Vec<Family> {
        let [first, decisions @ ..] = lock(&self.0.workers).totals();
        let mut in_flight = Family::gauges(IN_FLIGHT);
        in_flight.gauge(&[], first.cast_signed());
        let mut took = Family::distributions(DECISIONS);
        took.distribution(&[], DECISION_BOUNDS, &decisions);
        let mut families = vec![in_flight, took];
        families.extend(lock(&self.0.routes).families());
        families.extend(lock(&self.0.upstreams).families());
        families.extend(lock(&self.0.beside).families());
        families
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Sums of numbers are never half done.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one worker counts, whatever the route. It stays on its thread.
#[derive(Debug)]
pub struct WorkerMetrics(Shard<NUMBERS>);

impl WorkerMetrics {
    /// A request has begun.
    pub fn began(&self) {
        self.0.add(0, 1);
    }

    /// Its answer is finished, or will never be.
    pub fn ended(&self) {
        self.0.add(0, 1_u64.wrapping_neg());
    }

    /// The engine has decided.
    pub fn decided(&self, took: Duration) {
        self.0.observe(1, DECISION_BOUNDS, took);
    }
}

#[cfg(test)]
mod tests;
