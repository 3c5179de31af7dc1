//! From a refusal to an answer.
//!
//! The policy says what the caller is told; here it becomes a message, with what HTTP asks of every refusal
//! whatever its body is: a challenge, a time to come back, and that nobody keeps it.

mod browser;
mod challenge;
mod problem;
#[cfg(test)]
mod tests;

use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};

use crate::frontend::connection::{Answer, Content};
use crate::model::{Fields, Reason, Request};
use crate::policy::{ErrorAnswer, ErrorContent};

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
static GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// How long a caller should wait when nothing better is known, in seconds.
const RETRY_SECONDS: &str = "5";

/// What an answer depends on besides its reason.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::frontend) struct Manner {
    /// The caller takes no body.
    head: bool,
    /// The caller speaks gRPC, where every answer has the status 200.
    grpc: bool,
    /// A person's browser waits for a page. Looked for only where that makes a difference.
    pub(in crate::frontend) browser: bool,
}

impl Manner {
    /// `redirects` says whether it makes a difference that a browser asks.
    pub(in crate::frontend) fn of(
        version: Version,
        method: &Method,
        headers: &Fields,
        redirects: bool,
    ) -> Self {
        let content = headers.get(&CONTENT_TYPE);
        Self {
            head: *method == Method::HEAD,
            grpc: version == Version::HTTP_2 && content.is_some_and(is_grpc),
            browser: redirects && browser::waits(method, headers),
        }
    }

    /// For the answer to a question about a request. Who asked turns it into what its caller understands.
    pub(in crate::frontend) fn relayed(request: &Request, redirects: bool) -> Self {
        let (method, headers) = (&request.method, &request.headers);
        Self {
            grpc: false,
            ..Self::of(Version::HTTP_11, method, headers, redirects)
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

/// A refusal, with what the answer says of it.
#[derive(Debug)]
pub(super) struct Refusal<'r> {
    pub(super) reason: Reason,
    /// What the operator would have said.
    pub(super) answer: ErrorAnswer,
    /// What logs call the request.
    pub(super) request_id: Option<&'r str>,
    /// What a challenge tells of the route: parameters, each behind a comma.
    pub(super) challenge: &'r str,
}

/// The answer to a refused request: what the policy says, or a gRPC status.
pub(super) fn refusal(refusal: Refusal<'_>, manner: Manner) -> Answer<Content> {
    let Refusal {
        reason,
        answer,
        request_id,
        challenge,
    } = refusal;
    if manner.grpc {
        return grpc(reason);
    }
    let (status, varies) = (answer.status, answer.varies);
    let mut fields = Fields::new();
    fields.append(&CACHE_CONTROL, &HeaderValue::from_static("no-store"));
    let body = match answer.content {
        ErrorContent::Problem => {
            fields.append(&CONTENT_TYPE, &HeaderValue::from_static(problem::TYPE));
            Content::Own(problem::document(reason, status, request_id))
        }
        ErrorContent::Page { content_type, body } => {
            fields.append(&CONTENT_TYPE, &content_type);
            // Nobody is to take words with a caller's values in them for anything else.
            let nosniff = HeaderValue::from_static("nosniff");
            fields.append(&X_CONTENT_TYPE_OPTIONS, &nosniff);
            Content::Own(body)
        }
        ErrorContent::Redirect(location) => {
            fields.append(&LOCATION, &location);
            Content::Empty
        }
    };
    if varies {
        fields.append(&VARY, &HeaderValue::from_static(browser::ASKED));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        fields.append(&RETRY_AFTER, &HeaderValue::from_static(RETRY_SECONDS));
    }
    if let Some(challenge) = challenge::of(reason, status, challenge) {
        fields.append(&WWW_AUTHENTICATE, &challenge);
    }
    Answer {
        status,
        fields,
        body: if manner.head { Content::Empty } else { body },
    }
}

/// The answer to a gRPC call, which is a status in the head and nothing else.
fn grpc(reason: Reason) -> Answer<Content> {
    let mut fields = Fields::new();
    let mut set = |name, text| fields.append(name, &HeaderValue::from_static(text));
    set(&CACHE_CONTROL, "no-store");
    set(&CONTENT_TYPE, "application/grpc");
    set(&GRPC_MESSAGE, reason.code());
    fields.append(&GRPC_STATUS, &grpc_status(reason).into());
    Answer {
        status: StatusCode::OK,
        fields,
        body: Content::Empty,
    }
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
