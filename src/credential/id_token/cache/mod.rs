//! Verified tokens, remembered: per worker first, for all workers second.
//!
//! What is remembered are facts that a signature proved, never a verdict and never a failure. A fact
//! is used only while the token lasts, while its key is in the issuer's set, and under the policy
//! that was in force when it was verified: a new policy has a new number and starts with nothing.
//!
//! Straight line: ready in this worker, by text -> kept by this worker, by tag -> verified by another
//! worker, whose fact is copied.
//!
//! Always: a token is found by its whole text or by a keyed tag of all of it, see [`Tag`]; everything
//! is bounded in bytes; a worker's memory shares nothing that changes with another's.

mod end;
mod fact;
mod pack;
mod worker;

use std::cell::RefCell;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use moka::Expiry;

use super::super::metrics::{Finds, Found, Metrics};
use super::super::standing::{ForEach, Standing};
use super::super::tag::Tag;
use fact::Fact;
use worker::{Rooms, Worker};

pub(in crate::credential) use fact::{Ground, Proven};

/// What the shared table takes for an entry besides the packed fact.
const SHARED_OVERHEAD: usize = 600;

thread_local! {
    static WORKER: RefCell<(ForEach<Worker>, Finds)> =
        RefCell::new((ForEach::new(Worker::new), Finds::default()));
}

/// A fact on its way from one worker to the others.
type Shared = Arc<(Fact, Ground)>;

/// The memory of one version of the policy.
pub(super) struct Cache {
    generation: u64,
    standing: Standing,
    rooms: Rooms,
    metrics: Option<Metrics>,
    /// A worker that is alone has nobody to share with.
    shared: Option<moka::sync::Cache<Tag, Shared>>,
}

impl Cache {
    /// An empty memory with a number of its own, for so many bytes in the whole process.
    pub(super) fn new(bytes: usize, workers: NonZeroUsize, standing: Standing) -> Self {
        static GENERATION: AtomicU64 = AtomicU64::new(1);
        let alone = workers.get() == 1;
        let for_all = if alone { 0 } else { bytes / 4 };
        Self {
            generation: GENERATION.fetch_add(1, Ordering::Relaxed),
            standing,
            rooms: Rooms::of((bytes - for_all) / workers),
            metrics: None,
            shared: (!alone).then(|| shared(for_all)),
        }
    }

    /// Counts hits and misses from now on.
    pub(super) fn observe(&mut self, metrics: Metrics) {
        self.metrics = Some(metrics);
    }

    /// The facts of a token that is in use in this worker.
    pub(super) fn find_ready(&self, token: &[u8], now: SystemTime) -> Option<Proven> {
        self.here(Some(Found::Worker), |worker| worker.find_ready(token, now))
    }

    /// The facts of a token that this worker verified or took over.
    pub(super) fn find_kept(&self, tag: &Tag, token: &[u8], now: SystemTime) -> Option<Proven> {
        self.here(Some(Found::Worker), |worker| {
            worker.find_kept(tag, token, now)
        })
    }

    /// The facts of a token that another worker verified. They are this worker's from now on.
    pub(super) fn find_shared(&self, tag: &Tag, now: SystemTime) -> Option<Proven> {
        let shared = self.shared.as_ref()?;
        let found = shared.get(tag)?;
        let (fact, ground) = &*found;
        if !fact.validity.holds(&ground.key, now) {
            shared.invalidate(tag);
            return None;
        }
        let proven = fact.unpack(&ground.issuer.as_ref().into())?;
        self.keep(*tag, fact.clone(), ground);
        self.count(Found::Shared);
        Some(proven)
    }

    /// Counts a token that has to be verified.
    pub(super) fn missed(&self) {
        self.count(Found::Nowhere);
    }

    /// Remembers what was just verified.
    pub(super) fn remember(&self, tag: Tag, proven: &Proven, ground: Ground, now: SystemTime) {
        let Some(fact) = Fact::new(proven, now) else {
            return;
        };
        self.keep(tag, fact.clone(), &ground);
        if let Some(shared) = &self.shared {
            shared.insert(tag, Arc::new((fact, ground)));
        }
    }

    fn keep(&self, tag: Tag, fact: Fact, ground: &Ground) {
        self.here(None, |worker| {
            worker.keep(tag, fact, ground);
            Some(())
        });
    }

    /// Asks this worker's memory, unless it serves a newer policy by now. An answer is counted as
    /// what it is a find of.
    fn here<T>(
        &self,
        find: Option<Found>,
        ask: impl FnOnce(&mut Worker) -> Option<T>,
    ) -> Option<T> {
        WORKER.with_borrow_mut(|(workers, finds)| {
            let worker = workers.of(self.standing);
            let before = worker.size();
            let answer = worker
                .is_of(self.generation, self.rooms)
                .then(|| ask(worker))
                .flatten();
            if let Some(metrics) = &self.metrics {
                metrics.remembered(before, worker.size());
                if let Some(found) = find.filter(|_| answer.is_some()) {
                    finds.count(metrics, found);
                }
            }
            answer
        })
    }

    fn count(&self, found: Found) {
        if let Some(metrics) = &self.metrics {
            WORKER.with_borrow_mut(|(_, finds)| finds.count(metrics, found));
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("generation", &self.generation)
            .field("rooms", &self.rooms)
            .finish()
    }
}

fn shared(bytes: usize) -> moka::sync::Cache<Tag, Shared> {
    let weigh = |_: &Tag, shared: &Shared| {
        u32::try_from(SHARED_OVERHEAD + shared.0.owned()).unwrap_or(u32::MAX)
    };
    moka::sync::Cache::builder()
        .weigher(weigh)
        .max_capacity(bytes as u64)
        .expire_after(Lifetime)
        .build()
}

/// Lets the shared level drop what has ended. Whether a fact may be used is decided on each use.
struct Lifetime;

impl Expiry<Tag, Shared> for Lifetime {
    fn expire_after_create(&self, _: &Tag, shared: &Shared, _: Instant) -> Option<Duration> {
        Some(shared.0.validity.left())
    }
}

#[cfg(test)]
mod tests;
