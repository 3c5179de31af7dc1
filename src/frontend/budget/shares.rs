//! What each caller has of the budget.
//!
//! Callers are told apart by a digest of their network under a key of this process, in a table of fixed size: two
//! who fall on the same place share one share, which nobody can bring about on purpose.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::Network;

use super::Exhausted;

/// How many places there are: 32 KiB in all.
const PLACES: usize = 4096;

/// What each caller has.
#[derive(Debug)]
pub(super) struct Shares {
    most: usize,
    /// How many bytes are held, by place.
    held: Box<[AtomicUsize]>,
    places: RandomState,
}

/// The place of one caller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share(pub(super) usize);

impl Shares {
    /// None may have more than this.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            held: (0..PLACES).map(|_| AtomicUsize::new(0)).collect(),
            places: RandomState::new(),
        }
    }

    /// Where a caller is counted.
    pub(super) fn of(&self, caller: Network) -> Share {
        // Its lower bits are as good as any, so that nothing is lost where a number has 32.
        Share(self.places.hash_one(caller) as usize % PLACES)
    }

    /// Takes so much for a body that has so much already. One body may be held for anybody, however long it is:
    /// what bounds that is said elsewhere.
    pub(super) fn take(&self, share: Share, own: usize, bytes: usize) -> Result<(), Exhausted> {
        let Some(held) = self.held.get(share.0) else {
            return Ok(());
        };
        let more = |held: usize| {
            let sum = held.checked_add(bytes)?;
            (held <= own || sum <= self.most).then_some(sum)
        };
        let taken = held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.map(drop).map_err(|_| Exhausted::Caller)
    }

    pub(super) fn give_back(&self, share: Share, bytes: usize) {
        if let Some(held) = self.held.get(share.0) {
            held.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// How much is held of all shares together.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let held = self.held.iter();
        held.map(|held| held.load(Ordering::Relaxed)).sum()
    }
}
