//! A future that is asked only when it was woken.
//!
//! A connection's task waits for its bytes and, beside them, for things that hardly ever happen: the end of
//! the service, the next tick of a slow clock. Every byte wakes the task, and asking those each time would
//! cost more than reading a head. So they wake the task through a waker that notes who woke it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// A future that is asked only when it was woken.
#[derive(Debug)]
pub(super) struct Seldom<F> {
    future: Pin<Box<F>>,
    bell: Arc<Bell>,
    waker: Waker,
    /// The waker of the task, as the bell knows it.
    task: Option<Waker>,
}

#[derive(Debug, Default)]
struct Bell {
    rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl<F: Future> Seldom<F> {
    pub(super) fn new(future: F) -> Self {
        let bell = Arc::<Bell>::default();
        Self {
            future: Box::pin(future),
            waker: Waker::from(Arc::clone(&bell)),
            bell,
            task: None,
        }
    }

    /// Changes the future; it is asked at the next poll.
    pub(super) fn change(&mut self, change: impl FnOnce(Pin<&mut F>)) {
        change(self.future.as_mut());
        self.bell.rung.store(true, Ordering::Relaxed);
    }

    /// Like [`Future::poll`].
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let is_known = self
            .task
            .as_ref()
            .is_some_and(|task| task.will_wake(cx.waker()));
        if is_known && !self.bell.rung.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        if !is_known {
            self.task = Some(cx.waker().clone());
        }
        // A bell that has rung has forgotten whom it woke. Both before asking: who rings while the future is
        // asked is heard the next time.
        self.bell.task.register(cx.waker());
        self.bell.rung.store(false, Ordering::Release);
        self.future
            .as_mut()
            .poll(&mut Context::from_waker(&self.waker))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::rc::Rc;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn future_is_asked_when_it_is_woken_and_not_before() {
        let asked = Rc::new(Cell::new(0));
        let count = Rc::clone(&asked);
        let mut sleep = Box::pin(tokio::time::sleep(Duration::from_secs(1)));
        let mut seldom = Seldom::new(poll_fn(move |cx| {
            count.set(count.get() + 1);
            sleep.as_mut().poll(cx)
        }));
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            while ticks.poll_tick(cx).is_ready() {}
            seldom.poll(cx)
        })
        .await;
        assert!(polls > 90, "{polls}");
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn task_that_moves_to_another_waker_is_woken_there() {
        let mut seldom = Seldom::new(tokio::time::sleep(Duration::from_secs(1)));
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(seldom.poll(&mut nobody).is_pending());
        poll_fn(|cx| seldom.poll(cx)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn changed_future_is_asked_again() {
        let mut seldom = Seldom::new(tokio::time::sleep(Duration::from_secs(1)));
        for _ in 0..3 {
            poll_fn(|cx| seldom.poll(cx)).await;
            let next = tokio::time::Instant::now() + Duration::from_secs(1);
            seldom.change(|sleep| sleep.reset(next));
        }
    }
}
