//! One connection: what has arrived and what is to leave.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::bare::Bare;
use super::body::{Decoder, Piece};
use super::output::Output;
use super::{BodyError, Framing, encode};

/// What is read at once at least, in bytes.
const READ: usize = 8 << 10;
/// What is read at once at most, in bytes: reached when reads keep coming back full.
const MAX_READ: usize = 64 << 10;

/// A connection with its buffers, and the body that is arriving on it.
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    input: BytesMut,
    output: Output,
    incoming: Decoder,
    outgoing: Option<Coding>,
    read: usize,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    /// As it is.
    Plain,
    Chunked,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// A connection on which nothing has been said.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            output: Output::default(),
            incoming: Framing::NONE.into(),
            outgoing: None,
            read: READ,
        }
    }

    /// The connection itself.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// What has arrived and was not taken.
    pub fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    /// Reads once, whatever has arrived: how many bytes, and none at the end.
    pub fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        // Half is enough: then a buffer takes several small messages before it has to be made anew.
        if self.input.capacity() - self.input.len() < self.read / 2 {
            self.input.reserve(self.read);
        }
        self.poll_read(cx)
    }

    /// The same while a message is under way whose bytes stand in the buffer: it is not made anew for what
    /// will hardly come.
    pub fn poll_watch(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.input.reserve(1);
        self.poll_read(cx)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        // One poll of a future that holds no bytes of its own.
        let count = ready!(pin!(self.stream.read_buf(&mut self.input)).poll(cx))?;
        self.read = match count {
            full if full >= self.read => (self.read * 2).min(MAX_READ),
            small if small < self.read / 2 => (self.read / 2).max(READ),
            _ => self.read,
        };
        Poll::Ready(Ok(count))
    }

    /// Gives back the room that a large message took, if nothing stands in it: a connection may wait for its
    /// next one for long.
    pub fn rest(&mut self) {
        if self.input.is_empty() && self.input.capacity() > READ {
            self.input = BytesMut::new();
            self.read = READ;
        }
    }

    /// From now on the body of a message arrives.
    pub fn expect(&mut self, framing: Framing) {
        self.incoming = framing.into();
    }

    /// Whether the body of the message has arrived to its end.
    pub fn is_received(&self) -> bool {
        self.incoming.is_ended()
    }

    /// How many bytes of the body are still to come, where that is known.
    pub fn left(&self) -> Option<u64> {
        self.incoming.left()
    }

    /// The next piece of the body that is arriving.
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, BodyError>> {
        loop {
            if let Some(piece) = self.incoming.decode(&mut self.input)? {
                return Poll::Ready(Ok(piece));
            }
            if ready!(self.poll_fill(cx))? == 0 {
                return Poll::Ready(self.incoming.close());
            }
        }
    }

    /// Where a head is written, before its body.
    pub fn head(&mut self) -> &mut Vec<u8> {
        self.output.front()
    }

    /// From now on a body leaves, as it is or in chunks.
    pub fn begin(&mut self, chunked: bool) {
        self.outgoing = Some(match chunked {
            true => Coding::Chunked,
            false => Coding::Plain,
        });
    }

    /// Whether more of the body may be given before something is written.
    pub fn has_room(&self) -> bool {
        self.output.has_room()
    }

    /// Whether nothing waits to be written.
    pub fn is_flushed(&self) -> bool {
        self.output.is_empty()
    }

    /// How many bytes wait to be written.
    pub fn unwritten(&self) -> usize {
        self.output.len()
    }

    /// Whether a message waits to be written of which not a byte was.
    pub fn is_untouched(&self) -> bool {
        self.output.is_untouched()
    }

    /// Has another connection, a new one, write what was given to this one, from its beginning. The whole of
    /// it must still be here: nothing was written yet, or it was a message without a body.
    pub fn hand_over(&mut self, other: &mut Self) {
        self.output.rewind();
        other.output = std::mem::take(&mut self.output);
        other.outgoing = self.outgoing.take();
    }

    /// Gives data of the body that leaves. Only while there is room.
    pub fn send(&mut self, data: Bytes) {
        match self.outgoing {
            // An empty chunk would be the last.
            _ if data.is_empty() => {}
            Some(Coding::Chunked) => {
                encode::chunk(self.output.front(), data.len());
                self.output.push(data, b"\r\n");
            }
            Some(Coding::Plain) => self.output.push(data, b""),
            None => {}
        }
    }

    /// Ends the body that leaves. Trailers are for chunks only; elsewhere there is no place for them. They are
    /// given while there is room; an end without them may come with the last data.
    pub fn finish(&mut self, trailers: Option<&HeaderMap>) {
        if self.outgoing.take() == Some(Coding::Chunked) {
            match trailers {
                Some(fields) => encode::trailers(self.output.front(), fields),
                None => self.output.push_last_chunk(),
            }
        }
    }

    /// Ready when everything is written.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.output.poll_flush(&mut self.stream, cx)
    }

    /// Ends the way out; the way in stays open.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    /// The stream itself.
    #[cfg(test)]
    pub(super) fn into_stream(self) -> S {
        self.stream
    }

    /// The bare connection, for whoever takes it over; what has arrived is read first.
    pub fn into_bare(self) -> Bare<S> {
        Bare::new(self.stream, self.input.freeze())
    }
}
