//! What `/readyz` and `/status` tell, gathered from those who know.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::time::Instant;

use crate::admin::{
    Check, KeySetStatus, ListenerStatus, PolicyStatus, Readiness, RedisStatus, ReloadError,
    ReplayStatus, Status,
};
use crate::jwks::KeySets;
use crate::replay::Replay;
use crate::telemetry::Gauge;

use super::keys::StoredKeys;
use super::shadow::ShadowFacts;

/// The policy in force, and why the file as it is now is not. Clones tell and hear the same.
#[derive(Debug, Clone)]
pub(super) struct PolicyFacts(Arc<Mutex<PolicyStatus>>);

impl PolicyFacts {
    /// The first policy.
    pub(super) fn new(first: PolicyStatus) -> Self {
        Self(Arc::new(Mutex::new(first)))
    }

    /// Another one was taken into use.
    pub(super) fn loaded(&self, hash: &str, routes: usize) {
        let mut facts = self.lock();
        facts.hash = hash.to_owned();
        facts.loaded_at = now();
        facts.routes = routes;
        facts.last_error = None;
    }

    /// Another one was refused.
    pub(super) fn refused(&self, problems: Vec<String>) {
        self.lock().last_error = Some(ReloadError {
            at: now(),
            problems,
        });
    }

    fn lock(&self) -> MutexGuard<'_, PolicyStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everyone who knows how the process does.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) started: Instant,
    pub(super) leaving: Leaving,
    pub(super) policy: PolicyFacts,
    pub(super) key_sets: Arc<KeySets>,
    pub(super) listeners: Vec<ListenerStatus>,
    pub(super) connections: Gauge,
    pub(super) keys: StoredKeys,
    /// What was seen of signed deliveries.
    pub(super) replay: Option<Replay>,
    /// Whether every key set, and the store, have been there at the same time once.
    pub(super) keys_were_there: AtomicBool,
    /// The policy that is tried, if there is one.
    pub(super) shadow: Option<ShadowFacts>,
}

/// Whether the end of service was announced. Readiness falls before anything else changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Leaving(Arc<AtomicBool>);

impl Leaving {
    pub(super) fn announce(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_announced(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Facts {
    /// Whether the process wants traffic.
    ///
    /// Not before every issuer's keys were there and the store of API keys has answered, and not once the
    /// service is ending. In between an issuer or a store that fails takes nothing away: known keys go on
    /// serving, others are not concerned, and a policy that brings a new issuer, or the first keys of a
    /// store, must not stop those who use the old ones.
    pub(super) fn readiness(&self) -> Readiness {
        let mut checks = vec![
            check("policy", None),
            check(
                "service",
                self.leaving.is_announced().then_some("it is ending"),
            ),
        ];
        if !self.keys_were_there() {
            checks.extend(self.key_sets.status().iter().map(|set| {
                let problem = (!set.ready).then_some("no keys so far");
                check(&format!("key set {}", set.issuer), problem)
            }));
            checks.extend(self.keys.check());
        }
        Readiness { checks }
    }

    fn keys_were_there(&self) -> bool {
        if self.key_sets.all_ready() && self.keys.were_reached() {
            self.keys_were_there.store(true, Ordering::Relaxed);
        }
        self.keys_were_there.load(Ordering::Relaxed)
    }

    /// How the process does.
    pub(super) fn status(&self) -> Status {
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime: self.started.elapsed(),
            draining: self.leaving.is_announced(),
            policy: self.policy.lock().clone(),
            shadow: self.shadow.as_ref().map(ShadowFacts::status),
            key_sets: key_sets(&self.key_sets),
            store: self.keys.status(),
            replay: self.replay.as_ref().map(replay).unwrap_or_default(),
            listeners: self.listeners.clone(),
            connections: u64::try_from(self.connections.get()).unwrap_or(0),
        }
    }
}

/// How the memory of signed deliveries does.
fn replay(replay: &Replay) -> ReplayStatus {
    let status = replay.status();
    ReplayStatus {
        entries: status.entries,
        capacity: status.capacity,
        redis: status.redis.map(|redis| RedisStatus {
            reachable: redis.reachable,
            since: redis.since,
            last_error: redis.last_error,
            outage: redis.outage.as_str(),
            waiting: redis.waiting,
        }),
    }
}

/// How key sets do.
pub(super) fn key_sets(key_sets: &KeySets) -> Vec<KeySetStatus> {
    let sets = key_sets.status().into_iter().map(|set| KeySetStatus {
        issuer: set.issuer.to_string(),
        origin: set.origin,
        ready: set.ready,
        keys: set.keys,
        age: set.age,
        last_error: set.last_error,
        failures: set.failures,
    });
    sets.collect()
}

fn check(name: &str, problem: Option<&str>) -> Check {
    Check {
        name: name.to_owned(),
        problem: problem.map(str::to_owned),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "when a policy came into force is told in the operator's time"
)]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}
