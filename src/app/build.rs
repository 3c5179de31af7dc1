//! From settings to a process that only needs to be let go.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::admin::{Admin, PolicyStatus};
use crate::config::ProcessConfig;
use crate::credential;
use crate::engine::Engine;
use crate::frontend::Shared;
use crate::jwks::KeySets;
use crate::listener::{Drain, DrainSettings, DrainTrigger, Slots, drain};
use crate::secret::Secret;
use crate::telemetry::{self, Build, DecisionLog, ProcessMetrics, Registry};
use crate::upstream::Targets;

use super::deliveries::Deliveries;
use super::descriptors::affordable;
use super::error::{Error, Mistakes};
use super::keys::StoredKeys;
use super::load::Loader;
use super::reload::{Reloader, log};
use super::shadow::Shadow;
use super::sockets::{Address, Sockets};
use super::status::{Facts, Leaving, PolicyFacts, now};
use super::worker::{News, Worker};

/// What was built, for the metrics.
const BUILD: Build = Build {
    version: env!("CARGO_PKG_VERSION"),
    commit: match option_env!("SIDEGATE_COMMIT") {
        Some(commit) => commit,
        None => "",
    },
    target: std::env::consts::ARCH,
};

/// A process with its policy loaded and every socket bound, not yet accepting.
pub struct Bound {
    pub(super) listeners: Vec<Address>,
    pub(super) admin: Option<Admin>,
    /// What operators have to show for API keys.
    pub(super) token: Option<Secret>,
    pub(super) workers: Vec<Worker>,
    pub(super) news: mpsc::UnboundedReceiver<News>,
    pub(super) trigger: DrainTrigger,
    pub(super) drain: DrainSettings,
    pub(super) reloader: Reloader,
    pub(super) shadow: Option<Shadow>,
    /// What signed deliveries need.
    pub(super) deliveries: Deliveries,
    pub(super) facts: Facts,
    pub(super) registry: Registry,
    pub(super) decisions: DecisionLog,
}

impl Bound {
    /// Where requests are accepted, in the order of the settings.
    pub fn listeners(&self) -> &[Address] {
        &self.listeners
    }

    /// Where the admin listener is, unless it is off.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Admin::address)
    }
}

/// Starts the log, unless there is one already, then loads and binds everything. Nothing is accepted,
/// and nobody on the network is asked, until [`Bound::run`].
pub fn build(config: ProcessConfig) -> Result<Bound, Error> {
    telemetry::init(&config.log)?;
    let registry = Registry::new();
    let metrics = ProcessMetrics::new(&registry, BUILD)?;
    let key_sets = KeySets::new(config.key_sets.clone(), &registry)?;
    let targets = Targets::load(config.upstreams.clone(), &registry)?;
    let keys = StoredKeys::new(config.store.clone(), config.api_keys.clone(), &registry);
    let deliveries = Deliveries::of(&config, &registry)?;
    let needed = deliveries.clone();
    let loader = loader(&config, &key_sets, &keys, needed, &registry)?;
    let loaded = loader.load();
    if let Some(error) = loaded.store {
        return Err(error.into());
    }
    let Some(engine) = loaded.engine else {
        return Err(Mistakes(loaded.problems).into());
    };
    log(&loaded.problems);
    let first = in_force(&loader.path, &engine);
    metrics.policy_loaded(&first.hash, first.loaded_at, false);
    let policy = PolicyFacts::new(first);
    let decisions = DecisionLog::open(&config.log, &registry)?;
    let settings = config.frontend.clone();
    let shared = Shared::new(settings, targets, engine, decisions.clone(), &registry)?;
    let shadow = Shadow::start(&config, &shared, &keys, &registry)?;
    let tried = shadow.as_ref().map(Shadow::facts);

    let mut sockets = Sockets::bind(&config)?;
    let admin = Admin::bind(&config.admin)?;
    let (trigger, drain) = drain();
    let (news, heard) = mpsc::unbounded_channel();
    Ok(Bound {
        listeners: sockets.addresses(),
        admin,
        token: config.admin.token.clone(),
        trigger,
        news: heard,
        facts: Facts {
            started: Instant::now(),
            leaving: Leaving::default(),
            policy: policy.clone(),
            key_sets,
            listeners: sockets.status(),
            connections: metrics.connections.clone(),
            keys,
            replay: deliveries.replay.clone(),
            keys_were_there: AtomicBool::new(false),
            shadow: tried.clone(),
        },
        workers: workers(&config, &mut sockets, &metrics, &shared, &drain, &news),
        reloader: Reloader {
            loader,
            seen: loaded.seen,
            shared,
            certificates: sockets.certificates(),
            metrics,
            facts: policy,
            shadow: tried,
        },
        shadow,
        deliveries,
        drain: config.drain,
        registry,
        decisions,
    })
}

fn loader(
    config: &ProcessConfig,
    key_sets: &Arc<KeySets>,
    keys: &StoredKeys,
    deliveries: Deliveries,
    registry: &Registry,
) -> Result<Loader, Error> {
    Ok(Loader {
        path: config.policy.clone(),
        upstreams: config.upstream_names(),
        doors: config.doors(),
        key_sets: Arc::clone(key_sets),
        workers: config.workers,
        directory: Some(keys.clone()),
        metrics: Some(credential::Metrics::new(registry)?),
        deliveries,
    })
}

fn in_force(file: &Path, engine: &Engine) -> PolicyStatus {
    PolicyStatus {
        file: file.display().to_string(),
        hash: engine.version().to_string(),
        loaded_at: now(),
        routes: engine.policy().routes().len(),
        last_error: None,
    }
}

fn workers(
    config: &ProcessConfig,
    sockets: &mut Sockets,
    metrics: &ProcessMetrics,
    shared: &Arc<Shared>,
    drain: &Drain,
    news: &mpsc::UnboundedSender<News>,
) -> Vec<Worker> {
    let (open, accepted) = (&metrics.connections, &metrics.connections_total);
    let room = affordable(config.limits.connections);
    let slots = Slots::new(room, open.clone(), accepted.clone());
    let worker = |number| Worker {
        number,
        openings: sockets.share(config, &slots),
        slots: slots.clone(),
        shared: Arc::clone(shared),
        drain: drain.clone(),
        news: news.clone(),
    };
    (0..config.workers.get()).map(worker).collect()
}
