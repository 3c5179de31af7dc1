//! `grpc.health.v1.Health`: whether questions are taken here.
//!
//! Whoever may connect may ask; what it is told is said by the open port as well.

use std::rc::Rc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{iter, once};
use http_body_util::StreamBody;
use hyper::body::Frame;
use prost::Message;

use super::protobuf::{HealthCheckRequest, written};
use super::rpc::{Incomplete, Rpc, Status};
use super::take;
use super::tell::{answered, ended};
use crate::frontend::Doors;
use crate::frontend::connection::{Answer, AnswerBody, Content, Flow, Link};
use crate::upstream::CallerBody;

/// The longest question, in bytes.
const LONGEST: usize = 4 << 10;

/// The services that are known; none in particular is the process as a whole.
const SERVICES: [&str; 2] = ["", "envoy.service.auth.v3.Authorization"];

/// `HealthCheckResponse.ServingStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Serving {
    /// Questions are taken.
    Yes = 1,
    /// No more are.
    No = 2,
    /// There is no such service: said to those who watch for it to appear.
    Unknown = 3,
}

impl Serving {
    /// `HealthCheckResponse`, behind its prefix.
    pub(super) fn message(self) -> Bytes {
        written(|response| response.number(1, self as u16))
    }
}

/// One question and its answer. It is nobody's request, so it is not recorded as one.
pub(super) async fn answer(
    doors: &Doors,
    link: &Rc<Link>,
    rpc: Rpc,
    body: CallerBody,
) -> Answer<AnswerBody> {
    let known = take(doors, body, LONGEST)
        .await
        .map_err(status)
        .and_then(is_known);
    let answer = match known {
        Err(status) => ended(Bytes::new(), status),
        Ok(known) if rpc == Rpc::Watch => watched(link, known),
        Ok(false) => ended(Bytes::new(), Status::UNKNOWN_SERVICE),
        Ok(true) if link.is_leaving() => ended(Serving::No.message(), Status::OK),
        Ok(true) => ended(Serving::Yes.message(), Status::OK),
    };
    answer.map(|content| AnswerBody::unrecorded(content, link))
}

fn status(incomplete: Incomplete) -> Status {
    match incomplete {
        Incomplete::TooLong | Incomplete::Overloaded => Status::TOO_LONG,
        Incomplete::Unfit(status) => status,
    }
}

/// Says how things are, and how they are once the service is ending, which is the end.
fn watched(link: &Rc<Link>, known: bool) -> Answer<Content> {
    let first = if known {
        Serving::Yes
    } else {
        Serving::Unknown
    };
    let last = if known { Serving::No } else { Serving::Unknown };
    let leaving = Rc::clone(link);
    let first = once(async move { Ok(Frame::data(first.message())) });
    let rest = once(async move {
        leaving.left().await;
        let end = Frame::trailers(Status::LEAVING.fields());
        iter([Ok(Frame::data(last.message())), Ok(end)])
    });
    let flow = StreamBody::new(first.chain(rest.flatten()));
    answered(Content::Flow(Flow(Box::pin(flow))))
}

/// Reads a question; says whether it is about a service that is known.
pub(super) fn is_known(question: Bytes) -> Result<bool, Status> {
    let question = HealthCheckRequest::decode(question).map_err(|_| Status::UNREADABLE)?;
    Ok(SERVICES
        .iter()
        .any(|name| question.service == name.as_bytes()))
}
