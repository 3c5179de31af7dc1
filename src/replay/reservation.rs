//! The right to send one delivery.

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use super::{Delivery, Replay, Ticket};

/// The right to send one delivery. Dropped, it is released.
///
/// It lasts for the delivery's `pending` time. Whoever has taken the delivery over after that keeps it when this one
/// is released; when this one is accepted, the delivery has been, whatever becomes of the other.
pub struct Reservation {
    replay: Replay,
    digest: [u8; 16],
    keep: Duration,
    /// Who holds it in the memory of this replica.
    here: Option<NonZeroU64>,
    /// Who holds it in Redis.
    there: Option<Ticket>,
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("here", &self.here.is_some())
            .field("there", &self.there.is_some())
            .finish()
    }
}

impl Reservation {
    /// Of nothing so far.
    pub(super) fn new(replay: &Replay, delivery: &Delivery) -> Self {
        Self {
            replay: replay.clone(),
            digest: delivery.digest,
            keep: delivery.keep,
            here: None,
            there: None,
        }
    }

    /// Held in the memory of this replica.
    pub(super) fn here(mut self, owner: NonZeroU64) -> Self {
        self.here = Some(owner);
        self
    }

    /// Held in Redis, or about to be.
    pub(super) fn there(mut self, ticket: Ticket) -> Self {
        self.there = Some(ticket);
        self
    }

    /// Redis says that somebody else has it: nothing is to be told there.
    pub(super) fn forget_there(mut self) {
        self.there = None;
    }

    /// The upstream has accepted it: it is remembered.
    pub fn commit(mut self) {
        let inner = &self.replay.0;
        if self.here.take().is_some() {
            inner.memory.commit(&self.digest, self.keep);
        }
        if let (Some(ticket), Some(shared)) = (self.there.take(), &inner.shared) {
            shared.commit(ticket, self.keep);
        }
    }

    /// The upstream has not: it may come again.
    pub fn release(self) {
        // As it is dropped.
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let inner = &self.replay.0;
        if let Some(owner) = self.here.take() {
            inner.memory.release(&self.digest, owner);
        }
        if let (Some(ticket), Some(shared)) = (self.there.take(), &inner.shared) {
            shared.release(ticket);
        }
    }
}
