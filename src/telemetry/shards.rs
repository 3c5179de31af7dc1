//! Numbers that each worker counts for itself and a scrape adds up, so that no two workers ever write
//! the same cache line.

use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// One worker's numbers. Aligned, so that no other worker's stand on the same cache lines; processors
/// fetch these in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Cells<const N: usize>([AtomicU64; N]);

/// A worker's way to its numbers. It stays on its thread, so that nobody else writes them.
#[derive(Debug)]
pub(super) struct Shard<const N: usize> {
    cells: Arc<Cells<N>>,
    one_thread: PhantomData<Rc<()>>,
}

impl<const N: usize> Shard<N> {
    /// Adds to the number at `index`. Wraps around.
    pub(super) fn add(&self, index: usize, amount: u64) {
        if let Some(cell) = self.cells.0.get(index) {
            // Nobody else writes it, so nothing can come between the two.
            let now = cell.load(Ordering::Relaxed).wrapping_add(amount);
            cell.store(now, Ordering::Relaxed);
        }
    }

    /// Counts a duration in the bucket it belongs to, and adds it to the sum. From `first` on, there
    /// are as many numbers as [`width`] says.
    pub(super) fn observe(&self, first: usize, bounds: &[u64], took: Duration) {
        let nanos = took.as_secs().saturating_mul(1_000_000_000);
        let nanos = nanos.saturating_add(took.subsec_nanos().into());
        let bucket = bounds.iter().position(|bound| nanos <= *bound);
        self.add(first + bucket.unwrap_or(bounds.len()), 1);
        self.add(first + bounds.len() + 1, nanos);
    }
}

/// How many numbers a distribution takes: one per bound, one for what is beyond, and the sum.
pub(super) const fn width(bounds: &[u64]) -> usize {
    bounds.len() + 2
}

/// The numbers of all workers.
#[derive(Debug)]
pub(super) struct Shards<const N: usize> {
    /// Those of workers that have let go.
    settled: [u64; N],
    live: Vec<Arc<Cells<N>>>,
}

impl<const N: usize> Default for Shards<N> {
    fn default() -> Self {
        Self {
            settled: [0; N],
            live: Vec::new(),
        }
    }
}

impl<const N: usize> Shards<N> {
    /// One more worker.
    pub(super) fn join(&mut self) -> Shard<N> {
        self.settle();
        let cells = Arc::new(Cells(std::array::from_fn(|_| AtomicU64::new(0))));
        self.live.push(Arc::clone(&cells));
        Shard {
            cells,
            one_thread: PhantomData,
        }
    }

    /// What all have counted together, those who let go as well.
    pub(super) fn totals(&mut self) -> [u64; N] {
        self.settle();
        let mut totals = self.settled;
        self.live.iter().for_each(|cells| cells.add_to(&mut totals));
        totals
    }

    fn settle(&mut self) {
        let settled = &mut self.settled;
        self.live.retain_mut(|cells| match Arc::get_mut(cells) {
            Some(cells) => {
                cells.add_to(settled);
                false
            }
            None => true,
        });
    }
}

impl<const N: usize> Cells<N> {
    fn add_to(&self, totals: &mut [u64; N]) {
        for (total, cell) in totals.iter_mut().zip(&self.0) {
            *total = total.wrapping_add(cell.load(Ordering::Relaxed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::thread;

    const BOUNDS: &[u64] = &[10, 20];

    #[test]
    fn nothing_that_two_workers_count_is_lost() {
        let shards = Mutex::new(Shards::<2>::default());
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let shard = shards.lock().unwrap().join();
                    for _ in 0..10_000 {
                        shard.add(0, 1);
                        shard.add(1, u64::MAX);
                    }
                });
            }
            let so_far = shards.lock().unwrap().totals();
            assert!(so_far[0] <= 20_000);
        });
        let mut shards = shards.into_inner().unwrap();
        assert_eq!(shards.totals(), [20_000, 20_000_u64.wrapping_neg()]);
        assert!(shards.live.is_empty());
    }

    #[test]
    fn duration_falls_into_the_first_bucket_that_holds_it() {
        let mut shards = Shards::<{ 1 + width(BOUNDS) }>::default();
        let shard = shards.join();
        for nanos in [0, 10, 11, 20, 21, 1_000] {
            shard.observe(1, BOUNDS, Duration::from_nanos(nanos));
        }
        assert_eq!(shards.totals(), [0, 2, 2, 2, 1_062]);
        shard.observe(1, BOUNDS, Duration::MAX);
        assert_eq!(shards.totals()[3], 3);
    }
}
