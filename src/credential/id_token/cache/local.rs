//! One worker's own memory: no lock, no cryptographic digest, a bounded cost per step.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::Proven;

/// The most tokens one worker remembers.
pub(super) const MAX_ENTRIES: usize = 10_000;
/// The most bytes one worker remembers.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// How much of a token's end is hashed. That is the signature, which nobody can choose; what is found
/// is compared as a whole.
const HASHED: usize = 64;

/// A clock: entries stand in a ring, a hit marks one, and the hand passes marked ones over once when
/// it looks for room.
pub(super) struct Local {
    generation: u64,
    seed: RandomState,
    index: HashMap<u64, usize>,
    ring: Vec<Option<Slot>>,
    free: Vec<usize>,
    hand: usize,
    bytes: usize,
}

struct Slot {
    hash: u64,
    proven: Arc<Proven>,
    used: bool,
}

impl Local {
    pub(super) fn new() -> Self {
        Self {
            generation: 0,
            seed: RandomState::new(),
            index: HashMap::new(),
            ring: Vec::new(),
            free: Vec::new(),
            hand: 0,
            bytes: 0,
        }
    }

    /// Forgets everything when `generation` is newer. An older policy, whose last exchanges are still
    /// under way, finds nothing here and leaves nothing.
    fn is_of(&mut self, generation: u64) -> bool {
        if generation > self.generation {
            let seed = self.seed.clone();
            *self = Self {
                generation,
                seed,
                ..Self::new()
            };
        }
        generation == self.generation
    }

    fn hash(&self, token: &[u8]) -> u64 {
        let start = token.len().saturating_sub(HASHED);
        self.seed.hash_one(token.get(start..))
    }

    pub(super) fn find(&mut self, generation: u64, token: &[u8]) -> Option<Arc<Proven>> {
        if !self.is_of(generation) {
            return None;
        }
        let at = *self.index.get(&self.hash(token))?;
        let slot = self.ring.get_mut(at)?.as_mut()?;
        if slot.proven.token.as_bytes() != token {
            return None;
        }
        slot.used = true;
        Some(Arc::clone(&slot.proven))
    }

    pub(super) fn remove(&mut self, token: &[u8]) {
        let hash = self.hash(token);
        if let Some(at) = self.index.get(&hash) {
            self.vacate(*at);
        }
    }

    pub(super) fn insert(&mut self, generation: u64, proven: Arc<Proven>) {
        if !self.is_of(generation) {
            return;
        }
        self.remove(proven.token.as_bytes());
        let bytes = proven.bytes();
        while self.index.len() >= MAX_ENTRIES || self.bytes + bytes > MAX_BYTES {
            if !self.evict() {
                return;
            }
        }
        let hash = self.hash(proven.token.as_bytes());
        let slot = Some(Slot {
            hash,
            proven,
            used: false,
        });
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.ring.push(None);
                self.ring.len() - 1
            }
        };
        if let Some(place) = self.ring.get_mut(at) {
            *place = slot;
            self.index.insert(hash, at);
            self.bytes += bytes;
        }
    }

    /// Makes room of one entry; `false` when there is none left to go.
    fn evict(&mut self) -> bool {
        // Two rounds: the first may find every entry marked.
        for _ in 0..self.ring.len() * 2 {
            let at = self.hand;
            self.hand = (at + 1) % self.ring.len();
            match self.ring.get_mut(at).and_then(Option::as_mut) {
                Some(slot) if slot.used => slot.used = false,
                Some(_) => {
                    self.vacate(at);
                    return true;
                }
                None => {}
            }
        }
        false
    }

    fn vacate(&mut self, at: usize) {
        if let Some(slot) = self.ring.get_mut(at).and_then(Option::take) {
            self.index.remove(&slot.hash);
            self.bytes = self.bytes.saturating_sub(slot.proven.bytes());
            self.free.push(at);
        }
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        (self.index.len(), self.bytes)
    }
}
