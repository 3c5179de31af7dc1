//! Cookies that HTTP/2 broke into crumbs.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// Joins the crumbs of a cookie into one field, as HTTP/1 needs it (RFC 9113 section 8.2.3).
pub(super) fn join_crumbs(headers: &mut HeaderMap) {
    let mut crumbs = headers.get_all(COOKIE).iter();
    if crumbs.next().is_none() || crumbs.next().is_none() {
        return;
    }
    let crumbs: Vec<&[u8]> = headers
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    // Bytes that stood in field values make a field value.
    if let Ok(whole) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(COOKIE, whole);
    }
}
