//! What is counted of rules that are observed, and of a policy that is tried beside the one in force.

use std::collections::BTreeMap;

use crate::model::Reason;
use crate::telemetry::exposition::{Family, Title};
use crate::telemetry::shards::{Shard, Shards};

pub(super) const TITLES: [Title; 2] = [
    Title {
        name: "sidegate_shadow_total",
        help: "Requests by what the shadow policy says beside the one in force, whose route this is.",
        labels: &["outcome", "reason", "route"],
    },
    Title {
        name: "sidegate_observed_total",
        help: "Requests that passed and that an observed rule would have refused.",
        labels: &["reason", "route"],
    },
];

/// Slots per outcome: one without a reason, one for each reason.
const SLOTS: usize = 1 + Reason::ALL.len();
/// A number for each outcome and reason.
const SHADOW: usize = ShadowOutcome::ALL.len() * SLOTS;
/// A number for each reason.
const OBSERVED: usize = Reason::ALL.len();

/// How what a shadow policy says compares with what was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShadowOutcome {
    /// The same decision, for the same reason.
    Same,
    /// It was refused, and would pass.
    WouldAllow,
    /// It passed, and would be refused.
    WouldDeny,
    /// It was refused and would be, for another reason.
    OtherReason,
    /// One of the two could not tell, for want of keys or of time.
    Unknown,
    /// The shadow policy was not asked, because too many requests wait for its answer.
    Skipped,
}

impl ShadowOutcome {
    /// Every outcome, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Same,
        Self::WouldAllow,
        Self::WouldDeny,
        Self::OtherReason,
        Self::Unknown,
        Self::Skipped,
    ];

    /// The word used in metrics and status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::WouldAllow => "would_allow",
            Self::WouldDeny => "would_deny",
            Self::OtherReason => "other_reason",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }

    const fn position(self) -> usize {
        self as usize
    }
}

/// How often each outcome was counted on one route, in the order of [`ShadowOutcome::ALL`].
pub type ShadowTotals = [u64; ShadowOutcome::ALL.len()];

/// What one worker counts of a shadow policy on one route. It stays on its thread.
#[derive(Debug)]
pub struct ShadowCounts(Shard<SHADOW>);

impl ShadowCounts {
    /// Counts one request.
    pub fn count(&self, outcome: ShadowOutcome, reason: Option<Reason>) {
        let first = outcome.position() * SLOTS;
        self.0
            .add(first + reason.map_or(0, |reason| 1 + reason as usize), 1);
    }
}

/// What one worker counts of the observed rules of one route. It stays on its thread.
#[derive(Debug)]
pub struct ObservedCounts(Shard<OBSERVED>);

impl ObservedCounts {
    /// Counts one request that would have been refused.
    pub fn count(&self, reason: Reason) {
        self.0.add(reason as usize, 1);
    }
}

/// All routes on which something happened, by name.
#[derive(Debug, Default)]
pub(super) struct Beside {
    shadow: BTreeMap<Box<str>, Shards<SHADOW>>,
    observed: BTreeMap<Box<str>, Shards<OBSERVED>>,
}

impl Beside {
    pub(super) fn shadow(&mut self, route: &str) -> ShadowCounts {
        ShadowCounts(self.shadow.entry(route.into()).or_default().join())
    }

    pub(super) fn observed(&mut self, route: &str) -> ObservedCounts {
        ObservedCounts(self.observed.entry(route.into()).or_default().join())
    }

    /// What was counted of the shadow policy on each route.
    pub(super) fn totals(&mut self) -> BTreeMap<Box<str>, ShadowTotals> {
        let totals = self.shadow.iter_mut().map(|(route, shards)| {
            let all = shards.totals();
            let mut sums = all.chunks(SLOTS).map(|counts| counts.iter().sum());
            (
                route.clone(),
                std::array::from_fn(|_| sums.next().unwrap_or(0)),
            )
        });
        totals.collect()
    }

    pub(super) fn families(&mut self) -> [Family; 2] {
        let [shadow, observed] = TITLES;
        let mut shadow = Family::counters(shadow);
        let mut observed = Family::counters(observed);
        for (route, shards) in &mut self.shadow {
            let totals = shards.totals();
            for (outcome, counts) in ShadowOutcome::ALL.into_iter().zip(totals.chunks(SLOTS)) {
                let reasons = [""]
                    .into_iter()
                    .chain(Reason::ALL.iter().map(|one| one.code()));
                for (reason, count) in reasons.zip(counts).filter(|(_, count)| **count > 0) {
                    shadow.counter(&[outcome.as_str(), reason, route], *count);
                }
            }
        }
        for (route, shards) in &mut self.observed {
            let counts = Reason::ALL.iter().zip(shards.totals());
            for (reason, count) in counts.filter(|(_, count)| *count > 0) {
                observed.counter(&[reason.code(), route], count);
            }
        }
        [shadow, observed]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_told_apart_and_added_up() {
        let mut beside = Beside::default();
        for (position, outcome) in ShadowOutcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome.position(), position);
            beside.shadow("a").count(outcome, None);
        }
        let again = beside.shadow("a");
        again.count(ShadowOutcome::WouldDeny, Some(Reason::InsufficientRole));
        beside.shadow("b").count(ShadowOutcome::Same, None);
        let totals = beside.totals();
        assert_eq!(totals.get("a"), Some(&[1, 1, 2, 1, 1, 1]));
        assert_eq!(totals.get("b"), Some(&[1, 0, 0, 0, 0, 0]));
    }
}
