//! What is remembered of texts: whose they are, and which are nobody's.
//!
//! Always: what was read from the store before a change became known is not put here after it; what is
//! put away or pushed out is outdated, so that nobody keeps what changes can no longer reach.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use moka::sync::Cache;
use tokio::time::Instant;

use crate::keys::{Known, Settings};
use crate::model::{ApiKey, KeyHash};

use super::index::Index;
use super::place::{Place, Sets};

/// How many texts are remembered as nobody's: 200 bytes apiece.
const NOBODYS: u64 = 32_768;

/// What an entry costs beside the key: the cache's books, the index and both counters.
const ENTRY: usize = 800;

/// A fact, and since when it may be out of date without anybody having said so.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) known: Arc<Known>,
    doubted: OnceLock<Instant>,
}

/// What is remembered of a text.
#[derive(Debug)]
pub(super) enum Recalled {
    /// Whose it is.
    Known(Arc<Known>),
    /// Whose it was; since the given moment that may have changed.
    Doubted(Arc<Known>, Instant),
    /// It is nobody's.
    Nobodys,
    /// Nothing.
    Nothing,
}

/// What is remembered.
pub(super) struct Shelf {
    sets: Sets,
    known: Cache<Place, Arc<Held>>,
    index: Arc<Index>,
    /// With the era in which they were nobody's.
    nobodys: Cache<Place, u64>,
    era: AtomicU64,
    /// Grows with everything that may end what was read before.
    epoch: AtomicU64,
}

impl Shelf {
    pub(super) fn new(settings: &Settings) -> Self {
        let index = Arc::new(Index::new());
        let within = Arc::clone(&index);
        let known = Cache::builder()
            .max_capacity(settings.memory as u64)
            .weigher(|_, held: &Arc<Held>| weight(held.known.key()))
            .eviction_listener(move |_, held: Arc<Held>, _| {
                held.known.outdate();
                within.remove(&held);
            });
        Self {
            sets: Sets::default(),
            known: known.build(),
            index,
            nobodys: Cache::builder()
                .max_capacity(NOBODYS)
                .time_to_live(settings.unknown_for)
                .build(),
            era: AtomicU64::new(0),
            epoch: AtomicU64::new(0),
        }
    }

    /// The place of a text.
    pub(super) fn place(&self, set: &str, text: &[u8]) -> Place {
        self.sets.place(set, text)
    }

    /// What is remembered of a text.
    pub(super) fn recall(&self, place: &Place) -> Recalled {
        if let Some(held) = self.known.get(place) {
            return match held.doubted.get() {
                _ if held.known.is_current() => Recalled::Known(Arc::clone(&held.known)),
                Some(since) => Recalled::Doubted(Arc::clone(&held.known), *since),
                None => Recalled::Nothing,
            };
        }
        match self.nobodys.get(place) {
            Some(era) if era == self.era.load(Ordering::Acquire) => Recalled::Nobodys,
            _ => Recalled::Nothing,
        }
    }

    /// What is to be read now belongs to this epoch.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Remembers whose a text is, as it was read in an epoch. If something has changed since, it is not
    /// remembered, and not current either.
    pub(super) fn keep(&self, place: Place, known: &Arc<Known>, epoch: u64) -> bool {
        let held = Arc::new(Held {
            known: Arc::clone(known),
            doubted: OnceLock::new(),
        });
        // Whoever changes something raises the epoch first and looks into the index then: either finds
        // this entry there, or this sees the new epoch.
        self.index.add(place, &held);
        if self.epoch() != epoch {
            known.outdate();
            self.index.remove(&held);
            return false;
        }
        self.known.insert(place, held);
        true
    }

    /// Remembers that a text was nobody's in an epoch.
    pub(super) fn keep_nobodys(&self, place: Place, epoch: u64) -> bool {
        let era = self.era.load(Ordering::Acquire);
        self.known.invalidate(&place);
        self.nobodys.insert(place, era);
        // Whoever raises the epoch does so before it removes such an entry.
        fence(Ordering::SeqCst);
        let is_so = self.epoch() == epoch;
        if !is_so {
            self.nobodys.invalidate(&place);
        }
        is_so
    }

    /// A key is new, or has changed: nothing that was known of it counts any more, and its texts may have
    /// been nobody's.
    pub(super) fn change(&self, key: &ApiKey) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        for (place, held) in self.index.take(&key.id) {
            held.known.outdate();
            self.known.invalidate(&place);
        }
        for generation in &key.generations {
            match &generation.hash {
                KeyHash::Sha256(digest) => {
                    let place = self.sets.place_of_digest(&key.set, *digest);
                    self.nobodys.invalidate(&place);
                }
                // Which text it is nobody knows; all who were nobody's have to be asked for again.
                KeyHash::Bcrypt(_) | KeyHash::Argon2(_) => {
                    self.era.fetch_add(1, Ordering::AcqRel);
                }
            }
        }
    }

    /// Anything may have changed since a moment.
    pub(super) fn doubt_all(&self, since: Instant) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.era.fetch_add(1, Ordering::AcqRel);
        self.index.each(|held| {
            // What is in doubt already has been so for longer.
            let _ = held.doubted.set(since);
            held.known.outdate();
        });
    }

    /// How many texts are known.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.run_pending_tasks();
        assert_eq!(self.known.entry_count() as usize, self.index.len());
        self.index.len()
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf")
            .field("known", &self.known.entry_count())
            .field("nobodys", &self.nobodys.entry_count())
            .finish_non_exhaustive()
    }
}

/// About how many bytes a key takes here. Two texts of a key that are both in use count it twice.
fn weight(key: &ApiKey) -> u32 {
    let texts = |texts: &Option<Vec<Box<str>>>| {
        let texts = texts.iter().flatten();
        texts.map(|text| size_of::<Box<str>>() + text.len()).sum()
    };
    let parts: [usize; 8] = [
        ENTRY + size_of::<ApiKey>() + size_of::<Known>(),
        key.id.len() * 2 + key.set.len() + key.name.len() + key.created_by.len(),
        key.tenant.as_ref().map_or(0, |it| it.len()) + key.owner.as_ref().map_or(0, |it| it.len()),
        texts(&key.roles),
        texts(&key.sources),
        key.scopes.iter().map(|it| 16 + it.len()).sum(),
        key.generations.len() * 200,
        // What conditions may ask of it is rarely more than a few words.
        key.metadata
            .iter()
            .map(|(name, value)| 64 + name.len() + json(value))
            .sum(),
    ];
    u32::try_from(parts.iter().sum::<usize>()).unwrap_or(u32::MAX)
}

fn json(value: &serde_json::Value) -> usize {
    use serde_json::Value;
    let within: usize = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(json).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, it)| 64 + name.len() + json(it))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    size_of::<Value>() + within
}
