//! How fast a body must come.

use std::cell::Cell;
use std::pin::pin;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::frontend::budget::Cause;

/// How long a body may be as slow as it likes: what gets lost on the way is sent again by then.
const GRACE: Duration = Duration::from_secs(3);

/// How fast one body must come: whole by a moment, and before that never behind a rate.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    end: Instant,
    /// Bytes a second; zero if any will do.
    rate: usize,
    came: Cell<usize>,
}

impl Pace {
    /// A body begins to be waited for.
    pub(super) fn new(patience: Duration, rate: usize) -> Self {
        let begun = Instant::now();
        Self {
            begun,
            end: begun + patience,
            rate,
            came: Cell::new(0),
        }
    }

    /// So much of it came.
    pub(super) fn came(&self, bytes: usize) {
        self.came.set(self.came.get() + bytes);
    }

    /// Waits for the body, and no longer than it may take.
    pub(super) async fn hold<T>(
        &self,
        collecting: impl Future<Output = Result<T, Cause>>,
    ) -> Result<T, Cause> {
        let mut collecting = pin!(collecting);
        let mut timer = pin!(sleep_until(self.due()));
        std::future::poll_fn(|cx| {
            if let Poll::Ready(collected) = collecting.as_mut().poll(cx) {
                return Poll::Ready(collected);
            }
            loop {
                ready!(timer.as_mut().poll(cx));
                // More may have come meanwhile.
                let due = self.due();
                if due <= timer.deadline() {
                    let late = due >= self.end;
                    return Poll::Ready(Err(if late { Cause::Late } else { Cause::Slow }));
                }
                timer.as_mut().reset(due);
            }
        })
        .await
    }

    /// Until when more must come.
    fn due(&self) -> Instant {
        let milliseconds = self.came.get().saturating_mul(1000).checked_div(self.rate);
        let Some(milliseconds) = milliseconds else {
            return self.end;
        };
        let earned = Duration::from_millis(milliseconds as u64);
        let due = (self.begun + GRACE).checked_add(earned);
        due.map_or(self.end, |due| due.min(self.end))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A body of pieces, each with the milliseconds that it takes: what came of it, and after how long.
    async fn held(rate: usize, pieces: &[(u64, usize)]) -> (Result<(), Cause>, Duration) {
        let pace = Pace::new(PATIENCE, rate);
        let body = async {
            for (wait, bytes) in pieces {
                sleep(Duration::from_millis(*wait)).await;
                pace.came(*bytes);
            }
            Ok(())
        };
        (pace.hold(body).await, pace.begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn body_behind_its_rate_is_ended_after_a_while() {
        let (ended, after) = held(1000, &[(100, 500), (60_000, 1)]).await;
        assert_eq!(ended, Err(Cause::Slow));
        assert_eq!(after.as_millis() / 10, 350);
        let nothing = held(1000, &[(60_000, 1)]).await;
        assert_eq!(nothing.0, Err(Cause::Slow));
        assert_eq!(nothing.1.as_millis() / 10, 300);
        let drops: Vec<_> = (0..100).map(|_| (100, 50)).collect();
        let (ended, after) = held(1000, &drops).await;
        assert_eq!(ended, Err(Cause::Slow));
        assert!(after > GRACE && after < GRACE * 2 + GRACE, "{after:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_keeps_its_rate_has_until_the_end() {
        let steady: Vec<_> = (0..90).map(|_| (100, 110)).collect();
        assert_eq!(held(1000, &steady).await.0, Ok(()));
        let endless: Vec<_> = (0..1_000).map(|_| (100, 110)).collect();
        let (ended, after) = held(1000, &endless).await;
        assert_eq!(ended, Err(Cause::Late));
        assert_eq!(after.as_secs(), 10);
        // What is lost on the way and sent again is no slowness.
        assert_eq!(held(1000, &[(0, 100), (2_900, 9_000)]).await.0, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_only_the_end_counts() {
        let (ended, after) = held(0, &[(9_900, 1)]).await;
        assert_eq!((ended, after.as_secs()), (Ok(()), 9));
        assert_eq!(held(0, &[(20_000, 1)]).await.0, Err(Cause::Late));
    }
}
