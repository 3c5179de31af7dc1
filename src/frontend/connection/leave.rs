//! The end of service on one connection, without losing a request that is on its way.
//!
//! HTTP/2 can say which streams will still be served (RFC 9113 section 6.8). HTTP/1 can only say
//! `Connection: close` in an answer (RFC 9112 section 9.6): a connection that is closed between two
//! requests may lose the second, which its caller was right to send. So every further answer says it,
//! and only a connection on which nothing comes is closed unasked.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use super::link::Link;

/// How often a connection is asked whether it is silent. Silent twice is silent.
const TICK: Duration = Duration::from_millis(500);

/// Waits for a connection to fall silent.
#[derive(Debug)]
pub(super) struct Leave {
    timer: Pin<Box<Sleep>>,
    /// How many requests had begun when it was silent last.
    silent_at: Option<u64>,
}

impl Leave {
    /// From now on answers say that they are the last.
    pub(super) fn begin(link: &Link) -> Self {
        link.leave();
        Self {
            timer: Box::pin(sleep(TICK)),
            silent_at: None,
        }
    }

    /// Ready when nothing came for a while.
    pub(super) fn poll(&mut self, link: &Link, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            self.timer.as_mut().reset(Instant::now() + TICK);
            let now = link.silent_at();
            if now.is_some() && now == self.silent_at {
                return Poll::Ready(());
            }
            self.silent_at = now;
        }
    }
}
