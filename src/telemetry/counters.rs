//! Counters that each worker counts for itself.

use std::sync::{Arc, Mutex, PoisonError};

use super::exposition::{Family, Source, Title};
use super::shards::{Shard, Shards};
use super::{Error, Registry};

/// Counters told apart by a label with `N` values, each worker's counted for itself. Clones are the
/// same counters.
#[derive(Debug, Clone)]
pub struct WorkerCounters<const N: usize>(Arc<Sums<N>>);

#[derive(Debug)]
struct Sums<const N: usize> {
    title: Title,
    values: [&'static str; N],
    workers: Mutex<Shards<N>>,
}

impl<const N: usize> WorkerCounters<N> {
    /// One worker's part. Takes a lock: a worker asks once.
    pub fn worker(&self) -> WorkerCounts<N> {
        let mut workers = self.0.workers.lock();
        let workers = workers.as_mut().unwrap_or_else(|broken| broken.get_mut());
        WorkerCounts {
            shard: workers.join(),
            all: self.clone(),
        }
    }

    /// What all workers have counted so far, in the order of the label's values.
    pub fn totals(&self) -> [u64; N] {
        // Sums of numbers are never half done.
        let workers = self.0.workers.lock();
        workers.unwrap_or_else(PoisonError::into_inner).totals()
    }
}

impl<const N: usize> Source for WorkerCounters<N> {
    fn titles(&self) -> Vec<Title> {
        vec![self.0.title]
    }

    fn families(&self) -> Vec<Family> {
        let mut counters = Family::counters(self.0.title);
        for (value, count) in self.0.values.iter().zip(self.totals()) {
            counters.counter(&[value], count);
        }
        vec![counters]
    }
}

/// What one worker counts. It stays on its thread, and what it counted outlives it.
#[derive(Debug)]
pub struct WorkerCounts<const N: usize> {
    shard: Shard<N>,
    all: WorkerCounters<N>,
}

impl<const N: usize> WorkerCounts<N> {
    /// Adds one to the counter at this place among the label's values.
    pub fn count(&self, value: usize) {
        self.shard.add(value, 1);
    }

    /// Whether these are a part of those counters.
    pub fn are_of(&self, counters: &WorkerCounters<N>) -> bool {
        Arc::ptr_eq(&self.all.0, &counters.0)
    }
}

impl Registry {
    /// Declares counters with one label, whose values are known and shown from the start.
    pub fn worker_counters<const N: usize>(
        &self,
        name: &'static str,
        help: &'static str,
        label: &'static [&'static str; 1],
        values: [&'static str; N],
    ) -> Result<WorkerCounters<N>, Error> {
        let labels = label.as_slice();
        let counters = WorkerCounters(Arc::new(Sums {
            title: Title { name, help, labels },
            values,
            workers: Mutex::default(),
        }));
        self.show(counters.clone())?;
        Ok(counters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn what_workers_count_is_shown_together_and_from_the_start() {
        let registry = Registry::new();
        let counters = registry
            .worker_counters("found_total", "Help.", &["where"], ["here", "there"])
            .unwrap();
        let shown = |line: &str| {
            let text = registry.render().unwrap();
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        };
        shown("# TYPE found_total counter");
        shown("found_total{where=\"here\"} 0");
        let own = counters.worker();
        own.count(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                let counts = counters.worker();
                counts.count(1);
                counts.count(1);
            });
        });
        assert_eq!(counters.totals(), [1, 2]);
        shown("found_total{where=\"here\"} 1");
        shown("found_total{where=\"there\"} 2");
        assert!(own.are_of(&counters));
        let others = Registry::new();
        let others = others.worker_counters("found_total", "Help.", &["where"], ["a", "b"]);
        assert!(!own.are_of(&others.unwrap()));
    }
}
