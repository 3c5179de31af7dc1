//! The head of an answer.

use bytes::BytesMut;
use http::{Method, StatusCode};

use super::framing::{self, Framing};
use super::head::{HeadError, HeadLimits, Lines, Scan};
use super::persistence::is_persistent;
use crate::model::Fields;

/// An answer's head, and what it says about what follows.
#[derive(Debug)]
pub struct ResponseHead {
    /// The status; also 1xx, after which another head follows.
    pub status: StatusCode,
    /// The fields, all of them.
    pub headers: Fields,
    /// Where the body ends.
    pub framing: Framing,
    /// Whether the connection may be used again once the body has ended.
    pub persistent: bool,
}

/// Reads heads from what arrives.
#[derive(Debug, Default)]
pub struct Parser(Scan);

impl Parser {
    /// Takes the whole head of an answer to `method`, or nothing as long as it is not there. After an error
    /// the connection is of no use.
    pub fn parse(
        &mut self,
        input: &mut BytesMut,
        limits: HeadLimits,
        method: &Method,
    ) -> Result<Option<ResponseHead>, HeadError> {
        let lines = self.0.take(input, limits)?;
        lines.map(|lines| read(lines, method)).transpose()
    }

    /// Whether a head has begun to arrive.
    pub fn has_begun(&self) -> bool {
        self.0.has_begun()
    }
}

fn read(lines: Lines<'_>, method: &Method) -> Result<ResponseHead, HeadError> {
    let (line, lines) = lines.split_first();
    let (status, http10) = first_line(lines.bytes.get(line).unwrap_or_default())?;
    let headers = lines.read()?;
    let (framing, sure) = match has_body(status, method) {
        true => framing::of_answer(&headers, http10)?,
        false => (Framing::NONE, true),
    };
    Ok(ResponseHead {
        status,
        persistent: sure && is_persistent(&headers, http10),
        headers,
        framing,
    })
}

/// `version SP status [SP reason]` (RFC 9112 section 4). The reason is for nobody.
fn first_line(line: &[u8]) -> Result<(StatusCode, bool), HeadError> {
    let (version, rest) = line.split_at_checked(9).unwrap_or_default();
    let http10 = match version {
        b"HTTP/1.1 " => false,
        b"HTTP/1.0 " => true,
        _ => return Err(HeadError::Version),
    };
    let (status, reason) = rest.split_at_checked(3).unwrap_or_default();
    match reason.first() {
        None | Some(b' ') => {}
        Some(_) => return Err(HeadError::Syntax("the status")),
    }
    let status = StatusCode::from_bytes(status).map_err(|_| HeadError::Syntax("the status"))?;
    Ok((status, http10))
}

/// Whether an answer can have a body at all (RFC 9112 section 6.3).
fn has_body(status: StatusCode, method: &Method) -> bool {
    let bodiless = status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED;
    *method != Method::HEAD && !bodiless
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits {
        bytes: 4096,
        fields: 200,
    };

    fn parse(text: &str, method: &Method) -> Result<Option<ResponseHead>, HeadError> {
        Parser::default().parse(&mut BytesMut::from(text), LIMITS, method)
    }

    fn framing(text: &str, method: &Method) -> Framing {
        parse(text, method).unwrap().unwrap().framing
    }

    #[test]
    fn head_is_read() {
        let head = parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", &Method::GET)
            .unwrap()
            .unwrap();
        assert_eq!(head.status, 200);
        assert_eq!(head.framing, Framing::Length(2));
        assert!(head.persistent);
    }

    #[test]
    fn some_answers_have_no_body_whatever_they_say() {
        let fields = "\r\nContent-Length: 9\r\n\r\n";
        for status in [
            "100 Continue",
            "101 Switching",
            "204 No",
            "304 Not Modified",
        ] {
            let text = format!("HTTP/1.1 {status}{fields}");
            assert_eq!(framing(&text, &Method::GET), Framing::NONE, "{text}");
        }
        let text = format!("HTTP/1.1 200 OK{fields}");
        assert_eq!(framing(&text, &Method::HEAD), Framing::NONE);
        assert_eq!(framing(&text, &Method::GET), Framing::Length(9));
    }

    #[test]
    fn answer_without_length_ends_with_its_connection() {
        let head = parse("HTTP/1.1 200\r\n\r\n", &Method::GET)
            .unwrap()
            .unwrap();
        assert_eq!(head.framing, Framing::UntilClose);
        assert!(!head.persistent);
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for text in [
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n",
            "HTTP/3.0 200 OK\r\n\r\n",
            "ICY 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
            "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n",
        ] {
            assert!(parse(text, &Method::GET).is_err(), "{text:?}");
        }
    }
}
