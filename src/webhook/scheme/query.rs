//! Names with values, as queries and forms write them (WHATWG URL, `application/x-www-form-urlencoded`).

use std::borrow::Cow;

use crate::webhook::{Refusal, Why};

/// A name and a value, decoded.
pub(in crate::webhook) type Pair<'t> = (Cow<'t, [u8]>, Cow<'t, [u8]>);

/// The most pairs of one body. No sender's form has a tenth of it.
const MOST_PAIRS: usize = 10_000;

/// All pairs of a text, in their order.
///
/// # Errors
/// A percent sign without two digits behind it, and too many pairs.
pub(in crate::webhook) fn pairs(text: &[u8]) -> Result<Vec<Pair<'_>>, Refusal> {
    let pieces = text.split(|byte| *byte == b'&');
    let pieces = pieces.filter(|piece| !piece.is_empty());
    let read = pieces.take(MOST_PAIRS + 1).map(|piece| {
        let (name, value) = parted(piece);
        Some((decoded(name)?, decoded(value)?))
    });
    let pairs: Option<Vec<_>> = read.collect();
    pairs
        .filter(|pairs| pairs.len() <= MOST_PAIRS)
        .ok_or_else(|| Refusal::new(Why::Malformed, "a form or a query cannot be read exactly"))
}

/// The value of a name, which may stand there once.
pub(in crate::webhook) fn only<'t>(
    pairs: &[Pair<'t>],
    name: &str,
) -> Result<Option<Cow<'t, [u8]>>, Refusal> {
    let mut found = pairs.iter().filter(|(own, _)| **own == *name.as_bytes());
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) => Ok(Some(value.clone())),
        (Some(_), Some(_)) => Err(Refusal::new(
            Why::Malformed,
            "a parameter stands there twice",
        )),
    }
}

/// All pairs, sorted by names and then by values, each once, names and values joined without anything between.
pub(in crate::webhook) fn sorted(pairs: &[Pair<'_>]) -> Vec<u8> {
    let mut sorted: Vec<&Pair<'_>> = pairs.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut text = Vec::new();
    for (name, value) in sorted {
        text.extend_from_slice(name);
        text.extend_from_slice(value);
    }
    text
}

fn parted(piece: &[u8]) -> (&[u8], &[u8]) {
    let end = piece.iter().position(|byte| *byte == b'=');
    match end.and_then(|end| piece.split_at_checked(end)) {
        Some((name, value)) => (name, value.get(1..).unwrap_or_default()),
        None => (piece, &[]),
    }
}

fn decoded(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(*rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => *byte,
        };
        bytes.push(byte);
    }
    Some(Cow::Owned(bytes))
}

/// A text as a value of a query or a form.
pub(in crate::webhook) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_exactly() {
        let pairs = pairs(b"a=1&b=%C3%A4+x&c&&d==").unwrap();
        let shown: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (&**name, std::str::from_utf8(value).unwrap()))
            .collect();
        let wanted: [(&[u8], &str); 4] = [(b"a", "1"), (b"b", "ä x"), (b"c", ""), (b"d", "=")];
        assert_eq!(shown, wanted);
        for wrong in ["a=%", "a=%4", "a=%zz", "%=1"] {
            assert!(super::pairs(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn name_that_stands_twice_is_refused() {
        let pairs = pairs(b"a=1&a=1&b=2").unwrap();
        assert!(only(&pairs, "a").is_err());
        assert_eq!(only(&pairs, "b").unwrap().as_deref(), Some(&b"2"[..]));
        assert_eq!(only(&pairs, "c").unwrap(), None);
    }

    #[test]
    fn form_with_too_many_fields_is_refused() {
        assert!(pairs("a&".repeat(MOST_PAIRS).as_bytes()).is_ok());
        assert!(pairs("a&".repeat(MOST_PAIRS + 1).as_bytes()).is_err());
    }

    #[test]
    fn sorted_pairs_are_joined_once_each() {
        let pairs = pairs(b"b=2&a=1&b=2&b=1").unwrap();
        assert_eq!(sorted(&pairs), b"a1b1b2");
    }
}
