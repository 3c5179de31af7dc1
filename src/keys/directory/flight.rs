//! Look-ups under way: one for each text.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::Finding;
use super::place::Place;

/// A look-up that several may wait for. It goes on as long as one of them does.
pub(super) type Flight = Shared<BoxFuture<'static, Finding>>;

/// By their texts, with a number that no other has. Without anybody who waits, a look-up ends.
type Open = HashMap<Place, (u64, WeakShared<BoxFuture<'static, Finding>>)>;

/// The look-ups under way.
#[derive(Default)]
pub(super) struct Flights {
    open: Mutex<Open>,
    numbers: AtomicU64,
}

/// Removes a look-up from the books when it ends, or when nobody waits for it any more.
struct Ticket {
    flights: Arc<Flights>,
    place: Place,
    number: u64,
}

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

    fn open(&self) -> MutexGuard<'_, Open> {
        // No change of it is left half done.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many are under way.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.open().len()
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

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flights").field(&self.open().len()).finish()
    }
}
