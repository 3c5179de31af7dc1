//! The policy that is tried beside the one in force: loaded, watched and reloaded like that one.
//!
//! Always: nothing that is wrong with it concerns the policy in force, the start or readiness. As long as
//! its file has mistakes nothing is tried, for what an older file would say is not what was asked. It has
//! key sets of its own, so that no flood of what only it would accept uses up anybody's cool-down.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::admin::{ReloadError, ShadowRoute, ShadowStatus};
use crate::config::ProcessConfig;
use crate::document::Problem;
use crate::frontend::{Candidate, Shared};
use crate::jwks::{self, KeySets};
use crate::telemetry::{Gauge, Registry, ShadowTotals, Share};

use super::deliveries::Deliveries;
use super::error::Error;
use super::keys::StoredKeys;
use super::load::{Loaded, Loader};
use super::reload::{LOOK, load, log};
use super::seen::Seen;
use super::status::{key_sets, now};
use super::watch::Watch;

/// What is known of the policy that is tried. Clones tell and hear the same.
#[derive(Debug, Clone)]
pub(super) struct ShadowFacts(Arc<Known>);

#[derive(Debug)]
struct Known {
    shared: Arc<Shared>,
    key_sets: Arc<KeySets>,
    state: Mutex<State>,
    /// Somebody wants the file to be read again.
    wish: Notify,
}

#[derive(Debug)]
struct State {
    file: String,
    /// The version that is tried, when it was taken up, and how many routes it has.
    tried: Option<(Arc<str>, SystemTime, usize)>,
    last_error: Option<ReloadError>,
    counted_since: SystemTime,
    /// What had been counted by then.
    before: BTreeMap<Box<str>, ShadowTotals>,
}

impl ShadowFacts {
    /// Has the file read again.
    pub(super) fn wish(&self) {
        self.0.wish.notify_one();
    }

    /// One of the two policies is another one: what is counted from here on is about them.
    pub(super) fn count_anew(&self) {
        let before = self.0.shared.shadow_totals();
        let mut state = self.lock();
        state.counted_since = now();
        state.before = before;
    }

    fn tried(&self, version: &Arc<str>, routes: usize) {
        self.count_anew();
        let mut state = self.lock();
        state.tried = Some((Arc::clone(version), now(), routes));
        state.last_error = None;
    }

    fn refused(&self, problems: &[Problem]) {
        let mut state = self.lock();
        state.tried = None;
        state.last_error = Some(ReloadError {
            at: now(),
            problems: problems.iter().map(ToString::to_string).collect(),
        });
    }

    /// What `/status` tells.
    pub(super) fn status(&self) -> ShadowStatus {
        let totals = self.0.shared.shadow_totals();
        let state = self.lock();
        let tried = state.tried.as_ref();
        let routes = totals.into_iter().filter_map(|(route, totals)| {
            let before = state.before.get(&route).copied().unwrap_or_default();
            let since = std::array::from_fn(|at| {
                let of = |totals: &ShadowTotals| totals.get(at).copied().unwrap_or_default();
                of(&totals).saturating_sub(of(&before))
            });
            let counted = since.iter().any(|count| *count > 0);
            counted.then(|| shown(&route, since))
        });
        ShadowStatus {
            file: state.file.clone(),
            hash: tried.map(|(version, ..)| version.to_string()),
            loaded_at: tried.map(|(_, at, _)| *at),
            routes: tried.map(|(.., routes)| *routes),
            last_error: state.last_error.clone(),
            counted_since: state.counted_since,
            compared: routes.collect(),
            key_sets: key_sets(&self.0.key_sets),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(route: &str, totals: ShadowTotals) -> ShadowRoute {
    let [
        same,
        would_allow,
        would_deny,
        other_reason,
        unknown,
        skipped,
    ] = totals;
    ShadowRoute {
        route: route.to_owned(),
        same,
        would_allow,
        would_deny,
        other_reason,
        unknown,
        skipped,
    }
}

/// Who keeps up with the file.
pub(super) struct Shadow {
    loader: Loader,
    seen: Seen,
    sample: Share,
    active: Gauge,
    facts: ShadowFacts,
}

impl Shadow {
    /// Loads the policy that the settings name, if they name one, and has it tried if it is sound. Fails
    /// only for what would keep the process from starting without it.
    pub(super) fn start(
        config: &ProcessConfig,
        shared: &Arc<Shared>,
        keys: &StoredKeys,
        registry: &Registry,
    ) -> Result<Option<Self>, Error> {
        let Some(settings) = &config.shadow else {
            return Ok(None);
        };
        let fetching = jwks::Settings {
            // The copies on disk are those of the policy in force.
            cache_dir: None,
            ..config.key_sets.clone()
        };
        // What its key sets count is told by the status alone.
        let key_sets = KeySets::new(fetching, &Registry::new())?;
        let mut shadow = Self {
            facts: facts(&settings.policy, shared, &key_sets),
            loader: Loader {
                path: settings.policy.clone(),
                upstreams: config.upstream_names(),
                doors: Vec::new(),
                key_sets,
                workers: config.workers,
                directory: Some(keys.uncounted()),
                metrics: None,
                deliveries: Deliveries::tried()?,
            },
            seen: Seen::default(),
            sample: settings.sample,
            active: registry.gauge(
                "sidegate_shadow_active",
                "Whether a shadow policy is tried; 0 while its file has mistakes.",
            )?,
        };
        shared.tell_trial(registry)?;
        let loaded = shadow.loader.load();
        shadow.take(Some(loaded));
        Ok(Some(shadow))
    }

    pub(super) fn facts(&self) -> ShadowFacts {
        self.facts.clone()
    }

    /// Follows the file and fetches keys. Never returns.
    pub(super) async fn run(mut self) {
        let _key_sets = spawn_local(Arc::clone(&self.loader.key_sets).run());
        let _deliveries = spawn_local(self.loader.deliveries.clone().run());
        let mut watch = Watch::new(&self.loader.path);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let facts = self.facts();
        loop {
            tokio::select! {
                () = facts.0.wish.notified() => self.reload().await,
                () = watch.changed() => self.reload_if_changed().await,
                _ = look.tick() => watch.look_anyway(),
            }
        }
    }

    async fn reload_if_changed(&mut self) {
        let (loader, seen) = (self.loader.clone(), self.seen.clone());
        let changed = spawn_blocking(move || loader.has_changed(&seen)).await;
        if changed.unwrap_or(true) {
            self.reload().await;
        }
    }

    async fn reload(&mut self) {
        let loaded = load(&self.loader).await;
        self.take(loaded);
    }

    /// Has what was loaded tried, or nothing while it is not sound.
    fn take(&mut self, loaded: Option<Loaded>) {
        let Some(loaded) = loaded else {
            let broken = "compiling the policy broke off".to_owned();
            return self.refuse(&[self.loader.whole(broken)]);
        };
        self.seen = loaded.seen;
        let Some(engine) = loaded.engine else {
            return self.refuse(&loaded.problems);
        };
        log(&loaded.problems);
        let version = Arc::clone(engine.version());
        let routes = engine.policy().routes().len();
        self.facts
            .0
            .shared
            .shadow(Some(Candidate::new(engine, self.sample)));
        self.facts.tried(&version, routes);
        self.active.set(1);
        let file = self.loader.path.display();
        info!(%version, routes, %file, "shadow policy is tried; it decides nothing");
    }

    fn refuse(&self, problems: &[Problem]) {
        self.facts.0.shared.shadow(None);
        self.facts.refused(problems);
        self.active.set(0);
        for problem in problems {
            warn!("shadow policy: {problem}");
        }
        let in_force = self.facts.0.shared.policy_version();
        warn!(%in_force, "shadow policy refused, none is tried until its file is sound");
    }
}

fn facts(file: &Path, shared: &Arc<Shared>, key_sets: &Arc<KeySets>) -> ShadowFacts {
    ShadowFacts(Arc::new(Known {
        shared: Arc::clone(shared),
        key_sets: Arc::clone(key_sets),
        state: Mutex::new(State {
            file: file.display().to_string(),
            tried: None,
            last_error: None,
            counted_since: now(),
            before: BTreeMap::new(),
        }),
        wish: Notify::new(),
    }))
}
