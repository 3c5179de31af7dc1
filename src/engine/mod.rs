//! The decision: one pure line from a request to a permit or a denial.
//!
//! An [`Engine`] is one version of the policy with the verifiers it needs. It is built aside, swapped
//! in whole, and an exchange keeps the one it began with. It does not know which front door asked,
//! and it never touches a socket: what waits is the verifier, for a key set.
//!
//! Straight line: [`Engine::plan`] (route) -> [`Engine::decide`]: authenticate -> authorize -> permit.
//!
//! Always: no route, no answer or no principal is a denial; a [`Permit`] can only be made here, so
//! nothing can be forwarded that was not decided.

mod permit;

use std::sync::Arc;

use crate::credential::{Accepted, Verification, Verified, Verifiers};
use crate::model::{Denied, Reason, Request};
use crate::policy::{Access, Match, Policy, Route};

pub use permit::{Decision, Denial, Permit};

/// One version of the policy, ready to judge.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    verifiers: Verifiers,
    /// For each route of the policy, whose credentials it accepts.
    accepted: Vec<Accepted>,
    version: Arc<str>,
}

/// A request's route, before anyone is asked who is calling.
#[derive(Debug)]
pub struct Plan<'e> {
    matched: Result<Match<'e>, Denied>,
}

impl Plan<'_> {
    /// The route, if one matches.
    pub fn route(&self) -> Option<&Arc<Route>> {
        self.matched.as_ref().ok().map(|matched| matched.route)
    }
}

impl Engine {
    /// Joins a policy with its verifiers. `version` tells this version from others in logs and
    /// metrics; a digest of the file serves.
    pub fn new(policy: Policy, verifiers: Verifiers, version: Arc<str>) -> Self {
        let accepted = policy
            .routes()
            .iter()
            .map(|route| accepted(route.access()))
            .collect();
        Self {
            policy,
            verifiers,
            accepted,
            version,
        }
    }

    /// What tells this version of the policy from others.
    pub fn version(&self) -> &Arc<str> {
        &self.version
    }

    /// The rules.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Finds the route. Pure.
    pub fn plan<'e>(&'e self, request: &Request) -> Plan<'e> {
        let matched = if request
            .path
            .oddities()
            .within(self.policy.allowed_oddities())
        {
            self.policy
                .find(request)
                .ok_or_else(|| Reason::NoRoute.into())
        } else {
            Err(Denied::new(
                Reason::PathAmbiguous,
                "a spelling that the policy does not allow",
            ))
        };
        Plan { matched }
    }

    /// Decides. Waits only for key sets, and only when a credential needs a key that is not here.
    pub async fn decide(&self, plan: &Plan<'_>, request: &Request) -> Decision {
        let matched = match &plan.matched {
            Ok(matched) => matched,
            Err(denied) => return Denial::unrouted(denied.clone()).into(),
        };
        let verified = match matched.route.access() {
            Access::Public => {
                let grant = self.policy.admit(matched, request);
                return Permit::public(matched.route, self.policy.stripped(), grant).into();
            }
            Access::Authenticated { .. } => self.authenticate(matched.route, request).await,
        };
        let verified = match verified {
            Ok(verified) => verified,
            Err(denied) => return Denial::on(matched.route, denied).into(),
        };
        match self.policy.authorize(matched, request, &verified.principal) {
            Ok(grant) => Permit::to(matched.route, self.policy.stripped(), grant, verified).into(),
            Err(denied) => Denial::of(matched.route, verified, denied).into(),
        }
    }

    async fn authenticate(&self, route: &Route, request: &Request) -> Result<Verified, Denied> {
        // Every route has an entry; if one were missing, nobody would be accepted.
        let Some(accepted) = self.accepted.get(route.index()) else {
            return Err(Reason::NoRoute.into());
        };
        match self.verifiers.verify(request, accepted).await {
            Verification::Verified(verified) => Ok(verified),
            Verification::Absent(reason) => Err(reason.into()),
            Verification::Rejected(denied) | Verification::Unavailable(denied) => Err(denied),
        }
    }
}

fn accepted(access: &Access) -> Accepted {
    match access {
        Access::Authenticated {
            accepted: Some(issuers),
        } => Accepted::Only(issuers.clone()),
        Access::Authenticated { accepted: None } => Accepted::All,
        Access::Public => Accepted::Only(Box::default()),
    }
}
