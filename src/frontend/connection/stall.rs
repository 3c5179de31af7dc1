//! Streams whose caller takes no more of an answer.
//!
//! In HTTP/2 a caller can close its window on one stream and keep the connection alive (RFC 9113 section 5.2).
//! hyper then asks the answer's body for nothing, so that no time-out inside the body is looked at, and the
//! upstream's connection would be held for as long as the caller likes. So every stream's task has a time-out
//! of its own, which runs while the body waits to be asked.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use hyper::rt::Executor;

use crate::upstream::Silence;

tokio::task_local! {
    static STREAM: Rc<Handed>;
}

/// What the body of one stream's answer has handed out.
#[derive(Debug, Default)]
struct Handed {
    frames: Cell<u32>,
    /// How long the next frame may stay unasked for; nothing while the body is the one to be waited for.
    limit: Cell<Option<Duration>>,
}

/// The body was asked for a frame.
pub(super) fn asked() {
    // Outside of a stream's task, in HTTP/1, the connection's writes are watched instead.
    let _ = STREAM.try_with(|stream| stream.limit.set(None));
}

/// The body handed out a frame, and is to be asked again before `limit` has passed twice.
pub(super) fn handed(limit: Duration) {
    let _ = STREAM.try_with(|stream| {
        stream.frames.set(stream.frames.get().wrapping_add(1));
        stream.limit.set(Some(limit));
    });
}

/// Spawns streams onto the worker's thread, and drops those that stall: the caller sees its stream reset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streams;

impl<F: Future + 'static> Executor<F> for Streams {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(unless_stalled(future));
    }
}

async fn unless_stalled(stream: impl Future) {
    let handed = Rc::new(Handed::default());
    let mut stream = pin!(STREAM.scope(Rc::clone(&handed), stream));
    let mut silence: Option<Silence> = None;
    std::future::poll_fn(|cx| {
        if stream.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let Some(limit) = handed.limit.get() else {
            return Poll::Pending;
        };
        let silence = silence.get_or_insert_with(|| Silence::new(limit));
        silence.poll(handed.frames.get(), cx)
    })
    .await;
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    async fn duration(stream: impl Future) -> Duration {
        let start = Instant::now();
        unless_stalled(stream).await;
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn stream_whose_frame_is_not_taken_ends() {
        let stalled = async {
            handed(LIMIT);
            std::future::pending::<()>().await;
        };
        assert!(duration(stalled).await <= 2 * LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn stream_that_waits_for_its_upstream_is_left_alone() {
        let waiting = async {
            handed(LIMIT);
            asked();
            sleep(10 * LIMIT).await;
        };
        assert_eq!(duration(waiting).await, 10 * LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn stream_that_moves_now_and_then_is_left_alone() {
        let slow = async {
            for _ in 0..20 {
                asked();
                handed(LIMIT);
                sleep(LIMIT / 2).await;
            }
        };
        assert_eq!(duration(slow).await, 10 * LIMIT);
    }
}
