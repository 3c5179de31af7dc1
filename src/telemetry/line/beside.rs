//! What would have been decided: by rules that are observed, by a policy that is tried.

use super::spell::{Line, name};
use super::{Outcome, Record};
use crate::model::Reason;

/// A rule that would have refused the request, if it were enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WouldRefuse {
    /// The rule's name in the policy.
    pub rule: &'static str,
    /// Why.
    pub reason: Reason,
}

/// What another policy says of the same request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherPolicy<'a> {
    /// What it decides.
    pub outcome: Outcome,
    /// Why it refuses.
    pub reason: Option<Reason>,
    /// The name of its route.
    pub route: Option<&'a str>,
    /// Its hash.
    pub policy: &'a str,
}

impl Record<'_> {
    /// Whether this record is of interest by itself, whatever share of the others is recorded.
    pub(in crate::telemetry) fn stands_out(&self) -> bool {
        self.outcome == Outcome::Deny || self.observed.is_some() || self.shadow.is_some()
    }

    #[cold]
    pub(super) fn beside<const JSON: bool>(&self, line: &mut Line<'_, JSON>) {
        if let Some(observed) = self.observed {
            line.pieces(",\"observed\":{\"rule\":\"", " observed_rule=");
            line.add(observed.rule.as_bytes());
            line.pieces("\",\"reason\":\"", " observed_reason=");
            line.add(observed.reason.code().as_bytes());
            line.pieces("\"}", "");
        }
        if let Some(shadow) = self.shadow {
            line.pieces(",\"shadow\":{\"decision\":\"", " shadow_decision=");
            line.add(shadow.outcome.as_str().as_bytes());
            line.pieces("\"", "");
            if let Some(reason) = shadow.reason {
                line.pieces(",\"reason\":\"", " shadow_reason=");
                line.add(reason.code().as_bytes());
                line.pieces("\"", "");
            }
            if let Some(route) = shadow.route {
                match JSON {
                    true => line.text(name!("route"), route),
                    false => line.text(name!("shadow_route"), route),
                }
            }
            match JSON {
                true => line.text(name!("policy"), shadow.policy),
                false => line.text(name!("shadow_policy"), shadow.policy),
            }
            line.pieces("}", "");
        }
    }
}
