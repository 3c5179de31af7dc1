//! What a stage is, and the two ways to run one: timed by criterion, counted by callgrind.

use std::hint::black_box;

use criterion::{BatchSize, Bencher, Criterion};

/// How often a stage is counted, unless it says otherwise.
const ITERATIONS: usize = 200;
/// How many inputs criterion makes ahead.
const BATCH: u64 = 1000;

/// One stage of a request: a name, a set-up, one iteration.
#[derive(Clone, Copy)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    iterations: usize,
    prepare: fn() -> Work,
}

/// What was set up, ready to be run again and again.
pub(crate) enum Work {
    /// Every iteration finds what the last one left.
    Same(Box<dyn FnMut()>),
    /// Every iteration wants an input of its own, which is made and dropped outside the measure.
    Fresh(Box<dyn FnMut() -> Once>),
}

type Once = Box<dyn FnMut()>;

/// An iteration that changes nothing.
pub(crate) fn same<T>(mut iteration: impl FnMut() -> T + 'static) -> Work {
    Work::Same(Box::new(move || drop(black_box(iteration()))))
}

/// An iteration that uses up what `make` gives it.
pub(crate) fn fresh<I: 'static, T>(
    mut make: impl FnMut() -> I + 'static,
    iteration: impl Fn(&mut I) -> T + Copy + 'static,
) -> Work {
    Work::Fresh(Box::new(move || {
        let mut input = make();
        Box::new(move || drop(black_box(iteration(black_box(&mut input)))))
    }))
}

impl Stage {
    pub(crate) const fn new(name: &'static str, prepare: fn() -> Work) -> Self {
        Self {
            name,
            iterations: ITERATIONS,
            prepare,
        }
    }

    /// The same stage, counted this often: for those that take long.
    pub(crate) const fn times(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// Times it, unless the command line asks for others.
    pub(crate) fn time(&self, criterion: &mut Criterion) {
        let mut work = None;
        criterion.bench_function(self.name, |bencher: &mut Bencher<'_>| {
            match work.get_or_insert_with(self.prepare) {
                Work::Same(iteration) => bencher.iter(iteration),
                Work::Fresh(make) => {
                    bencher.iter_batched_ref(make, |once| once(), self.batch());
                }
            }
        });
    }

    /// Where one takes long, each input is made just before it is used: a worker remembers nothing
    /// for verifiers that are not the newest.
    fn batch(&self) -> BatchSize {
        match self.iterations {
            ITERATIONS => BatchSize::NumIterations(BATCH),
            _ => BatchSize::PerIteration,
        }
    }

    /// Runs it as often as it wants to be counted, and says how often that was. The first runs, which
    /// fill caches, are not counted.
    pub(crate) fn count(&self) -> usize {
        let mut work = (self.prepare)();
        for _ in 0..self.iterations.div_ceil(10) {
            match &mut work {
                Work::Same(iteration) => iteration(),
                Work::Fresh(make) => make()(),
            }
        }
        for _ in 0..self.iterations {
            match &mut work {
                Work::Same(iteration) => counted_iteration(iteration),
                Work::Fresh(make) => counted_iteration(&mut make()),
            }
        }
        self.iterations
    }
}

/// Callgrind counts while it is in here, and finds the function by this name.
#[inline(never)]
fn counted_iteration(iteration: &mut dyn FnMut()) {
    iteration();
    // What follows keeps this frame on the stack while the iteration runs.
    black_box(());
}
