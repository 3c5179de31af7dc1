//! The address that Twilio signs, of which it spells the port or not.

use crate::webhook::scheme::Base;

/// The base with its port and without it: Twilio signs one or the other.
pub(super) fn addresses(base: &Base) -> [String; 2] {
    let text = base.as_str();
    let start = text.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = text.split_at_checked(start).unwrap_or_default();
    let (authority, path) = match rest.find('/') {
        Some(end) => rest.split_at_checked(end).unwrap_or((rest, "")),
        None => (rest, ""),
    };
    // A colon within the brackets of an IPv6 address begins no port.
    let port = authority
        .rsplit_once(':')
        .filter(|(_, port)| !port.contains(']'));
    let usual = if scheme.eq_ignore_ascii_case("http://") {
        "80"
    } else {
        "443"
    };
    let (host, port) = port.unwrap_or((authority, usual));
    [
        format!("{scheme}{host}:{port}{path}"),
        format!("{scheme}{host}{path}"),
    ]
}
