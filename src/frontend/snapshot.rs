//! One policy in force, with all that is looked up once instead of per request.

use std::cell::OnceCell;
use std::sync::Arc;

use super::SetupError;
use crate::engine::Engine;
use crate::telemetry::{RequestMetrics, RouteMetrics};
use crate::upstream::Targets;

/// An engine and, for each of its routes, where it leads.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) engine: Engine,
    upstreams: Vec<usize>,
}

impl Snapshot {
    pub(super) fn new(engine: Engine, targets: &Targets) -> Result<Self, SetupError> {
        let upstreams = engine.policy().routes().iter().map(|route| {
            let upstream = targets.index_of(route.upstream());
            upstream.ok_or_else(|| SetupError::UnknownUpstream {
                route: Arc::clone(route.name()),
                upstream: Arc::clone(route.upstream()),
            })
        });
        Ok(Self {
            upstreams: upstreams.collect::<Result<_, _>>()?,
            engine,
        })
    }

    /// The upstream of a route, by the route's index.
    pub(super) fn upstream(&self, route: usize) -> Option<usize> {
        self.upstreams.get(route).copied()
    }
}

/// A snapshot as one worker sees it, with the worker's own counters for each of its routes.
#[derive(Debug)]
pub(super) struct View {
    pub(super) snapshot: Arc<Snapshot>,
    metrics: RequestMetrics,
    /// Made when the first request of a route ends.
    routes: Box<[OnceCell<RouteMetrics>]>,
    unrouted: OnceCell<RouteMetrics>,
}

impl View {
    pub(super) fn new(snapshot: Arc<Snapshot>, metrics: &RequestMetrics) -> Self {
        Self {
            metrics: metrics.clone(),
            routes: snapshot.upstreams.iter().map(|_| OnceCell::new()).collect(),
            unrouted: OnceCell::new(),
            snapshot,
        }
    }

    /// Where requests of a route are counted, by its index and name; those of no route have a place too.
    pub(super) fn metrics(&self, route: Option<(usize, &str)>) -> &RouteMetrics {
        let known = route.and_then(|(index, name)| Some((self.routes.get(index)?, name)));
        let (cell, name) = known.unwrap_or((&self.unrouted, ""));
        cell.get_or_init(|| self.metrics.route(name))
    }
}
