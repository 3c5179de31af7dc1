//! A policy that is tried on live traffic: it says what it would decide, and decides nothing.
//!
//! This room within the room knows how another engine's opinion is had without harm and how it compares.
//! It refuses to know where that engine comes from.
//!
//! Straight line: [`ShadowView::ask`] once the decision is made -> [`Shadowed`] stays with the exchange ->
//! [`Shadowed::end`] when that ends: counted, and given to the record where it differs.
//!
//! Always: nothing of a candidate reaches the request, the upstream or the answer; what needs a signature
//! checked is judged aside, a few at a time and never more than [`MOST`] in waiting; a panic of the
//! candidate costs its opinion and nothing else.

mod aside;
mod settings;

use std::cell::{Cell, OnceCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use crate::engine::{Decision, Engine};
use crate::frontend::budget::Held;
use crate::model::{Reason, Request};
use crate::telemetry::{
    OtherPolicy, Outcome, RequestMetrics, Sampler, ShadowCounts, ShadowOutcome, Share,
};

pub(super) use aside::Desk;
use aside::Slip;
pub use settings::ShadowSettings;

/// The most requests whose opinions one worker waits for.
const MOST: usize = 64;

/// A policy that is tried.
#[derive(Debug)]
pub struct Candidate {
    engine: Engine,
    sample: Share,
}

impl Candidate {
    /// Tries an engine. Of what it would decide otherwise, `sample` is told by records.
    pub fn new(engine: Engine, sample: Share) -> Self {
        Self { engine, sample }
    }
}

/// A candidate as one worker sees it.
#[derive(Debug)]
pub(super) struct ShadowView {
    candidate: Arc<Candidate>,
    desk: Rc<Desk>,
    sampler: Sampler,
    metrics: RequestMetrics,
    /// For each route of the policy in force.
    routes: Box<[Counts]>,
    unrouted: Counts,
}

/// What is counted on one route, made when the first request of it is counted.
#[derive(Debug)]
struct Counts {
    route: Arc<str>,
    counts: OnceCell<ShadowCounts>,
}

impl Counts {
    fn new(route: &Arc<str>) -> Self {
        Self {
            route: Arc::clone(route),
            counts: OnceCell::new(),
        }
    }
}

/// What an engine says of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opinion {
    outcome: Outcome,
    reason: Option<Reason>,
    /// The index of its route.
    route: Option<usize>,
}

impl Opinion {
    pub(super) fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(permit) => Self {
                outcome: Outcome::Allow,
                reason: None,
                route: Some(permit.route().index()),
            },
            Decision::Deny(denial) => Self {
                outcome: Outcome::Deny,
                reason: Some(denial.denied().reason),
                route: denial.route().map(|route| route.index()),
            },
        }
    }

    /// Keys, memory or time were wanting, or what was seen before decided, which nobody asks who is only tried: so
    /// this says nothing of the policy.
    fn is_unsure(self) -> bool {
        self.reason.is_some_and(|reason| {
            matches!(
                reason,
                Reason::IssuerUnavailable
                    | Reason::SenderKeyUnavailable
                    | Reason::Overloaded
                    | Reason::RequestTimeout
                    | Reason::SignatureReplayed
                    | Reason::DeliveryPending
            )
        })
    }

    /// How another opinion compares with this one, which decided.
    fn against(self, other: Self) -> (ShadowOutcome, Option<Reason>) {
        match (self.outcome, other.outcome) {
            _ if self.is_unsure() => (ShadowOutcome::Unknown, self.reason),
            _ if other.is_unsure() => (ShadowOutcome::Unknown, other.reason),
            (Outcome::Deny, Outcome::Allow) => (ShadowOutcome::WouldAllow, self.reason),
            (Outcome::Allow, Outcome::Deny) => (ShadowOutcome::WouldDeny, other.reason),
            (Outcome::Deny, Outcome::Deny) if self.reason != other.reason => {
                (ShadowOutcome::OtherReason, other.reason)
            }
            _ => (ShadowOutcome::Same, None),
        }
    }
}

/// What an exchange keeps of the candidate's opinion.
#[derive(Debug)]
pub(super) struct Shadowed {
    /// What decided.
    decided: Opinion,
    said: Said,
}

#[derive(Debug)]
enum Said {
    /// At once; nothing where asking broke off.
    Now(Option<Opinion>),
    /// Perhaps later.
    Later(Rc<Slip>),
    Skipped,
}

impl ShadowView {
    pub(super) fn new<'r>(
        candidate: Arc<Candidate>,
        desk: &Rc<Desk>,
        metrics: &RequestMetrics,
        routes: impl Iterator<Item = &'r Arc<str>>,
    ) -> Rc<Self> {
        Rc::new(Self {
            sampler: Sampler::new(candidate.sample),
            candidate,
            desk: Rc::clone(desk),
            metrics: metrics.clone(),
            routes: routes.map(Counts::new).collect(),
            unrouted: Counts::new(&Arc::default()),
        })
    }

    /// Asks the candidate about a request that was decided. Waits for nothing.
    pub(super) fn ask(self: &Rc<Self>, request: &Request, decision: &Decision) -> Shadowed {
        self.ask_whole(request, None, decision)
    }

    /// The same about a request whose body is here, if it is.
    pub(super) fn ask_whole(
        self: &Rc<Self>,
        request: &Request,
        body: Option<&Held>,
        decision: &Decision,
    ) -> Shadowed {
        let engine = &self.candidate.engine;
        let asked = catch_unwind(AssertUnwindSafe(|| {
            let plan = engine.plan(request);
            let decision = engine.decide_now(&plan, request);
            decision.as_ref().map(Opinion::of)
        }));
        let said = match asked {
            Ok(Some(opinion)) => Said::Now(Some(opinion)),
            Ok(None) => match aside::ask(self, request, body) {
                Some(slip) => Said::Later(slip),
                None => Said::Skipped,
            },
            Err(_) => Said::Now(None),
        };
        Shadowed {
            decided: Opinion::of(decision),
            said,
        }
    }

    /// Counts what the candidate said; gives whether it said something else.
    fn count(&self, decided: Opinion, said: Option<Opinion>) -> bool {
        let (outcome, reason) = match said {
            Some(opinion) => decided.against(opinion),
            None => (ShadowOutcome::Unknown, None),
        };
        self.count_as(decided, outcome, reason);
        match outcome {
            ShadowOutcome::WouldAllow | ShadowOutcome::WouldDeny | ShadowOutcome::OtherReason => {
                true
            }
            ShadowOutcome::Same | ShadowOutcome::Unknown | ShadowOutcome::Skipped => false,
        }
    }

    fn count_as(&self, decided: Opinion, outcome: ShadowOutcome, reason: Option<Reason>) {
        let route = decided.route.and_then(|index| self.routes.get(index));
        let Counts { route, counts } = route.unwrap_or(&self.unrouted);
        let counts = counts.get_or_init(|| self.metrics.shadow(route));
        counts.count(outcome, reason);
    }

    /// What a record says of an opinion.
    pub(super) fn told(&self, opinion: Opinion) -> OtherPolicy<'_> {
        let engine = &self.candidate.engine;
        let route = opinion
            .route
            .and_then(|index| engine.policy().routes().get(index));
        OtherPolicy {
            outcome: opinion.outcome,
            reason: opinion.reason,
            route: route.map(|route| &**route.name()),
            policy: engine.version(),
        }
    }
}

impl Shadowed {
    /// The exchange has ended. Gives what its record is to tell: an opinion that differs, if it is one of
    /// those that are told.
    pub(super) fn end(self, view: &ShadowView) -> Option<Opinion> {
        let decided = self.decided;
        let said = match self.said {
            Said::Now(said) => said,
            // Who leaves before there is an answer has it counted when it comes.
            Said::Later(slip) => slip.leave(decided)?,
            Said::Skipped => {
                view.count_as(decided, ShadowOutcome::Skipped, None);
                return None;
            }
        };
        let differs = view.count(decided, said);
        said.filter(|_| differs && view.sampler.takes())
    }
}

/// How many wait at a desk.
type Waiting = Cell<usize>;

#[cfg(test)]
mod tests;
