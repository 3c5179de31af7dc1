//! From a verdict to the message that the proxy in front understands.

use http::header::CONTENT_LENGTH;
use http::{HeaderName, HeaderValue, StatusCode};

use super::verdict::{Passed, Verdict};
use crate::frontend::connection::{Answer, AnswerBody, Content};
use crate::frontend::door::{Dialect, Statuses};
use crate::frontend::exchange::Asked;
use crate::model::Fields;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Path and query that were judged, for a proxy that can be told what to send on.
static TARGET: HeaderName = HeaderName::from_static("x-sidegate-target");
/// The status that is meant, for a proxy that understands few.
static STATUS: HeaderName = HeaderName::from_static("x-sidegate-status");
/// The body once more, for a proxy that drops bodies.
static BODY: HeaderName = HeaderName::from_static("x-sidegate-body");
/// What Envoy takes out of the request.
static REMOVE: HeaderName = HeaderName::from_static("x-envoy-auth-headers-to-remove");

/// The longest body that is repeated in a field, in bytes.
const MOST_REPEATED: usize = 2 << 10;

/// The answer to a question.
pub(super) fn of(verdict: Verdict, dialect: Dialect, asked: Asked) -> Answer<AnswerBody> {
    let mut answer = match verdict {
        Verdict::Pass(passed) => pass(&passed, dialect),
        Verdict::Refuse(answer) => refuse(answer, dialect),
        // No door of this kind can give it, and policies that need it are not put in force here. Whoever is sent a
        // success would take it for leave to go on.
        Verdict::Reply(reply) => refuse(unsaid(reply), dialect),
    };
    asked.part(&mut answer);
    asked.sent(answer)
}

fn pass(passed: &Passed, dialect: Dialect) -> Answer<Content> {
    let mut fields = Fields::new();
    fields.extend(&passed.set);
    fields.set(&REQUEST_ID, &passed.request_id);
    if let Ok(target) = HeaderValue::from_str(passed.path.target().as_str()) {
        fields.set(&TARGET, &target);
    }
    if dialect.is_told_what_to_remove() && !passed.remove.is_empty() {
        let names: Vec<&str> = passed.remove.iter().map(HeaderName::as_str).collect();
        if let Ok(names) = HeaderValue::from_str(&names.join(",")) {
            fields.set(&REMOVE, &names);
        }
    }
    Answer {
        status: StatusCode::OK,
        fields,
        body: Content::Empty,
    }
}

fn refuse(mut answer: Answer<Content>, dialect: Dialect) -> Answer<Content> {
    let meant = answer.status;
    answer.status = match dialect.statuses() {
        Statuses::All => meant,
        Statuses::Two if matches!(meant, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => meant,
        Statuses::BelowFiveHundred if !meant.is_server_error() => meant,
        Statuses::Two | Statuses::BelowFiveHundred => StatusCode::FORBIDDEN,
    };
    if dialect.statuses() == Statuses::Two {
        answer.fields.set(&STATUS, &meant.as_u16().into());
        if let Content::Own(body) = &answer.body
            && let Some(body) = in_one_line(body)
        {
            answer.fields.set(&BODY, &body);
        }
    }
    answer
}

/// A body that fits into a field.
fn in_one_line(body: &[u8]) -> Option<HeaderValue> {
    let body = body.trim_ascii();
    let fits = !body.is_empty() && body.len() <= MOST_REPEATED;
    fits.then(|| HeaderValue::from_bytes(body).ok()).flatten()
}

fn unsaid(mut reply: Answer<Content>) -> Answer<Content> {
    reply.fields.remove(&CONTENT_LENGTH);
    reply.status = StatusCode::FORBIDDEN;
    reply.body = Content::Empty;
    reply
}
