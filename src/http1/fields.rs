//! The fields of a message.

use std::cell::RefCell;

use bytes::Bytes;
use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};

use super::head::HeadError;

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

    fn add(&mut self, name: &str) {
        self.0 |= Self::bit(name.len());
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

/// The parsed fields as a map whose values share the head's bytes.
pub(super) fn fields(
    head: &Bytes,
    parsed: &[httparse::Header<'_>],
) -> Result<(HeaderMap, Lengths), HeadError> {
    let mut map = spare(parsed.len());
    let mut lengths = Lengths::default();
    for field in parsed {
        let name = HeaderName::from_bytes(field.name.as_bytes())
            .map_err(|_| HeadError::Syntax("a field's name"))?;
        let value = HeaderValue::from_maybe_shared(head.slice_ref(field.value))
            .map_err(|_| HeadError::Syntax("a field's value"))?;
        lengths.add(field.name);
        map.append(name, value);
    }
    Ok((map, lengths))
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
    use super::*;

    #[test]
    fn name_that_is_there_is_never_said_not_to_be() {
        let long = "x".repeat(40);
        let mut lengths = Lengths::default();
        for name in ["host", "connection", &long] {
            lengths.add(name);
        }
        assert!(lengths.may_have(&CONNECTION));
        assert!(lengths.may_have(&HeaderName::try_from(&*long).unwrap()));
        assert!(!lengths.may_have(&http::header::CONTENT_LENGTH));
    }

    #[test]
    fn recycled_map_holds_nothing_of_the_last_message() {
        let head = Bytes::from_static(b"a1");
        let field = |name| httparse::Header {
            name,
            value: &head[1..],
        };
        let (first, _) = fields(&head, &[field("a"), field("a"), field("b")]).unwrap();
        assert_eq!(first.len(), 3);
        recycle(first);
        let (second, _) = fields(&head, &[field("c")]).unwrap();
        assert_eq!(second.len(), 1);
        assert_eq!(second["c"], "1");
    }
}
