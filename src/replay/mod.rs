//! Which deliveries were seen: in memory, or in Redis where replicas share it.
//!
//! This room knows how a delivery is reserved while an upstream has it, kept once the upstream has accepted it,
//! and let go when it has not. It refuses to know what a delivery is: it sees a digest, and for how long.
//!
//! Straight line: [`Replay::reserve`] once a delivery is known to be genuine -> [`Reservation::commit`] when the
//! upstream has accepted it, or [`Reservation::release`]; a reservation that is dropped is released.
//!
//! Always: only genuine deliveries are remembered, so nobody else can fill the memory; it is bounded; what is
//! forgotten before its time is counted; where Redis does not answer, the operator's word decides, and that is
//! to refuse unless the file says otherwise.

mod settings;

use std::sync::Arc;
use std::time::Duration;

use crate::telemetry::{self, Registry};

pub use settings::{Outage, Settings};

/// What tells a delivery from all others, and how long that matters.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// A digest of the route, the tenant, the webhook and what is unique about the delivery.
    pub digest: [u8; 16],
    /// What stands before keys in Redis, for replicas of a cluster: the webhook's name.
    pub webhook: Arc<str>,
    /// How long an upstream may have it until it may be sent again.
    pub pending: Duration,
    /// How long it is remembered once it was accepted.
    pub keep: Duration,
}

/// What came of reserving.
#[derive(Debug)]
pub enum Reserved {
    /// It is new, and ours to send.
    New(Reservation),
    /// Somebody is sending it at this moment.
    Pending,
    /// It was accepted before.
    Seen,
    /// That cannot be said now.
    Unavailable,
}

/// What was seen; a handle, shared by all workers and by every version of the policy.
#[derive(Debug, Clone)]
pub struct Replay {}

/// The right to send one delivery. Dropped, it is released.
#[derive(Debug)]
pub struct Reservation {}

impl Replay {
    /// An empty memory with these settings. Nobody is asked before [`Replay::run`].
    pub fn new(_settings: &Settings, _registry: &Registry) -> Result<Self, telemetry::Error> {
        Ok(Self {})
    }

    /// Reserves a delivery. Waits for Redis only, and never long.
    pub async fn reserve(&self, _delivery: &Delivery) -> Reserved {
        Reserved::Unavailable
    }

    /// Keeps the connection to Redis and settles what exchanges have left behind. Never returns.
    pub async fn run(self) {
        std::future::pending::<()>().await;
    }
}

impl Reservation {
    /// The upstream has accepted it: it is remembered.
    pub fn commit(self) {}

    /// The upstream has not: it may come again.
    pub fn release(self) {}
}
