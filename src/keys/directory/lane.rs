//! How many ask the store at a time, and how many may stand in line for it.
//!
//! The store has a queue of its own, which is not to be filled: what follows its changes stands there, too.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// How many of a lane ask the store at a time.
pub(super) const ASKING: usize = 64;

/// A line of its own, so that a flood of strangers delays no regulars.
#[derive(Debug)]
pub(super) struct Lane {
    asking: Semaphore,
    standing: AtomicUsize,
    line: Line,
}

/// How long a line may get, and how long one stands in it: a store that is slow is not waited for by
/// everybody in turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) most: usize,
    patience: Duration,
}

/// For texts that were never known.
pub(super) const STRANGERS: Line = Line {
    most: 1_024,
    patience: Duration::from_secs(1),
};

/// For texts that were known before: after a gap everything that is in use is looked up once more, and
/// nobody with a good key must be turned away for it.
pub(super) const REGULARS: Line = Line {
    most: 16_384,
    patience: Duration::from_secs(5),
};

/// One who stands in line. Leaves it when dropped.
struct Standing<'a>(&'a AtomicUsize);

impl Lane {
    pub(super) fn new(line: Line) -> Self {
        Self {
            asking: Semaphore::new(ASKING),
            standing: AtomicUsize::new(0),
            line,
        }
    }

    /// Waits for one's turn; nothing if the line is full, or does not move.
    pub(super) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(turn) = self.asking.try_acquire() {
            return Some(turn);
        }
        let _standing = self.stand()?;
        timeout(self.line.patience, self.asking.acquire())
            .await
            .ok()?
            .ok()
    }

    fn stand(&self) -> Option<Standing<'_>> {
        let fits = |now: usize| (now < self.line.most).then(|| now + 1);
        let stood = self
            .standing
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits);
        stood.ok().map(|_| Standing(&self.standing))
    }

    /// How many ask, and how many stand in line.
    #[cfg(test)]
    pub(super) fn count(&self) -> (usize, usize) {
        let asking = ASKING - self.asking.available_permits();
        (asking, self.standing.load(Ordering::Acquire))
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    const SHORT: Line = Line {
        most: 10,
        patience: Duration::from_secs(1),
    };

    #[tokio::test(start_paused = true)]
    async fn line_has_an_end_and_nobody_stands_in_it_for_ever() {
        let lane = Lane::new(SHORT);
        let asking: Vec<_> = join_all((0..ASKING).map(|_| lane.enter())).await;
        assert!(asking.iter().all(Option::is_some));
        let (line, late) = tokio::join!(join_all((0..10).map(|_| lane.enter())), lane.enter());
        assert!(late.is_none(), "the line is full");
        assert!(line.iter().all(Option::is_none), "it does not move");
        assert_eq!(lane.count(), (ASKING, 0));
        let (first, ()) = tokio::join!(lane.enter(), async { drop(asking) });
        assert!(first.is_some());
        assert_eq!(lane.count(), (1, 0));
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_the_line() {
        let lane = Lane::new(SHORT);
        let _asking: Vec<_> = join_all((0..ASKING).map(|_| lane.enter())).await;
        assert!(
            timeout(Duration::from_millis(5), lane.enter())
                .await
                .is_err()
        );
        assert_eq!(lane.count(), (ASKING, 0));
    }
}
