//! A bounded table that forgets what is not used: CLOCK, the cheap relative of "least recently used".
//!
//! Entries stand in a ring. A hit marks one; when room is needed, the hand goes round, takes marks off
//! and takes out the first entry without one. New entries have none, so a flood of entries that
//! nobody asks for again pushes out its own kind and leaves alone what is in use.

use super::index::Index;

/// How much a table may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::credential) struct Room {
    pub(in crate::credential) entries: usize,
    pub(in crate::credential) bytes: usize,
}

/// Entries found by 64 bits that are a keyed hash already.
pub(in crate::credential) struct Clock<T> {
    index: Index,
    ring: Vec<Option<Slot<T>>>,
    free: Vec<u32>,
    hand: usize,
    bytes: usize,
}

struct Slot<T> {
    hash: u64,
    bytes: u32,
    used: bool,
    value: T,
}

impl<T> Clock<T> {
    /// What an entry takes besides what its value owns: its slot in a ring that has grown by
    /// doubling, and its share of the index.
    pub(in crate::credential) const OVERHEAD: usize = size_of::<Option<Slot<T>>>() * 5 / 4 + 16;

    pub(in crate::credential) fn new() -> Self {
        Self {
            index: Index::default(),
            ring: Vec::new(),
            free: Vec::new(),
            hand: 0,
            bytes: 0,
        }
    }

    pub(in crate::credential) fn entries(&self) -> usize {
        self.index.entries()
    }

    pub(in crate::credential) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The entry of that hash, marked as used. Whether it is the right one is for the caller to see.
    pub(in crate::credential) fn find(&mut self, hash: u64) -> Option<&mut T> {
        let at = self.place_of(hash)?;
        let slot = self.ring.get_mut(at as usize)?.as_mut()?;
        slot.used = true;
        Some(&mut slot.value)
    }

    pub(in crate::credential) fn remove(&mut self, hash: u64) {
        if let Some(at) = self.place_of(hash) {
            self.vacate(at);
        }
    }

    fn place_of(&self, hash: u64) -> Option<u32> {
        self.index.find(hash, |at| self.hash_at(at) == Some(hash))
    }

    fn hash_at(&self, at: u32) -> Option<u64> {
        let slot = self.ring.get(at as usize)?;
        slot.as_ref().map(|slot| slot.hash)
    }

    /// Puts an entry in the place of one with the same hash. `owned` is what its value takes besides
    /// its slot. What does not fit into the whole room is not taken.
    pub(in crate::credential) fn insert(&mut self, hash: u64, owned: usize, value: T, room: Room) {
        self.remove(hash);
        let Ok(bytes) = u32::try_from(owned + Self::OVERHEAD) else {
            return;
        };
        let size = bytes as usize;
        if size > room.bytes {
            return;
        }
        while self.entries() >= room.entries || self.bytes + size > room.bytes {
            if !self.evict() {
                return;
            }
        }
        let Some(at) = self.free_place() else { return };
        if let Some(place) = self.ring.get_mut(at as usize) {
            *place = Some(Slot {
                hash,
                bytes,
                used: false,
                value,
            });
            self.index.insert(hash, at);
            self.bytes += size;
        }
    }

    fn free_place(&mut self) -> Option<u32> {
        if let Some(at) = self.free.pop() {
            return Some(at);
        }
        let at = u32::try_from(self.ring.len()).ok()?;
        self.ring.push(None);
        Some(at)
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
                    self.vacate(at as u32);
                    return true;
                }
                None => {}
            }
        }
        false
    }

    fn vacate(&mut self, at: u32) {
        let slot = self.ring.get_mut(at as usize).and_then(Option::take);
        if let Some(slot) = slot {
            self.index.remove(slot.hash, |place| place == at);
            self.bytes = self.bytes.saturating_sub(slot.bytes as usize);
            self.free.push(at);
        }
    }

    /// Frees up to so many entries of a table that is not used any more; `true` when none is left.
    pub(in crate::credential) fn wear_off(&mut self, entries: usize) -> bool {
        let left = self.ring.len().saturating_sub(entries);
        self.ring.truncate(left);
        left == 0
    }
}
