//! Messages of HTTP/1 as bytes: heads read and written, bodies in chunks.

use std::hint::black_box;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Method;
use sidegate::http1::{Framing, HeadLimits, Piece, Wire, encode, request, response};
use sidegate::model::Fields;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stage::{Stage, Work, same};
use crate::world::{RS256, bearer};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("http1/read-request-head", read_request),
    Stage::new("http1/read-answer-head", read_answer),
    Stage::new("http1/write-request-head", write_request),
    Stage::new("http1/chunked-in-64-kib", chunked_in),
    Stage::new("http1/chunked-out-64-kib", chunked_out),
];

const LIMITS: HeadLimits = HeadLimits {
    bytes: 64 << 10,
    fields: 100,
};
const TARGET: &str = "/api/v1/tenants/acme/thing5/42/details?page=2&sort=name";
/// What a chunk holds, and how many there are.
const CHUNK: Bytes = Bytes::from_static(&[b'x'; 8 << 10]);
const CHUNKS: usize = 8;
/// What is copied at once, in bytes. Of longer pieces callgrind counts every single byte, and the copying,
/// which stands for the kernel's, would hide the rest.
const COPIED: usize = 1 << 10;

/// A connection on which the same message arrives over and over, and which takes all that is written.
#[derive(Debug)]
struct Script {
    message: Bytes,
    left: Bytes,
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left.is_empty() {
            self.left = self.message.clone();
        }
        let length = self.left.len().min(buffer.remaining());
        for piece in self.left.split_to(length).chunks(COPIED) {
            buffer.put_slice(piece);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(black_box(bytes).len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let lengths = black_box(parts).iter().map(|part| part.len());
        Poll::Ready(Ok(lengths.sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn wire(message: impl Into<Bytes>) -> Wire<Script> {
    let (message, left) = (message.into(), Bytes::new());
    Wire::new(Script { message, left })
}

/// The fields of a usual caller with a token.
fn fields() -> Fields {
    let mut fields = bearer("/", RS256).headers;
    let more = [
        ("accept-language", "en-GB,en;q=0.9,de;q=0.8"),
        ("referer", "https://app.example.com/things/42?page=2"),
        ("origin", "https://app.example.com"),
        ("cookie", "theme=dark; lang=en; _ga=GA1.1.1234567890"),
    ];
    crate::world::add(&mut fields, &more);
    fields
}

fn write_head(out: &mut Vec<u8>, fields: &Fields) {
    encode::request(out, &Method::GET, black_box(TARGET));
    encode::fields(out, fields);
    out.extend_from_slice(b"\r\n");
}

/// Has the message that waits written.
fn flush(wire: &mut Wire<Script>) {
    let flushed = wire.poll_flush(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(flushed, Poll::Ready(Ok(()))), "{flushed:?}");
}

fn fill(wire: &mut Wire<Script>) {
    let filled = wire.poll_fill(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(filled, Poll::Ready(Ok(1..))), "{filled:?}");
}

/// Of about 1,100 bytes, with ten fields.
fn read_request() -> Work {
    let mut head = Vec::new();
    write_head(&mut head, &fields());
    let (mut wire, mut parser) = (wire(head), request::Parser::default());
    same(move || {
        fill(&mut wire);
        let head = parser.parse(wire.input(), LIMITS).expect("a head");
        drop(black_box(head).expect("a whole one").headers);
    })
}

fn read_answer() -> Work {
    let head = "HTTP/1.1 200 OK\r\nserver: nginx/1.22.1\r\ndate: Fri, 15 Jan 2027 08:00:00 GMT\r\n\
        content-type: application/json\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\
        etag: \"65a1b2c3-78\"\r\ncache-control: no-store\r\nvary: accept-encoding\r\n\r\n";
    let (mut wire, mut parser) = (wire(head), response::Parser::default());
    same(move || {
        fill(&mut wire);
        let head = parser.parse(wire.input(), LIMITS, &Method::GET);
        let head = black_box(head.expect("a head"));
        drop(head.expect("a whole one").headers);
    })
}

fn write_request() -> Work {
    let (mut wire, fields) = (wire(""), fields());
    same(move || {
        write_head(wire.head(), black_box(&fields));
        flush(&mut wire);
    })
}

fn chunked_in() -> Work {
    let mut message = Vec::new();
    for _ in 0..CHUNKS {
        encode::chunk(&mut message, CHUNK.len());
        message.extend_from_slice(&CHUNK);
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(encode::LAST_CHUNK);
    let mut wire = wire(message);
    same(move || {
        wire.expect(Framing::Chunked);
        assert_eq!(read_body(&mut wire), CHUNKS * CHUNK.len());
    })
}

/// How long the body was.
fn read_body(wire: &mut Wire<Script>) -> usize {
    let mut length = 0;
    loop {
        match wire.poll_body(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(Piece::Data(data))) => length += black_box(data).len(),
            Poll::Ready(Ok(Piece::End)) => return length,
            other => panic!("{other:?}"),
        }
    }
}

fn chunked_out() -> Work {
    let mut wire = wire("");
    same(move || {
        wire.begin(true);
        for _ in 0..CHUNKS {
            wire.send(CHUNK);
            if !wire.has_room() {
                flush(&mut wire);
            }
        }
        wire.finish(None);
        flush(&mut wire);
    })
}
