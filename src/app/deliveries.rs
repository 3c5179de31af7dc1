//! What signed deliveries need of the process, whichever policy is in force: certificates that were fetched, what
//! was seen, counters.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::config::ProcessConfig;
use crate::engine::Engine;
use crate::replay::Replay;
use crate::telemetry::Registry;
use crate::webhook::{Fetcher, Metrics};

use super::error::Error;

/// How long it may take at the end until what came of deliveries is told to other replicas.
const SETTLE: Duration = Duration::from_secs(2);

/// What signed deliveries need of the process. The default is for commands that stay off the network: it fetches
/// nothing, remembers nothing, so that nothing passes which may pass once only, counts nothing and keeps nothing.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    /// Fetches what senders publish.
    pub fetcher: Arc<Fetcher>,
    /// What was seen.
    pub replay: Option<Replay>,
    /// What is counted.
    pub metrics: Option<Metrics>,
    /// Whether secrets that senders bring are kept.
    pub enrols: bool,
}

impl Deliveries {
    /// Those of a process. Once per registry.
    pub(super) fn of(config: &ProcessConfig, registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            fetcher: Fetcher::new(registry)?,
            replay: Some(Replay::new(&config.replay, registry)?),
            metrics: Some(Metrics::new(registry)?),
            enrols: true,
        })
    }

    /// Those of a policy that is tried on live traffic: it fetches for itself, and nobody is told of that.
    pub(super) fn tried() -> Result<Self, Error> {
        Ok(Self {
            fetcher: Fetcher::new(&Registry::new())?,
            ..Self::default()
        })
    }

    /// Fetches what is asked for, and keeps what was seen. Never returns.
    pub(super) async fn run(self) {
        let remembering = async {
            match self.replay {
                Some(replay) => replay.run().await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(self.fetcher.run(), remembering);
    }

    /// Waits until other replicas know what came of all deliveries, but not for long: whoever was not told learns
    /// it when what is in flight there has ended.
    pub(super) async fn settle(&self) {
        if let Some(replay) = &self.replay {
            let _ = timeout(SETTLE, replay.flush()).await;
        }
    }

    /// The engine with all of it.
    pub(super) fn join(&self, engine: Engine) -> Engine {
        let engine = match self.enrols {
            true => engine.enrolling(),
            false => engine,
        };
        let engine = match &self.replay {
            Some(replay) => engine.remembering(replay.clone()),
            None => engine,
        };
        match &self.metrics {
            Some(metrics) => engine.counting(metrics),
            None => engine,
        }
    }
}
