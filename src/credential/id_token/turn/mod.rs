//! Whose turn it is to have a signature checked.
//!
//! A worker is one thread, and a check holds it for tens of microseconds, some for hundreds. When
//! hundreds of requests want one at the same moment, everybody else would have to wait for all of
//! them. So a worker makes one check, lets its runtime go round (whatever is ready runs, the sockets
//! are looked at), and makes the next, in the order of arrival. A known token needs no check and waits
//! for one at the most.
//!
//! Always: who comes alone does not wait; who waits is let in or refused, also when others give up;
//! no more wait than [`MOST`].

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::telemetry::Gauge;

/// The most tokens that wait in one worker. With RS256 the last of them waits a tenth of a second.
pub(super) const MOST: usize = 4_096;

thread_local! {
    static LINE: Arc<Line> = Arc::default();
}

/// The line of one worker. Nobody else uses the lock, unless a future moves to another thread.
#[derive(Default)]
struct Line(Mutex<State>);

#[derive(Default)]
struct State {
    /// A check was made, and the runtime has not gone round since.
    resting: bool,
    waiting: VecDeque<Waiting>,
    next: u64,
}

struct Waiting {
    number: u64,
    waker: Option<Waker>,
}

/// More wait than may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// The right to make one check now, without waiting for anything first.
#[must_use]
pub(super) struct Turn {
    line: Arc<Line>,
    /// Who had to wait stands in the line until the check is made.
    place: Option<Place>,
}

impl Turn {
    /// Waits for a turn; at once when nobody is before us.
    pub(super) async fn next(waiting: Option<&Gauge>) -> Result<Self, Full> {
        let line = LINE.with(Arc::clone);
        let place = match line.enter()? {
            None => None,
            Some(number) => {
                let place = Place::new(&line, number, waiting);
                poll_fn(|cx| line.poll_first(number, cx)).await;
                // The runtime runs what is ready and looks at the sockets before it comes back.
                tokio::task::yield_now().await;
                Some(place)
            }
        };
        Ok(Self { line, place })
    }

    /// Whether others were before us, who may have done the work.
    pub(super) fn waited(&self) -> bool {
        self.place.is_some()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.line.rest();
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number to wait with, or nothing when it is our turn already.
    fn enter(&self) -> Result<Option<u64>, Full> {
        let mut state = self.state();
        if !state.resting && state.waiting.is_empty() {
            return Ok(None);
        }
        if state.waiting.len() >= MOST {
            return Err(Full);
        }
        let number = state.next;
        state.next += 1;
        state.waiting.push_back(Waiting {
            number,
            waker: None,
        });
        Ok(Some(number))
    }

    fn poll_first(&self, number: u64, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        let Ok(at) = state.position(number) else {
            return Poll::Ready(());
        };
        match state.waiting.get_mut(at) {
            Some(waiting) if at > 0 => {
                waiting.waker = Some(cx.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }

    fn leave(&self, number: u64) {
        let mut state = self.state();
        let Ok(at) = state.position(number) else {
            return;
        };
        state.waiting.remove(at);
        let next = match at {
            0 => state.waiting.front_mut(),
            _ => None,
        };
        let waker = next.and_then(|next| next.waker.take());
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// After a check: who comes now waits until the runtime has gone round.
    fn rest(self: &Arc<Self>) {
        if std::mem::replace(&mut self.state().resting, true) {
            return;
        }
        // What is deferred is woken when the runtime has looked at its sockets. Outside of a runtime
        // that is at once.
        let waker = Waker::from(Arc::new(Round(Arc::clone(self))));
        let deferred = pin!(tokio::task::yield_now());
        let _ = deferred.poll(&mut Context::from_waker(&waker));
    }
}

impl State {
    /// Where a number stands; numbers only grow.
    fn position(&self, number: u64) -> Result<usize, usize> {
        self.waiting
            .binary_search_by_key(&number, |waiting| waiting.number)
    }
}

/// A place in the line, given up when it is dropped.
struct Place {
    line: Arc<Line>,
    number: u64,
    gauge: Option<Gauge>,
}

impl Place {
    fn new(line: &Arc<Line>, number: u64, gauge: Option<&Gauge>) -> Self {
        let gauge = gauge.cloned();
        if let Some(gauge) = &gauge {
            gauge.inc();
        }
        Self {
            line: Arc::clone(line),
            number,
            gauge,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.line.leave(self.number);
        if let Some(gauge) = &self.gauge {
            gauge.dec();
        }
    }
}

/// Ends the rest when the runtime has gone round, or is gone itself.
struct Round(Arc<Line>);

impl Wake for Round {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Round {
    fn drop(&mut self) {
        self.0.state().resting = false;
    }
}

#[cfg(test)]
mod tests;
