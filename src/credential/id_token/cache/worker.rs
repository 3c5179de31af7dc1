//! One worker's own memory: no lock, and nothing in it that another worker touches.
//!
//! Two tables. The small one holds tokens in use with their principals ready, found by the token's
//! text. The large one holds every token that was verified here or taken over from another worker, as
//! packed facts, found by its tag; who is asked for twice in a short while moves to the small one.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use super::super::super::table::{Clock, Room};
use super::super::super::tag::Tag;
use super::end::EndHash;
use super::fact::{Fact, Ground, Proven, Validity};

/// The most tokens that are kept ready. Each takes some kilobytes.
pub(super) const MOST_READY: usize = 10_000;
/// The most bytes they take.
const MOST_READY_BYTES: usize = 16 << 20;
/// A token that is found twice within so many look-ups in the large table is made ready. Were it made
/// ready at once, a million tokens in turn would push each other out of the small table.
const SOON: u32 = 8_192;
/// The large table is in parts of about this size, so that none ever takes long to grow.
const PART: usize = 1 << 20;
/// The most parts.
const MOST_PARTS: usize = 1_024;
/// Entries of an older policy that are freed with each look-up.
const FREED: usize = 64;

/// How much one worker may remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rooms {
    ready: Room,
    part: Room,
    parts: usize,
}

impl Rooms {
    /// A quarter for what is ready, as long as that is not more than anybody needs.
    pub(super) fn of(bytes: usize) -> Self {
        let ready = MOST_READY_BYTES.min(bytes / 4);
        let rest = bytes - ready;
        let parts = (rest / PART).next_power_of_two().clamp(1, MOST_PARTS);
        Self {
            ready: Room {
                entries: MOST_READY,
                bytes: ready,
            },
            part: Room {
                entries: usize::MAX,
                bytes: rest / parts,
            },
            parts,
        }
    }
}

/// A token in use.
struct Ready {
    token: Box<[u8]>,
    proven: Proven,
    validity: Validity,
    ground: Rc<Ground>,
}

/// A token that was verified.
struct Kept {
    tag: Tag,
    fact: Fact,
    ground: Rc<Ground>,
    /// The look-up that found it last.
    seen: u32,
}

/// What a worker remembers under one version of the policy.
pub(super) struct Worker {
    generation: u64,
    rooms: Rooms,
    seed: RandomState,
    end: EndHash,
    ready: Clock<Ready>,
    parts: Vec<Clock<Kept>>,
    /// How many entries and bytes the parts have.
    kept: (usize, usize),
    grounds: Vec<Rc<Ground>>,
    look_ups: u32,
    leaving: Leaving,
}

/// What older policies left behind. Freed bit by bit: a million entries at once would take longer than
/// callers like to wait.
#[derive(Default)]
struct Leaving {
    ready: VecDeque<Clock<Ready>>,
    parts: VecDeque<Clock<Kept>>,
}

impl Leaving {
    fn wear_off(&mut self) {
        if let Some(first) = self.ready.front_mut() {
            if first.wear_off(FREED) {
                self.ready.pop_front();
            }
        } else if let Some(first) = self.parts.front_mut()
            && first.wear_off(FREED)
        {
            self.parts.pop_front();
        }
    }
}

impl Worker {
    pub(super) fn new() -> Self {
        Self {
            generation: 0,
            rooms: Rooms::of(0),
            seed: RandomState::new(),
            end: EndHash::new(),
            ready: Clock::new(),
            parts: Vec::new(),
            kept: (0, 0),
            grounds: Vec::new(),
            look_ups: 0,
            leaving: Leaving::default(),
        }
    }

    /// Forgets everything when `generation` is newer. An older policy, whose last exchanges are still
    /// under way, finds nothing here and leaves nothing.
    pub(super) fn is_of(&mut self, generation: u64, rooms: Rooms) -> bool {
        if generation > self.generation {
            let ready = std::mem::replace(&mut self.ready, Clock::new());
            let parts = (0..rooms.parts).map(|_| Clock::new()).collect();
            let parts = std::mem::replace(&mut self.parts, parts);
            self.leaving.ready.push_back(ready);
            self.leaving.parts.extend(parts);
            self.kept = (0, 0);
            self.grounds.clear();
            self.generation = generation;
            self.rooms = rooms;
        }
        generation == self.generation
    }

    /// Tokens, and bytes, that are remembered.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.kept.0, self.kept.1 + self.ready.bytes())
    }

    #[cfg(test)]
    pub(super) fn grounds(&self) -> usize {
        self.grounds.len()
    }

    #[cfg(test)]
    pub(super) fn has_nothing_old(&self) -> bool {
        self.leaving.ready.is_empty() && self.leaving.parts.is_empty()
    }

    /// A token in use.
    pub(super) fn find_ready(&mut self, token: &[u8], now: SystemTime) -> Option<Proven> {
        let hash = self.end.hash(token);
        let ready = self.ready.find(hash)?;
        if *ready.token != *token {
            return None;
        }
        if ready.validity.holds(&ready.ground.key, now) {
            return Some(ready.proven.clone());
        }
        self.ready.remove(hash);
        None
    }

    /// A token that was verified. Found again soon, it is made ready.
    pub(super) fn find_kept(&mut self, tag: &Tag, token: &[u8], now: SystemTime) -> Option<Proven> {
        self.leaving.wear_off();
        self.look_ups = self.look_ups.wrapping_add(1);
        let hash = self.seed.hash_one(tag);
        let at = part(hash, self.parts.len());
        let kept = self.parts.get_mut(at)?.find(hash)?;
        if kept.tag != *tag {
            return None;
        }
        if !kept.fact.validity.holds(&kept.ground.key, now) {
            self.change(at, |part, _| part.remove(hash));
            return None;
        }
        let proven = kept.fact.unpack(&kept.ground.issuer)?;
        let again = self.look_ups.wrapping_sub(kept.seen) <= SOON;
        kept.seen = self.look_ups;
        if again {
            let owned = 1_024 + token.len() + kept.fact.length() + proven.unpacked();
            let ready = Ready {
                token: token.into(),
                proven: proven.clone(),
                validity: kept.fact.validity,
                ground: Rc::clone(&kept.ground),
            };
            let hash = self.end.hash(token);
            self.ready.insert(hash, owned, ready, self.rooms.ready);
        }
        Some(proven)
    }

    /// Remembers what was verified, here or elsewhere.
    pub(super) fn keep(&mut self, tag: Tag, fact: Fact, ground: &Ground) {
        let hash = self.seed.hash_one(tag);
        let owned = fact.owned();
        let kept = Kept {
            tag,
            fact,
            ground: self.ground(ground),
            seen: self.look_ups,
        };
        let at = part(hash, self.parts.len());
        self.change(at, |part, room| part.insert(hash, owned, kept, room));
    }

    /// Changes a part and keeps count.
    fn change(&mut self, at: usize, change: impl FnOnce(&mut Clock<Kept>, Room)) {
        let Some(part) = self.parts.get_mut(at) else {
            return;
        };
        let before = (part.entries(), part.bytes());
        change(part, self.rooms.part);
        self.kept = (
            self.kept.0 + part.entries() - before.0,
            self.kept.1 + part.bytes() - before.1,
        );
    }

    /// This worker's own copy: what workers share is only read while requests are answered.
    fn ground(&mut self, given: &Ground) -> Rc<Ground> {
        let same =
            |own: &&Rc<Ground>| Arc::ptr_eq(&own.key, &given.key) && *own.issuer == *given.issuer;
        if let Some(own) = self.grounds.iter().find(same) {
            return Rc::clone(own);
        }
        self.grounds.retain(|own| own.key.is_current());
        let own = Rc::new(Ground {
            issuer: (*given.issuer).into(),
            key: Arc::clone(&given.key),
        });
        self.grounds.push(Rc::clone(&own));
        own
    }
}

fn part(hash: u64, parts: usize) -> usize {
    // The index of a part uses the lowest and the highest bits.
    let middle = (hash >> 32) & 0xff_ffff;
    (middle as usize).checked_rem(parts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, fact, ground, tag};
    use super::*;

    #[test]
    fn fact_is_found_by_all_of_its_tag_and_not_by_its_hash_alone() {
        let mut worker = Worker::new();
        assert!(worker.is_of(1, Rooms::of(1 << 20)));
        let (asked, kept) = (tag("asked"), tag("kept"));
        let hash = worker.seed.hash_one(asked);
        let slot = Kept {
            tag: kept,
            fact: fact("kept"),
            ground: worker.ground(&ground()),
            seen: 0,
        };
        let at_part = part(hash, worker.parts.len());
        worker.change(at_part, |part, room| part.insert(hash, 0, slot, room));
        assert!(worker.find_kept(&asked, b"asked", at(60)).is_none());
        // As it stands, the token it is about would be found there.
        let found = worker.parts[at_part].find(hash).unwrap();
        assert!(found.tag == kept);
    }
}
