//! What is counted at upstreams.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;

use super::REQUEST_BOUNDS;
use crate::telemetry::exposition::{Family, Title};
use crate::telemetry::shards::{Shard, Shards, width};

pub(super) const TITLES: [Title; 2] = [
    Title {
        name: "sidegate_upstream_requests_total",
        help: "Requests sent to upstreams, by how they ended.",
        labels: &["result", "upstream"],
    },
    Title {
        name: "sidegate_upstream_duration_seconds",
        help: "Time until an upstream's answer began.",
        labels: &["upstream"],
    },
];

const RESULTS: usize = UpstreamResult::ALL.len();
/// A number for each result, then how long it took.
const NUMBERS: usize = RESULTS + width(REQUEST_BOUNDS);

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

/// What one worker counts at one upstream. It stays on its thread.
#[derive(Debug)]
pub struct UpstreamMetrics(Shard<NUMBERS>);

impl UpstreamMetrics {
    /// Counts one request; `duration` is the time until the answer began, or until there was none.
    pub fn record(&self, result: UpstreamResult, duration: Duration) {
        self.0.add(result as usize, 1);
        self.0.observe(RESULTS, REQUEST_BOUNDS, duration);
    }
}

/// All upstreams, by name. There are few, so each shows every result.
#[derive(Debug, Default)]
pub(super) struct Upstreams(BTreeMap<Box<str>, Shards<NUMBERS>>);

impl Upstreams {
    pub(super) fn join(&mut self, name: &str) -> UpstreamMetrics {
        UpstreamMetrics(self.0.entry(name.into()).or_default().join())
    }

    pub(super) fn families(&mut self) -> [Family; 2] {
        let [requests, durations] = TITLES;
        let mut requests = Family::counters(requests);
        let mut durations = Family::distributions(durations);
        for (upstream, shards) in &mut self.0 {
            let totals = shards.totals();
            let (counts, took) = totals.split_at(RESULTS);
            for (result, count) in UpstreamResult::ALL.iter().zip(counts) {
                requests.counter(&[result.as_str(), upstream], *count);
            }
            durations.distribution(&[upstream], REQUEST_BOUNDS, took);
        }
        [requests, durations]
    }
}
