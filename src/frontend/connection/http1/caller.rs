//! The caller's end of a connection: its heads, its bodies, and whether it is still there.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::io;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};

use super::super::link::Link;
use crate::http1::request::{Parser, RequestHead};
use crate::http1::{BodyError, Framing, HeadError, HeadLimits, Piece, Source, Wire};

/// A connection that the exchange reads the body from while the answer may be written to it. Each borrows it
/// for one poll.
#[derive(Debug)]
pub(super) struct Caller<S> {
    wire: RefCell<Wire<S>>,
    parser: RefCell<Parser>,
    promise: Cell<Promise>,
}

/// What is still to be said to a caller that waits with its body (RFC 9110 section 10.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// Nothing, or no longer.
    None,
    /// That it may go on, as soon as something asks for the body.
    Due,
    /// It is being said.
    Leaving,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Caller<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            wire: RefCell::new(Wire::new(stream)),
            parser: RefCell::default(),
            promise: Cell::new(Promise::None),
        }
    }

    pub(super) fn into_wire(self) -> Wire<S> {
        self.wire.into_inner()
    }

    /// For one poll.
    pub(super) fn wire(&self) -> std::cell::RefMut<'_, Wire<S>> {
        self.wire.borrow_mut()
    }

    /// The next head; nothing when the connection has ended, or is to end while nothing has come.
    pub(super) async fn head(
        &self,
        link: &Link,
        limits: HeadLimits,
    ) -> Option<Result<RequestHead, HeadError>> {
        std::future::poll_fn(|cx| self.poll_head(link, limits, cx)).await
    }

    fn poll_head(
        &self,
        link: &Link,
        limits: HeadLimits,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<RequestHead, HeadError>>> {
        let (mut wire, mut parser) = (self.wire.borrow_mut(), self.parser.borrow_mut());
        loop {
            if let Some(parsed) = parser.parse(wire.input(), limits).transpose() {
                return Poll::Ready(Some(parsed));
            }
            if parser.has_begun() {
                // It may have come with the request before, and is no less late for that.
                link.pulse.hear();
            } else if link.is_retired() {
                return Poll::Ready(None);
            }
            match wire.poll_fill(cx) {
                Poll::Ready(Ok(1..)) => {}
                Poll::Ready(_) => return Poll::Ready(None),
                Poll::Pending => {
                    wire.rest();
                    return Poll::Pending;
                }
            }
        }
    }

    /// From now on the body of a request arrives.
    pub(super) fn expect(&self, framing: Framing, waits: bool) {
        self.wire.borrow_mut().expect(framing);
        self.promise.set(match waits && framing != Framing::NONE {
            true => Promise::Due,
            false => Promise::None,
        });
    }

    /// The answer begins: nothing may be said before it any more.
    pub(super) fn answering(&self) {
        self.promise.set(Promise::None);
    }

    /// Ready when the caller has gone. Looks only once its request is whole; what comes behind it is the next
    /// request, and as long as that waits nothing can be seen.
    pub(super) fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut wire = self.wire.borrow_mut();
        if !wire.is_received() || !wire.input().is_empty() {
            return Poll::Pending;
        }
        match ready!(wire.poll_watch(cx)) {
            Ok(0) | Err(_) => Poll::Ready(()),
            Ok(_) => Poll::Pending,
        }
    }

    /// Takes what has arrived of a body that nobody wanted. Whether that was all of it.
    pub(super) fn skip_body(&self) -> bool {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut wire = self.wire.borrow_mut();
        for _ in 0..MAX_SKIPPED {
            if wire.is_received() {
                return true;
            }
            match wire.poll_body(&mut cx) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) | Poll::Pending => return false,
            }
        }
        false
    }

    /// Ends the connection once everything is written.
    pub(super) async fn close(&self) -> io::Result<()> {
        std::future::poll_fn(|cx| {
            let mut wire = self.wire.borrow_mut();
            ready!(wire.poll_flush(cx))?;
            wire.poll_shutdown(cx)
        })
        .await
    }
}

/// How many pieces of an unwanted body are taken before the connection is given up instead.
const MAX_SKIPPED: usize = 16;

impl<S: AsyncRead + AsyncWrite + Unpin + Debug> Source for Caller<S> {
    fn poll_piece(&self, cx: &mut Context<'_>) -> Poll<Result<Piece, BodyError>> {
        let mut wire = self.wire.borrow_mut();
        if self.promise.get() == Promise::Due {
            self.promise.set(Promise::Leaving);
            wire.head()
                .extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        if self.promise.get() == Promise::Leaving && wire.poll_flush(cx)?.is_ready() {
            self.promise.set(Promise::None);
        }
        wire.poll_body(cx)
    }
}
