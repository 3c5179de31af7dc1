//! The metrics of requests.
//!
//! A series appears when something happened: with thousands of routes, zeros for each of them would
//! be most of the answer. The first request of a kind on a route looks its labels up; all that
//! follow use what was found.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::StatusCode;

use super::{Counter, CounterVec, Error, Gauge, Histogram, HistogramVec, Outcome, Registry};
use crate::model::Reason;

/// Bounds for whole requests: half a millisecond to ten seconds.
const REQUEST_SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Bounds for decisions: ten microseconds to a tenth of a second, and one for a key set's fetch.
const DECISION_SECONDS: &[f64] = &[
    0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1.0,
];
/// Slots per outcome: one without a reason, one for each reason.
const SLOTS: usize = 1 + Reason::ALL.len();

/// The metrics of requests, decisions and upstreams. Clones are the same metrics.
#[derive(Debug, Clone)]
pub struct RequestMetrics {
    requests: CounterVec,
    durations: HistogramVec,
    upstream_requests: CounterVec,
    upstream_durations: HistogramVec,
    /// Requests whose answer is not finished.
    pub in_flight: Gauge,
    /// How long the engine took to decide, in seconds.
    pub decision_duration: Histogram,
}

impl RequestMetrics {
    /// Declares them. Fails when they are declared already.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            requests: registry.counter_vec(
                "sidegate_requests_total",
                "Requests by route, decision and reason.",
                &["route", "decision", "reason"],
            )?,
            durations: registry.histogram_vec(
                "sidegate_request_duration_seconds",
                "Time from a request's head to the end of its answer.",
                &["route"],
                REQUEST_SECONDS,
            )?,
            upstream_requests: registry.counter_vec(
                "sidegate_upstream_requests_total",
                "Requests sent to upstreams, by how they ended.",
                &["upstream", "result"],
            )?,
            upstream_durations: registry.histogram_vec(
                "sidegate_upstream_duration_seconds",
                "Time until an upstream's answer began.",
                &["upstream"],
                REQUEST_SECONDS,
            )?,
            in_flight: registry.gauge(
                "sidegate_requests_in_flight",
                "Requests whose answer is not finished.",
            )?,
            decision_duration: registry.histogram(
                "sidegate_decision_duration_seconds",
                "Time to decide, without the upstream.",
                DECISION_SECONDS,
            )?,
        })
    }

    /// The metrics of one route; the name is empty for requests that match none.
    pub fn route(&self, name: &str) -> RouteMetrics {
        RouteMetrics(Arc::new(Route {
            name: name.into(),
            requests: self.requests.clone(),
            durations: self.durations.clone(),
            counters: std::array::from_fn(|_| OnceLock::new()),
            duration: OnceLock::new(),
        }))
    }

    /// The metrics of one upstream.
    pub fn upstream(&self, name: &str) -> UpstreamMetrics {
        let counter = |result: UpstreamResult| {
            self.upstream_requests
                .with_label_values(&[name, result.as_str()])
        };
        UpstreamMetrics {
            requests: UpstreamResult::ALL.map(counter),
            duration: self.upstream_durations.with_label_values(&[name]),
        }
    }
}

/// What happened on one route. Clones are the same metrics.
#[derive(Debug, Clone)]
pub struct RouteMetrics(Arc<Route>);

#[derive(Debug)]
struct Route {
    name: Box<str>,
    requests: CounterVec,
    durations: HistogramVec,
    counters: [OnceLock<Counter>; 2 * SLOTS],
    duration: OnceLock<Histogram>,
}

impl RouteMetrics {
    /// Counts one request that has ended.
    pub fn record(&self, outcome: Outcome, reason: Option<Reason>, duration: Duration) {
        let route = &*self.0;
        if let Some(counter) = route.counters.get(slot(outcome, reason)) {
            counter
                .get_or_init(|| {
                    let reason = reason.map_or("", Reason::code);
                    let labels = [&*route.name, outcome.as_str(), reason];
                    route.requests.with_label_values(&labels)
                })
                .inc();
        }
        route
            .duration
            .get_or_init(|| route.durations.with_label_values(&[&*route.name]))
            .observe(duration.as_secs_f64());
    }
}

fn slot(outcome: Outcome, reason: Option<Reason>) -> usize {
    let first = match outcome {
        Outcome::Allow => 0,
        Outcome::Deny => SLOTS,
    };
    first + reason.map_or(0, |reason| 1 + reason as usize)
}

/// How a request to an upstream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamResult {
    /// An answer of 1xx, such as a protocol switch.
    Informational,
    /// An answer of 2xx.
    Success,
    /// An answer of 3xx.
    Redirect,
    /// An answer of 4xx.
    ClientError,
    /// An answer of 5xx, or outside all classes.
    ServerError,
    /// No connection, or one that broke before the answer.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// The caller left before the answer.
    Canceled,
}

impl UpstreamResult {
    /// Every result.
    pub const ALL: [Self; 8] = [
        Self::Informational,
        Self::Success,
        Self::Redirect,
        Self::ClientError,
        Self::ServerError,
        Self::Unreachable,
        Self::Timeout,
        Self::Canceled,
    ];

    /// The word used in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "1xx",
            Self::Success => "2xx",
            Self::Redirect => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Canceled => "canceled",
        }
    }
}

impl From<StatusCode> for UpstreamResult {
    fn from(status: StatusCode) -> Self {
        match status.as_u16() / 100 {
            1 => Self::Informational,
            2 => Self::Success,
            3 => Self::Redirect,
            4 => Self::ClientError,
            _ => Self::ServerError,
        }
    }
}

/// What happened at one upstream. Clones are the same metrics.
#[derive(Debug, Clone)]
pub struct UpstreamMetrics {
    requests: [Counter; 8],
    duration: Histogram,
}

impl UpstreamMetrics {
    /// Counts one request; `duration` is the time until the answer began, or until there was none.
    pub fn record(&self, result: UpstreamResult, duration: Duration) {
        if let Some(counter) = self.requests.get(result as usize) {
            counter.inc();
        }
        self.duration.observe(duration.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_decision_and_reason() {
        let registry = Registry::new();
        let metrics = RequestMetrics::new(&registry).unwrap();
        let (route, none) = (metrics.route("api"), metrics.route(""));
        let took = Duration::from_millis(3);
        route.record(Outcome::Allow, None, took);
        route.clone().record(Outcome::Allow, None, took);
        route.record(Outcome::Allow, Some(Reason::UpstreamTimeout), took);
        none.record(Outcome::Deny, Some(Reason::NoRoute), took);
        let text = registry.render().unwrap();
        for line in [
            r#"sidegate_requests_total{decision="allow",reason="",route="api"} 2"#,
            r#"sidegate_requests_total{decision="allow",reason="UPSTREAM_TIMEOUT",route="api"} 1"#,
            r#"sidegate_requests_total{decision="deny",reason="NO_ROUTE",route=""} 1"#,
            r#"sidegate_request_duration_seconds_bucket{route="api",le="0.005"} 3"#,
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn route_without_requests_has_no_series() {
        let registry = Registry::new();
        let metrics = RequestMetrics::new(&registry).unwrap();
        let _route = metrics.route("quiet");
        assert!(!registry.render().unwrap().contains("quiet"));
    }

    #[test]
    fn every_outcome_and_reason_has_a_slot_of_its_own() {
        let mut slots: Vec<_> = [Outcome::Allow, Outcome::Deny]
            .into_iter()
            .flat_map(|outcome| {
                let reasons = Reason::ALL.iter().copied().map(Some).chain([None]);
                reasons.map(move |reason| slot(outcome, reason))
            })
            .collect();
        slots.sort_unstable();
        assert_eq!(slots, (0..2 * SLOTS).collect::<Vec<_>>());
    }

    #[test]
    fn upstream_requests_are_counted_by_how_they_ended() {
        let registry = Registry::new();
        let upstream = RequestMetrics::new(&registry).unwrap().upstream("default");
        upstream.record(StatusCode::NO_CONTENT.into(), Duration::ZERO);
        for (index, result) in UpstreamResult::ALL.into_iter().enumerate() {
            assert_eq!(result as usize, index);
        }
        let text = registry.render().unwrap();
        let line = r#"sidegate_upstream_requests_total{result="2xx",upstream="default"} 1"#;
        assert!(text.contains(line), "{text}");
    }
}
