//! What is to be written, in as few system calls as can be.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

use super::encode::{LAST_CHUNK, LAST_CHUNK_BEHIND_DATA};

/// Data up to this size is copied behind what is written already; more is handed over as it is.
const COPIED: usize = 4 << 10;
/// How much may wait before it must be written, in bytes.
const FULL: usize = 16 << 10;
/// How much room is kept for the next message, in bytes.
const KEPT: usize = 32 << 10;

/// Bytes on their way out: heads and small data first, then at most one large piece, then its end.
#[derive(Debug, Default)]
pub(super) struct Output {
    front: Vec<u8>,
    /// How much of `front` is written.
    written: usize,
    large: Bytes,
    /// What follows the large piece.
    tail: &'static [u8],
}

impl Output {
    /// Where heads are written. Only while there is room.
    pub(super) fn front(&mut self) -> &mut Vec<u8> {
        // What was written is forgotten only now: a message that got nowhere can be written again.
        if self.written > 0 && self.written == self.front.len() {
            self.front.clear();
            self.front.shrink_to(KEPT);
            self.written = 0;
        }
        &mut self.front
    }

    /// Adds data with what follows it. Only while there is room.
    pub(super) fn push(&mut self, data: Bytes, tail: &'static [u8]) {
        if data.len() <= COPIED {
            let front = self.front();
            front.extend_from_slice(&data);
            front.extend_from_slice(tail);
        } else {
            (self.large, self.tail) = (data, tail);
        }
    }

    /// Adds the end of a body in chunks. Also where there is no room, because the end can come with a large
    /// piece: it stands behind it.
    pub(super) fn push_last_chunk(&mut self) {
        match self.large.is_empty() {
            true => self.front().extend_from_slice(LAST_CHUNK),
            false => self.tail = LAST_CHUNK_BEHIND_DATA,
        }
    }

    /// Whether more may be added before this is written.
    pub(super) fn has_room(&self) -> bool {
        self.large.is_empty() && self.tail.is_empty() && self.front.len() - self.written < FULL
    }

    /// How many bytes are still to be written.
    pub(super) fn len(&self) -> usize {
        self.front.len() - self.written + self.large.len() + self.tail.len()
    }

    /// Whether something is to be written and nothing of it was.
    pub(super) fn is_untouched(&self) -> bool {
        self.written == 0 && !self.front.is_empty()
    }

    /// Has what stands in front written again, from its beginning.
    pub(super) fn rewind(&mut self) {
        self.written = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.large.is_empty() && self.tail.is_empty() && self.written == self.front.len()
    }

    /// Ready when everything is written.
    pub(super) fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            let front = self.front.get(self.written..).unwrap_or_default();
            let written = if self.large.is_empty() && self.tail.is_empty() {
                ready!(Pin::new(&mut *stream).poll_write(cx, front))?
            } else {
                let parts = [front, &self.large, self.tail].map(IoSlice::new);
                let parts = match front.is_empty() {
                    true => parts.get(1..).unwrap_or_default(),
                    false => &parts,
                };
                ready!(Pin::new(&mut *stream).poll_write_vectored(cx, parts))?
            };
            if written == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        // TLS may hold bytes back.
        Pin::new(stream).poll_flush(cx)
    }

    fn advance(&mut self, written: usize) {
        let front = written.min(self.front.len() - self.written);
        self.written += front;
        let large = (written - front).min(self.large.len());
        self.large.advance(large);
        if self.large.is_empty() {
            // An empty rest would keep what it is the rest of, for as long as the connection is idle.
            self.large = Bytes::new();
        }
        let tail = written - front - large;
        self.tail = self.tail.get(tail..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Takes so many bytes at a time.
    struct Slow(usize, Vec<u8>);

    impl AsyncWrite for Slow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let taken = bytes.len().min(self.0);
            self.1.extend_from_slice(&bytes[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            parts: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let all: Vec<u8> = parts.iter().flat_map(|part| part.to_vec()).collect();
            self.poll_write(cx, &all)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn every_byte_is_written_once_in_order_however_slowly() {
        let large = Bytes::from(vec![b'x'; COPIED + 1]);
        for step in [1, 2, 5, 1000, 100_000] {
            let (mut output, mut stream) = (Output::default(), Slow(step, Vec::new()));
            let mut cx = Context::from_waker(std::task::Waker::noop());
            for round in 0..2 {
                output.front().extend_from_slice(b"head");
                output.push(Bytes::from_static(b"small"), b"\r\n");
                assert!(output.has_room());
                output.push(large.clone(), b"\r\n");
                assert!(!output.has_room());
                assert!(output.poll_flush(&mut stream, &mut cx).is_ready());
                assert!(output.is_empty());
                let expected = [b"headsmall\r\n", &large[..], b"\r\n"]
                    .concat()
                    .repeat(round + 1);
                assert!(stream.1 == expected, "{step}");
            }
        }
    }

    #[test]
    fn large_piece_is_let_go_of_once_it_is_written() {
        let held = Arc::new(vec![b'x'; COPIED + 1]);
        struct Piece(Arc<Vec<u8>>);
        impl AsRef<[u8]> for Piece {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        let (mut output, mut stream) = (Output::default(), Slow(1000, Vec::new()));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        output.push(Bytes::from_owner(Piece(Arc::clone(&held))), b"");
        assert_eq!(Arc::strong_count(&held), 2);
        assert!(output.poll_flush(&mut stream, &mut cx).is_ready());
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn what_was_written_last_can_be_written_again() {
        let (mut output, mut stream) = (Output::default(), Slow(3, Vec::new()));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        output.front().extend_from_slice(b"first");
        assert!(output.is_untouched());
        assert!(output.poll_flush(&mut stream, &mut cx).is_ready());
        assert!(!output.is_untouched() && output.is_empty());
        output.rewind();
        assert!(output.is_untouched());
        assert!(output.poll_flush(&mut stream, &mut cx).is_ready());
        output.front().extend_from_slice(b"next");
        assert_eq!(output.len(), 4);
        assert!(output.poll_flush(&mut stream, &mut cx).is_ready());
        assert_eq!(stream.1, b"firstfirstnext");
    }

    #[test]
    fn last_chunk_stands_behind_all_data() {
        for data in [&b"small"[..], &[b'x'; COPIED + 1]] {
            let (mut output, mut stream) = (Output::default(), Slow(1000, Vec::new()));
            let mut cx = Context::from_waker(std::task::Waker::noop());
            output.front().extend_from_slice(b"size\r\n");
            output.push(Bytes::from_static(data), b"\r\n");
            output.push_last_chunk();
            assert!(output.poll_flush(&mut stream, &mut cx).is_ready());
            assert_eq!(stream.1, [b"size\r\n", data, b"\r\n0\r\n\r\n"].concat());
        }
    }

    #[test]
    fn stream_that_takes_nothing_is_broken() {
        let (mut output, mut stream) = (Output::default(), Slow(0, Vec::new()));
        output.front().push(b'a');
        let polled = output.poll_flush(
            &mut stream,
            &mut Context::from_waker(std::task::Waker::noop()),
        );
        assert!(matches!(polled, Poll::Ready(Err(_))));
    }
}
