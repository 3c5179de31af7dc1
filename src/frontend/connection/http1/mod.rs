//! A caller's connection of HTTP/1, from its first request to its last.
//!
//! Everything about one connection happens in one task, in turns: a head is read, the exchange runs while the
//! caller is watched for leaving, the answer is written while the body may still be coming.
//!
//! Straight line: [`converse`].
//!
//! Always: the next head is read only from behind a body that has arrived to its end; an answer that breaks
//! off ends its connection, so that nobody takes it for whole; `100 Continue` is sent when something asks for
//! the body, never before and never after an answer has begun.

mod answer;
mod caller;

use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use http::Version;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Head;
use super::answer::Answer;
use super::body::AnswerBody;
use super::link::Link;
use crate::frontend::Doors;
use crate::http1::request::RequestHead;
use crate::http1::{Body, HeadError, HeadLimits, Wire};
use crate::model::{Denied, Reason};
use crate::upstream::CallerBody;

use answer::Ending;
use caller::Caller;

/// Serves a connection until it is closed, or leaves HTTP: then gives back its bytes.
pub(super) async fn converse<S>(doors: &Doors, link: &Rc<Link>, stream: S) -> Option<Wire<S>>
where
    S: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug + 'static,
{
    let caller = Rc::new(Caller::new(stream));
    let limits = &doors.shared.settings.limits;
    let limits = HeadLimits {
        bytes: limits.header_bytes,
        fields: limits.header_count,
    };
    loop {
        let ending = match caller.head(link, limits).await {
            None => Ending::Close,
            Some(Ok(head)) => exchange(doors, link, &caller, head).await,
            Some(Err(error)) => {
                let refusal = doors.refuse(link, unreadable(error));
                let manner = answer::Manner::last();
                answer::write(&caller, link, refusal, manner).await
            }
        };
        match ending {
            Ending::Next => {}
            Ending::Switched => return Rc::try_unwrap(caller).ok().map(Caller::into_wire),
            Ending::Close => {
                // The connection is over either way.
                let _closed = caller.close().await;
                return None;
            }
        }
    }
}

/// One request and its answer.
async fn exchange<S>(
    doors: &Doors,
    link: &Rc<Link>,
    caller: &Rc<Caller<S>>,
    head: RequestHead,
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug + 'static,
{
    let manner = answer::Manner::of(&head);
    caller.expect(head.framing, head.expects_continue);
    let body = Body::new(Rc::clone(caller) as _, head.framing);
    let response = {
        let head = Head {
            method: head.method,
            target: head.target,
            version: match head.http10 {
                true => Version::HTTP_10,
                false => Version::HTTP_11,
            },
            headers: head.headers,
        };
        let handling = pin!(doors.answer(link, head, CallerBody::Http1(body)));
        unless_left(caller, handling).await
    };
    match response {
        Some(response) => answer::write(caller, link, response, manner).await,
        None => Ending::Close,
    }
}

/// The answer's head, or nothing when the caller left before.
async fn unless_left<S: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug>(
    caller: &Caller<S>,
    mut handling: std::pin::Pin<&mut impl Future<Output = Answer<AnswerBody>>>,
) -> Option<Answer<AnswerBody>> {
    std::future::poll_fn(|cx| {
        if let Poll::Ready(response) = handling.as_mut().poll(cx) {
            return Poll::Ready(Some(response));
        }
        caller.poll_left(cx).map(|()| None)
    })
    .await
}

fn unreadable(error: HeadError) -> Denied {
    let reason = match error {
        HeadError::TooLong | HeadError::TooManyFields => Reason::HeadersTooLarge,
        HeadError::Syntax(_) | HeadError::Field(_) | HeadError::Version | HeadError::Framing(_) => {
            Reason::RequestInvalid
        }
    };
    Denied::new(reason, error.to_string())
}
