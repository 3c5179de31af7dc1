//! The front doors: from a native request to a decision and back.
//!
//! A front door turns what it received into a `model::Request`, asks the engine, and acts on the decision. It
//! refuses to know claims and rules. [`Shared`] is what all workers have in common: the policy in force, the
//! upstreams, the counters. [`Doors`] are one worker's: each connection comes to one [`Door`], which forwards
//! (`proxy`) or only answers another proxy (`forward_auth`, and `ext_authz` for Envoy's gRPC). HTTP itself is spoken
//! in `connection`; what doors have in common is in `exchange`.
//!
//! Straight line: read -> snapshot -> plan -> decide -> forward, answer or render -> record.
//!
//! Always: one exchange sees one policy; every exchange is recorded once, also when the caller went away;
//! what an untrusted peer says about others is not believed; nothing is forwarded without a permit.

mod budget;
mod connection;
mod door;
mod doors;
mod exchange;
#[cfg(feature = "grpc")]
mod ext_authz;
mod forward_auth;
mod forwarded;
mod proxy;
mod record;
mod recorder;
mod settings;
mod shadow;
mod snapshot;
mod trusted;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::engine::Engine;
use crate::keys::KeySet;
use crate::telemetry::{self, DecisionLog, Registry, RequestMetrics, ShadowTotals};
use crate::upstream::Targets;

pub use door::{Dialect, Door, DoorKind, Entrance, Located, UnfitRoutes, unfit};
pub use doors::Doors;
pub use settings::{ForwardedStyle, Settings};
pub use shadow::{Candidate, ShadowSettings};
pub use trusted::TrustedProxies;

use budget::Budget;
use snapshot::{Sight, Snapshot};

/// What all workers share. One per process.
#[derive(Debug)]
pub struct Shared {
    settings: Settings,
    targets: Arc<Targets>,
    metrics: RequestMetrics,
    log: DecisionLog,
    /// What the bodies of signed deliveries may take.
    budget: Arc<Budget>,
    sight: Arc<ArcSwap<Sight>>,
    /// Tells the workers of each swap.
    swapped: watch::Sender<()>,
}

/// The front doors cannot be set up, or a policy cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A route names an upstream that the process file does not have.
    #[error(
        "route `{route}` names the upstream `{upstream}`, which the process file does not have"
    )]
    UnknownUpstream {
        /// The route.
        route: Arc<str>,
        /// The name.
        upstream: Arc<str>,
    },
    /// Metrics could not be declared.
    #[error(transparent)]
    Metrics(#[from] telemetry::Error),
}

impl Shared {
    /// Joins the parts, and declares the metrics of requests. The engine holds the first policy.
    pub fn new(
        settings: Settings,
        targets: Arc<Targets>,
        engine: Engine,
        log: DecisionLog,
        registry: &Registry,
    ) -> Result<Arc<Self>, SetupError> {
        let metrics = RequestMetrics::new(registry)?;
        let snapshot = Snapshot::new(engine, &targets, &log)?;
        Ok(Arc::new(Self {
            budget: Budget::new(&settings.limits, registry)?,
            settings,
            targets,
            metrics,
            log,
            sight: Arc::new(ArcSwap::from_pointee(Sight {
                snapshot: Arc::new(snapshot),
                candidate: None,
            })),
            swapped: watch::Sender::new(()),
        }))
    }

    /// Puts another policy in force, for every request that begins after this. On an error the old one stays.
    pub fn swap(&self, engine: Engine) -> Result<(), SetupError> {
        let snapshot = Snapshot::new(engine, &self.targets, &self.log)?;
        let snapshot = Arc::new(snapshot);
        self.sight.rcu(|before| Sight {
            snapshot: Arc::clone(&snapshot),
            candidate: before.candidate.clone(),
        });
        self.swapped.send_replace(());
        Ok(())
    }

    /// Has told what bodies take that a policy on trial has: for a process that may try one.
    pub fn tell_trial(&self, registry: &Registry) -> Result<(), telemetry::Error> {
        self.budget.tell_trial(registry)
    }

    /// Tries another policy beside the one in force, or none, on every request that begins after this.
    pub fn shadow(&self, candidate: Option<Candidate>) {
        let candidate = candidate.map(Arc::new);
        self.sight.rcu(|before| Sight {
            snapshot: Arc::clone(&before.snapshot),
            candidate: candidate.clone(),
        });
        self.swapped.send_replace(());
    }

    /// What was counted so far of policies that were tried, by the route of the policy in force; the name
    /// is empty for requests that match none.
    pub fn shadow_totals(&self) -> BTreeMap<Box<str>, ShadowTotals> {
        self.metrics.shadow_totals()
    }

    /// The sets of API keys of the policy in force.
    pub fn key_sets(&self) -> Arc<[KeySet]> {
        Arc::clone(&self.sight.load().snapshot.key_sets)
    }

    /// The version of the policy in force.
    pub fn policy_version(&self) -> Arc<str> {
        Arc::clone(self.sight.load().snapshot.engine.version())
    }
}

#[cfg(test)]
mod tests;
