//! An answer, written while it comes.

use std::fmt::Debug;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{CONNECTION, CONTENT_LENGTH, DATE};
use http::{Method, StatusCode};
use hyper::body::Body;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::answer::Answer;
use super::super::body::AnswerBody;
use super::super::link::Link;
use super::caller::Caller;
use crate::frontend::exchange::now;
use crate::http1::request::RequestHead;
use crate::http1::{date, encode};
use crate::model::Fields;

/// What a connection does after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It takes the next request.
    Next,
    /// It leaves HTTP.
    Switched,
    /// It closes.
    Close,
}

/// What an answer depends on besides itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// The request takes no body.
    head: bool,
    /// The caller speaks HTTP/1.0: no chunks.
    http10: bool,
    /// The caller would go on with the connection.
    persistent: bool,
}

impl Manner {
    pub(super) fn of(head: &RequestHead) -> Self {
        Self {
            head: head.method == Method::HEAD,
            http10: head.http10,
            persistent: head.persistent,
        }
    }

    /// For a request that could not be read.
    pub(super) fn last() -> Self {
        Self {
            head: false,
            http10: false,
            persistent: false,
        }
    }
}

/// Writes an answer, and says what becomes of the connection.
pub(super) async fn write<S: AsyncRead + AsyncWrite + Unpin + Debug>(
    caller: &Caller<S>,
    link: &Link,
    answer: Answer<AnswerBody>,
    manner: Manner,
) -> Ending {
    caller.answering();
    let Answer {
        status,
        fields,
        mut body,
    } = answer;
    let plan = Plan::of(status, &fields, &body, manner);
    plan.write_head(&mut caller.wire(), status, &fields);
    drop(fields);
    if !plan.bodiless {
        let whole = std::future::poll_fn(|cx| poll_body(caller, &mut body, cx)).await;
        if whole.is_err() {
            return Ending::Close;
        }
    }
    // The record of the exchange is made when the answer is written.
    let flushed = std::future::poll_fn(|cx| caller.wire().poll_flush(cx)).await;
    drop(body);
    if flushed.is_err() {
        return Ending::Close;
    }
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Ending::Switched;
    }
    let goes_on = plan.persistent && !link.is_retired() && caller.skip_body();
    if goes_on { Ending::Next } else { Ending::Close }
}

/// How an answer is framed.
struct Plan {
    /// Nothing follows the head.
    bodiless: bool,
    length: Option<u64>,
    chunked: bool,
    persistent: bool,
    http10: bool,
    switches: bool,
}

impl Plan {
    /// RFC 9112 section 6.3, from the side of who answers.
    fn of(status: StatusCode, fields: &Fields, body: &impl Body, manner: Manner) -> Self {
        let switches = status == StatusCode::SWITCHING_PROTOCOLS;
        let no_content = status.is_informational() || status == StatusCode::NO_CONTENT;
        let bodiless = manner.head || no_content || status == StatusCode::NOT_MODIFIED;
        let length = body.size_hint().exact().filter(|_| !bodiless);
        let unknown = !bodiless && length.is_none();
        let mut options = fields.get_all(&CONNECTION);
        let closes = options.any(|option| option.eq_ignore_ascii_case(b"close"));
        Self {
            bodiless,
            length: length.filter(|_| !fields.contains(&CONTENT_LENGTH)),
            chunked: unknown && !manner.http10,
            persistent: manner.persistent && !(unknown && manner.http10) && !closes,
            http10: manner.http10,
            switches,
        }
    }

    fn write_head<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        wire: &mut crate::http1::Wire<S>,
        status: StatusCode,
        fields: &Fields,
    ) {
        let out = wire.head();
        encode::status(out, status);
        encode::fields(out, fields);
        if !fields.contains(&DATE) && !status.is_informational() {
            encode::field(out, "date", date(now()).as_bytes());
        }
        if let Some(length) = self.length {
            encode::length(out, length);
        }
        if self.chunked {
            encode::field(out, "transfer-encoding", b"chunked");
        }
        if !self.switches && !fields.contains(&CONNECTION) {
            match (self.persistent, self.http10) {
                (false, _) => encode::field(out, "connection", b"close"),
                (true, true) => encode::field(out, "connection", b"keep-alive"),
                (true, false) => {}
            }
        }
        out.extend_from_slice(b"\r\n");
        if !self.bodiless {
            wire.begin(self.chunked);
        }
    }
}

/// The answer broke off, or the caller left.
struct Broken;

/// Moves the body along: as much as there is room for, then writes. Ready when all of it was given.
fn poll_body<S: AsyncRead + AsyncWrite + Unpin + Debug>(
    caller: &Caller<S>,
    body: &mut AnswerBody,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Broken>> {
    loop {
        // The body may read from the same connection: it is not held while the body is asked.
        while caller.wire().has_room() {
            let Poll::Ready(next) = Pin::new(&mut *body).poll_frame(cx) else {
                return poll_waiting(caller, cx);
            };
            let mut wire = caller.wire();
            match next {
                None => wire.finish(None),
                Some(Err(_)) => return Poll::Ready(Err(Broken)),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        wire.send(data);
                        if !body.is_end_stream() {
                            continue;
                        }
                        wire.finish(None);
                    }
                    Err(frame) => wire.finish(frame.trailers_ref()),
                },
            }
            return Poll::Ready(Ok(()));
        }
        let flushed = caller.wire().poll_flush(cx);
        match flushed {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => return Poll::Ready(Err(Broken)),
            Poll::Pending => {
                body.poll_request(cx);
                return Poll::Pending;
            }
        }
    }
}

/// While the upstream is silent what there is leaves, and the caller may.
fn poll_waiting<S: AsyncRead + AsyncWrite + Unpin + Debug>(
    caller: &Caller<S>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Broken>> {
    if let Poll::Ready(Err(_)) = caller.wire().poll_flush(cx) {
        return Poll::Ready(Err(Broken));
    }
    caller.poll_left(cx).map(|()| Err(Broken))
}
