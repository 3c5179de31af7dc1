//! One fetch at a time, and who waits for it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// The state of a key set's fetches, shared by those who wait and the one who fetches.
#[derive(Debug)]
pub(super) struct Flights {
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// A fetch is under way, or was asked for and will be.
    pending: bool,
    /// Somebody asked for it; otherwise it is a scheduled one.
    demanded: bool,
    /// Fetches that have ended, well or badly.
    ended: u64,
    /// Nobody may ask for another one before this.
    quiet_until: Option<Instant>,
}

/// What became of asking for a fetch.
#[derive(Debug)]
pub(super) enum Ask {
    /// Wait for the one under way; `first` says that the one who fetches has to be woken.
    Wait(Waiting, bool),
    /// The last one asked for ended too recently.
    TooSoon,
}

/// A place among those who wait for a fetch to end.
#[derive(Debug)]
pub(super) struct Waiting {
    state: watch::Receiver<State>,
    ended: u64,
}

impl Flights {
    /// The first fetch is due at once: whoever comes before its end waits for it.
    pub(super) fn new(pending: bool) -> Self {
        Self {
            state: watch::Sender::new(State {
                pending,
                demanded: false,
                ended: 0,
                quiet_until: None,
            }),
        }
    }

    /// Joins the fetch that is under way, or asks for one.
    pub(super) fn ask(&self, now: Instant) -> Ask {
        let too_soon = |state: &State| {
            !state.pending
                && state
                    .quiet_until
                    .is_some_and(|quiet_until| now < quiet_until)
        };
        // Most askers of a flood end here, with a shared lock.
        if too_soon(&self.state.borrow()) {
            return Ask::TooSoon;
        }
        let mut waiting = Waiting {
            state: self.state.subscribe(),
            ended: 0,
        };
        let (mut first, mut refused) = (false, false);
        self.state.send_if_modified(|state| {
            refused = too_soon(state);
            first = !state.pending && !refused;
            if first {
                (state.pending, state.demanded) = (true, true);
            }
            waiting.ended = state.ended;
            // Those who wait are told of ends only.
            false
        });
        if refused {
            Ask::TooSoon
        } else {
            Ask::Wait(waiting, first)
        }
    }

    /// Whether a fetch is owed to somebody.
    pub(super) fn is_pending(&self) -> bool {
        self.state.borrow().pending
    }

    /// A fetch begins.
    pub(super) fn begin(&self) {
        self.state.send_if_modified(|state| {
            state.pending = true;
            false
        });
    }

    /// The fetch ended: everyone who waits looks again. One that was asked for starts the pause.
    pub(super) fn end(&self, now: Instant, cooldown: Duration) {
        self.state.send_modify(|state| {
            if state.demanded {
                state.quiet_until = now.checked_add(cooldown);
            }
            (state.pending, state.demanded) = (false, false);
            state.ended += 1;
        });
    }
}

impl Waiting {
    /// Waits for the end of the fetch, at most so long. Works from any runtime.
    pub(super) async fn wait(mut self, limit: Duration) {
        let ended = self.ended;
        let over = self.state.wait_for(|state| state.ended > ended);
        // Too late, or the set is gone: the caller looks again and finds what there is.
        let _ = timeout(limit, over).await;
    }
}
