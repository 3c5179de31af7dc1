//! API keys for those who use them: the answer on a route that leads to us instead of an upstream.
//!
//! The request is permitted already, like any other. What it means is the business of [`Service`]; here its body
//! is read, with bounds, and who asks is put into the service's words.

use std::time::Duration;

use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::timeout;

use crate::engine::{Engine, Permit, Plan};
use crate::frontend::connection::{Answer, AnswerBody, Content};
use crate::frontend::exchange::Asked;
use crate::keys::{Ask, Fault, MOST_BODY, Maker, Reply, Scope, Service, Wish, unless_form};
use crate::model::{Denied, Fields, Principal, PrincipalKind, Reason, Request};
use crate::policy::{Match, Policy};
use crate::upstream::CallerBody;

/// How long a caller should wait when the store does not answer, in seconds.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// A permitted request for keys.
pub(super) struct Wanted<'r> {
    engine: &'r Engine,
    permit: &'r Permit,
    matched: &'r Match<'r>,
    request: &'r Request,
    /// How long the body may take.
    patience: Duration,
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    TooLong,
    Late,
    Broken,
}

impl<'r> Wanted<'r> {
    /// Nothing when the route leads to an upstream.
    pub(super) fn of(
        engine: &'r Engine,
        permit: &'r Permit,
        plan: &'r Plan<'r>,
        request: &'r Request,
        patience: Duration,
    ) -> Option<Self> {
        permit.route().serves()?;
        Some(Self {
            engine,
            permit,
            matched: plan.matched().ok()?,
            request,
            patience,
        })
    }

    /// Reads the body, asks the service, and answers.
    pub(super) async fn answer(&self, mut asked: Asked, body: CallerBody) -> Answer<AnswerBody> {
        let (Some(service), Some((set, principal, tenant))) = (self.engine.keys(), self.caller())
        else {
            let detail = "keys are served by nobody here";
            return asked.failed(Denied::new(Reason::StoreUnavailable, detail));
        };
        let body = match timeout(self.patience, read(body))
            .await
            .unwrap_or(Err(Unread::Late))
        {
            Ok(body) => body,
            Err(Unread::TooLong) => return replied(asked, too_long(), &self.request.method),
            Err(Unread::Late) => {
                return asked.failed(Denied::new(
                    Reason::RequestTimeout,
                    "the body took too long",
                ));
            }
            Err(Unread::Broken) => {
                return asked.failed(Denied::new(Reason::RequestInvalid, "the body broke off"));
            }
        };
        asked.unread = false;
        let policy = self.engine.policy();
        let roles = roles(policy, principal);
        let ceiling = |wish: &Wish<'_>| may_hand_on(policy, principal, wish);
        let scope = Scope::Tenant {
            set,
            tenant,
            by: &principal.subject,
            roles,
            maker: principal.key.as_deref().map(|key| Maker {
                key,
                expires_at: principal.expires_at,
            }),
            ceiling: &ceiling,
        };
        let reply = self.ask(service, scope, &body).await;
        if reply.status == StatusCode::SERVICE_UNAVAILABLE {
            let denied = Denied::new(Reason::StoreUnavailable, "asked for keys by a caller");
            asked.exchange.recording.failed(denied);
        }
        replied(asked, reply, &self.request.method)
    }

    /// The set that is served, who asks, and their tenant, which the engine has seen to.
    fn caller(&self) -> Option<(&str, &Principal, &str)> {
        let principal = self.permit.principal()?;
        let set = self.permit.route().serves()?;
        Some((set, principal, principal.tenant.as_deref()?))
    }

    /// What the body is said to be. No form of a stranger's page can say `Authorization: Bearer`.
    fn content_type(&self) -> Option<&[u8]> {
        let said = self.request.headers.get(&CONTENT_TYPE);
        let bearer = self.request.headers.get(&AUTHORIZATION);
        match bearer.is_some_and(|said| begins_with(said, b"bearer ")) {
            true => unless_form(said),
            false => said,
        }
    }

    async fn ask(&self, service: &Service, scope: Scope<'_>, body: &[u8]) -> Reply {
        let path = self.permit.path(&self.request.path);
        let below = self.matched.below();
        let method = match self.request.method {
            Method::HEAD => &Method::GET,
            ref method => method,
        };
        let reply = service.answer(Ask {
            sets: self.engine.key_sets(),
            scope,
            method,
            at: place(path.as_str(), &below),
            path: &below,
            // Without a credential that stood in it.
            query: path.query(),
            content_type: self.content_type(),
            body,
            now: self.request.received_at,
        });
        let reply = reply.await;
        match (&self.request.method, reply.allow) {
            // What would be right was asked for, and is no mistake (RFC 9110 section 9.3.7).
            (&Method::OPTIONS, Some(_)) => Reply {
                status: StatusCode::NO_CONTENT,
                body: None,
                ..reply
            },
            _ => reply,
        }
    }
}

/// Whether a field's value begins like this, in any case.
fn begins_with(value: &[u8], start: &[u8]) -> bool {
    let begin = value.get(..start.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// What the caller's roles are worth to a key they make. A caller who is bounded by scopes alone hands on no
/// roles; a person without roles has no rights, and neither has a key of theirs.
fn roles<'p>(policy: &'p Policy, principal: &'p Principal) -> Option<&'p [Box<str>]> {
    let roles = policy.roles_of(principal);
    let bounded = principal.kind == PrincipalKind::User || !roles.is_empty();
    bounded.then_some(roles)
}

fn may_hand_on(policy: &Policy, principal: &Principal, wish: &Wish<'_>) -> Result<(), String> {
    policy.may_hand_on(principal, wish.key.roles.as_deref(), &wish.key.scopes)
}

/// The path of the place where keys are served: what stands before the segments `below`.
fn place<'p>(path: &'p str, below: &str) -> &'p str {
    let path = path.strip_suffix('/').unwrap_or(path);
    match below.matches('/').count() {
        0 => path,
        depth => {
            let mut slashes = path.rmatch_indices('/');
            let begin = slashes.nth(depth - 1).map_or(0, |(at, _)| at);
            path.get(..begin).unwrap_or_default()
        }
    }
}

/// Reads a body whole. One that says that it is too long is not begun, and so not invited either.
async fn read(mut body: CallerBody) -> Result<Vec<u8>, Unread> {
    if body.size_hint().lower() > MOST_BODY as u64 {
        return Err(Unread::TooLong);
    }
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Unread::Broken)?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > MOST_BODY {
                return Err(Unread::TooLong);
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole)
}

fn too_long() -> Reply {
    Reply::refused(Fault::BodyTooLarge, format!("at most {MOST_BODY} bytes"))
}

/// The reply as an answer that nobody keeps: it may hold the text of a key.
fn replied(asked: Asked, reply: Reply, method: &Method) -> Answer<AnswerBody> {
    let mut fields = Fields::new();
    fields.append(&CACHE_CONTROL, &HeaderValue::from_static("no-store"));
    fields.append(
        &X_CONTENT_TYPE_OPTIONS,
        &HeaderValue::from_static("nosniff"),
    );
    if let Some(allow) = reply.allow {
        fields.append(&ALLOW, &HeaderValue::from_static(allow));
    }
    if let Some(location) = reply.location.as_deref().map(HeaderValue::from_str)
        && let Ok(location) = location
    {
        fields.append(&LOCATION, &location);
    }
    if reply.status == StatusCode::SERVICE_UNAVAILABLE {
        fields.append(&RETRY_AFTER, &RETRY_SECONDS);
    }
    let content_type = HeaderValue::from_static(reply.content_type());
    let body = reply.body.map(|document| format!("{document}\n"));
    if body.is_some() {
        fields.append(&CONTENT_TYPE, &content_type);
    }
    let body = match body {
        Some(text) if *method != Method::HEAD => Content::Own(text.into()),
        _ => Content::Empty,
    };
    let mut answer = Answer {
        status: reply.status,
        fields,
        body,
    };
    asked.part(&mut answer);
    asked.answered(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_is_what_stands_before() {
        for (path, below, wanted) in [
            ("/keys", "", "/keys"),
            ("/keys/", "", "/keys"),
            ("/keys/a", "/a", "/keys"),
            ("/keys/a/rotate", "/a/rotate", "/keys"),
            (
                "/t/acme/keys/a%2fb/rotate/",
                "/a%2Fb/rotate",
                "/t/acme/keys",
            ),
            ("/", "", ""),
            ("/a", "/a", ""),
        ] {
            assert_eq!(place(path, below), wanted, "{path}");
        }
    }
}
