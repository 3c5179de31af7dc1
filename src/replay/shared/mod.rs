//! A Redis that replicas share.
//!
//! One connection for the whole process, kept by [`Shared::run`] on whatever thread runs that: commands of all
//! workers go pipelined over it, and no worker ever connects. A delivery is asked about in one round trip before
//! it is forwarded (`SET key owner NX PX pending` and `GET key`, sent together); what came of it is told later,
//! from a bounded queue, by scripts that let go only what is ours.
//!
//! Keys are `sidegate:replay:{webhook}:digest`: all of a webhook's are in one slot of a cluster.

mod address;
mod commands;
mod dial;
mod line;
mod metrics;
mod pause;
mod queue;
mod trouble;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

pub use self::address::Address;
use self::commands::Scripts;
use self::dial::Dialer;
use self::line::Line;
use self::metrics::RedisMetrics;
use self::queue::{Queue, Wish};
use super::{Delivery, Error};
use crate::telemetry::Registry;

/// What Redis says of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It is new, and reserved for the owner of the ticket.
    New,
    /// Somebody else has it.
    Pending,
    /// It was accepted before.
    Seen,
}

/// Who holds a delivery in Redis, and until when.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    key: Arc<str>,
    owner: Arc<str>,
    until: Instant,
}

#[derive(Debug)]
pub(super) struct Shared {
    line: Line,
    queue: Queue,
    scripts: Scripts,
    timeout: Duration,
    /// What begins the names of all owners in this process, and of none in another.
    process: Box<str>,
    owners: AtomicU64,
    metrics: RedisMetrics,
}

impl Shared {
    pub(super) fn new(
        address: &Address,
        timeout: Duration,
        registry: &Registry,
    ) -> Result<Self, Error> {
        let metrics = RedisMetrics::new(registry)?;
        let dialer = Dialer::new(address).map_err(Error::Certificates)?;
        Ok(Self {
            line: Line::new(dialer, timeout, metrics.clone()),
            queue: Queue::new(metrics.unsettled.clone()),
            scripts: Scripts::new(),
            timeout,
            process: random_name(),
            owners: AtomicU64::new(0),
            metrics,
        })
    }

    /// A new owner for a delivery.
    pub(super) fn ticket(&self, delivery: &Delivery) -> Ticket {
        let number = self.owners.fetch_add(1, Ordering::Relaxed);
        Ticket {
            key: commands::key(&delivery.webhook, &delivery.digest).into(),
            owner: format!("{}-{number:x}", self.process).into(),
            until: Instant::now() + delivery.pending,
        }
    }

    /// Reserves a delivery for the owner of a ticket. Gives nothing when Redis does not say.
    pub(super) async fn reserve(&self, ticket: &Ticket, pending: Duration) -> Option<Told> {
        let asked = Instant::now();
        let ask = async |mut connection| commands::reserve(&mut connection, ticket, pending).await;
        let told = self.line.ask(self.timeout, ask).await;
        self.metrics.took.observe(asked.elapsed().as_secs_f64());
        told.inspect_err(|trouble| self.metrics.failed(trouble))
            .ok()
    }

    /// The delivery was accepted. Redis is told later, for as long as it should be remembered.
    pub(super) fn commit(&self, ticket: Ticket, keep: Duration) {
        let end = Instant::now() + keep;
        self.queue.push(Wish::Keep { ticket, end });
    }

    /// The delivery was not accepted. Redis is told later, for as long as it is reserved.
    pub(super) fn release(&self, ticket: Ticket) {
        self.queue.push(Wish::Release { ticket });
    }

    /// Keeps the connection, and tells Redis what came of deliveries. Never returns.
    pub(super) async fn run(&self) {
        tokio::join!(self.line.keep(), self.queue.work(&self.line, &self.scripts));
    }

    /// Waits until Redis has been told what came of all deliveries so far.
    pub(super) async fn settled(&self) {
        self.queue.empty().await;
    }

    /// Of how many deliveries it has not been told yet what came of them.
    pub(super) fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// Whether it answers, since when, and why it does not or did not.
    pub(super) fn reach(&self) -> (bool, Duration, Option<String>) {
        self.line.reach()
    }
}

/// A name that no other process has, as far as chance goes.
fn random_name() -> Box<str> {
    // The standard library's seeds are the one source of chance that costs nothing to have.
    let chance = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", chance(), chance()).into()
}
