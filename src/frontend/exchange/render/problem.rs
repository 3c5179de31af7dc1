//! The problem document (RFC 9457) of a refusal.

use std::fmt::Write as _;

use bytes::Bytes;
use http::StatusCode;

use crate::model::Reason;

/// Its media type.
pub(super) const TYPE: &str = "application/problem+json";

/// The document. Its `status` is that of the answer (RFC 9457 section 3.1.2).
pub(super) fn document(reason: Reason, status: StatusCode, request_id: Option<&str>) -> Bytes {
    let (code, title) = (reason.code(), reason.title());
    let mut body = format!(
        r#"{{"type":"urn:sidegate:reason:{code}","title":"{title}","status":{},"code":"{code}""#,
        status.as_u16(),
    );
    // Request identifiers are letters, digits, dots, dashes and underscores: nothing to be escaped. Writing to
    // a string cannot fail.
    if let Some(id) = request_id {
        let _ = write!(body, r#","request_id":"{id}""#);
    }
    body.push_str("}\n");
    body.into()
}
