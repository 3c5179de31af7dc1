//! What the checks of a route depend on, held against what a record knows.

use crate::model::Principal;
use crate::policy::{CoreFact, Fact, Route, Rule};

use super::evidence::Evidence;
use super::missing::{Missing, What};

/// What one check depends on.
#[derive(Clone)]
pub(super) struct Needs {
    rule: Rule,
    core: Vec<CoreFact>,
    facts: Vec<Fact>,
}

/// What the checks of a route depend on that it asks of a caller, in their order.
pub(super) fn of(route: &Route, principal: Option<&Principal>) -> Vec<Needs> {
    let checks = route.checks_of(principal);
    checks
        .map(|check| Needs {
            rule: check.rule(),
            core: check.core_facts().into_iter().collect(),
            facts: check.reads().into_iter().collect(),
        })
        .collect()
}

impl Needs {
    /// Adds what the check depends on and the record does not know.
    pub(super) fn missing(&self, evidence: &Evidence<'_, '_>, missing: &mut Vec<Missing>) {
        let mut add = |what: What, why| {
            missing.push(Missing {
                what,
                why,
                rule: Some(self.rule),
            });
        };
        for fact in &self.core {
            let lacks = match fact {
                CoreFact::Bounds => evidence.lacks_bounds(self.rule),
                fact => evidence.lacks(*fact),
            };
            if let Some(why) = lacks {
                add(What::Core(*fact), why);
            }
        }
        for fact in &self.facts {
            if let Some(why) = evidence.lacks_fact(fact) {
                add(What::Fact(fact.clone()), why);
            }
        }
    }

    /// Whether all is known that the check depends on, but for the caller.
    pub(super) fn known_of_request(&self, evidence: &Evidence<'_, '_>) -> bool {
        let mut core = self.core.iter().filter(|fact| !fact.is_of_caller());
        let mut facts = self.facts.iter();
        core.all(|fact| evidence.lacks(*fact).is_none())
            && facts.all(|fact| match fact {
                Fact::Header(_) | Fact::Query(_) => evidence.lacks_fact(fact).is_none(),
                Fact::Claim(_) | Fact::Email => true,
            })
    }
}
