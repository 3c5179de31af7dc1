//! The head of a request.

use std::ops::Range;

use bytes::BytesMut;
use http::header::EXPECT;
use http::{Method, Uri};

use super::framing::{self, Framing};
use super::head::{HeadError, HeadLimits, Lines, Scan};
use super::persistence::is_persistent;
use crate::model::Fields;

/// A request's head, and what it says about what follows.
#[derive(Debug)]
pub struct RequestHead {
    /// The method, as written.
    pub method: Method,
    /// The target in whatever form it came (RFC 9112 section 3.2).
    pub target: Uri,
    /// The fields, all of them.
    pub headers: Fields,
    /// Whether it is of HTTP/1.0.
    pub http10: bool,
    /// Where the body ends.
    pub framing: Framing,
    /// Whether the caller would go on with the connection.
    pub persistent: bool,
    /// Whether the caller waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    pub expects_continue: bool,
}

/// Reads heads from what arrives.
#[derive(Debug, Default)]
pub struct Parser(Scan);

impl Parser {
    /// Takes a whole head, or nothing as long as it is not there. After an error the connection is of no use.
    pub fn parse(
        &mut self,
        input: &mut BytesMut,
        limits: HeadLimits,
    ) -> Result<Option<RequestHead>, HeadError> {
        self.0.take(input, limits)?.map(read).transpose()
    }

    /// Whether a head has begun to arrive.
    pub fn has_begun(&self) -> bool {
        self.0.has_begun()
    }
}

fn read(lines: Lines<'_>) -> Result<RequestHead, HeadError> {
    let (line, lines) = lines.split_first();
    let first = first_line(lines.bytes.get(line.clone()).unwrap_or_default())?;
    let target = line.start + first.target.start..line.start + first.target.end;
    let headers = lines.read()?;
    let http10 = first.http10;
    Ok(RequestHead {
        method: first.method,
        target: Uri::from_maybe_shared(headers.received().slice(target))
            .map_err(|_| HeadError::Syntax("the target"))?,
        framing: framing::of_request(&headers, http10)?,
        persistent: is_persistent(&headers, http10),
        expects_continue: !http10 && expects_continue(&headers),
        headers,
        http10,
    })
}

struct FirstLine {
    method: Method,
    target: Range<usize>,
    http10: bool,
}

/// `method SP target SP version`, with one space each (RFC 9112 section 3). A target has no fragment; `Uri`
/// would cut one off.
fn first_line(line: &[u8]) -> Result<FirstLine, HeadError> {
    let syntax = HeadError::Syntax("the first line");
    let (line, version) = line
        .split_at_checked(line.len().wrapping_sub(VERSION))
        .ok_or(syntax)?;
    let http10 = match version {
        b" HTTP/1.1" => false,
        b" HTTP/1.0" => true,
        other if other.starts_with(b" HTTP/") => return Err(HeadError::Version),
        _ => return Err(syntax),
    };
    let space = memchr::memchr(b' ', line).ok_or(syntax)?;
    let (method, target) = line.split_at_checked(space).ok_or(syntax)?;
    if memchr::memchr2(b' ', b'#', target.get(1..).unwrap_or_default()).is_some() {
        return Err(HeadError::Syntax("the target"));
    }
    Ok(FirstLine {
        method: Method::from_bytes(method).map_err(|_| HeadError::Syntax("the method"))?,
        target: space + 1..line.len(),
        http10,
    })
}

/// How long ` HTTP/1.1` is.
const VERSION: usize = b" HTTP/1.1".len();

fn expects_continue(headers: &Fields) -> bool {
    let expected = headers.get(&EXPECT);
    expected.is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits {
        bytes: 4096,
        fields: 100,
    };

    fn parse(text: &str) -> Result<Option<RequestHead>, HeadError> {
        Parser::default().parse(&mut BytesMut::from(text), LIMITS)
    }

    #[test]
    fn head_is_read() {
        let head = parse(
            "POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
        )
        .unwrap()
        .unwrap();
        assert_eq!(head.method, Method::POST);
        assert_eq!(head.target, "/a?b");
        assert_eq!(head.headers.get("host"), Some(&b"x"[..]));
        assert_eq!(head.framing, Framing::Length(3));
        assert!(head.persistent && head.expects_continue && !head.http10);
    }

    #[test]
    fn connection_lasts_as_both_versions_say() {
        for (version, connection, persistent) in [
            ("1.1", "", true),
            ("1.1", "Connection: close\r\n", false),
            ("1.1", "Connection: upgrade, Close\r\n", false),
            (
                "1.1",
                "Connection: keep-alive\r\nConnection: close\r\n",
                false,
            ),
            (
                "1.1",
                "Connection: close\r\nConnection: keep-alive\r\n",
                false,
            ),
            ("1.0", "", false),
            ("1.0", "Connection: Keep-Alive\r\n", true),
            ("1.0", "Connection: keep-alive, close\r\n", false),
            ("1.0", "Connection: close, keep-alive\r\n", false),
        ] {
            let text = format!("GET / HTTP/{version}\r\nHost: x\r\n{connection}\r\n");
            let head = parse(&text).unwrap().unwrap();
            assert_eq!(head.persistent, persistent, "{text}");
        }
    }

    #[test]
    fn what_is_not_exactly_a_head_is_refused() {
        for text in [
            "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHo st: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
            "GET / HTTP/1.1\r\nHost\r\n\r\n",
            "GET / HTTP/1.1\r\n: x\r\n\r\n",
            "GET  / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1 \r\n\r\n",
            "GET /a b HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.2\r\n\r\n",
            "GET / HTTP/2.0\r\n\r\n",
            "GET / http/1.1\r\n\r\n",
            "GET /\r\n\r\n",
            "G\u{e4}T / HTTP/1.1\r\n\r\n",
            "GET /\u{0} HTTP/1.1\r\n\r\n",
            " GET / HTTP/1.1\r\n\r\n",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn values_are_without_the_space_around_them() {
        let mut input = BytesMut::from("GET / HTTP/1.1\r\nhost: x\r\na:  b c \r\n\r\n");
        let head = Parser::default()
            .parse(&mut input, LIMITS)
            .unwrap()
            .unwrap();
        assert_eq!(head.headers.get("a"), Some(&b"b c"[..]));
        assert!(input.is_empty());
    }
}
