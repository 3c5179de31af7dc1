//! The door of Envoy's gRPC: `envoy.service.auth.v3.Authorization/Check`.
//!
//! Envoy asks about each request and sends it on itself: so does whatever is made of it, such as Istio, Contour,
//! Emissary, and the implementations of the Gateway API. gRPC is spoken by `rpc`, on the HTTP/2 of the connection;
//! messages are read and written by `protobuf`; what they mean is the business of `question` and `response`.
//!
//! Straight line: [`answer`]: call -> message -> question -> plan -> decide -> reply.
//!
//! Always: whatever a caller of Envoy can bring about is told as a denial, never as an error of gRPC, because Envoy
//! may be set up to let requests pass while the service is broken; a refusal is never a pass, whatever its status.

mod health;
mod protobuf;
mod question;
mod response;
mod rpc;
mod tell;

use std::rc::Rc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use prost::Message as _;
use tokio::time::timeout;

use super::Doors;
use super::connection::{Answer, AnswerBody, Content, Head, Link};
use super::exchange::{Asked, Given, Manner, now};
use crate::listener::Protocol;
use crate::model::{Denied, Fields, Reason};
use crate::upstream::CallerBody;

use protobuf::CheckRequest;
use question::{Body, Question};
use rpc::{Call, Incomplete, Message, Rpc, Status, Unfit};
use tell::{deny, ended, tell};

/// How much a question may have beside head and body: certificates, and what filters know of a request, in bytes.
const BESIDE: usize = 256 << 10;

/// Why there is no question.
enum Unasked {
    /// The caller of Envoy is refused.
    Denied(Denied),
    /// Whoever calls here cannot speak gRPC, or has stopped.
    Unfit(Unfit),
}

/// One call and its answer.
pub(super) async fn answer(
    doors: &Doors,
    link: &Rc<Link>,
    head: Head,
    body: CallerBody,
) -> Answer<AnswerBody> {
    let received_at = now();
    let call = match link.protocol {
        Protocol::Http2 => Call::read(&head.method, head.target.path(), &head.headers),
        Protocol::Http1 => Err(Unfit::Http(StatusCode::HTTP_VERSION_NOT_SUPPORTED)),
    };
    match call {
        Ok(call) if call.rpc == Rpc::Check => check(doors, link, received_at, call, body).await,
        Ok(call) => health::answer(doors, link, call.rpc, body).await,
        Err(unfit) => {
            let mut asked = asked(doors, link, received_at, &head.method);
            asked.unread = head.may_go_on(&body);
            refuse(asked, unfit)
        }
    }
}

/// Whether a request may pass.
async fn check(
    doors: &Doors,
    link: &Rc<Link>,
    received_at: SystemTime,
    call: Call,
    body: CallerBody,
) -> Answer<AnswerBody> {
    let question = match ask(doors, link, received_at, body).await {
        Ok(question) => question,
        Err((method, unasked)) => {
            let asked = asked(doors, link, received_at, &method);
            return match unasked {
                Unasked::Denied(denied) => deny(asked, denied),
                Unasked::Unfit(unfit) => refuse(asked, unfit),
            };
        }
    };
    let request = &question.request;
    let mut asked = asked(doors, link, received_at, &request.method);
    asked.manner = Manner::relayed(request, asked.redirects());
    let given = || given(&question.body, link.door.has_bodies());
    let judging = doors.judge(&mut asked, link, request, &question.origin, given);
    let verdict = match call.timeout {
        None => Some(judging.await),
        Some(patience) => timeout(patience, judging).await.ok(),
    };
    match verdict {
        Some(verdict) => tell(verdict, asked, &question),
        // Recorded as one whose caller has left.
        None => asked.sent(ended(Bytes::new(), Status::LATE)),
    }
}

/// A request that somebody asks about.
fn asked(doors: &Doors, link: &Rc<Link>, received_at: SystemTime, method: &Method) -> Asked {
    let mut asked = doors.asked(link, received_at, method);
    asked.exchange.recording.asked_at(link.door.name());
    asked
}

/// Takes the question, and says which method it is about if there is none.
async fn ask(
    doors: &Doors,
    link: &Link,
    received_at: SystemTime,
    body: CallerBody,
) -> Result<Question, (Method, Unasked)> {
    let denied = |denied| (Method::POST, Unasked::Denied(denied));
    if !link.trusted {
        let detail = "the other end of the connection is not a proxy that is trusted here";
        return Err(denied(Denied::new(Reason::FrontUntrusted, detail)));
    }
    let settings = &doors.shared.settings;
    let most = link.door.max_body.unwrap_or_default();
    let limit = most.saturating_add(settings.limits.header_bytes.saturating_add(BESIDE));
    let message = take(doors, body, limit).await;
    let message = message.map_err(|incomplete| match incomplete {
        Incomplete::TooLong => {
            let detail = "Envoy sent more than `max_body` and a head take";
            denied(Denied::new(Reason::BodyTooLarge, detail))
        }
        Incomplete::Overloaded => {
            let detail = "too much is held for others already";
            denied(Denied::new(Reason::Overloaded, detail))
        }
        Incomplete::Unfit(status) => (Method::POST, Unasked::Unfit(Unfit::Grpc(status))),
    })?;
    let check = CheckRequest::decode(message);
    let check = check.map_err(|_| {
        let unfit = Unfit::Grpc(Status::UNREADABLE);
        (Method::POST, Unasked::Unfit(unfit))
    })?;
    let method = check.method();
    let question = Question::read(check, received_at, link.peer, settings);
    question.map_err(|denied| (method, Unasked::Denied(denied)))
}

/// Takes the one message of a call.
async fn take(doors: &Doors, mut body: CallerBody, limit: usize) -> Result<Bytes, Incomplete> {
    let mut message = Message::new(limit, &doors.shared.budget);
    let patience = doors.shared.settings.limits.header_timeout;
    let taking = async {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Incomplete::Unfit(Status::BROKEN_OFF))?;
            if let Ok(data) = frame.into_data() {
                message.add(data)?;
            }
        }
        message.whole().map_err(Incomplete::Unfit)
    };
    let late = |_| Incomplete::Unfit(Status::LATE);
    timeout(patience, taking).await.map_err(late)?
}

/// The body for whoever verifies it.
fn given(body: &Body, has_bodies: bool) -> Given {
    let nothing = |reason, detail| Given::Nothing(Denied::new(reason, detail));
    match body {
        _ if !has_bodies => nothing(Reason::WrongDoor, "the proxy in front sends no bodies"),
        Body::Whole(bytes) => Given::Whole(bytes.clone()),
        Body::Cut => nothing(Reason::BodyTooLarge, "Envoy sent a part of the body"),
        Body::Unsent => nothing(
            Reason::WrongDoor,
            "Envoy did not send the body: `with_request_body` is missing in its filter",
        ),
    }
}

/// Answers what is no call of ours.
fn refuse(mut asked: Asked, unfit: Unfit) -> Answer<AnswerBody> {
    let recording = &mut asked.exchange.recording;
    let detail = "not a call that is answered at this door";
    recording.failed(Denied::new(Reason::RequestInvalid, detail));
    recording.answering(Reason::RequestInvalid.status());
    let mut answer = match unfit {
        Unfit::Grpc(status) => ended(Bytes::new(), status),
        Unfit::Http(status) => Answer {
            status,
            fields: Fields::new(),
            body: Content::Empty,
        },
    };
    asked.part(&mut answer);
    asked.sent(answer)
}

#[cfg(test)]
mod tests;
