//! Cookies that HTTP/2 broke into crumbs.

use http::HeaderValue;
use http::header::COOKIE;

use crate::model::Fields;

/// Joins the crumbs of a cookie into one field, as HTTP/1 needs it (RFC 9113 section 8.2.3).
pub(super) fn join_crumbs(headers: &mut Fields) {
    if headers.get_all(&COOKIE).nth(1).is_none() {
        return;
    }
    let crumbs: Vec<&[u8]> = headers.get_all(&COOKIE).collect();
    // Bytes that stood in field values make a field value.
    if let Ok(whole) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.set(&COOKIE, &whole);
    }
}
