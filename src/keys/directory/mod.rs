//! What is known here of the keys in the store. One for the process; it outlives every policy.
//!
//! It follows the store's changes: a key that changes is forgotten, and what workers still hold of it is
//! outdated. After a gap everything is in doubt, and is asked for anew when it is needed; while the store
//! cannot be asked, what is known goes on to count for a stated time.
//!
//! Straight line of a text: remembered -> the look-up that is under way for it, or a new one -> the store by
//! its digest -> the store by its start, and slow hashes.
//!
//! Always: one look-up at a time for a text, a bound on all that ask and wait; an answer that a change has overtaken is not
//! remembered; what cannot be asked is never "nobody's".

mod flight;
mod index;
mod lane;
mod lookup;
mod place;
mod shelf;
#[cfg(test)]
mod tests;
mod trust;
mod uses;

use std::cell::RefCell;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::model::{ApiKey, Reason};
use crate::secret::Secret;
use crate::store::{Event, Store};
use crate::telemetry::{self, Registry};

use super::hash::LONGEST_TEXT;
use super::metrics::{Finds, Found, Metrics};
use super::{Hasher, Known, Owner, SealError, Sealer, Settings};

use lane::Lane;
use lookup::{Desk, Wanted};
use shelf::Shelf;
use trust::Trust;
use uses::Uses;

/// What came of looking for a text.
#[derive(Debug, Clone)]
pub enum Finding {
    /// It is this key's.
    Known(Arc<Known>),
    /// It is nobody's.
    Unknown,
    /// That cannot be said now: [`Reason::StoreUnavailable`] or [`Reason::Overloaded`].
    Unavailable(Reason),
}

/// The keys of the store as far as they are known here, and their uses that are not written yet.
#[derive(Debug)]
pub struct Directory {
    /// Nothing without a store.
    desk: Option<Arc<Desk>>,
    hasher: Hasher,
    uses: Uses,
    count_every: Duration,
    sealer: Option<Arc<Sealer>>,
}

thread_local! {
    static FINDS: RefCell<Finds> = RefCell::default();
}

impl Directory {
    /// An empty one over a store; without a store, nothing stored is ever found. Declares metrics: once per
    /// registry.
    pub fn new(
        store: Option<Store>,
        settings: &Settings,
        metrics: &Registry,
    ) -> Result<Arc<Self>, telemetry::Error> {
        let metrics = Metrics::new(metrics)?;
        let hasher = Hasher::counted(
            settings.hashing_threads,
            settings.hashing_waiting,
            metrics.hashes.clone(),
        );
        let uses = Uses::new(metrics.uses.clone());
        let desk = store.map(|store| {
            Arc::new(Desk {
                store,
                hasher: hasher.clone(),
                shelf: Shelf::new(settings),
                trust: Trust::new(settings.keep_known, metrics.trusted.clone()),
                flights: Arc::default(),
                strangers: Lane::new(lane::STRANGERS),
                regulars: Lane::new(lane::REGULARS),
                metrics,
            })
        });
        Ok(Arc::new(Self {
            desk,
            hasher,
            uses,
            count_every: settings.count_every,
            sealer: settings.sealer.clone(),
        }))
    }

    /// What the holder of a stored key signs deliveries with, where that is kept for the text that was presented.
    pub fn signing_secret(&self, known: &Known) -> Result<Option<Secret>, SealError> {
        let key = known.key();
        let Some(generation) = key.generations.get(known.generation()) else {
            return Ok(None);
        };
        let Some(sealed) = &generation.signing else {
            return Ok(None);
        };
        let owner = Owner {
            set: &key.set,
            id: &key.id,
            generation: generation.number,
        };
        let sealer = self.sealer.as_ref().ok_or(SealError::Missing)?;
        sealer.open(owner, sealed).map(Some)
    }

    /// The store.
    pub fn store(&self) -> Option<&Store> {
        self.desk.as_ref().map(|desk| &desk.store)
    }

    /// Follows the store's changes and writes uses. Never returns. Belongs on the control runtime, beside
    /// [`Store::run`].
    pub async fn run(&self) {
        let Some(desk) = &self.desk else {
            return pending().await;
        };
        let events = desk.store.follow();
        tokio::join!(desk.follow(events), self.write(&desk.store));
    }

    async fn write(&self, store: &Store) {
        let mut times = interval(self.count_every);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            times.tick().await;
            self.uses.write(store).await;
        }
    }

    /// Whether what is known of stored keys counts: the store has answered, or has not been silent for longer
    /// than `keep_known`. One atomic load.
    pub fn is_trusted(&self) -> bool {
        self.desk
            .as_ref()
            .is_none_or(|desk| desk.trust.is_trusted())
    }

    /// For slow hashes of whichever keys.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// The stored key of a set that has this text. Known ones cost no question to the store.
    ///
    /// What it gives counts now, whatever [`is_trusted`](Self::is_trusted) says; but what is not
    /// [current](Known::is_current) counts for this one use, and has to be asked for again at the next.
    pub async fn find(&self, set: &str, text: &[u8]) -> Finding {
        let Some(desk) = &self.desk else {
            return Finding::Unknown;
        };
        if text.is_empty() || text.len() > LONGEST_TEXT {
            return Finding::Unknown;
        }
        let place = desk.shelf.place(set, text);
        if let Some((finding, found)) = desk.recall(&place) {
            count(&desk.metrics, found);
            return finding;
        }
        let flight = desk.flights.join(place, || {
            let wanted = Wanted {
                place,
                set: set.into(),
                text: Secret::new(text.to_vec()),
            };
            Arc::clone(desk).look_up(wanted)
        });
        let finding = flight.await;
        match &finding {
            Finding::Known(_) => count(&desk.metrics, Found::Store),
            Finding::Unknown => count(&desk.metrics, Found::Nowhere),
            Finding::Unavailable(_) => {}
        }
        finding
    }

    /// A key was changed by this process: what is known of it here counts no more, without waiting for the
    /// store to tell.
    pub(in crate::keys) fn changed(&self, key: &ApiKey) {
        if let Some(desk) = &self.desk {
            desk.shelf.change(key);
        }
    }

    /// Counts a use of a stored key at this moment. Cheap; no lock that another worker holds.
    pub fn used(&self, known: &Known, now: SystemTime) {
        if known.is_stored() {
            self.uses.count(known, now);
        }
    }

    /// Writes the uses that are not written yet; gives how many could not be.
    pub async fn flush(&self) -> u64 {
        match &self.desk {
            Some(desk) => self.uses.write(&desk.store).await,
            None => 0,
        }
    }
}

impl Desk {
    /// Takes what the store tells, and gives up on it when it has been silent for too long.
    async fn follow(&self, mut events: UnboundedReceiver<Event>) {
        loop {
            let end = self.trust.end();
            tokio::select! {
                biased;
                event = events.recv() => match event {
                    Some(event) => self.take(event),
                    // Nothing is told any more: that is silence.
                    None => {
                        self.trust.lost();
                        return self.give_up_in_time().await;
                    }
                },
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => {
                    self.trust.give_up();
                }
            }
        }
    }

    async fn give_up_in_time(&self) {
        if let Some(end) = self.trust.end() {
            sleep_until(end).await;
            self.trust.give_up();
        }
    }

    fn take(&self, event: Event) {
        match event {
            Event::Changed(key) => self.shelf.change(&key),
            Event::Gap => {
                // Before anything counts again.
                let since = self.trust.silent_since();
                self.shelf.doubt_all(since.unwrap_or_else(Instant::now));
                self.trust.followed();
                self.trust.answered();
            }
            Event::Current => self.trust.answered(),
            Event::Lost => self.trust.lost(),
        }
    }
}

/// Counts where a text was found.
fn count(metrics: &Metrics, found: Found) {
    // A thread that is ending counts nothing any more.
    let _ = FINDS.try_with(|finds| finds.borrow_mut().count(metrics, found));
}
