//! The head of a message: its bytes, its fields.

use std::mem::MaybeUninit;
use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};

/// How many fields are parsed without a list on the heap.
const USUAL_FIELDS: usize = 100;

/// Bounds of a head.
#[derive(Debug, Clone, Copy)]
pub struct HeadLimits {
    /// Its length in bytes, with the first line and the empty one.
    pub bytes: usize,
    /// How many fields it has.
    pub fields: usize,
}

/// A head that cannot be read, or must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It is not HTTP/1.
    #[error("{0}")]
    Syntax(&'static str),
    /// It is longer than allowed.
    #[error("the head is too long")]
    TooLong,
    /// It has more fields than allowed.
    #[error("too many fields")]
    TooManyFields,
    /// It is of a version that is not spoken here.
    #[error("neither HTTP/1.0 nor HTTP/1.1")]
    Version,
    /// It says in no way, or in two, where the body ends.
    #[error("{0}")]
    Framing(&'static str),
}

/// Looks for the end of a head, from where it stopped looking before, so that a head that trickles in is
/// looked through once.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Up to where no end was found.
    seen: usize,
    /// Where the line begins that `seen` is in.
    line: usize,
    lines: usize,
}

impl Scan {
    /// Splits a whole head off what has arrived: its bytes with the empty line. Empty lines before it are
    /// skipped (RFC 9112 section 2.2).
    pub(super) fn take(
        &mut self,
        input: &mut BytesMut,
        limits: HeadLimits,
    ) -> Result<Option<Bytes>, HeadError> {
        // The first line is no field.
        self.take_lines(input, limits.bytes, 1..=limits.fields + 1)
    }

    /// The same for a section of fields, which may have none.
    pub(super) fn take_fields(
        &mut self,
        input: &mut BytesMut,
        limits: HeadLimits,
    ) -> Result<Option<Bytes>, HeadError> {
        self.take_lines(input, limits.bytes, 0..=limits.fields)
    }

    fn take_lines(
        &mut self,
        input: &mut BytesMut,
        bytes: usize,
        lines: RangeInclusive<usize>,
    ) -> Result<Option<Bytes>, HeadError> {
        while let Some(at) = input
            .get(self.seen..)
            .and_then(|rest| memchr::memchr(b'\n', rest))
        {
            let end = self.seen + at + 1;
            let line = input.get(self.line..end).unwrap_or_default();
            let Some(line) = line.strip_suffix(b"\r\n") else {
                return Err(HeadError::Syntax("a line that does not end in CR LF"));
            };
            let is_empty = line.is_empty();
            (self.seen, self.line) = (end, end);
            if end > bytes {
                return Err(HeadError::TooLong);
            }
            if !is_empty {
                self.lines += 1;
            } else if self.lines > *lines.end() {
                return Err(HeadError::TooManyFields);
            } else if lines.contains(&self.lines) {
                *self = Self::default();
                return Ok(Some(input.split_to(end).freeze()));
            }
        }
        self.seen = input.len();
        match input.len() > bytes {
            true => Err(HeadError::TooLong),
            false => Ok(None),
        }
    }

    /// Whether a head has begun to arrive.
    pub(super) fn has_begun(&self) -> bool {
        self.seen > 0
    }
}

/// Runs `parse` with room for as many fields as may come.
pub(super) fn with_fields<'b, T>(
    limit: usize,
    parse: impl FnOnce(&mut [MaybeUninit<httparse::Header<'b>>]) -> T,
) -> T {
    if limit <= USUAL_FIELDS {
        parse(&mut [const { MaybeUninit::uninit() }; USUAL_FIELDS])
    } else {
        let mut room: Vec<_> = std::iter::repeat_with(MaybeUninit::uninit)
            .take(limit)
            .collect();
        parse(&mut room)
    }
}

/// The parsed fields as a map whose values share the head's bytes. There will be `room` for so many more.
pub(super) fn fields(
    head: &Bytes,
    parsed: &[httparse::Header<'_>],
    room: usize,
) -> Result<HeaderMap, HeadError> {
    let mut map = HeaderMap::with_capacity(parsed.len() + room);
    for field in parsed {
        let name = HeaderName::from_bytes(field.name.as_bytes())
            .map_err(|_| HeadError::Syntax("a field's name"))?;
        let value = HeaderValue::from_maybe_shared(head.slice_ref(field.value))
            .map_err(|_| HeadError::Syntax("a field's value"))?;
        map.append(name, value);
    }
    Ok(map)
}

/// What `httparse` found wrong, in words.
pub(super) fn syntax(error: httparse::Error) -> HeadError {
    match error {
        httparse::Error::HeaderName => HeadError::Syntax("a field's name"),
        httparse::Error::HeaderValue => HeadError::Syntax("a field's value"),
        httparse::Error::NewLine => HeadError::Syntax("a line's end"),
        httparse::Error::Status => HeadError::Syntax("the status"),
        httparse::Error::Token => HeadError::Syntax("the first line"),
        httparse::Error::TooManyHeaders => HeadError::TooManyFields,
        httparse::Error::Version => HeadError::Version,
    }
}

/// What `Connection` says about the time after this message (RFC 9112 section 9.3).
pub(super) fn is_persistent(headers: &HeaderMap, http10: bool) -> bool {
    let mut persistent = !http10;
    for value in headers.get_all(CONNECTION) {
        for option in value.as_bytes().split(|byte| *byte == b',') {
            let option = option.trim_ascii();
            if option.eq_ignore_ascii_case(b"close") {
                return false;
            }
            persistent |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }
    persistent
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits {
        bytes: 64,
        fields: 2,
    };

    fn take(text: &[u8]) -> Result<Option<Bytes>, HeadError> {
        Scan::default().take(&mut BytesMut::from(text), LIMITS)
    }

    #[test]
    fn head_ends_with_its_empty_line() {
        let mut input = BytesMut::from(&b"\r\nGET / HTTP/1.1\r\na: b\r\n\r\nrest"[..]);
        let head = Scan::default().take(&mut input, LIMITS).unwrap().unwrap();
        assert_eq!(&*head, b"\r\nGET / HTTP/1.1\r\na: b\r\n\r\n");
        assert_eq!(&*input, b"rest");
    }

    #[test]
    fn head_that_trickles_in_is_the_same_head() {
        let whole = b"GET / HTTP/1.1\r\na: b\r\n\r\n";
        let (mut scan, mut input) = (Scan::default(), BytesMut::new());
        for (index, byte) in whole.iter().enumerate() {
            input.extend_from_slice(&[*byte]);
            let taken = scan.take(&mut input, LIMITS).unwrap();
            assert_eq!(taken.is_some(), index + 1 == whole.len());
        }
    }

    #[test]
    fn bare_line_feed_ends_no_line() {
        for text in [
            &b"GET / HTTP/1.1\n\n"[..],
            b"GET / HTTP/1.1\r\na: b\n\r\n\r\n",
            b"GET / HTTP/1.1\r\na: b\r\n\n",
            b"\nGET / HTTP/1.1\r\n\r\n",
        ] {
            assert!(matches!(take(text), Err(HeadError::Syntax(_))), "{text:?}");
        }
    }

    #[test]
    fn head_is_bounded_in_bytes_and_fields() {
        assert_eq!(take(&[b'a'; 64]), Ok(None));
        assert_eq!(take(&[b'a'; 65]), Err(HeadError::TooLong));
        let long = [&[b'a'; 63][..], b"\r\n\r\n"].concat();
        assert_eq!(take(&long), Err(HeadError::TooLong));
        assert_eq!(
            take(b"a\r\n1\r\n2\r\n3\r\n\r\n"),
            Err(HeadError::TooManyFields)
        );
        assert!(take(b"a\r\n1\r\n2\r\n\r\n").unwrap().is_some());
    }

    #[test]
    fn empty_lines_alone_are_bounded_too() {
        let lines = b"\r\n".repeat(40);
        assert_eq!(take(&lines), Err(HeadError::TooLong));
    }
}
