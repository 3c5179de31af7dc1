//! Which of many events are recorded, when a share of them is asked for.

use std::cell::Cell;

use super::Share;

/// The golden section of all numbers of 64 bits. Steps of this width fall evenly everywhere and never
/// into step with anything that recurs, so that of every route and every caller the same share is taken.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// One worker's choice of events to record.
#[derive(Debug)]
pub struct Sampler {
    share: Share,
    place: Cell<u64>,
}

impl Sampler {
    /// Takes this share of them.
    pub fn new(share: Share) -> Self {
        Self {
            share,
            place: Cell::new(0),
        }
    }

    /// Whether the next event is taken.
    #[inline]
    pub fn takes(&self) -> bool {
        if self.share == Share::WHOLE {
            return true;
        }
        let place = self.place.get().wrapping_add(STEP);
        self.place.set(place);
        place < self.share.bound()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(share: Share, events: usize, every: usize) -> usize {
        let sampler = Sampler::new(share);
        let all = (0..events).filter(|_| sampler.takes());
        all.filter(|event| event % every == 0).count()
    }

    #[test]
    fn as_many_are_taken_as_were_asked_for() {
        for (share, wanted) in [(0.1, 1000), (0.5, 5000), (0.001, 10), (0.9, 9000)] {
            let taken = taken(Share::of(share).unwrap(), 10_000, 1);
            assert!(taken.abs_diff(wanted) <= 5, "{share}: {taken}");
        }
        assert_eq!(taken(Share::WHOLE, 1000, 1), 1000);
        assert_eq!(taken(Share::NONE, 1000, 1), 0);
    }

    #[test]
    fn what_recurs_is_neither_always_nor_never_taken() {
        for every in 2..50 {
            let taken = taken(Share::of(0.1).unwrap(), 100_000, every);
            let wanted = 10_000 / every;
            assert!(taken.abs_diff(wanted) <= wanted / 5 + 5, "{every}: {taken}");
        }
    }
}
