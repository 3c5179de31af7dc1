//! One part of the memory.

use std::cmp::Reverse;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BinaryHeap, HashMap};
use std::num::NonZeroU64;

use super::Found;
use crate::replay::settings::Full;

/// What a delivery is told apart by.
pub(super) type Digest = [u8; 16];

/// Deliveries by their digest. Moments are milliseconds of the memory's clock.
///
/// Those that were accepted stand in `ends` as well, and nobody else does: whoever has a reservation lets go of
/// it, so that reservations need not be looked for.
#[derive(Debug)]
pub(super) struct Part {
    entries: HashMap<Digest, Entry>,
    ends: BinaryHeap<Reverse<(u64, Digest)>>,
    room: usize,
    forgotten: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    end: u64,
    /// Who is sending it; nobody once it was accepted.
    owner: Option<NonZeroU64>,
}

impl Part {
    /// An empty part for so many deliveries.
    pub(super) fn new(room: usize) -> Self {
        Self {
            entries: HashMap::new(),
            ends: BinaryHeap::new(),
            room,
            forgotten: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many were forgotten before their time.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Takes out what was accepted and has ended.
    pub(super) fn expire(&mut self, now: u64) {
        while let Some(Reverse((end, _))) = self.ends.peek()
            && *end <= now
        {
            self.drop_first();
        }
    }

    pub(super) fn reserve(
        &mut self,
        digest: &Digest,
        owner: NonZeroU64,
        now: u64,
        end: u64,
        full: Full,
    ) -> Found {
        let ours = Entry {
            end,
            owner: Some(owner),
        };
        match self.entries.get(digest).copied() {
            Some(Entry { owner: None, .. }) => return Found::Seen,
            Some(entry) if entry.end > now => return Found::Pending,
            None if !self.make_room(full) => return Found::Full,
            // Somebody had it for too long, or nobody has it.
            Some(_) | None => {}
        }
        self.entries.insert(*digest, ours);
        Found::New(owner)
    }

    pub(super) fn commit(&mut self, digest: &Digest, end: u64, full: Full) {
        match self.entries.get(digest).copied() {
            // Somebody else was quicker, and that is remembered.
            Some(Entry { owner: None, .. }) => return,
            // It had ended, was taken over and let go: it was accepted all the same.
            None if !self.make_room(full) => return,
            // Also where another has it by now: what becomes of theirs does not undo that it was accepted.
            Some(_) | None => {}
        }
        self.entries.insert(*digest, Entry { end, owner: None });
        self.ends.push(Reverse((end, *digest)));
    }

    pub(super) fn release(&mut self, digest: &Digest, owner: NonZeroU64) {
        if let Slot::Occupied(entry) = self.entries.entry(*digest)
            && entry.get().owner == Some(owner)
        {
            entry.remove();
        }
    }

    /// Whether there is room for one more. If not, what was accepted and is nearest to its end may have to go.
    fn make_room(&mut self, full: Full) -> bool {
        if self.entries.len() < self.room {
            return true;
        }
        let forgets = full == Full::Forget && self.drop_first();
        self.forgotten += u64::from(forgets);
        forgets
    }

    /// Takes out what was accepted and is nearest to its end.
    fn drop_first(&mut self) -> bool {
        let first = self.ends.pop();
        first.is_some_and(|Reverse((_, digest))| self.entries.remove(&digest).is_some())
    }
}
