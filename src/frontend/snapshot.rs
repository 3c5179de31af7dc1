//! One policy in force, with all that is looked up once instead of per request.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use http::HeaderName;

use super::SetupError;
use super::door::Needs;
use super::shadow::{Candidate, Desk, ShadowView};
use crate::engine::Engine;
use crate::keys::KeySet;
use crate::model::Reason;
use crate::policy::{Fact, Route};
use crate::telemetry::{DecisionLog, Facts, ObservedCounts, Ready, RequestMetrics, RouteMetrics};
use crate::upstream::Targets;

/// What stands for an upstream where we answer ourselves.
const OURSELVES: &str = "sidegate";

/// The policy in force, and one that is tried beside it. Replaced as a whole.
#[derive(Debug)]
pub(super) struct Sight {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) candidate: Option<Arc<Candidate>>,
}

/// An engine and, for each of its routes, where it leads.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) engine: Engine,
    /// What the decision log says because the policy's rules read it.
    pub(super) facts: Facts,
    /// The sets of API keys.
    pub(super) key_sets: Arc<[KeySet]>,
    /// What judging each route needs of a door.
    needs: Box<[Needs]>,
    /// The header fields in which credentials may stand.
    revised: Box<[HeaderName]>,
    /// Nothing where a route leads nowhere but to us.
    upstreams: Vec<Option<usize>>,
}

impl Snapshot {
    pub(super) fn new(
        engine: Engine,
        targets: &Targets,
        log: &DecisionLog,
    ) -> Result<Self, SetupError> {
        let upstreams = engine.policy().routes().iter().map(|route| {
            if route.serves().is_some() {
                return Ok(None);
            }
            // Without any upstream, all doors only answer.
            if targets.is_empty() {
                return Ok(None);
            }
            let upstream = targets.index_of(route.upstream());
            upstream
                .map(Some)
                .ok_or_else(|| SetupError::UnknownUpstream {
                    route: Arc::clone(route.name()),
                    upstream: Arc::clone(route.upstream()),
                })
        });
        let routes = engine.policy().routes().iter();
        Ok(Self {
            needs: routes.map(|route| Needs::of(&engine, route)).collect(),
            revised: engine.credential_headers().into(),
            upstreams: upstreams.collect::<Result<_, _>>()?,
            facts: facts(&engine, log.facts()),
            key_sets: engine.key_sets().into(),
            engine,
        })
    }

    /// What judging a route needs of a door, by the route's index.
    pub(super) fn needs(&self, route: usize) -> Needs {
        self.needs.get(route).copied().unwrap_or_default()
    }

    /// The header fields in which credentials may stand.
    pub(super) fn revised(&self) -> &[HeaderName] {
        &self.revised
    }

    /// The upstream of a route, by the route's index; nothing where we answer ourselves.
    pub(super) fn upstream(&self, route: usize) -> Option<usize> {
        self.upstreams.get(route).copied().flatten()
    }
}

/// Adds what the rules read.
fn facts(engine: &Engine, mut facts: Facts) -> Facts {
    for fact in engine.policy().facts_read() {
        match fact {
            Fact::Header(name) => facts.header(&name, engine.reads_credential_from_header(&name)),
            Fact::Query(name) => {
                facts.parameter(&name, engine.reads_credential_from_parameter(&name))
            }
            Fact::Claim(name) => facts.claim(&name),
            Fact::Email => facts.email(),
        }
    }
    facts
}

/// A snapshot as one worker sees it, with what the worker needs to record its exchanges.
#[derive(Debug)]
pub(super) struct View {
    pub(super) snapshot: Arc<Snapshot>,
    /// The policy's version.
    pub(super) version: Ready,
    /// The policy that is tried, if there is one.
    pub(super) shadow: Option<Rc<ShadowView>>,
    metrics: RequestMetrics,
    /// Made when the first request of a route ends.
    routes: Box<[OnceCell<RouteView>]>,
    unrouted: OnceCell<RouteMetrics>,
}

/// A route as one worker records it.
#[derive(Debug)]
pub(super) struct RouteView {
    pub(super) metrics: RouteMetrics,
    pub(super) name: Ready,
    pub(super) upstream: Ready,
    observed: OnceCell<ObservedCounts>,
}

impl View {
    pub(super) fn new(sight: &Sight, metrics: &RequestMetrics, desk: &Rc<Desk>) -> Self {
        let snapshot = Arc::clone(&sight.snapshot);
        let routes = snapshot.engine.policy().routes();
        let shadow = sight.candidate.as_ref().map(|candidate| {
            let names = routes.iter().map(|route| route.name());
            ShadowView::new(Arc::clone(candidate), desk, metrics, names)
        });
        Self {
            shadow,
            version: Ready::policy(snapshot.engine.version()),
            metrics: metrics.clone(),
            routes: snapshot.upstreams.iter().map(|_| OnceCell::new()).collect(),
            unrouted: OnceCell::new(),
            snapshot,
        }
    }

    /// A route of this snapshot.
    pub(super) fn route(&self, route: &Route) -> Option<&RouteView> {
        let cell = self.routes.get(route.index())?;
        Some(cell.get_or_init(|| RouteView {
            metrics: self.metrics.route(route.name()),
            name: Ready::route(route.name()),
            upstream: Ready::upstream(match route.serves() {
                Some(_) => OURSELVES,
                None => route.upstream(),
            }),
            observed: OnceCell::new(),
        }))
    }

    /// Counts what an observed rule of a route would have refused.
    pub(super) fn observed(&self, route: &Route, reason: Reason) {
        if let Some(view) = self.route(route) {
            let counts = || self.metrics.observed(route.name());
            view.observed.get_or_init(counts).count(reason);
        }
    }

    /// Where requests are counted that match no route.
    pub(super) fn unrouted(&self) -> &RouteMetrics {
        self.unrouted.get_or_init(|| self.metrics.route(""))
    }
}
