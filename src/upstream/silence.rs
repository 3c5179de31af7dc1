//! When nothing has moved for too long, in HTTP/2.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Notices silence. It keeps one timer, made when something first has to be waited for, and looks only
/// whether anything moved since the timer was set: so silence ends after one to two times the limit, and a
/// frame costs no clock.
#[derive(Debug)]
pub struct Silence {
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    seen: u32,
}

impl Silence {
    /// Looks every `limit`; the first poll that is waited for begins it.
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            timer: None,
            seen: 0,
        }
    }

    /// Ready when the count of `frames` has stood still for the limit.
    pub fn poll(&mut self, frames: u32, cx: &mut Context<'_>) -> Poll<()> {
        let (seen, limit) = (&mut self.seen, self.limit);
        let timer = self.timer.get_or_insert_with(|| {
            *seen = frames;
            Box::pin(tokio::time::sleep(limit))
        });
        loop {
            ready!(timer.as_mut().poll(cx));
            if *seen == frames {
                return Poll::Ready(());
            }
            *seen = frames;
            timer.as_mut().reset(Instant::now() + limit);
        }
    }
}
