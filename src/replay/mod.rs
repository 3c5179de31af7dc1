//! Which deliveries were seen: in memory, or in Redis where replicas share it.
//!
//! This room knows how a delivery is reserved while an upstream has it, kept once the upstream has accepted it,
//! and let go when it has not. It refuses to know what a delivery is: it sees a digest, and for how long.
//!
//! Straight line: [`Replay::reserve`] once a delivery is known to be genuine -> [`Reservation::commit`] when the
//! upstream has accepted it, or [`Reservation::release`]; a reservation that is dropped is released.
//!
//! Redis is asked once before a delivery is forwarded; what came of it is told by [`Replay::run`] afterwards. What
//! Redis loses (a restart without a log on disk, a failover to a replica that lags, keys that it evicts) is not
//! known any more: then the window of a signed timestamp is all that bounds how often a delivery passes.
//!
//! Always: only genuine deliveries are remembered, so nobody else can fill the memory; it is bounded; what is
//! forgotten before its time is counted, and what is in flight is never forgotten; where Redis does not answer,
//! the operator's word decides, and that is to refuse unless the file says otherwise.

#[cfg(not(feature = "redis"))]
mod absent;
mod memory;
mod metrics;
mod reservation;
mod settings;
#[cfg(feature = "redis")]
mod shared;
mod status;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use crate::telemetry::{self, Registry};

#[cfg(not(feature = "redis"))]
use absent::{Shared, Ticket, Told};
use memory::{Found, Memory};
use metrics::{Metrics, Outcome};
#[cfg(feature = "redis")]
use shared::{Shared, Ticket, Told};

#[cfg(not(feature = "redis"))]
pub use absent::Address;
pub use reservation::Reservation;
pub use settings::{Full, Outage, Settings};
#[cfg(feature = "redis")]
pub use shared::Address;
pub use status::{RedisStatus, Status};

/// How often what has ended is taken out of the memory.
const SWEEP: Duration = Duration::from_secs(1);

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

/// What was seen cannot be remembered with these settings.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The metrics cannot be declared.
    #[error(transparent)]
    Telemetry(#[from] telemetry::Error),
    /// The certificates that Redis is trusted by cannot be read.
    #[error("replay: {0}")]
    Certificates(String),
}

/// What was seen; a handle, shared by all workers and by every version of the policy.
#[derive(Debug, Clone)]
pub struct Replay(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    memory: Memory,
    shared: Option<Shared>,
    outage: Outage,
    metrics: Metrics,
    running: AtomicBool,
}

/// Lets the room be run again once it is not run any more.
struct Stopped<'a>(&'a AtomicBool);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Replay {
    /// An empty memory with these settings. Nobody is asked before [`Replay::run`].
    pub fn new(settings: &Settings, registry: &Registry) -> Result<Self, Error> {
        let metrics = Metrics::new(registry)?;
        let address = settings.redis.as_ref();
        let shared = address
            .map(|address| Shared::new(address, settings.timeout, registry))
            .transpose()?;
        Ok(Self(Arc::new(Inner {
            memory: Memory::new(settings.entries, settings.full, metrics.memory()),
            shared,
            outage: settings.outage,
            metrics,
            running: AtomicBool::new(false),
        })))
    }

    /// Reserves a delivery. Waits for Redis only, and never longer than the section's `timeout`.
    pub async fn reserve(&self, delivery: &Delivery) -> Reserved {
        let (reserved, outcome) = match &self.0.shared {
            None => self.here(delivery),
            Some(shared) => self.there(shared, delivery).await,
        };
        self.0.metrics.count(outcome);
        reserved
    }

    /// Asks the memory of this replica alone.
    fn here(&self, delivery: &Delivery) -> (Reserved, Outcome) {
        match self.0.memory.reserve(&delivery.digest, delivery.pending) {
            Found::New(owner) => {
                let reservation = Reservation::new(self, delivery).here(owner);
                (Reserved::New(reservation), Outcome::New)
            }
            Found::Pending => (Reserved::Pending, Outcome::Pending),
            Found::Seen => (Reserved::Seen, Outcome::Seen),
            Found::Full => (Reserved::Unavailable, Outcome::Unavailable),
        }
    }

    /// Asks Redis. Where this replica goes on by itself in an outage, it remembers what it has seen before one,
    /// and after one it knows what Redis does not.
    async fn there(&self, shared: &Shared, delivery: &Delivery) -> (Reserved, Outcome) {
        let mut reservation = Reservation::new(self, delivery);
        let goes_on = self.0.outage == Outage::Local;
        let mut known_here = false;
        if goes_on {
            match self.0.memory.reserve(&delivery.digest, delivery.pending) {
                Found::New(owner) => {
                    reservation = reservation.here(owner);
                    known_here = true;
                }
                Found::Pending => return (Reserved::Pending, Outcome::Pending),
                Found::Seen => return (Reserved::Seen, Outcome::Seen),
                // That matters only if Redis does not answer.
                Found::Full => {}
            }
        }
        // Held from here on, so that a caller who leaves releases what Redis may have noted by then.
        let ticket = shared.ticket(delivery);
        let reservation = reservation.there(ticket.clone());
        match shared.reserve(&ticket, delivery.pending).await {
            Some(Told::New) => (Reserved::New(reservation), Outcome::New),
            Some(Told::Pending) => {
                reservation.forget_there();
                (Reserved::Pending, Outcome::Pending)
            }
            Some(Told::Seen) => {
                reservation.forget_there();
                (Reserved::Seen, Outcome::Seen)
            }
            None if known_here => (Reserved::New(reservation), Outcome::Local),
            // Dropped, it is released: Redis may have noted it after all.
            None => (Reserved::Unavailable, Outcome::Unavailable),
        }
    }

    /// Keeps the connection to Redis, tells it what came of deliveries, and takes out of memory what has ended.
    /// Never returns. One at a time is enough: a second one waits for ever.
    pub async fn run(self) {
        if self.0.running.swap(true, Ordering::Relaxed) {
            return std::future::pending().await;
        }
        let _stopped = Stopped(&self.0.running);
        let sweep = async {
            loop {
                sleep(SWEEP).await;
                self.0.memory.sweep();
            }
        };
        let shared = async {
            match &self.0.shared {
                Some(shared) => shared.run().await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(sweep, shared);
    }

    /// Waits until Redis has been told what came of all deliveries so far. For the end of the process, within
    /// a time limit, while [`Replay::run`] is still running.
    pub async fn flush(&self) {
        if let Some(shared) = &self.0.shared {
            shared.settled().await;
        }
    }

    /// How it does, for `/status`.
    pub fn status(&self) -> Status {
        let redis = self.0.shared.as_ref().map(|shared| {
            let (reachable, since, last_error) = shared.reach();
            RedisStatus {
                reachable,
                since,
                last_error,
                outage: self.0.outage,
                waiting: shared.waiting(),
            }
        });
        Status {
            entries: self.0.memory.len(),
            capacity: self.0.memory.capacity(),
            redis,
        }
    }
}
