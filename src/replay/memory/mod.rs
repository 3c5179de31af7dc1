//! The memory of this replica: a bounded number of deliveries, each until its end.
//!
//! It is parted, so that workers seldom wait for each other, and each part is locked for about a microsecond. A
//! delivery that is remembered takes about 70 bytes.

mod part;

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::metrics::MemoryMetrics;
use super::settings::Full;
use part::{Digest, Part};

/// The most parts, a power of two.
const PARTS: usize = 16;
/// A smaller part would often be full while others are not.
const SMALLEST: usize = 4096;

/// What the memory says of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It is new, and reserved for this owner.
    New(NonZeroU64),
    /// Somebody else has it.
    Pending,
    /// It was accepted before.
    Seen,
    /// There is no room for it.
    Full,
}

#[derive(Debug)]
pub(super) struct Memory {
    parts: Box<[Mutex<Part>]>,
    hasher: RandomState,
    owners: AtomicU64,
    capacity: usize,
    full: Full,
    start: Instant,
    metrics: MemoryMetrics,
}

impl Memory {
    pub(super) fn new(entries: usize, full: Full, metrics: MemoryMetrics) -> Self {
        let wanted = (entries / SMALLEST).clamp(1, PARTS);
        // The greatest power of two that is not more.
        let parts = 1 << wanted.ilog2();
        let room = |number: usize| entries / parts + usize::from(number < entries % parts);
        Self {
            parts: (0..parts)
                .map(|number| Mutex::new(Part::new(room(number))))
                .collect(),
            hasher: RandomState::new(),
            owners: AtomicU64::new(0),
            capacity: entries,
            full,
            start: Instant::now(),
            metrics,
        }
    }

    /// Reserves a delivery for a new owner.
    pub(super) fn reserve(&self, digest: &Digest, pending: Duration) -> Found {
        let owner = self.owner();
        self.change(digest, |part, now| {
            part.reserve(digest, owner, now, end(now, pending), self.full)
        })
        .unwrap_or(Found::Full)
    }

    /// Remembers a delivery, whoever has it by now.
    pub(super) fn commit(&self, digest: &Digest, keep: Duration) {
        self.change(digest, |part, now| {
            part.commit(digest, end(now, keep), self.full);
        });
    }

    /// Forgets a reservation, unless somebody else has taken it over.
    pub(super) fn release(&self, digest: &Digest, owner: NonZeroU64) {
        self.change(digest, |part, _now| part.release(digest, owner));
    }

    /// Takes out what has ended.
    pub(super) fn sweep(&self) {
        let now = self.now();
        for part in &self.parts {
            self.changed(&mut lock(part), |part| part.expire(now));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part).len()).sum()
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Changes the part of a delivery, after what has ended there was taken out.
    fn change<T>(&self, digest: &Digest, change: impl FnOnce(&mut Part, u64) -> T) -> Option<T> {
        // Whoever knows a secret could choose digests; nobody knows the part.
        let chance = usize::try_from(self.hasher.hash_one(digest) % PARTS as u64).unwrap_or(0);
        let part = self.parts.get(chance % self.parts.len().max(1))?;
        let now = self.now();
        Some(self.changed(&mut lock(part), |part| {
            part.expire(now);
            change(part, now)
        }))
    }

    /// Changes a part, and counts what that did.
    fn changed<T>(&self, part: &mut Part, change: impl FnOnce(&mut Part) -> T) -> T {
        let before = (part.len(), part.forgotten());
        let done = change(part);
        let more = part.len() as i64 - before.0 as i64;
        if more != 0 {
            self.metrics.entries.add(more);
        }
        let forgotten = part.forgotten() - before.1;
        if forgotten != 0 {
            self.metrics.forgotten.inc_by(forgotten);
        }
        done
    }

    /// A number that nobody had before.
    fn owner(&self) -> NonZeroU64 {
        let before = self.owners.fetch_add(1, Ordering::Relaxed);
        NonZeroU64::new(before.wrapping_add(1)).unwrap_or(NonZeroU64::MIN)
    }

    /// Milliseconds since the start, by the clock that is never set.
    fn now(&self) -> u64 {
        milliseconds(self.start.elapsed())
    }
}

fn end(now: u64, after: Duration) -> u64 {
    now.saturating_add(milliseconds(after).max(1))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A part is whole between any two of its changes, whoever panics.
fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}
