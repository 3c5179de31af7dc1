//! Whether what a request says of a name has one reading.
//!
//! The rules of a policy take nothing else for a value. A record that showed one of several readings would
//! mislead whoever judges by it.

use http::header::CONNECTION;

use super::value::decoded;
use crate::model::{Fields, FoldedName};

/// Whether a header is there in another spelling that an upstream may take for it, or is there and is named
/// by `Connection` to be dropped on the way (RFC 9110 section 7.6.1). `name` is in lower case.
pub(super) fn is_header_ambiguous(headers: &Fields, name: &str, folded: &FoldedName) -> bool {
    let mut there = false;
    for field in headers.iter().filter(|field| folded.matches(field.name())) {
        if field.name() != name.as_bytes() {
            return true;
        }
        there = true;
    }
    there
        && headers.get_all(&CONNECTION).any(|value| {
            let mut names = value.split(|byte| *byte == b',');
            names.any(|named| named.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        })
}

/// Whether a query has a name that cannot be read, or a value of this name with a broken escape.
pub(super) fn is_parameter_ambiguous(query: &str, name: &str) -> bool {
    if !query.contains('%') {
        return false;
    }
    let mut pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.any(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let named = decoded(key);
        is_broken(key)
            || std::str::from_utf8(&named).is_err()
            || (*named == *name.as_bytes() && is_broken(value))
    })
}

/// Whether a percent sign stands without two hex digits behind it.
fn is_broken(text: &str) -> bool {
    let mut escapes = text.split('%').skip(1);
    escapes.any(|rest| {
        let digits = rest.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.count() < 2
    })
}
