//! The keys that a worker has met: no lock, and nothing in it that another worker writes.
//!
//! A key is found by a keyed tag of its whole text, which is not kept. What is kept are facts: whether they
//! are current, and what they say of this moment, is asked at every use.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::keys::Known;

use super::super::metrics::{KeyFinds, KeyFound, Metrics};
use super::super::standing::{ForEach, Standing};
use super::super::table::{Clock, Room};
use super::super::tag::Tag;
use super::ProvenKey;

/// What one worker remembers at most. A key takes about two kilobytes.
const ROOM: Room = Room {
    entries: 10_000,
    bytes: 24 << 20,
};
/// Entries of an older policy that are freed with each new one.
const FREED: usize = 64;
/// What a key takes besides its texts: principal, facts, what is worked out of them.
const OWNED: usize = 1_536;

thread_local! {
    static WORKER: RefCell<(ForEach<Worker>, KeyFinds)> =
        RefCell::new((ForEach::new(Worker::new), KeyFinds::default()));
}

/// A key that was found.
struct Entry {
    tag: Tag,
    set: usize,
    known: Arc<Known>,
    proven: ProvenKey,
}

struct Worker {
    generation: u64,
    seed: RandomState,
    entries: Clock<Entry>,
    /// What older policies left behind, freed bit by bit.
    leaving: VecDeque<Clock<Entry>>,
}

impl Worker {
    fn new() -> Self {
        Self {
            generation: 0,
            seed: RandomState::new(),
            entries: Clock::new(),
            leaving: VecDeque::new(),
        }
    }

    /// Forgets everything when `generation` is newer. An older policy, whose last exchanges are still under
    /// way, finds nothing here and leaves nothing.
    fn is_of(&mut self, generation: u64) -> bool {
        if generation > self.generation {
            let entries = std::mem::replace(&mut self.entries, Clock::new());
            self.leaving.push_back(entries);
            self.generation = generation;
        }
        generation == self.generation
    }

    fn wear_off(&mut self) {
        if let Some(first) = self.leaving.front_mut()
            && first.wear_off(FREED)
        {
            self.leaving.pop_front();
        }
    }

    fn find(&mut self, set: usize, tag: &Tag) -> Option<(&Known, &ProvenKey)> {
        let hash = self.seed.hash_one(tag);
        let is_old = {
            let entry = self.entries.find(hash)?;
            if entry.tag != *tag || entry.set != set {
                return None;
            }
            !entry.known.is_current()
        };
        if is_old {
            self.entries.remove(hash);
            return None;
        }
        let entry = self.entries.find(hash)?;
        Some((&entry.known, &entry.proven))
    }
}

/// The memory of one version of the policy.
pub(super) struct Memory {
    generation: u64,
    standing: Standing,
    metrics: Option<Metrics>,
}

impl Memory {
    /// An empty one with a number of its own.
    pub(super) fn new() -> Self {
        static GENERATION: AtomicU64 = AtomicU64::new(1);
        Self {
            generation: GENERATION.fetch_add(1, Ordering::Relaxed),
            standing: Standing::default(),
            metrics: None,
        }
    }

    /// Stands beside the memory of the policy in force.
    pub(super) fn only_try(&mut self) {
        self.standing = Standing::Tried;
    }

    /// Counts finds from now on.
    pub(super) fn observe(&mut self, metrics: Metrics) {
        self.metrics = Some(metrics);
    }

    /// What is to be said of a key that this worker has met and that nothing newer is known of; nothing if
    /// `say` says so.
    pub(super) fn find<T>(
        &self,
        set: usize,
        tag: &Tag,
        say: impl FnOnce(&Known, &ProvenKey) -> Option<T>,
    ) -> Option<T> {
        WORKER.with_borrow_mut(|(workers, _)| {
            let worker = workers.of(self.standing);
            let own = worker.is_of(self.generation);
            let (known, proven) = own.then(|| worker.find(set, tag)).flatten()?;
            say(known, proven)
        })
    }

    /// Remembers a key that was found.
    pub(super) fn keep(&self, set: usize, tag: Tag, known: Arc<Known>, proven: ProvenKey) {
        let texts = proven.proven.unpacked();
        let entry = Entry {
            tag,
            set,
            known,
            proven,
        };
        WORKER.with_borrow_mut(|(workers, _)| {
            let worker = workers.of(self.standing);
            worker.wear_off();
            if worker.is_of(self.generation) {
                let hash = worker.seed.hash_one(tag);
                worker.entries.insert(hash, OWNED + texts, entry, ROOM);
            }
        });
    }

    /// Counts what came of a key.
    pub(super) fn count(&self, found: KeyFound) {
        if let Some(metrics) = &self.metrics {
            WORKER.with_borrow_mut(|(_, finds)| finds.count(metrics, found));
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("generation", &self.generation)
            .finish()
    }
}
