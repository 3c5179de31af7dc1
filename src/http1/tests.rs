//! Whole messages, however they arrive.

use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use http::Method;
use proptest::collection::vec;
use proptest::prelude::*;

use super::request::Parser;
use super::*;
use crate::model::Fields;

const LIMITS: HeadLimits = HeadLimits {
    bytes: 4096,
    fields: 20,
};

/// A connection on which these bytes arrive in pieces, and which keeps what is written.
struct Script {
    arriving: Vec<Bytes>,
    written: Vec<u8>,
}

impl tokio::io::AsyncRead for Script {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(next) = self.arriving.first_mut() {
            let piece = next.split_to(next.len().min(buffer.remaining()));
            buffer.put_slice(&piece);
            if next.is_empty() {
                self.arriving.remove(0);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Script {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn wire(bytes: &[u8], step: usize) -> Wire<Script> {
    Wire::new(Script {
        arriving: bytes.chunks(step).map(Bytes::copy_from_slice).collect(),
        written: Vec::new(),
    })
}

/// What a message turned out to be: the head, the body, and what is left behind it.
type Read = Result<(Method, String, Fields, Vec<u8>, Vec<u8>), String>;

fn read(bytes: &[u8], step: usize) -> Read {
    let mut cx = Context::from_waker(Waker::noop());
    let (mut wire, mut parser) = (wire(bytes, step), Parser::default());
    let head = loop {
        let parsed = parser.parse(wire.input(), LIMITS);
        if let Some(head) = parsed.map_err(|error| error.to_string())? {
            break head;
        }
        match wire.poll_fill(&mut cx) {
            Poll::Ready(Ok(1..)) => {}
            _ => return Err("short".into()),
        }
    };
    wire.expect(head.framing);
    let mut body = Vec::new();
    loop {
        match wire.poll_body(&mut cx) {
            Poll::Ready(Ok(Piece::Data(data))) => body.extend_from_slice(&data),
            Poll::Ready(Ok(_)) => break,
            Poll::Ready(Err(error)) => return Err(error.to_string()),
            Poll::Pending => return Err("pending".into()),
        }
    }
    while let Poll::Ready(Ok(1..)) = wire.poll_fill(&mut cx) {}
    let rest = wire.input().to_vec();
    Ok((
        head.method,
        head.target.to_string(),
        head.headers,
        body,
        rest,
    ))
}

fn field() -> impl Strategy<Value = (String, String)> {
    ("x-[a-z0-9_-]{1,12}", "([!-~]([ -~]{0,20}[!-~])?)?")
}

proptest! {
    #[test]
    fn message_that_was_written_is_read_as_it_was(
        fields in vec(field(), 0..10),
        body in vec(any::<u8>(), 0..10_000),
        pieces in vec(1..6000_usize, 1..5),
        chunked: bool,
        step in 1..5000_usize,
    ) {
        let mut pairs: Vec<(&str, String)> = fields.iter().map(|(name, value)| (&**name, value.clone())).collect();
        pairs.push(match chunked {
            true => ("transfer-encoding", "chunked".to_owned()),
            false => ("content-length", body.len().to_string()),
        });
        let headers = Fields::of(&pairs);
        let mut cx = Context::from_waker(Waker::noop());
        let mut out = wire(b"", 1);
        encode::request(out.head(), &Method::PUT, "/a/b?c=d");
        encode::fields(out.head(), &headers);
        out.head().extend_from_slice(b"\r\n");
        out.begin(chunked);
        let (mut rest, mut sizes) = (&body[..], pieces.iter().cycle());
        while !rest.is_empty() {
            let (piece, left) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            while !out.has_room() {
                prop_assert!(out.poll_flush(&mut cx).is_ready());
            }
            out.send(Bytes::copy_from_slice(piece));
            rest = left;
        }
        while !out.has_room() {
            prop_assert!(out.poll_flush(&mut cx).is_ready());
        }
        out.finish(None);
        prop_assert!(out.poll_flush(&mut cx).is_ready());
        let mut bytes = out.into_stream().written;
        bytes.extend_from_slice(b"next");
        let expected = (Method::PUT, "/a/b?c=d".to_owned(), headers, body, b"next".to_vec());
        prop_assert_eq!(read(&bytes, step), Ok(expected));
    }

    /// A bypass of most filters is a message that means one thing in one packet and another in two.
    #[test]
    fn reading_does_not_depend_on_how_the_bytes_arrive(
        parts in vec(prop::sample::select(&[
            "GET", "POST", " ", "/", "/a", " HTTP/1.1", " HTTP/1.0", "\r\n", "\n", "\r", "\t",
            "Host: a\r\n", "Content-Length: 3\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n",
            "Connection: close\r\n", "x:y\r\n", ":", ";", "0\r\n\r\n", "3\r\nabc\r\n", "abc", "a", "\0", "\u{e9}",
        ][..]), 0..14),
        start: bool,
        step in 1..40_usize,
    ) {
        let start = if start { "POST / HTTP/1.1\r\n" } else { "" };
        let text = format!("{start}{}", parts.concat());
        prop_assert_eq!(read(text.as_bytes(), step), read(text.as_bytes(), 10_000));
    }
}

#[test]
fn body_until_the_end_of_the_connection_ends_only_there() {
    let mut cx = Context::from_waker(Waker::noop());
    let mut wire = wire(b"abc", 2);
    wire.expect(Framing::UntilClose);
    let mut pieces = Vec::new();
    loop {
        match wire.poll_body(&mut cx) {
            Poll::Ready(Ok(Piece::Data(data))) => pieces.push(data),
            Poll::Ready(Ok(Piece::End)) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(pieces, ["ab", "c"]);
    assert!(wire.is_received());
}

#[test]
fn room_of_a_large_message_is_given_back_and_that_of_a_small_one_kept() {
    let mut cx = Context::from_waker(Waker::noop());
    for (size, given_back) in [(100, false), (200_000, true)] {
        let mut wire = wire(&vec![b'x'; size], size);
        wire.expect(Framing::Length(size as u64));
        while !wire.is_received() {
            assert!(wire.poll_body(&mut cx).is_ready());
        }
        assert!(matches!(wire.poll_fill(&mut cx), Poll::Ready(Ok(0))));
        wire.rest();
        assert_eq!(wire.input().capacity() == 0, given_back, "{size}");
    }
}

#[test]
fn buffer_is_not_made_anew_for_every_message() {
    let message = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut cx = Context::from_waker(Waker::noop());
    let (mut wire, mut parser) = (
        wire(&message.repeat(2000), message.len()),
        Parser::default(),
    );
    let mut places = std::collections::HashSet::new();
    for _ in 0..2000 {
        assert!(matches!(wire.poll_fill(&mut cx), Poll::Ready(Ok(1..))));
        let input: &mut BytesMut = wire.input();
        places.insert(input.as_ptr().addr() >> 14);
        let head = parser.parse(input, LIMITS).unwrap().unwrap();
        drop(head);
    }
    assert!(places.len() < 10, "{}", places.len());
}
