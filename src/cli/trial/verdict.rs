//! What came of a request.

use std::sync::Arc;

use bytes::Bytes;

use crate::engine::{Decision, Next, Plan};
use crate::model::{Denied, Principal, Reason, Request};
use crate::policy::{Access, Route, Rule, Told};
use crate::webhook::Reply;

use super::world::World;

/// A decision, with what came of every single thing that the route asks.
#[derive(Debug)]
pub(in crate::cli) struct Verdict {
    /// Nothing when the request could not be read.
    decision: Option<Decision>,
    denied: Option<Denied>,
    route: Option<Arc<Route>>,
    /// What the route asks, judged one by one; empty when nobody is known to call.
    pub(in crate::cli) checks: Vec<Checked>,
}

/// One check, judged.
#[derive(Debug)]
pub(in crate::cli) struct Checked {
    pub(in crate::cli) rule: Rule,
    pub(in crate::cli) outcome: Result<(), Denied>,
    /// Whether it refuses nothing yet.
    pub(in crate::cli) observed: bool,
    pub(in crate::cli) told: Told,
    /// The permission that was asked for.
    pub(in crate::cli) permission: Option<String>,
}

impl Checked {
    /// Whether it fails, and is enforced.
    pub(in crate::cli) fn refuses(&self) -> bool {
        self.outcome.is_err() && !self.observed
    }
}

impl Verdict {
    /// A request that the front door refuses.
    pub(in crate::cli) fn unreadable(denied: Denied) -> Self {
        Self {
            decision: None,
            denied: Some(denied),
            route: None,
            checks: Vec::new(),
        }
    }

    /// Why the request ends here, if it does.
    pub(in crate::cli) fn denied(&self) -> Option<&Denied> {
        self.denied.as_ref()
    }

    /// The reason, if it ends here.
    pub(in crate::cli) fn reason(&self) -> Option<Reason> {
        self.denied.as_ref().map(|denied| denied.reason)
    }

    /// The status of the answer, if it is ours and not the upstream's.
    pub(in crate::cli) fn status(&self) -> Option<u16> {
        self.reason().map(|reason| reason.status().as_u16())
    }

    /// The route, if one matches.
    pub(in crate::cli) fn route(&self) -> Option<&Arc<Route>> {
        self.route.as_ref()
    }

    /// Nothing when the request could not be read.
    pub(in crate::cli) fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// What is answered in the place of an upstream.
    pub(in crate::cli) fn reply(&self) -> Option<&Reply> {
        self.decision.as_ref()?.permit()?.reply()
    }

    /// Who is known to call.
    pub(in crate::cli) fn principal(&self) -> Option<&Arc<Principal>> {
        self.decision.as_ref().and_then(Decision::principal)
    }

    /// The check that refused the request, if one did.
    pub(in crate::cli) fn decided_by(&self) -> Option<&Checked> {
        self.denied.as_ref()?;
        self.checks.iter().find(|checked| checked.refuses())
    }
}

impl World {
    /// Lets the engine decide: for whoever the request has a credential of, or for a principal given
    /// outright.
    pub(in crate::cli) fn judge(
        &self,
        request: &Request,
        body: &Bytes,
        given: Option<&Arc<Principal>>,
    ) -> Verdict {
        let plan = self.engine.plan(request);
        let decision = match given {
            Some(principal) => self.engine.decide_as(&plan, request, Some(principal)),
            None => {
                let deciding = self.engine.decide_whole(&plan, request, body);
                self.runtime.block_on(deciding)
            }
        };
        self.told(&plan, request, decision)
    }

    /// Lets the engine decide on a request that an upstream has accepted once before. What was accepted is
    /// remembered as long as the trial lasts.
    pub(in crate::cli) fn judge_again(
        &self,
        request: &Request,
        body: &Bytes,
        given: Option<&Arc<Principal>>,
    ) -> Verdict {
        if given.is_some() {
            return self.judge(request, body, given);
        }
        let plan = self.engine.plan(request);
        let decision = self.runtime.block_on(async {
            let first = self.delivered(&plan, request, body).await;
            if let Some(permit) = first.permit() {
                permit.settle(true);
            }
            self.delivered(&plan, request, body).await
        });
        self.told(&plan, request, decision)
    }

    /// A decision as serving makes it: what may pass once only is reserved.
    async fn delivered(&self, plan: &Plan<'_>, request: &Request, body: &Bytes) -> Decision {
        match self.engine.decide(plan, request).await {
            Next::Decided(decision) => decision,
            Next::Body(awaited) => self.engine.decide_delivery(awaited, request, body).await,
        }
    }

    /// A decision, with what came of every single check.
    fn told(&self, plan: &Plan<'_>, request: &Request, decision: Decision) -> Verdict {
        let principal = decision.principal();
        let open = plan
            .route()
            .is_some_and(|route| *route.access() == Access::Public);
        let judged = match principal {
            None if !open => Vec::new(),
            caller => self.engine.judged(plan, request, caller.map(AsRef::as_ref)),
        };
        let checks = judged.into_iter().map(|judged| Checked {
            rule: judged.check.rule(),
            outcome: judged.outcome,
            observed: judged.observed,
            told: judged.told,
            permission: judged.check.permission(request),
        });
        Verdict {
            checks: checks.collect(),
            denied: decision.denied().cloned(),
            route: plan.route().cloned(),
            decision: Some(decision),
        }
    }
}
