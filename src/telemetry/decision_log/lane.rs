//! One worker's way to the writer: a buffer that the worker fills and the writer takes away whole.
//!
//! Its lock is the worker's own. The writer holds it for as long as it takes to swap two buffers, a
//! few hundred times a second at most, and never while it writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::telemetry::Record;
use crate::telemetry::line::{Manner, Stamp};

/// One worker's records that wait for the writer. Aligned, so that no other worker's stand on the same
/// cache lines; processors fetch these in pairs.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Lane {
    waiting: Mutex<Waiting>,
    manner: Manner,
    /// How many bytes may wait.
    capacity: usize,
}

#[derive(Debug)]
struct Waiting {
    lines: Vec<u8>,
    records: u64,
    stamp: Stamp,
    /// The writer found nothing here, and may be asleep.
    unwatched: bool,
    closed: bool,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// It waits, and the writer knows.
    Over,
    /// It waits, and the writer must be told.
    OverUnwatched,
    /// There is no room, or no writer any more.
    Lost,
}

impl Lane {
    pub(super) fn new(manner: Manner, capacity: usize, closed: bool) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::new(Waiting {
                lines: Vec::new(),
                records: 0,
                stamp: Stamp::default(),
                unwatched: true,
                closed,
            }),
            manner,
            capacity,
        })
    }

    /// Appends a record. It may go over the capacity by its own length, which is bounded.
    pub(super) fn hand_over(&self, record: &Record<'_>) -> Handed {
        let waiting = &mut *self.lock();
        if waiting.lines.len() >= self.capacity || waiting.closed {
            return Handed::Lost;
        }
        record.append(self.manner, &mut waiting.stamp, &mut waiting.lines);
        waiting.records += 1;
        if std::mem::take(&mut waiting.unwatched) {
            Handed::OverUnwatched
        } else {
            Handed::Over
        }
    }

    /// Swaps what waits for an empty buffer, and says how many records it is. With `last`, nothing is
    /// taken in afterwards.
    pub(super) fn take(&self, empty: &mut Vec<u8>, last: bool) -> u64 {
        let mut waiting = self.lock();
        waiting.closed |= last;
        waiting.unwatched = waiting.records == 0;
        std::mem::swap(&mut waiting.lines, empty);
        std::mem::take(&mut waiting.records)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Whatever a panic left here is whole lines and at worst a piece of one.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
