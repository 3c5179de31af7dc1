//! What a record says of policies and rules that did not decide.

use std::borrow::Cow;

use serde::Deserialize;

use super::fact::Text;
use crate::telemetry::Outcome;

/// What another policy would have decided, as its record tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedShadow<'l> {
    /// What it would have decided.
    pub outcome: Outcome,
    /// The code of its reason.
    pub reason: Option<Cow<'l, str>>,
    /// The name of its route.
    pub route: Option<Cow<'l, str>>,
    /// Its hash.
    pub policy: Option<Cow<'l, str>>,
}

/// An observed rule that would have refused the request, as its record tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRefusal<'l> {
    /// The rule's name in the policy.
    pub rule: Option<Cow<'l, str>>,
    /// The code of its reason.
    pub reason: Option<Cow<'l, str>>,
}

/// An object that is known by its shape; whatever else stands in its place is passed over.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Told<T> {
    This(T),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
pub(super) struct Shadow<'l> {
    #[serde(borrow)]
    decision: Option<Text<'l>>,
    #[serde(borrow)]
    reason: Option<Text<'l>>,
    #[serde(borrow)]
    route: Option<Text<'l>>,
    #[serde(borrow)]
    policy: Option<Text<'l>>,
}

#[derive(Deserialize)]
pub(super) struct Refusal<'l> {
    #[serde(borrow)]
    rule: Option<Text<'l>>,
    #[serde(borrow)]
    reason: Option<Text<'l>>,
}

impl<'l> Told<Shadow<'l>> {
    pub(super) fn shadow(self) -> Option<RecordedShadow<'l>> {
        let Self::This(said) = self else { return None };
        let outcome = match &*said.decision?.0 {
            "allow" => Outcome::Allow,
            "deny" => Outcome::Deny,
            _ => return None,
        };
        Some(RecordedShadow {
            outcome,
            reason: said.reason.map(|text| text.0),
            route: said.route.map(|text| text.0),
            policy: said.policy.map(|text| text.0),
        })
    }
}

impl<'l> Told<Refusal<'l>> {
    pub(super) fn refusal(self) -> Option<RecordedRefusal<'l>> {
        let Self::This(said) = self else { return None };
        Some(RecordedRefusal {
            rule: said.rule.map(|text| text.0),
            reason: said.reason.map(|text| text.0),
        })
    }
}
