//! A caller's bytes, watched, and closed so that the last answer arrives.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How much of an unread request is taken off the wire before closing, in bytes. A proxy in front may send all of a
/// body before it looks for an answer, and says 502 when it is cut off.
const LINGER_BYTES: usize = 16 << 20;
/// How long that may take.
const LINGER_TIME: Duration = Duration::from_secs(5);

/// Signs of life on a connection. Atomic because a stream that leaves HTTP must be able to change threads,
/// though it never does.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    heard: AtomicBool,
    stuck: AtomicBool,
    moved: AtomicU32,
    linger: AtomicBool,
}

impl Pulse {
    /// Whether anything came since [`Pulse::forget_heard`].
    pub(super) fn heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// Something came that [`Pulse::forget_heard`] forgot.
    pub(super) fn hear(&self) {
        self.heard.store(true, Ordering::Relaxed);
    }

    pub(super) fn forget_heard(&self) {
        self.heard.store(false, Ordering::Relaxed);
    }

    /// Whether the other end does not take what we write.
    pub(super) fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Relaxed)
    }

    /// A count that changes when bytes move.
    pub(super) fn moved(&self) -> u32 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Before closing, take what the caller is still sending: closing over unread bytes would reset the
    /// connection, and the reset can overtake the answer (RFC 9112 section 9.6).
    pub(super) fn linger(&self) {
        self.linger.store(true, Ordering::Relaxed);
    }

    fn wrote(&self, polled: &Poll<io::Result<usize>>) {
        self.stuck.store(polled.is_pending(), Ordering::Relaxed);
        if polled.is_ready() {
            self.moved.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A stream that keeps its [`Pulse`] up to date.
#[derive(Debug)]
pub(super) struct Watched<S> {
    inner: S,
    pulse: Arc<Pulse>,
    closing: Option<Closing>,
}

/// The end of a connection whose last request was not read to its end.
#[derive(Debug)]
struct Closing {
    timer: Pin<Box<Sleep>>,
    left: usize,
}

impl<S> Watched<S> {
    pub(super) fn new(inner: S, pulse: &Arc<Pulse>) -> Self {
        Self {
            inner,
            pulse: Arc::clone(pulse),
            closing: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if polled.is_ready() {
            self.pulse.heard.store(true, Ordering::Relaxed);
            self.pulse.moved.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.pulse.wrote(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.pulse.wrote(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // TLS takes what it cannot pass on: then it is here that the other end shows.
        let polled = Pin::new(&mut self.inner).poll_flush(cx);
        self.pulse
            .stuck
            .store(polled.is_pending(), Ordering::Relaxed);
        polled
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let closing = match &mut this.closing {
            Some(closing) => closing,
            None => {
                ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
                if !this.pulse.linger.load(Ordering::Relaxed) {
                    return Poll::Ready(Ok(()));
                }
                this.closing.insert(Closing {
                    timer: Box::pin(tokio::time::sleep(LINGER_TIME)),
                    left: LINGER_BYTES,
                })
            }
        };
        closing.poll(Pin::new(&mut this.inner), cx).map(Ok)
    }
}

impl Closing {
    /// Reads and forgets, until the caller is done or has had its share.
    fn poll(&mut self, mut stream: Pin<&mut impl AsyncRead>, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 4096];
        while self.left > 0 && self.timer.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut space);
            match ready!(stream.as_mut().poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    self.left = self.left.saturating_sub(buffer.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Takes everything and passes nothing on, as TLS does for a while.
    struct Full;

    impl AsyncWrite for Full {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncRead for Full {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    #[test]
    fn caller_that_takes_nothing_of_what_tls_holds_is_stuck() {
        let pulse = Arc::default();
        let mut stream = Watched::new(Full, &pulse);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(
            Pin::new(&mut stream)
                .poll_write(&mut cx, b"answer")
                .is_ready()
        );
        assert!(!pulse.is_stuck());
        assert!(Pin::new(&mut stream).poll_flush(&mut cx).is_pending());
        assert!(pulse.is_stuck());
    }
}
