//! Time in ticks: one timer for all of a pool's connections, none per request.
//!
//! Whoever waits for an upstream takes a seat with a time on it. The tick looks at the seats and wakes those
//! whose time has come; a request that is answered before costs two stores and no clock.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The longest tick. A time-out is noticed up to two ticks late.
const LONGEST: Duration = Duration::from_secs(1);
/// The shortest.
const SHORTEST: Duration = Duration::from_millis(5);
/// How many ticks the shortest limit has.
const PER_LIMIT: u32 = 4;
/// What nobody waits until.
const NEVER: u64 = u64::MAX;

/// The time of one pool.
#[derive(Debug)]
pub(super) struct Clock {
    tick: Duration,
    now: Cell<u64>,
    seats: RefCell<Vec<Weak<Seat>>>,
}

/// A place to wait at, one per connection.
#[derive(Debug)]
pub(super) struct Seat {
    due: Cell<u64>,
    waker: RefCell<Option<Waker>>,
}

impl Clock {
    /// A clock that is fine enough for all of `limits`.
    pub(super) fn new(limits: impl IntoIterator<Item = Duration>) -> Self {
        let limits = limits.into_iter().filter(|limit| !limit.is_zero());
        let shortest = limits.min().unwrap_or(LONGEST);
        Self {
            tick: (shortest / PER_LIMIT).clamp(SHORTEST, LONGEST),
            now: Cell::new(0),
            seats: RefCell::default(),
        }
    }

    /// How long a tick is.
    pub(super) fn tick(&self) -> Duration {
        self.tick
    }

    pub(super) fn now(&self) -> u64 {
        self.now.get()
    }

    /// So many ticks pass in at most `limit`.
    pub(super) fn within(&self, limit: Duration) -> u64 {
        u64::try_from(limit.as_nanos() / self.tick.as_nanos().max(1)).unwrap_or(NEVER)
    }

    /// So many ticks pass in no less than `limit`, counted from anywhere between two.
    pub(super) fn at_least(&self, limit: Duration) -> u64 {
        self.within(limit).saturating_add(2)
    }

    /// A new seat.
    pub(super) fn seat(&self) -> Rc<Seat> {
        let seat = Rc::new(Seat {
            due: Cell::new(NEVER),
            waker: RefCell::default(),
        });
        self.seats.borrow_mut().push(Rc::downgrade(&seat));
        seat
    }

    /// A tick has passed: wakes those who have waited long enough. Says whether there are seats at all.
    pub(super) fn advance(&self) -> bool {
        let now = self.now.get() + 1;
        self.now.set(now);
        let mut seats = self.seats.borrow_mut();
        seats.retain(|seat| seat.upgrade().is_some_and(|seat| seat.look(now)));
        !seats.is_empty()
    }
}

impl Seat {
    /// Ready when nothing has moved for `limit` ticks.
    pub(super) fn wait(
        &self,
        clock: &Clock,
        limit: u64,
        moved: bool,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if moved || self.due.get() == NEVER {
            self.due.set(clock.now().saturating_add(limit));
        } else if self.due.get() <= clock.now() {
            return Poll::Ready(());
        }
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|own| own.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Nobody waits any more.
    pub(super) fn leave(&self) {
        self.due.set(NEVER);
    }

    fn look(&self, now: u64) -> bool {
        let mut waker = self.waker.borrow_mut();
        if self.due.get() == NEVER {
            // A waker keeps its task in memory.
            *waker = None;
        } else if self.due.get() <= now
            && let Some(waker) = &*waker
        {
            waker.wake_by_ref();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    const LIMIT: Duration = Duration::from_secs(2);

    #[test]
    fn tick_is_a_fraction_of_the_shortest_limit() {
        for (limits, tick) in [
            ([60_000, 300_000, 4000], 1000),
            ([60_000, 300_000, 400], 100),
            ([60_000, 0, 4], 5),
        ] {
            let clock = Clock::new(limits.map(Duration::from_millis));
            assert_eq!(clock.tick(), Duration::from_millis(tick));
        }
    }

    #[test]
    fn who_sees_nothing_move_is_woken_once_the_limit_has_passed() {
        let clock = Clock::new([LIMIT]);
        let (seat, woken) = (clock.seat(), Arc::new(Woken::default()));
        let waker = Arc::clone(&woken).into();
        let mut cx = Context::from_waker(&waker);
        let limit = clock.at_least(LIMIT);
        let mut poll = |moved| seat.wait(&clock, limit, moved, &mut cx).is_ready();
        assert!(!poll(false));
        // Five whole ticks lie within six that are begun.
        for _ in 0..5 {
            assert!(clock.advance());
        }
        assert!(!poll(true));
        for _ in 0..5 {
            clock.advance();
        }
        assert!(!poll(false));
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        clock.advance();
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(poll(false));
    }

    #[test]
    fn who_left_is_not_woken_and_may_begin_to_wait_anew() {
        let clock = Clock::new([LIMIT]);
        let (seat, woken) = (clock.seat(), Arc::new(Woken::default()));
        let waker = Arc::clone(&woken).into();
        let mut cx = Context::from_waker(&waker);
        assert!(seat.wait(&clock, 1, false, &mut cx).is_pending());
        seat.leave();
        for _ in 0..3 {
            clock.advance();
        }
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        assert!(seat.waker.borrow().is_none());
        assert!(seat.wait(&clock, 1, false, &mut cx).is_pending());
        drop(seat);
        assert!(!clock.advance());
    }
}
