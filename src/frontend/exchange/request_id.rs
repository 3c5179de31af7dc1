//! Identifiers of requests.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, RandomState};

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use http::header::HeaderName;

use crate::model::Fields;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request identifier that is taken over.
const MAX_REQUEST_ID: usize = 128;

/// How long an identifier is, in hex digits.
const ID: usize = 32;
/// How many identifiers are written at once.
const BATCH: usize = 64;

/// Makes identifiers that do not repeat: random bits of this worker, then a count. They are written many at
/// a time into memory that they share, because one by one the memory costs more than the digits.
#[derive(Debug)]
pub(in crate::frontend) struct RequestIds {
    worker: [u8; ID / 2],
    next: Cell<u64>,
    written: RefCell<Bytes>,
}

impl RequestIds {
    pub(in crate::frontend) fn new() -> Self {
        Self {
            worker: hex(RandomState::new().hash_one("worker")),
            next: Cell::new(RandomState::new().hash_one("first")),
            written: RefCell::default(),
        }
    }

    /// The identifier that a trusted proxy gave the request, if it came from one and the identifier is clean;
    /// otherwise a new one.
    pub(in crate::frontend) fn pick(&self, is_proxied: bool, headers: &Fields) -> HeaderValue {
        if is_proxied
            && let Some(given) = headers.value(&X_REQUEST_ID)
            && is_clean(&given)
        {
            return given;
        }
        self.make()
    }

    fn make(&self) -> HeaderValue {
        let mut written = self.written.borrow_mut();
        if written.is_empty() {
            *written = self.batch();
        }
        let length = ID.min(written.len());
        let id = written.split_to(length);
        HeaderValue::from_maybe_shared(id).unwrap_or(HeaderValue::from_static("0"))
    }

    fn batch(&self) -> Bytes {
        let mut text = BytesMut::with_capacity(ID * BATCH);
        for _ in 0..BATCH {
            let count = self.next.get();
            self.next.set(count.wrapping_add(1));
            text.extend_from_slice(&self.worker);
            text.extend_from_slice(&hex(count));
        }
        text.freeze()
    }
}

fn hex(number: u64) -> [u8; ID / 2] {
    let mut digits = [0; ID / 2];
    for (digit, shift) in digits.iter_mut().rev().zip((0..u64::BITS).step_by(4)) {
        let nibble = (number >> shift & 0xf) as u8;
        *digit = nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    }
    digits
}

/// Letters, digits and a few marks: nothing that a log or a document would have to escape.
fn is_clean(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=MAX_REQUEST_ID).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_do_not_repeat() {
        let ids = RequestIds::new();
        let made: std::collections::HashSet<_> = (0..3 * BATCH).map(|_| ids.make()).collect();
        assert_eq!(made.len(), 3 * BATCH);
        assert!(made.iter().all(|id| id.len() == ID && is_clean(id)));
    }

    #[test]
    fn identifier_is_kept_only_from_a_trusted_proxy_and_only_when_clean() {
        let ids = RequestIds::new();
        for (given, is_proxied, kept) in [
            ("abc-1.2_3", true, true),
            ("abc-1.2_3", false, false),
            ("a\"b", true, false),
            ("a b", true, false),
        ] {
            let mut headers = Fields::new();
            headers.append(&X_REQUEST_ID, &HeaderValue::from_static(given));
            let picked = ids.pick(is_proxied, &headers);
            assert_eq!(picked == given, kept, "{given}");
        }
    }
}
