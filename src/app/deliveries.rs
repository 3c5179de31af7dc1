//! What signed deliveries need of the process, whichever policy is in force: certificates that were fetched, what
//! was seen, counters.

use std::sync::Arc;

use crate::config::ProcessConfig;
use crate::engine::Engine;
use crate::replay::Replay;
use crate::telemetry::Registry;
use crate::webhook::{Fetcher, Metrics};

use super::error::Error;

/// What signed deliveries need of the process. The default is for policies that are only tried: it fetches for
/// itself, so that nobody else waits behind it, remembers nothing, so that nothing passes which may pass once only,
/// and counts nothing.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    /// Fetches what senders publish.
    pub fetcher: Arc<Fetcher>,
    /// What was seen.
    pub replay: Option<Replay>,
    /// What is counted.
    pub metrics: Option<Metrics>,
}

impl Deliveries {
    /// Those of a process. Once per registry.
    pub(super) fn of(config: &ProcessConfig, registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            fetcher: Arc::default(),
            replay: Some(Replay::new(&config.replay, registry)?),
            metrics: Some(Metrics::new(registry)?),
        })
    }

    /// The engine with all of it.
    pub(super) fn join(&self, engine: Engine) -> Engine {
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
