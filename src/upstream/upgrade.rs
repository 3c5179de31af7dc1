//! Leaving HTTP: when caller and upstream agree on another protocol, bytes are copied.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderValue;
use http::header::{CONNECTION, UPGRADE};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connect::Stream;
use super::connection::Connection;
use super::headers::tokens;
use super::metrics::Open;
use crate::http1::Bare;
use crate::model::{Fields, ascii};

/// The protocol that a caller offers to switch to: named once, alone, and by `Connection` too (RFC 9110
/// section 7.8). HTTP/2 is not switched to: what would follow is HTTP, and must be judged as such.
pub(super) fn offered(headers: &Fields) -> Option<HeaderValue> {
    let mut values = headers.get_all(&UPGRADE);
    let value = values.next()?;
    let alone = values.next().is_none() && !value.contains(&b',');
    let text = ascii(value)?;
    let is_http = text
        .get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case("h2"))
        || text
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("http/"));
    let named = tokens(headers, &CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade"));
    let fit = alone && named && !is_http && !text.is_empty();
    headers.value(&UPGRADE).filter(|_| fit)
}

/// Writes the offer, or its acceptance, into a head that has been cleared of both fields.
pub(super) fn set(headers: &mut Fields, protocol: &HeaderValue) {
    headers.set(&CONNECTION, &HeaderValue::from_static("upgrade"));
    headers.set(&UPGRADE, protocol);
}

/// Whether an upstream's 101 names exactly the protocol that was offered.
pub(super) fn accepted(headers: &Fields, offered: &HeaderValue) -> bool {
    let mut values = headers.get_all(&UPGRADE);
    let same = values
        .next()
        .is_some_and(|value| value.eq_ignore_ascii_case(offered.as_bytes()));
    same && values.next().is_none()
}

/// The upstream's half of an agreed switch.
#[derive(Debug)]
pub struct Tunnel {
    upstream: Bare<Stream>,
    open: Open,
    idle: Duration,
}

impl Tunnel {
    /// What has come behind the agreement is the first of what is copied.
    pub(super) fn new(connection: Connection, idle: Duration) -> Self {
        Self {
            upstream: connection.wire.into_bare(),
            open: connection.open,
            idle,
        }
    }

    /// Copies bytes both ways until both sides are done, one of them breaks, or nothing has moved for the
    /// upstream's idle time-out.
    pub async fn run(self, caller: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let Self {
            mut upstream,
            open: _counted_until_its_end,
            idle,
        } = self;
        let moved = Rc::new(Cell::new(0));
        let mut caller = Counted {
            inner: caller,
            moved: Rc::clone(&moved),
        };
        tokio::select! {
            copied = tokio::io::copy_bidirectional(&mut caller, &mut upstream) => copied.map(drop),
            () = silence(&moved, idle) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// Ends when the count stood still for a whole limit.
async fn silence(moved: &Cell<u64>, limit: Duration) {
    let mut seen = moved.get();
    loop {
        tokio::time::sleep(limit).await;
        if moved.get() == seen {
            return;
        }
        seen = moved.get();
    }
}

/// Counts what passes, either way.
struct Counted<T> {
    inner: T,
    moved: Rc<Cell<u64>>,
}

impl<T> Counted<T> {
    fn count(&self) {
        self.moved.set(self.moved.get().wrapping_add(1));
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Counted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if polled.is_ready() {
            self.count();
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if polled.is_ready() {
            self.count();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_names_one_protocol_twice() {
        let good = Fields::of(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
        ]);
        assert_eq!(offered(&good).unwrap(), "websocket");
        for fields in [
            &[("upgrade", "websocket")][..],
            &[("connection", "upgrade")],
            &[("connection", "upgrade"), ("upgrade", "h2c")],
            &[("connection", "upgrade"), ("upgrade", "H2C")],
            &[("connection", "upgrade"), ("upgrade", "HTTP/2.0")],
            &[("connection", "upgrade"), ("upgrade", "websocket, h2c")],
            &[
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("upgrade", "h2c"),
            ],
        ] {
            assert_eq!(offered(&Fields::of(fields)), None, "{fields:?}");
        }
    }

    #[test]
    fn only_the_offered_protocol_is_switched_to() {
        let offer = HeaderValue::from_static("websocket");
        assert!(accepted(&Fields::of(&[("upgrade", "WebSocket")]), &offer));
        for fields in [
            &[][..],
            &[("upgrade", "h2c")],
            &[("upgrade", "websocket"), ("upgrade", "h2c")],
        ] {
            assert!(!accepted(&Fields::of(fields), &offer), "{fields:?}");
        }
    }
}
