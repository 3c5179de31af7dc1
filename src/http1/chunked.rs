//! The chunked coding, undone (RFC 9112 section 7.1).

use super::BodyError;
use super::body::Piece;
use super::head::{HeadError, HeadLimits, Scan};
use bytes::BytesMut;

/// The longest line that a chunk may begin with, in bytes.
const MAX_LINE: usize = 1024;
/// How much of chunk extensions one body may have, in bytes: they are read and forgotten.
const MAX_EXTENSIONS: usize = 16 << 10;
/// Bounds of the trailers.
const TRAILERS: HeadLimits = HeadLimits {
    bytes: 16 << 10,
    fields: 100,
};

/// Takes chunks apart as they arrive.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    state: State,
    extensions: usize,
    trailers: Scan,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the line with a length.
    #[default]
    Line,
    /// Within a chunk that has so many bytes left.
    Data(u64),
    /// Behind a chunk's data, before its line end.
    DataEnd,
    Trailers,
    Ended,
}

impl Chunked {
    pub(super) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// The next piece of what has arrived; nothing when more must arrive first.
    pub(super) fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Piece>, BodyError> {
        loop {
            match self.state {
                State::Line => match self.line(input)? {
                    None => return Ok(None),
                    Some(0) => self.state = State::Trailers,
                    Some(length) => self.state = State::Data(length),
                },
                State::Data(0) => self.state = State::DataEnd,
                State::Data(_) if input.is_empty() => return Ok(None),
                State::Data(left) => {
                    let (data, left) = super::body::split(input, left);
                    self.state = State::Data(left);
                    return Ok(Some(Piece::Data(data)));
                }
                State::DataEnd => match input.first_chunk() {
                    Some(b"\r\n") => {
                        let _end = input.split_to(2);
                        self.state = State::Line;
                    }
                    Some(_) => return Err(BodyError::Malformed("a chunk longer than it says")),
                    None => return Ok(None),
                },
                State::Trailers => return self.trailers(input),
                State::Ended => return Ok(Some(Piece::End)),
            }
        }
    }

    /// The length in the line that a chunk begins with.
    fn line(&mut self, input: &mut BytesMut) -> Result<Option<u64>, BodyError> {
        let Some(end) = memchr::memchr(b'\n', input.get(..MAX_LINE).unwrap_or(input)) else {
            return match input.len() >= MAX_LINE {
                true => Err(BodyError::Malformed("a chunk's first line is too long")),
                false => Ok(None),
            };
        };
        let line = input.split_to(end + 1);
        let (length, extensions) = line
            .strip_suffix(b"\r\n")
            .and_then(chunk_line)
            .ok_or(BodyError::Malformed("a chunk's first line"))?;
        self.extensions += extensions;
        if self.extensions > MAX_EXTENSIONS {
            return Err(BodyError::Malformed("too many chunk extensions"));
        }
        Ok(Some(length))
    }

    fn trailers(&mut self, input: &mut BytesMut) -> Result<Option<Piece>, BodyError> {
        let Some(lines) = self.trailers.take_fields(input, TRAILERS).map_err(unfit)? else {
            return Ok(None);
        };
        self.state = State::Ended;
        if lines.len() == 0 {
            return Ok(Some(Piece::End));
        }
        let trailers = lines.read().map_err(unfit)?;
        Ok(Some(Piece::Trailers(trailers.to_map())))
    }
}

fn unfit(error: HeadError) -> BodyError {
    BodyError::Malformed(match error {
        HeadError::TooLong | HeadError::TooManyFields => "too many trailers",
        HeadError::Syntax(_) | HeadError::Field(_) | HeadError::Version | HeadError::Framing(_) => {
            "the trailers"
        }
    })
}

/// Reads `length [;extensions]`: the length, and how long the extensions are.
fn chunk_line(line: &[u8]) -> Option<(u64, usize)> {
    let digits = line
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let (digits, rest) = line.split_at_checked(digits)?;
    if !(1..=16).contains(&digits.len()) {
        return None;
    }
    let length = digits.iter().try_fold(0_u64, |length, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        length.checked_mul(16)?.checked_add(u64::from(digit))
    })?;
    let shaped = rest.is_empty() || rest.trim_ascii_start().starts_with(b";");
    let visible = rest
        .iter()
        .all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
    (shaped && visible).then_some((length, rest.len()))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    /// What comes out: the data, the trailers, and what is left behind the body.
    type Decoded = (Vec<u8>, Option<HeaderMap>, Vec<u8>);

    /// Feeds `step` bytes at a time.
    fn decode(text: &[u8], step: usize) -> Result<Decoded, BodyError> {
        let (mut chunked, mut input) = (Chunked::default(), BytesMut::new());
        let (mut data, mut trailers) = (Vec::new(), None);
        let mut parts = text.chunks(step);
        loop {
            match chunked.decode(&mut input)? {
                Some(Piece::Data(piece)) => data.extend_from_slice(&piece),
                Some(Piece::Trailers(fields)) => trailers = Some(fields),
                Some(Piece::End) => break,
                None => match parts.next() {
                    Some(part) => input.extend_from_slice(part),
                    None => return Err(BodyError::Short),
                },
            }
        }
        assert!(chunked.is_ended());
        parts.for_each(|part| input.extend_from_slice(part));
        Ok((data, trailers, input.to_vec()))
    }

    #[test]
    fn chunks_become_the_body_however_they_arrive() {
        let text = b"3\r\nabc\r\n00A;x=\"y\" ; z\r\n0123456789\r\n0\r\n\r\nnext";
        for step in [1, 2, 3, 7, 1000] {
            let (data, trailers, rest) = decode(text, step).unwrap();
            assert_eq!(data, b"abc0123456789");
            assert!(trailers.is_none());
            assert_eq!(rest, b"next");
        }
    }

    #[test]
    fn trailers_are_read() {
        for step in [1, 1000] {
            let (data, trailers, rest) = decode(b"1\r\na\r\n0\r\nX-Sum: 5\r\n\r\n", step).unwrap();
            assert_eq!((data, rest), (b"a".to_vec(), Vec::new()));
            assert_eq!(trailers.unwrap()["x-sum"], "5");
        }
    }

    #[test]
    fn what_is_not_exactly_chunked_is_refused() {
        for text in [
            &b"\r\n"[..],
            b"g\r\n",
            b" 3\r\nabc\r\n",
            b"3 \r\nabc\r\n",
            b"+3\r\nabc\r\n",
            b"0x3\r\nabc\r\n",
            b"3\nabc\r\n",
            b"3\r\nabcd\r\n",
            b"3\r\nabc\n\r\n",
            b"3;a\rb\r\nabc\r\n",
            b"3;a\0b\r\nabc\r\n",
            b"11112222333344445\r\n",
            b"3\r\nabc\r\n0\r\n\n",
            b"0\r\nX-Sum : 5\r\n\r\n",
            b"0\r\n folded\r\n\r\n",
        ] {
            for step in [1, 1000] {
                let decoded = decode(text, step);
                assert!(matches!(decoded, Err(BodyError::Malformed(_))), "{text:?}");
            }
        }
    }

    #[test]
    fn lines_extensions_and_trailers_are_bounded() {
        let long = [b"1;", &[b'a'; MAX_LINE][..]].concat();
        assert!(matches!(decode(&long, 1000), Err(BodyError::Malformed(_))));
        let many = [b"1;", &[b'a'; 1000][..], b"\r\nx\r\n"].concat().repeat(17);
        assert!(matches!(decode(&many, 1000), Err(BodyError::Malformed(_))));
        let trailers = [b"0\r\n", &b"a: b\r\n".repeat(101)[..], b"\r\n"].concat();
        assert!(matches!(
            decode(&trailers, 1000),
            Err(BodyError::Malformed(_))
        ));
    }

    #[test]
    fn body_that_breaks_off_has_not_ended() {
        for text in [
            &b""[..],
            b"3\r\nab",
            b"3\r\nabc",
            b"3\r\nabc\r\n",
            b"0\r\n",
            b"0\r\na: b\r\n",
        ] {
            assert!(
                matches!(decode(text, 1000), Err(BodyError::Short)),
                "{text:?}"
            );
        }
    }
}
