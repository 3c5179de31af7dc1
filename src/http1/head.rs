//! The head of a message: its bytes, its fields.

use std::ops::{Range, RangeInclusive};

use bytes::BytesMut;

use crate::model::{FieldError, Fields};

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
    /// What should be a field is none.
    #[error(transparent)]
    Field(#[from] FieldError),
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

/// Looks for the lines of a head, from where it stopped looking before, so that a head that trickles in is
/// looked through once.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Up to where no line ends that is not known.
    seen: usize,
    /// Where the first line begins: empty ones before it are skipped (RFC 9112 section 2.2).
    start: usize,
    /// Where each line ends, its line end included.
    ends: Vec<usize>,
}

/// A whole head: its lines, without the empty one.
#[derive(Debug)]
pub(super) struct Lines<'s> {
    pub(super) bytes: BytesMut,
    start: usize,
    ends: &'s [usize],
}

impl Scan {
    /// Splits a whole head off what has arrived.
    pub(super) fn take(
        &mut self,
        input: &mut BytesMut,
        limits: HeadLimits,
    ) -> Result<Option<Lines<'_>>, HeadError> {
        // The first line is no field.
        self.lines(input, limits.bytes, 1..=limits.fields + 1)
    }

    /// The same for a section of fields, which may have none.
    pub(super) fn take_fields(
        &mut self,
        input: &mut BytesMut,
        limits: HeadLimits,
    ) -> Result<Option<Lines<'_>>, HeadError> {
        self.lines(input, limits.bytes, 0..=limits.fields)
    }

    fn lines(
        &mut self,
        input: &mut BytesMut,
        bytes: usize,
        count: RangeInclusive<usize>,
    ) -> Result<Option<Lines<'_>>, HeadError> {
        let Some(end) = self.find_end(input, bytes, count)? else {
            return match input.len() > bytes {
                true => Err(HeadError::TooLong),
                false => Ok(None),
            };
        };
        let start = std::mem::take(&mut self.start);
        self.seen = 0;
        Ok(Some(Lines {
            bytes: input.split_to(end),
            start,
            ends: &self.ends,
        }))
    }

    /// Where the empty line ends that ends the head.
    fn find_end(
        &mut self,
        input: &[u8],
        bytes: usize,
        count: RangeInclusive<usize>,
    ) -> Result<Option<usize>, HeadError> {
        if self.seen == 0 {
            self.ends.clear();
        }
        let from = self.seen;
        let mut begin = self.ends.last().copied().unwrap_or(self.start);
        for at in memchr::memchr_iter(b'\n', input.get(from..).unwrap_or_default()) {
            let end = from + at + 1;
            let before = end.checked_sub(2).filter(|before| *before >= begin);
            if before.and_then(|before| input.get(before)) != Some(&b'\r') {
                return Err(HeadError::Syntax("a line that does not end in CR LF"));
            }
            if end > bytes {
                return Err(HeadError::TooLong);
            }
            match (end - begin, self.ends.len()) {
                (2, known) if count.contains(&known) => return Ok(Some(end)),
                (2, _) => self.start = end,
                (_, known) if known == *count.end() => return Err(HeadError::TooManyFields),
                _ => self.ends.push(end),
            }
            begin = end;
        }
        self.seen = input.len();
        Ok(None)
    }

    /// Whether a head has begun to arrive.
    pub(super) fn has_begun(&self) -> bool {
        self.seen > 0
    }
}

impl Lines<'_> {
    /// The first line, and the fields behind it.
    pub(super) fn split_first(self) -> (Range<usize>, Self) {
        match self.ends.split_first() {
            Some((end, rest)) => {
                let first = self.start..end - 2;
                let fields = Self {
                    start: *end,
                    ends: rest,
                    ..self
                };
                (first, fields)
            }
            // A head has a first line; a section of fields is not asked for one.
            None => (0..0, self),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The fields that stand on these lines.
    pub(super) fn read(self) -> Result<Fields, HeadError> {
        Ok(Fields::read(self.bytes, ranges(self.start, self.ends))?)
    }
}

/// Lines from `start` on, each without its end.
fn ranges(start: usize, ends: &[usize]) -> impl Iterator<Item = Range<usize>> {
    let begins = std::iter::once(start).chain(ends.iter().copied());
    begins.zip(ends).map(|(begin, end)| begin..end - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits {
        bytes: 64,
        fields: 2,
    };

    fn take(text: &[u8]) -> Result<Option<BytesMut>, HeadError> {
        let mut scan = Scan::default();
        let lines = scan.take(&mut BytesMut::from(text), LIMITS)?;
        Ok(lines.map(|lines| lines.bytes))
    }

    #[test]
    fn lines_are_told_apart_one_head_after_another() {
        let mut input = BytesMut::from(&b"\r\na\r\nbc\r\n\r\nd\r\n\r\n"[..]);
        let mut scan = Scan::default();
        for (first, fields) in [("a", &["bc"][..]), ("d", &[])] {
            let lines = scan.take(&mut input, LIMITS).unwrap().unwrap();
            let bytes = lines.bytes.clone();
            let text = |range: Range<usize>| std::str::from_utf8(&bytes[range]).unwrap();
            let (line, rest) = lines.split_first();
            assert_eq!(text(line), first);
            assert_eq!(rest.len(), fields.len());
            assert_eq!(
                ranges(rest.start, rest.ends).map(text).collect::<Vec<_>>(),
                fields
            );
        }
    }

    #[test]
    fn head_ends_with_its_empty_line() {
        let mut input = BytesMut::from(&b"\r\nGET / HTTP/1.1\r\na: b\r\n\r\nrest"[..]);
        let mut scan = Scan::default();
        let head = scan.take(&mut input, LIMITS).unwrap().unwrap();
        assert_eq!(&*head.bytes, b"\r\nGET / HTTP/1.1\r\na: b\r\n\r\n");
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
