//! From a refusal to an answer.

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};

use super::answer::Answer;
use super::body::Content;
use crate::model::{Fields, Reason};

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
static GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// How long a caller should wait when nothing better is known, in seconds.
const RETRY_SECONDS: &str = "5";

/// What an answer depends on besides its reason.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    /// The caller takes no body.
    head: bool,
    /// The caller speaks gRPC, where every answer has the status 200.
    grpc: bool,
}

impl Manner {
    pub(super) fn of(version: Version, method: &Method, headers: &Fields) -> Self {
        let content = headers.get(&CONTENT_TYPE);
        Self {
            head: *method == Method::HEAD,
            grpc: version == Version::HTTP_2 && content.is_some_and(is_grpc),
        }
    }
}

/// Whether a content type is gRPC's over HTTP/2. That of gRPC-Web begins alike, and its callers go by statuses.
fn is_grpc(content: &[u8]) -> bool {
    content.split_at_checked(16).is_some_and(|(start, rest)| {
        start.eq_ignore_ascii_case(b"application/grpc")
            && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
    })
}

/// The answer to a refused request: a problem document (RFC 9457), or a gRPC status.
pub(super) fn refusal(reason: Reason, manner: Manner, request_id: Option<&str>) -> Answer<Content> {
    let mut answer = Answer {
        status: reason.status(),
        fields: Fields::new(),
        body: Content::Empty,
    };
    let mut set = |name, text| answer.fields.append(name, &HeaderValue::from_static(text));
    set(&CACHE_CONTROL, "no-store");
    if manner.grpc {
        set(&CONTENT_TYPE, "application/grpc");
        set(&GRPC_MESSAGE, reason.code());
        let status = grpc_status(reason).into();
        answer.fields.append(&GRPC_STATUS, &status);
        answer.status = StatusCode::OK;
        return answer;
    }
    set(&CONTENT_TYPE, "application/problem+json");
    if reason.status() == StatusCode::SERVICE_UNAVAILABLE {
        set(&RETRY_AFTER, RETRY_SECONDS);
    }
    if let Some(challenge) = challenge(reason) {
        answer.fields.append(&WWW_AUTHENTICATE, &challenge);
    }
    if !manner.head {
        answer.body = Content::Own(problem(reason, request_id));
    }
    answer
}

fn problem(reason: Reason, request_id: Option<&str>) -> Bytes {
    let code = reason.code();
    let mut title = code.to_ascii_lowercase().replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut body = format!(
        r#"{{"type":"urn:sidegate:reason:{code}","title":"{title}","status":{},"code":"{code}""#,
        reason.status().as_u16(),
    );
    // Request identifiers are letters, digits, dots, dashes and underscores: nothing to be escaped. Writing to
    // a string cannot fail.
    if let Some(id) = request_id {
        let _ = write!(body, r#","request_id":"{id}""#);
    }
    body.push_str("}\n");
    body.into()
}

/// The challenge of an answer that a credential could change (RFC 6750 section 3). Who sent none is told
/// no error; `code` is ours.
fn challenge(reason: Reason) -> Option<HeaderValue> {
    let error = match (reason.status(), reason) {
        (StatusCode::UNAUTHORIZED, Reason::TokenMissing) => "",
        (StatusCode::UNAUTHORIZED, _) => r#", error="invalid_token""#,
        (_, Reason::InsufficientScope) => r#", error="insufficient_scope""#,
        (
            _,
            Reason::WrongTokenType
            | Reason::TenantMismatch
            | Reason::InsufficientRole
            | Reason::PermissionDenied,
        ) => "",
        _ => return None,
    };
    let code = reason.code();
    HeaderValue::try_from(format!(r#"Bearer realm="sidegate"{error}, code="{code}""#)).ok()
}

/// The status of a gRPC call that was refused (gRPC over HTTP/2, and the mapping from HTTP's statuses).
fn grpc_status(reason: Reason) -> u16 {
    match reason.status() {
        StatusCode::BAD_REQUEST => 3,
        StatusCode::UNAUTHORIZED => 16,
        StatusCode::FORBIDDEN => 7,
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => 8,
        _ => 14,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manner(method: Method, content: Option<&'static str>) -> Manner {
        let mut headers = Fields::new();
        if let Some(content) = content {
            headers.append(&CONTENT_TYPE, &HeaderValue::from_static(content));
        }
        Manner::of(Version::HTTP_2, &method, &headers)
    }

    #[test]
    fn grpc_is_told_from_what_looks_like_it() {
        for (version, content, grpc) in [
            (Version::HTTP_2, "application/grpc", true),
            (Version::HTTP_2, "application/grpc; charset=x", true),
            (Version::HTTP_2, "application/grpc-web+proto", false),
            (Version::HTTP_2, "application/grp", false),
            // A refusal with the status 200 would pass for a success.
            (Version::HTTP_11, "application/grpc", false),
        ] {
            let mut headers = Fields::new();
            headers.append(&CONTENT_TYPE, &HeaderValue::from_static(content));
            let manner = Manner::of(version, &Method::POST, &headers);
            assert_eq!(manner.grpc, grpc, "{version:?} {content}");
        }
    }

    fn text<'a>(answer: &'a Answer<Content>, name: &str) -> &'a str {
        std::str::from_utf8(answer.fields.get(name).unwrap()).unwrap()
    }

    fn json(content: &Content) -> serde_json::Value {
        match content {
            Content::Own(bytes) => serde_json::from_slice(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn refusal_is_a_problem_document() {
        let answer = refusal(Reason::TokenExpired, manner(Method::GET, None), Some("r-1"));
        assert_eq!(answer.status, 401);
        assert_eq!(text(&answer, "content-type"), "application/problem+json");
        assert_eq!(text(&answer, "cache-control"), "no-store");
        let wanted = serde_json::json!({
            "type": "urn:sidegate:reason:TOKEN_EXPIRED", "title": "Token expired",
            "status": 401, "code": "TOKEN_EXPIRED", "request_id": "r-1",
        });
        assert_eq!(json(&answer.body), wanted);
    }

    #[test]
    fn challenge_tells_missing_from_wrong() {
        for (reason, wanted) in [
            (
                Reason::TokenMissing,
                Some(r#"Bearer realm="sidegate", code="TOKEN_MISSING""#),
            ),
            (
                Reason::TokenExpired,
                Some(r#"Bearer realm="sidegate", error="invalid_token", code="TOKEN_EXPIRED""#),
            ),
            (
                Reason::InsufficientScope,
                Some(
                    r#"Bearer realm="sidegate", error="insufficient_scope", code="INSUFFICIENT_SCOPE""#,
                ),
            ),
            (
                Reason::TenantMismatch,
                Some(r#"Bearer realm="sidegate", code="TENANT_MISMATCH""#),
            ),
            (Reason::NoRoute, None),
            (Reason::PathAmbiguous, None),
            (Reason::UpstreamTimeout, None),
        ] {
            let answer = refusal(reason, manner(Method::GET, None), None);
            let challenge = answer.fields.get(&WWW_AUTHENTICATE);
            assert_eq!(challenge, wanted.map(str::as_bytes));
        }
    }

    #[test]
    fn head_has_no_body() {
        let answer = refusal(Reason::NoRoute, manner(Method::HEAD, None), None);
        assert!(matches!(&answer.body, Content::Empty));
        assert_eq!(answer.status, 403);
    }

    #[test]
    fn grpc_gets_its_own_kind_of_refusal() {
        for (reason, status) in [
            (Reason::TokenMissing, "16"),
            (Reason::InsufficientRole, "7"),
            (Reason::UpstreamTimeout, "14"),
            (Reason::IssuerUnavailable, "14"),
        ] {
            let manner = manner(Method::POST, Some("application/grpc+proto"));
            let answer = refusal(reason, manner, None);
            assert_eq!(answer.status, 200);
            assert_eq!(text(&answer, "grpc-status"), status);
            assert_eq!(text(&answer, "grpc-message"), reason.code());
            assert!(matches!(&answer.body, Content::Empty));
        }
    }

    #[test]
    fn unavailable_says_when_to_come_back() {
        let answer = refusal(Reason::IssuerUnavailable, manner(Method::GET, None), None);
        assert_eq!(text(&answer, "retry-after"), "5");
    }
}
