//! Look-ups under way: one for each text, and a bound on all.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::Finding;
use super::place::Place;

/// A look-up that several may wait for. It goes on as long as one of them does.
pub(super) type Flight = Shared<BoxFuture<'static, Finding>>;

/// By their texts, with a number that no other has. Without anybody who waits, a look-up ends.
type Open = HashMap<Place, (u64, WeakShared<BoxFuture<'static, Finding>>)>;

/// How many look-ups of texts that were never known may be under way.
pub(super) const STRANGERS: usize = 256;

/// How many may be under way in all: after a gap, everything that is in use is looked up once more, and
/// callers with good keys must not be turned away for it.
pub(super) const ALL: usize = 8_192;

/// The look-ups under way.
#[derive(Default)]
pub(super) struct Flights {
    open: Mutex<Open>,
    numbers: AtomicU64,
    under_way: AtomicUsize,
}

/// Removes a look-up from the books when it ends, or when nobody waits for it any more.
struct Ticket {
    flights: Arc<Flights>,
    place: Place,
    number: u64,
}

/// A look-up's share of the bound.
#[derive(Debug)]
pub(super) struct Pass(Arc<Flights>);

impl Flights {
    /// The look-up of a text: the one under way, or a new one.
    pub(super) fn join<F>(self: &Arc<Self>, place: Place, look_up: impl FnOnce() -> F) -> Flight
    where
        F: Future<Output = Finding> + Send + 'static,
    {
        let mut open = self.open();
        if let Some(flight) = open.get(&place).and_then(|(_, flight)| flight.upgrade()) {
            return flight;
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let ticket = Ticket {
            flights: Arc::clone(self),
            place,
            number,
        };
        let look_up = look_up();
        let flight = async move {
            let _ticket = ticket;
            look_up.await
        };
        let flight = flight.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            open.insert(place, (number, weak));
        }
        flight
    }

    /// A share of the bound, if fewer than `most` are under way.
    pub(super) fn pass(self: &Arc<Self>, most: usize) -> Option<Pass> {
        let fits = |now: usize| (now < most).then(|| now + 1);
        let entered = self
            .under_way
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits);
        entered.ok().map(|_| Pass(Arc::clone(self)))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // No change of it is left half done.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many look-ups are under way, and how many stand in the books.
    #[cfg(test)]
    pub(super) fn count(&self) -> (usize, usize) {
        (self.under_way.load(Ordering::Acquire), self.open().len())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = self.flights.open();
        if open
            .get(&self.place)
            .is_some_and(|(number, _)| *number == self.number)
        {
            open.remove(&self.place);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flights").field(&self.under_way).finish()
    }
}
