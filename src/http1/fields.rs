//! The fields of a message.

use std::cell::RefCell;

use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};

use super::head::{HeadError, Lines};

/// Room for what a proxy adds to what it received, in fields.
const ROOM_TO_GROW: usize = 14;
/// How many emptied maps a thread keeps.
const MAX_SPARES: usize = 64;
/// The largest map that is kept, in fields.
const MAX_SPARE: usize = 64;

thread_local! {
    static SPARES: RefCell<Vec<HeaderMap>> = const { RefCell::new(Vec::new()) };
}

/// Gives a map back whose message is done with, so that the next one needs no memory of its own.
pub fn recycle(mut map: HeaderMap) {
    if map.capacity() <= MAX_SPARE {
        map.clear();
        SPARES.with_borrow_mut(|spares| {
            if spares.len() < MAX_SPARES {
                spares.push(map);
            }
        });
    }
}

fn spare(fields: usize) -> HeaderMap {
    SPARES
        .with_borrow_mut(Vec::pop)
        .unwrap_or_else(|| HeaderMap::with_capacity(fields + ROOM_TO_GROW))
}

/// The lengths of the names of a head. A name of another length is not among them, so that nobody has to look
/// for it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Lengths(u32);

impl Lengths {
    /// All of them.
    #[cfg(test)]
    pub(super) const ANY: Self = Self(u32::MAX);

    fn add(&mut self, name: &HeaderName) {
        self.0 |= Self::bit(name.as_str().len());
    }

    fn bit(length: usize) -> u32 {
        // Names from 31 on share a place.
        1 << length.min(31)
    }

    /// Whether the name may be there.
    pub(super) fn may_have(self, name: &HeaderName) -> bool {
        self.0 & Self::bit(name.as_str().len()) != 0
    }
}

/// The fields of these lines as a map whose values share the head's bytes. A name is a token and nothing but
/// one, so that white space before a colon and folded lines are refused (RFC 9112 sections 5.1 and 5.2).
pub(super) fn fields(lines: &Lines<'_>) -> Result<(HeaderMap, Lengths), HeadError> {
    let mut map = spare(lines.len());
    let mut lengths = Lengths::default();
    for line in lines.iter() {
        let text = lines.bytes.get(line.clone()).unwrap_or_default();
        let colon =
            memchr::memchr(b':', text).ok_or(HeadError::Syntax("a field without a colon"))?;
        let (name, rest) = text.split_at_checked(colon).unwrap_or_default();
        let name = HeaderName::from_bytes(name).map_err(|_| HeadError::Syntax("a field's name"))?;
        let before = 1 + spaces(rest.iter().skip(1));
        // All spaces count once, from the front.
        let after = spaces(rest.get(before..).unwrap_or_default().iter().rev());
        let value = lines
            .bytes
            .slice(line.start + colon + before..line.end - after);
        let value = HeaderValue::from_maybe_shared(value)
            .map_err(|_| HeadError::Syntax("a field's value"))?;
        lengths.add(&name);
        map.append(name, value);
    }
    Ok((map, lengths))
}

/// How many spaces and tabs come first (RFC 9110 section 5.6.3).
fn spaces<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    bytes
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

/// What `Connection` says about the time after this message (RFC 9112 section 9.3).
pub(super) fn is_persistent(headers: &HeaderMap, lengths: Lengths, http10: bool) -> bool {
    let mut persistent = !http10;
    if !lengths.may_have(&CONNECTION) {
        return persistent;
    }
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
    use bytes::BytesMut;

    use super::super::head::{HeadLimits, Scan};
    use super::*;

    fn read(text: &str) -> Result<HeaderMap, HeadError> {
        let limits = HeadLimits {
            bytes: 1000,
            fields: 10,
        };
        let mut scan = Scan::default();
        let lines = scan.take_fields(&mut BytesMut::from(text), limits)?;
        fields(&lines.expect("not whole")).map(|(map, _)| map)
    }

    #[test]
    fn name_that_is_there_is_never_said_not_to_be() {
        let long = HeaderName::try_from("x".repeat(40)).unwrap();
        let mut lengths = Lengths::default();
        for name in [&http::header::HOST, &CONNECTION, &long] {
            lengths.add(name);
        }
        assert!(lengths.may_have(&CONNECTION) && lengths.may_have(&long));
        assert!(!lengths.may_have(&http::header::CONTENT_LENGTH));
    }

    #[test]
    fn recycled_map_holds_nothing_of_the_last_message() {
        let first = read("a: 1\r\na: 2\r\nb: 3\r\n\r\n").unwrap();
        assert_eq!(first.len(), 3);
        recycle(first);
        let second = read("c: 1\r\n\r\n").unwrap();
        assert_eq!(second.len(), 1);
        assert_eq!(second["c"], "1");
    }

    #[test]
    fn value_is_what_stands_between_the_spaces() {
        for (line, value) in [
            ("a:b", "b"),
            ("a: \t b c \t", "b c"),
            ("a:", ""),
            ("a:  ", ""),
            ("a::", ":"),
            ("A:\u{e9}", "\u{e9}"),
        ] {
            let map = read(&format!("{line}\r\n\r\n")).unwrap();
            assert_eq!(map["a"].as_bytes(), value.as_bytes(), "{line:?}");
        }
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for line in [
            "a",
            "a b: c",
            "a : b",
            " a: b",
            "\ta: b",
            ": b",
            "a\u{e9}: b",
            "a(: b",
            "a: b\rc",
            "a: b\r",
            "a: \r",
            "a: \0",
            "a: \u{7f}",
            "a: \u{1}",
            "a\0: b",
            "\"a\": b",
            "a\r: b",
        ] {
            let read = read(&format!("{line}\r\n\r\n"));
            assert!(matches!(read, Err(HeadError::Syntax(_))), "{line:?}");
        }
    }
}
