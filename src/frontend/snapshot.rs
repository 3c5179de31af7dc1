//! One policy in force, with all that is looked up once instead of per request.

use std::cell::OnceCell;
use std::sync::Arc;

use super::SetupError;
use crate::engine::Engine;
use crate::policy::{Fact, Route};
use crate::telemetry::{DecisionLog, Facts, Ready, RequestMetrics, RouteMetrics};
use crate::upstream::Targets;

/// An engine and, for each of its routes, where it leads.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) engine: Engine,
    /// What the decision log says because the policy's rules read it.
    pub(super) facts: Facts,
    upstreams: Vec<usize>,
}

impl Snapshot {
    pub(super) fn new(
        engine: Engine,
        targets: &Targets,
        log: &DecisionLog,
    ) -> Result<Self, SetupError> {
        let upstreams = engine.policy().routes().iter().map(|route| {
            let upstream = targets.index_of(route.upstream());
            upstream.ok_or_else(|| SetupError::UnknownUpstream {
                route: Arc::clone(route.name()),
                upstream: Arc::clone(route.upstream()),
            })
        });
        Ok(Self {
            upstreams: upstreams.collect::<Result<_, _>>()?,
            facts: facts(&engine, log.facts()),
            engine,
        })
    }

    /// The upstream of a route, by the route's index.
    pub(super) fn upstream(&self, route: usize) -> Option<usize> {
        self.upstreams.get(route).copied()
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
}

impl View {
    pub(super) fn new(snapshot: Arc<Snapshot>, metrics: &RequestMetrics) -> Self {
        Self {
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
            upstream: Ready::upstream(route.upstream()),
        }))
    }

    /// Where requests are counted that match no route.
    pub(super) fn unrouted(&self) -> &RouteMetrics {
        self.unrouted.get_or_init(|| self.metrics.route(""))
    }
}
