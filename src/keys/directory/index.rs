//! What is remembered, by the key it belongs to.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::place::Place;
use super::shelf::Held;

/// A power of two.
const SHARDS: usize = 32;

/// Entries by a hash of the key's id. Two ids with one hash share a fate, which costs a look-up. Asked when
/// something is put away or changes, never when something is found.
#[derive(Debug)]
pub(super) struct Index {
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

type Shard = HashMap<u64, Vec<(Place, Arc<Held>)>>;

impl Index {
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    pub(super) fn add(&self, place: Place, held: &Arc<Held>) {
        let hash = self.hash(&held.known.key().id);
        let entry = (place, Arc::clone(held));
        if let Some(mut shard) = self.shard(hash) {
            shard.entry(hash).or_default().push(entry);
        }
    }

    pub(super) fn remove(&self, held: &Arc<Held>) {
        let hash = self.hash(&held.known.key().id);
        let Some(mut shard) = self.shard(hash) else {
            return;
        };
        if let Some(entries) = shard.get_mut(&hash) {
            entries.retain(|(_, other)| !Arc::ptr_eq(held, other));
            if entries.is_empty() {
                shard.remove(&hash);
            }
        }
    }

    /// Takes out what belongs to a key.
    pub(super) fn take(&self, id: &str) -> Vec<(Place, Arc<Held>)> {
        let hash = self.hash(id);
        let mut shard = self.shard(hash);
        let taken = shard.as_mut().and_then(|shard| shard.remove(&hash));
        taken.unwrap_or_default()
    }

    /// Does something with each entry. Nothing can be added or removed meanwhile.
    pub(super) fn each(&self, mut act: impl FnMut(&Held)) {
        for shard in &self.shards {
            let shard = lock(shard);
            shard.values().flatten().for_each(|(_, held)| act(held));
        }
    }

    fn hash(&self, id: &str) -> u64 {
        self.hasher.hash_one(id)
    }

    fn shard(&self, hash: u64) -> Option<MutexGuard<'_, Shard>> {
        // The upper bits; the map within uses others.
        let number = (hash >> 32) as usize % SHARDS;
        self.shards.get(number).map(lock)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let mut all = 0;
        self.each(|_| all += 1);
        all
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
