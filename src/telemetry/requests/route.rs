//! What is counted on routes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::REQUEST_BOUNDS;
use crate::model::Reason;
use crate::telemetry::Outcome;
use crate::telemetry::exposition::{Family, Title};
use crate::telemetry::shards::{Shard, Shards, width};

pub(super) const TITLES: [Title; 2] = [
    Title {
        name: "sidegate_requests_total",
        help: "Requests by route, decision and reason.",
        labels: &["decision", "reason", "route"],
    },
    Title {
        name: "sidegate_request_duration_seconds",
        help: "Time from a request's head to the end of its answer.",
        labels: &["route"],
    },
];

/// Slots per outcome: one without a reason, one for each reason.
const SLOTS: usize = 1 + Reason::ALL.len();
/// A number for each outcome and reason, then how long requests took.
const NUMBERS: usize = 2 * SLOTS + width(REQUEST_BOUNDS);

/// What one worker counts on one route. It stays on its thread.
#[derive(Debug)]
pub struct RouteMetrics(Shard<NUMBERS>);

impl RouteMetrics {
    /// Counts one request that has ended.
    pub fn record(&self, outcome: Outcome, reason: Option<Reason>, duration: Duration) {
        self.0.add(slot(outcome, reason), 1);
        self.0.observe(2 * SLOTS, REQUEST_BOUNDS, duration);
    }
}

fn slot(outcome: Outcome, reason: Option<Reason>) -> usize {
    let first = match outcome {
        Outcome::Allow => 0,
        Outcome::Deny => SLOTS,
    };
    first + reason.map_or(0, |reason| 1 + reason as usize)
}

/// Every outcome with every reason, in the order of their slots.
fn kinds() -> impl Iterator<Item = (Outcome, Option<Reason>)> {
    let reasons = || {
        [None]
            .into_iter()
            .chain(Reason::ALL.iter().copied().map(Some))
    };
    let outcomes = [Outcome::Allow, Outcome::Deny].into_iter();
    outcomes.flat_map(move |outcome| reasons().map(move |reason| (outcome, reason)))
}

/// All routes on which something happened, by name.
#[derive(Debug, Default)]
pub(super) struct Routes(BTreeMap<Box<str>, Shards<NUMBERS>>);

impl Routes {
    pub(super) fn join(&mut self, name: &str) -> RouteMetrics {
        if let Some(shards) = self.0.get_mut(name) {
            return RouteMetrics(shards.join());
        }
        RouteMetrics(self.0.entry(name.into()).or_default().join())
    }

    pub(super) fn families(&mut self) -> [Family; 2] {
        let [requests, durations] = TITLES;
        let mut requests = Family::counters(requests);
        let mut durations = Family::distributions(durations);
        for (route, shards) in &mut self.0 {
            let totals = shards.totals();
            let (counts, took) = totals.split_at(2 * SLOTS);
            let happened = kinds().zip(counts).filter(|(_, count)| **count > 0);
            for ((outcome, reason), count) in happened {
                let reason = reason.map_or("", Reason::code);
                requests.counter(&[outcome.as_str(), reason, route], *count);
            }
            if counts.iter().any(|count| *count > 0) {
                durations.distribution(&[route], REQUEST_BOUNDS, took);
            }
        }
        [requests, durations]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_and_reason_has_a_slot_of_its_own() {
        let slots: Vec<_> = kinds()
            .map(|(outcome, reason)| slot(outcome, reason))
            .collect();
        assert_eq!(slots, (0..2 * SLOTS).collect::<Vec<_>>());
    }
}
