//! What came of every single thing that a route asks.

use std::sync::Arc;

use crate::credential::Verifiers;
use crate::model::{Denied, Principal, Reason, Request};
use crate::policy::{Check, Route, Told};

use super::{Decision, Engine, Permit, Plan};

/// One check of a route, judged.
#[derive(Debug)]
pub struct Judged<'e> {
    /// What was asked.
    pub check: Check<'e>,
    /// Whether it holds; if not, what a refusal would say, which there is one of unless it is observed.
    pub outcome: Result<(), Denied>,
    /// Whether it refuses nothing at the time of the request, because the route observes it.
    pub observed: bool,
    /// The same in words.
    pub told: Told,
}

impl Engine {
    /// Judges a caller by everything that the route asks, in the order in which serving does; unlike
    /// serving, it goes on after what fails. On a public route there is nobody, and at most a condition;
    /// without a route there is nothing.
    pub fn judged<'e>(
        &self,
        plan: &'e Plan<'_>,
        request: &Request,
        principal: Option<&Principal>,
    ) -> Vec<Judged<'e>> {
        let Ok(matched) = plan.matched() else {
            return Vec::new();
        };
        let policy = self.policy();
        let checks = matched.route.checks_of(principal);
        checks
            .map(|check| Judged {
                outcome: policy.judge(check, matched, request, principal),
                observed: matched.route.observes_at(check.rule(), request.received_at),
                told: policy.tell(check, matched, request, principal),
                check,
            })
            .collect()
    }

    /// Whether a route takes the credentials of an issuer, by its name in the file; on a public route
    /// nobody's are judged. The refusal is that of serving.
    pub fn accepts(&self, route: &Route, issuer: &str) -> Result<(), Denied> {
        match self.accepting.get(route.index()) {
            Some(accepting) if self.verifiers.webhook(issuer).is_some() => {
                accepting.accepted.check_webhook(issuer)
            }
            Some(accepting) => accepting.accepted.check(issuer),
            None => Err(Reason::NoRoute.into()),
        }
    }

    /// Who judges credentials here.
    pub fn verifiers(&self) -> &Verifiers {
        &self.verifiers
    }
}

impl Decision {
    /// The caller, if a credential was genuine or a principal was given.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        match self {
            Self::Allow(permit) => permit.principal(),
            Self::Deny(denial) => denial.principal(),
        }
    }

    /// The permit, if the request may pass.
    pub fn permit(&self) -> Option<&Permit> {
        match self {
            Self::Allow(permit) => Some(permit),
            Self::Deny(_) => None,
        }
    }

    /// Why the request ends here, if it does.
    pub fn denied(&self) -> Option<&Denied> {
        match self {
            Self::Allow(_) => None,
            Self::Deny(denial) => Some(denial.denied()),
        }
    }
}
