//! Where a body ends (RFC 9112 section 6).

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

use super::head::HeadError;
use crate::model::Fields;

/// How the length of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes follow; none, when nothing does.
    Length(u64),
    /// Chunks follow, each with its length.
    Chunked,
    /// It lasts until the connection ends. Answers only.
    UntilClose,
}

impl Framing {
    /// No body.
    pub const NONE: Self = Self::Length(0);
}

/// A length in digits and nothing else.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// A request's framing. Whatever another server might read differently is refused: two lengths, even alike, a
/// length beside chunks, a coding that is not `chunked` alone (RFC 9112 sections 6.1 and 6.3).
pub(super) fn of_request(headers: &Fields, http10: bool) -> Result<Framing, HeadError> {
    let mut lengths = headers.get_all(&CONTENT_LENGTH);
    let length = lengths.next();
    if lengths.next().is_some() {
        return Err(HeadError::Framing("more than one `Content-Length`"));
    }
    let mut codings = headers.get_all(&TRANSFER_ENCODING);
    let Some(coding) = codings.next() else {
        let number = length.map_or(Some(0), number);
        return number
            .map(Framing::Length)
            .ok_or(HeadError::Framing("a `Content-Length` that is no number"));
    };
    if length.is_some() {
        return Err(HeadError::Framing(
            "`Transfer-Encoding` beside `Content-Length`",
        ));
    }
    if http10 {
        return Err(HeadError::Framing("`Transfer-Encoding` in HTTP/1.0"));
    }
    if codings.next().is_some() || !coding.eq_ignore_ascii_case(b"chunked") {
        return Err(HeadError::Framing("a transfer coding other than `chunked`"));
    }
    Ok(Framing::Chunked)
}

/// The framing of an answer that has a body. Lengths that are alike count as one, and `chunked` wins over a
/// length (RFC 9112 section 6.3). `identity` was a name for no coding. The second part says whether the
/// message is beyond doubt, so that its connection may be used again.
pub(super) fn of_answer(headers: &Fields, http10: bool) -> Result<(Framing, bool), HeadError> {
    let mut lengths = headers.get_all(&CONTENT_LENGTH);
    let length = lengths.next();
    if lengths.any(|other| Some(other) != length) {
        return Err(HeadError::Framing("more than one `Content-Length`"));
    }
    let mut codings = headers
        .get_all(&TRANSFER_ENCODING)
        .filter(|coding| !coding.eq_ignore_ascii_case(b"identity"));
    if let Some(coding) = codings.next() {
        let plain = coding.eq_ignore_ascii_case(b"chunked");
        if !plain || codings.next().is_some() {
            return Err(HeadError::Framing("a transfer coding other than `chunked`"));
        }
        return Ok((Framing::Chunked, length.is_none() && !http10));
    }
    match length.map(number) {
        Some(Some(length)) => Ok((Framing::Length(length), true)),
        Some(None) => Err(HeadError::Framing("a `Content-Length` that is no number")),
        None => Ok((Framing::UntilClose, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: &str = "content-length";
    const CODING: &str = "transfer-encoding";

    #[test]
    fn request_has_one_framing() {
        for (fields, framing) in [
            (&[][..], Framing::NONE),
            (&[(LENGTH, "0")], Framing::NONE),
            (&[(LENGTH, "0012")], Framing::Length(12)),
            (&[(CODING, "Chunked")], Framing::Chunked),
        ] {
            assert_eq!(
                of_request(&Fields::of(fields), false),
                Ok(framing),
                "{fields:?}"
            );
        }
    }

    #[test]
    fn request_with_two_readings_is_refused() {
        for fields in [
            &[(LENGTH, "1"), (LENGTH, "1")][..],
            &[(LENGTH, "1, 1")],
            &[(LENGTH, "+1")],
            &[(LENGTH, "")],
            &[(LENGTH, "0x1")],
            &[(LENGTH, "-1")],
            &[(LENGTH, "1 2")],
            &[(LENGTH, "18446744073709551616")],
            &[(LENGTH, "3"), (CODING, "chunked")],
            &[(CODING, "gzip, chunked")],
            &[(CODING, "chunked, chunked")],
            &[(CODING, "chunked"), (CODING, "chunked")],
            &[(CODING, "identity")],
            &[(CODING, "chunked;a=b")],
            &[(CODING, "xchunked")],
            &[(CODING, "")],
        ] {
            let framing = of_request(&Fields::of(fields), false);
            assert!(matches!(framing, Err(HeadError::Framing(_))), "{fields:?}");
        }
        assert!(of_request(&Fields::of(&[(CODING, "chunked")]), true).is_err());
    }

    #[test]
    fn answer_in_doubt_ends_its_connection() {
        for (fields, framing, sure) in [
            (&[][..], Framing::UntilClose, false),
            (&[(LENGTH, "5")], Framing::Length(5), true),
            (&[(LENGTH, "5"), (LENGTH, "5")], Framing::Length(5), true),
            (&[(CODING, "chunked")], Framing::Chunked, true),
            (
                &[(CODING, "chunked"), (LENGTH, "5")],
                Framing::Chunked,
                false,
            ),
            (
                &[(CODING, "identity"), (LENGTH, "5")],
                Framing::Length(5),
                true,
            ),
            (
                &[(CODING, "identity"), (CODING, "chunked"), (LENGTH, "5")],
                Framing::Chunked,
                false,
            ),
        ] {
            assert_eq!(
                of_answer(&Fields::of(fields), false),
                Ok((framing, sure)),
                "{fields:?}"
            );
        }
        for fields in [
            &[(LENGTH, "5"), (LENGTH, "6")][..],
            &[(LENGTH, "5, 5")],
            &[(CODING, "gzip")],
            &[(CODING, "gzip, chunked")],
            &[(CODING, "chunked"), (CODING, "gzip")],
        ] {
            assert!(of_answer(&Fields::of(fields), false).is_err(), "{fields:?}");
        }
    }
}
