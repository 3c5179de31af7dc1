//! How much memory the bodies of signed deliveries may take, in the whole process.
//!
//! Always: what is held is told before it is taken; it is given back when the last who has the bytes lets go of
//! them, whatever way that is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use crate::telemetry::{self, Gauge, Registry};

/// The budget of a process.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    held: AtomicUsize,
    gauge: Gauge,
}

/// What one body has of the budget. Dropped, it is given back.
#[derive(Debug)]
struct Part {
    budget: Arc<Budget>,
    bytes: usize,
}

/// A body under way into memory, with its part of the budget.
#[derive(Debug)]
pub(super) struct Collected {
    bytes: Vec<u8>,
    part: Part,
}

/// There is no room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

/// The least that is taken for a body that has begun, in bytes.
const LEAST: usize = 4 << 10;

impl Budget {
    /// So many bytes.
    pub(super) fn new(most: usize, registry: &Registry) -> Result<Arc<Self>, telemetry::Error> {
        Ok(Arc::new(Self {
            most,
            held: AtomicUsize::new(0),
            gauge: registry.gauge(
                "sidegate_held_body_bytes",
                "Memory that the bodies of signed deliveries take, from their first byte until the upstream has them.",
            )?,
        }))
    }

    /// All of it: a longer body never fits.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        // Nothing else is ordered by this number.
        let taken = self
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                held.checked_add(bytes).filter(|held| *held <= self.most)
            });
        taken.map_err(|_| Exhausted)?;
        self.gauge.add(bytes as i64);
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        self.gauge.sub(bytes as i64);
    }
}

impl Part {
    fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.budget.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    fn shrink_to(&mut self, bytes: usize) {
        let spare = self.bytes.saturating_sub(bytes);
        self.budget.give_back(spare);
        self.bytes -= spare;
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

impl AsRef<[u8]> for Collected {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Collected {
    /// Nothing yet.
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            bytes: Vec::new(),
            part: Part {
                budget: Arc::clone(budget),
                bytes: 0,
            },
        }
    }

    /// How much there is, in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds what came, by copying: what it came in is shared with other bytes of its connection. `most` is the
    /// longest that the body can become.
    pub(super) fn add(&mut self, data: &[u8], most: usize) -> Result<(), Exhausted> {
        let needed = self.bytes.len() + data.len();
        if needed > self.part.bytes {
            // In steps that grow, so that a sender that says much and sends little takes little.
            let room = (self.part.bytes * 2).max(LEAST).min(most).max(needed);
            self.part.grow(room - self.part.bytes)?;
            self.bytes.reserve_exact(room - self.bytes.len());
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    /// All of it, as bytes that give their part of the budget back when nobody has them any more.
    pub(super) fn into_bytes(mut self) -> Bytes {
        if self.bytes.is_empty() {
            return Bytes::new();
        }
        self.bytes.shrink_to_fit();
        self.part.shrink_to(self.bytes.len());
        Bytes::from_owner(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(most: usize) -> (Arc<Budget>, impl Fn() -> usize) {
        let budget = Budget::new(most, &Registry::new()).unwrap();
        let own = Arc::clone(&budget);
        (budget, move || {
            let held = own.held.load(Ordering::Relaxed);
            assert_eq!(own.gauge.get(), held as i64);
            held
        })
    }

    #[test]
    fn whoever_has_the_bytes_last_gives_their_part_back() {
        let (budget, held) = budget(1 << 20);
        let mut body = Collected::new(&budget);
        assert_eq!(held(), 0);
        body.add(&[7; 100], 1 << 20).unwrap();
        assert_eq!(held(), LEAST);
        body.add(&[7; LEAST], 1 << 20).unwrap();
        assert_eq!(held(), 2 * LEAST);
        let mut bytes = body.into_bytes();
        assert_eq!(held(), LEAST + 100);
        let beginning = bytes.split_to(10);
        drop(bytes);
        assert_eq!(held(), LEAST + 100);
        assert_eq!(*beginning, [7; 10]);
        drop(beginning);
        assert_eq!(held(), 0);
        assert!(Collected::new(&budget).into_bytes().is_empty());
    }

    #[test]
    fn body_of_known_length_takes_no_more_than_that() {
        let (budget, held) = budget(1 << 20);
        let mut body = Collected::new(&budget);
        for _ in 0..11 {
            body.add(&[7; 1000], 11_000).unwrap();
            assert!(held() <= 11_000);
        }
        assert_eq!(held(), 11_000);
    }

    #[test]
    fn nothing_is_taken_beyond_the_budget() {
        let (budget, held) = budget(10_000);
        let mut first = Collected::new(&budget);
        first.add(&[7; 6000], 6000).unwrap();
        let mut second = Collected::new(&budget);
        assert_eq!(second.add(&[7; 5000], 5000), Err(Exhausted));
        assert_eq!((held(), second.len()), (6000, 0));
        drop(first);
        second.add(&[7; 5000], 5000).unwrap();
        drop(second);
        assert_eq!(held(), 0);
    }
}
