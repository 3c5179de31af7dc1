//! API keys on the admin listener: who may ask, and how the answer is written.
//!
//! Unlike everything else here, keys are only for whoever has the token: their texts are secret, and to
//! make one is to hand on rights.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::answer::{Answer, respond};
use crate::keys::{Ask, Fault, KeySet, MOST_BODY, Reply, Scope, Service, unless_form};
use crate::secret::Secret;

/// Where keys are served.
const PLACE: &str = "/keys";
/// Who changed something, as the audit names it.
const BY: &str = "admin";

/// What the admin listener needs to answer for API keys. The functions are called on the control runtime
/// and must not block.
pub struct KeysDesk {
    /// What a caller has to present (`admin.token`).
    pub token: Secret,
    /// Who answers; nothing while the process has no store.
    pub service: Box<dyn Fn() -> Option<Service> + Send + Sync>,
    /// The key sets of the policy in force.
    pub sets: Box<dyn Fn() -> Arc<[KeySet]> + Send + Sync>,
}

impl fmt::Debug for KeysDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeysDesk").finish_non_exhaustive()
    }
}

/// The path below the place of keys; nothing when a request is about something else.
pub(super) fn below(head: &Parts) -> Option<&str> {
    let rest = head.uri.path().strip_prefix(PLACE)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// The answer to a request about keys. Nothing is said, and no body is read, before the token is there.
pub(super) async fn answer(
    desk: Option<&KeysDesk>,
    head: &Parts,
    path: &str,
    body: Incoming,
) -> Answer {
    let Some(desk) = desk else {
        let help = "no keys are served here: set `admin.token` in the process file";
        return rendered(Reply::refused(Fault::NotServed, help));
    };
    if !is_presented(&desk.token, &head.headers) {
        let help = "`Authorization: Bearer` has to say what `admin.token` is";
        let mut refused = rendered(Reply::refused(Fault::TokenInvalid, help));
        let challenge = HeaderValue::from_static(r#"Bearer realm="sidegate admin""#);
        refused.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        return refused;
    }
    let Some(service) = (desk.service)() else {
        let help = "this process has no store of keys: the policy has no set that is stored";
        return rendered(Reply::refused(Fault::StoreUnavailable, help));
    };
    let Ok(body) = Limited::new(body, MOST_BODY).collect().await else {
        let help = format!("a body has at most {MOST_BODY} bytes");
        return rendered(Reply::refused(Fault::BodyTooLarge, help));
    };
    let content_type = head.headers.get(CONTENT_TYPE);
    let ask = Ask {
        sets: &(desk.sets)(),
        scope: Scope::Everything { by: BY },
        method: &head.method,
        at: PLACE,
        path,
        query: head.uri.query(),
        // The token has been presented.
        content_type: unless_form(content_type.map(HeaderValue::as_bytes)),
        body: &body.to_bytes(),
        now: now(),
    };
    rendered(service.answer(ask).await)
}

/// Whether the one `Authorization` says the token (RFC 6750 section 2.1).
fn is_presented(token: &Secret, headers: &HeaderMap) -> bool {
    let mut said = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (said.next(), said.next()) else {
        return false;
    };
    match only.as_bytes().split_at_checked(b"bearer ".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"bearer ") => {
            token.matches(rest.trim_ascii())
        }
        _ => false,
    }
}

fn rendered(reply: Reply) -> Answer {
    let kind = HeaderValue::from_static(reply.content_type());
    let body = reply
        .body
        .map_or_else(Bytes::new, |value| format!("{value:#}\n").into());
    let mut answer = respond(reply.status, kind, body);
    let headers = answer.headers_mut();
    if let Some(allow) = reply.allow {
        headers.insert(ALLOW, HeaderValue::from_static(allow));
    }
    // Ids stand in a path as they are.
    if let Some(Ok(location)) = reply.location.map(HeaderValue::try_from) {
        headers.insert(LOCATION, location);
    }
    answer
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge where a request about keys comes in"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
