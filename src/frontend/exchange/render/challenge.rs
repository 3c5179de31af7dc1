//! What credential would help (RFC 6750 section 3).

use http::{HeaderValue, StatusCode};

use crate::model::Reason;

/// The challenge of an answer that a credential could change, and of every answer with the status 401
/// (RFC 9110 section 11.6.1); none where the operator hides what it is about behind another status. Who
/// sent no credential is told no error; `more` is what the route adds; `code` is ours.
///
/// API keys have no scheme of their own with IANA, wherever in a request they stand. They are bearer
/// credentials, so their challenge is that of RFC 6750, too: who reads `error` is told that another credential
/// is needed, and `code` says why. Neither have signatures of webhooks, whose senders read none: they get the same
/// for want of another.
pub(super) fn of(reason: Reason, status: StatusCode, more: &str) -> Option<HeaderValue> {
    let error = match reason.status() {
        _ if is_hidden(status) => return None,
        StatusCode::UNAUTHORIZED => match reason {
            Reason::TokenMissing | Reason::KeyMissing | Reason::SignatureMissing => "",
            // RFC 9470 section 3.
            Reason::StepUpRequired => r#", error="insufficient_user_authentication""#,
            _ => r#", error="invalid_token""#,
        },
        StatusCode::FORBIDDEN => match reason {
            Reason::InsufficientScope => r#", error="insufficient_scope""#,
            // Nobody's credential leads to a route that is not there.
            Reason::NoRoute if status != StatusCode::UNAUTHORIZED => return None,
            _ => "",
        },
        _ if status == StatusCode::UNAUTHORIZED => "",
        _ => return None,
    };
    let code = reason.code();
    let text = format!(r#"Bearer realm="sidegate"{error}{more}, code="{code}""#);
    HeaderValue::try_from(text).ok()
}

/// Whether the answer has a status that has nothing to do with credentials. A redirect does: it leads to
/// where one is to be had.
fn is_hidden(status: StatusCode) -> bool {
    !status.is_redirection() && !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}
