//! Uses of stored keys: counted by each worker for itself, collected now and then, written behind.
//!
//! Always: what was counted is written, or waits, or is told as lost; a store that is away costs
//! nothing but memory, within a bound. A write whose answer was lost is repeated, so that a use may be
//! counted twice and is never forgotten.

mod books;
mod cell;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::keys::Known;
use crate::keys::metrics::UseMetrics;
use crate::store::Store;

use books::{Books, Counted};
use cell::Cell;

/// How many keys are written at once.
const BATCH: usize = 1_000;

/// Tells directories apart.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// The uses that are not written yet.
#[derive(Debug)]
pub(super) struct Uses {
    number: u64,
    /// Cells that workers have begun since the last collection.
    new: Mutex<Vec<Counted>>,
    books: Mutex<Books>,
    /// Held while uses are written, so that none is written twice.
    writing: tokio::sync::Mutex<()>,
    is_behind: AtomicBool,
    metrics: UseMetrics,
}

impl Uses {
    pub(super) fn new(metrics: UseMetrics) -> Self {
        Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            new: Mutex::default(),
            books: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            is_behind: AtomicBool::new(false),
            metrics,
        }
    }

    /// Counts a use.
    pub(super) fn count(&self, known: &Known, now: SystemTime) {
        cell::count(self.number, known.number(), micros(now), |cell| {
            self.register(known, cell);
        });
    }

    #[cold]
    fn register(&self, known: &Known, cell: Arc<Cell>) {
        let counted = Counted {
            key: Arc::clone(known.key()),
            cell,
            idle: 0,
        };
        lock(&self.new).push(counted);
    }

    /// Writes everything that was counted so far; gives how many uses could not be written.
    pub(super) async fn write(&self, store: &Store) -> u64 {
        let _only = self.writing.lock().await;
        self.collect();
        loop {
            let batch = lock(&self.books).batch(BATCH);
            if batch.is_empty() {
                break;
            }
            if let Err(error) = store.count(&batch).await {
                if !self.is_behind.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "uses of API keys wait to be written");
                }
                break;
            }
            lock(&self.books).settle(&batch);
            self.metrics
                .written
                .inc_by(batch.iter().map(|uses| uses.count).sum());
        }
        let waiting = lock(&self.books).sum();
        self.metrics
            .waiting
            .set(i64::try_from(waiting).unwrap_or(i64::MAX));
        if waiting == 0 && self.is_behind.swap(false, Ordering::Relaxed) {
            tracing::info!("all uses of API keys are written again");
        }
        waiting
    }

    fn collect(&self) {
        let new = std::mem::take(&mut *lock(&self.new));
        let lost = lock(&self.books).collect(new);
        if lost > 0 {
            self.metrics.lost.inc_by(lost);
            tracing::warn!(
                lost,
                "uses of API keys were not counted: those of too many keys wait"
            );
        }
    }

    /// How many cells there are.
    #[cfg(test)]
    pub(super) fn cells(&self) -> usize {
        lock(&self.books).cells() + lock(&self.new).len()
    }
}

/// Microseconds after the epoch. Nobody's clock is before it, or so far behind it that they end.
fn micros(moment: SystemTime) -> u64 {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default();
    since
        .as_secs()
        .saturating_mul(1_000_000)
        .saturating_add(since.subsec_micros().into())
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // Numbers and lists are never half changed.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
