//! Whether what is known counts: the store answers, or has not been silent for too long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::telemetry::Gauge;

/// The store's silence, and for how long it is borne.
#[derive(Debug)]
pub(super) struct Trust {
    keep: Duration,
    is_trusted: AtomicBool,
    /// Whether the store is silent.
    is_lost: AtomicBool,
    /// Whether changes are told at all yet.
    is_followed: AtomicBool,
    since: Mutex<Option<Instant>>,
    shown: Gauge,
}

impl Trust {
    pub(super) fn new(keep: Duration, shown: Gauge) -> Self {
        Self {
            keep,
            is_trusted: AtomicBool::new(true),
            is_lost: AtomicBool::new(false),
            is_followed: AtomicBool::new(false),
            since: Mutex::new(None),
            shown,
        }
    }

    pub(super) fn is_trusted(&self) -> bool {
        self.is_trusted.load(Ordering::Acquire)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    pub(super) fn is_followed(&self) -> bool {
        self.is_followed.load(Ordering::Acquire)
    }

    /// Since when the store does not answer.
    pub(super) fn silent_since(&self) -> Option<Instant> {
        *self.since()
    }

    /// The store answers.
    pub(super) fn answered(&self) {
        *self.since() = None;
        self.is_lost.store(false, Ordering::Release);
        self.set(true);
    }

    /// From now on, changes are told.
    pub(super) fn followed(&self) {
        self.is_followed.store(true, Ordering::Release);
    }

    /// The store has stopped answering.
    pub(super) fn lost(&self) {
        self.since().get_or_insert_with(Instant::now);
        self.is_lost.store(true, Ordering::Release);
        if self.keep.is_zero() {
            self.set(false);
        }
    }

    /// When patience ends, if the store is silent and it has not ended yet.
    pub(super) fn end(&self) -> Option<Instant> {
        let since = (*self.since()).filter(|_| self.is_trusted());
        since.and_then(|since| since.checked_add(self.keep))
    }

    /// Patience has ended.
    pub(super) fn give_up(&self) {
        tracing::warn!(
            after = ?self.keep,
            "the store of API keys has been silent for too long: stored keys do not count any more"
        );
        self.set(false);
    }

    /// Whether a fact that may have been out of date since a moment still counts.
    pub(super) fn bears(&self, since: Instant) -> bool {
        let since = (*self.since()).map_or(since, |lost| lost.min(since));
        since.elapsed() < self.keep
    }

    fn set(&self, is_trusted: bool) {
        let before = self.is_trusted.swap(is_trusted, Ordering::AcqRel);
        self.shown.set(is_trusted.into());
        if is_trusted && !before {
            tracing::info!("stored API keys count again");
        }
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
