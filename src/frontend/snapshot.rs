//! One policy in force, with all that is looked up once instead of per request.

use std::sync::Arc;

use super::SetupError;
use crate::engine::Engine;
use crate::telemetry::{RequestMetrics, RouteMetrics};
use crate::upstream::Targets;

/// An engine and, for each of its routes, where it leads and where it is counted.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) engine: Engine,
    routes: Vec<RouteEntry>,
    unrouted: RouteMetrics,
}

#[derive(Debug)]
struct RouteEntry {
    metrics: RouteMetrics,
    upstream: usize,
}

impl Snapshot {
    pub(super) fn new(
        engine: Engine,
        targets: &Targets,
        metrics: &RequestMetrics,
    ) -> Result<Self, SetupError> {
        let entries = engine.policy().routes().iter().map(|route| {
            let upstream = targets.index_of(route.upstream());
            let upstream = upstream.ok_or_else(|| SetupError::UnknownUpstream {
                route: Arc::clone(route.name()),
                upstream: Arc::clone(route.upstream()),
            })?;
            let metrics = metrics.route(route.name());
            Ok::<_, SetupError>(RouteEntry { metrics, upstream })
        });
        Ok(Self {
            routes: entries.collect::<Result<_, _>>()?,
            unrouted: metrics.route(""),
            engine,
        })
    }

    /// The upstream of a route, by the route's index.
    pub(super) fn upstream(&self, route: usize) -> Option<usize> {
        self.routes.get(route).map(|entry| entry.upstream)
    }

    /// Where a route's requests are counted; those of no route have a place too.
    pub(super) fn metrics(&self, route: Option<usize>) -> &RouteMetrics {
        route
            .and_then(|index| self.routes.get(index))
            .map_or(&self.unrouted, |entry| &entry.metrics)
    }
}
