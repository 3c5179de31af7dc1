//! From a verdict to what leaves for Envoy: the message, and how the call ended.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};

use super::question::Question;
use super::response::{self, Ended, Facts, Pass};
use super::rpc::Status;
use crate::frontend::connection::{Answer, AnswerBody, Content};
use crate::frontend::exchange::Asked;
use crate::frontend::forward_auth::{Passed, Verdict};
use crate::model::{Denied, Fields, Reason};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Tells Envoy what to do.
pub(super) fn tell(verdict: Verdict, asked: Asked, question: &Question) -> Answer<AnswerBody> {
    match verdict {
        Verdict::Pass(passed) if !passed.set.iter().all(response::is_text) => {
            let detail = "what is left of a header is no text, and Envoy takes nothing else";
            deny(asked, Denied::new(Reason::RequestInvalid, detail))
        }
        Verdict::Pass(passed) => {
            let message = pass(passed, question, facts(&asked));
            reply(message, asked)
        }
        Verdict::Refuse(answer) | Verdict::Reply(answer) => end(answer, asked),
    }
}

fn pass(mut passed: Passed, question: &Question, facts: Facts<'_>) -> Bytes {
    let request = &question.request;
    let id = passed.request_id.as_bytes();
    if !id.is_empty() && request.headers.get(&REQUEST_ID) != Some(id) {
        passed.set.set(&REQUEST_ID, &passed.request_id);
    }
    let target = passed.path.target().as_str();
    let host = request.host.as_str();
    let pass = Pass {
        set: &passed.set,
        remove: &passed.remove,
        path: Some(target).filter(|target| *target != request.path.as_received()),
        authority: Some(host).filter(|host| question.authority != host.as_bytes()),
        facts,
    };
    pass.message()
}

/// Refuses what failed outside the decision.
pub(super) fn deny(mut asked: Asked, denied: Denied) -> Answer<AnswerBody> {
    let reason = denied.reason;
    asked.exchange.recording.failed(denied);
    let answer = asked.refusal(reason);
    asked.exchange.recording.answering(answer.status);
    end(answer, asked)
}

/// Has Envoy give this answer to its caller.
fn end(mut answer: Answer<Content>, asked: Asked) -> Answer<AnswerBody> {
    if asked.discreet {
        answer.keep_address();
    }
    let nothing = Bytes::new();
    let body = match &answer.body {
        Content::Own(bytes) => bytes,
        _ => &nothing,
    };
    let ended = Ended {
        status: answer.status,
        fields: &answer.fields,
        body,
        facts: facts(&asked),
    };
    let message = ended.message();
    reply(message, asked)
}

fn reply(message: Bytes, mut asked: Asked) -> Answer<AnswerBody> {
    // It is the caller of Envoy who is told to keep an address to himself.
    asked.discreet = false;
    asked.sent(ended(message, Status::OK))
}

fn facts(asked: &Asked) -> Facts<'_> {
    let recording = &asked.exchange.recording;
    let (route, principal) = recording.known();
    Facts {
        subject: principal.map(|principal| &*principal.subject),
        tenant: principal.and_then(|principal| principal.tenant.as_deref()),
        route: route.map(|route| &**route.name()),
        reason: recording.reason().map(Reason::code),
    }
}

/// The answer to a call: one message or none, and how it ended. Without a message all of it stands in the head.
pub(super) fn ended(message: Bytes, status: Status) -> Answer<Content> {
    let end = status.fields();
    if !message.is_empty() {
        return answered(Content::Trailed(message, Box::new(end)));
    }
    let mut answer = answered(Content::Empty);
    answer.fields.extend(&Fields::from(&end));
    answer
}

pub(super) fn answered(body: Content) -> Answer<Content> {
    let mut fields = Fields::new();
    fields.append(&CONTENT_TYPE, &HeaderValue::from_static("application/grpc"));
    Answer {
        status: StatusCode::OK,
        fields,
        body,
    }
}
