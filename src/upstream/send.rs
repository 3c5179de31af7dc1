//! Sending, and when to send once more.

use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use http::Response;
use hyper::body::Incoming;
use tokio::time::Instant;

use super::body::{Passage, RequestBody};
use super::error::Error;
use super::head::Head;
use super::headers::Kept;
use super::pool::{Lease, Line, Pool};

/// A response's head and body, and the HTTP/1 connection it came on.
pub(super) type Received = (Response<Incoming>, Option<Lease>);

/// Sends on a pooled connection, or on a new one; once more, on a new one, when a reused connection turns out
/// to be gone and sending again does no harm.
pub(super) async fn send(
    pool: &Rc<Pool>,
    passage: &Rc<Passage>,
    head: Head,
    body: RequestBody,
    kept: Kept,
) -> Result<Received, Error> {
    let line = pool.line().await?;
    if !line.is_reused() {
        let request = head.framed(&pool.target, body, &kept, &line)?;
        return deliver(pool, passage, line, request)
            .await
            .map_err(Undelivered::into_error);
    }
    let spare = head.is_repeatable(&body).then(|| head.clone());
    let request = head.framed(&pool.target, body, &kept, &line)?;
    let (error, unsent) = match deliver(pool, passage, line, request).await {
        Ok(received) => return Ok(received),
        Err(Undelivered::Timeout) => return Err(Error::response_timeout()),
        Err(Undelivered::Broken(error, unsent)) => (error, unsent),
    };
    let line = match (&unsent, &spare) {
        (None, None) => return Err(Error::http(error)),
        (None, Some(_)) if Error::is_final(&error) => return Err(Error::http(error)),
        _ => pool.fresh().await?,
    };
    pool.target.counters.retried.inc();
    let request = match (unsent, spare) {
        (Some(unsent), _) => *unsent,
        (None, Some(head)) => {
            head.framed(&pool.target, RequestBody::none(passage), &kept, &line)?
        }
        (None, None) => return Err(Error::http(error)),
    };
    deliver(pool, passage, line, request)
        .await
        .map_err(Undelivered::into_error)
}

/// Why there is no answer.
enum Undelivered {
    Timeout,
    /// The connection failed. The request comes back when not a byte of it was sent.
    Broken(hyper::Error, Option<Box<http::Request<RequestBody>>>),
}

impl Undelivered {
    fn into_error(self) -> Error {
        match self {
            Self::Timeout => Error::response_timeout(),
            Self::Broken(error, _) => Error::http(error),
        }
    }
}

async fn deliver(
    pool: &Pool,
    passage: &Passage,
    line: Line,
    request: http::Request<RequestBody>,
) -> Result<Received, Undelivered> {
    let limit = pool.target.settings.response_timeout;
    let (result, lease) = match line {
        Line::Http1(mut lease) => {
            let sending = lease.sender.try_send_request(request);
            (head_within(limit, passage, sending).await, Some(lease))
        }
        Line::Http2(mut sender, _) => {
            let sending = sender.try_send_request(request);
            (head_within(limit, passage, sending).await, None)
        }
    };
    match result {
        Some(Ok(response)) => Ok((response, lease)),
        Some(Err(mut failed)) => {
            let unsent = failed.take_message().map(Box::new);
            Err(Undelivered::Broken(failed.into_error(), unsent))
        }
        None => Err(Undelivered::Timeout),
    }
}

/// Waits for the answer's head. The time runs from when the request's body is sent: as long as the caller
/// is sending, the upstream cannot be blamed for waiting.
async fn head_within<T>(
    limit: Duration,
    passage: &Passage,
    sending: impl Future<Output = T>,
) -> Option<T> {
    let mut sending = pin!(sending);
    let mut timer = pin!(tokio::time::sleep(limit));
    let mut seen = passage.frames();
    std::future::poll_fn(|cx| {
        if let Poll::Ready(result) = sending.as_mut().poll(cx) {
            return Poll::Ready(Some(result));
        }
        loop {
            ready!(timer.as_mut().poll(cx));
            if !passage.is_sending() && seen == passage.frames() {
                return Poll::Ready(None);
            }
            seen = passage.frames();
            timer.as_mut().reset(Instant::now() + limit);
        }
    })
    .await
}
