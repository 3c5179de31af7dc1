//! Requests to upstreams that speak HTTP/2, which hyper does: all share one connection.

use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use http::{Method, Response, StatusCode};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::Instant;

use super::body::{RequestBody, ResponseBody};
use super::caller::CallerBody;
use super::connect::Stream;
use super::error::Error;
use super::forward::Answer;
use super::head::Head;
use super::headers;
use super::local::LocalExecutor;
use super::metrics::Open;
use super::passage::Passage;
use super::pool::{Line, Pool, Reused};
use super::send;
use crate::model::Fields;

/// How much an upstream may send ahead on one stream, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;
/// How much it may send ahead on the connection, in bytes.
const CONNECTION_WINDOW: u32 = 4 << 20;
/// How often a busy connection is asked whether it still lives.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long it may take to say so.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Begins HTTP/2 on a new connection.
pub(super) async fn handshake(
    stream: Stream,
    open: Open,
) -> Result<SendRequest<RequestBody>, Error> {
    let (sender, connection) = Builder::new(LocalExecutor)
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(Error::http)?;
    tokio::task::spawn_local(async move {
        // Why it ended, the requests on it have learned.
        let _ended = connection.await;
        drop(open);
    });
    Ok(sender)
}

/// Sends on a shared connection; once more, on a new one, when it turns out to be gone and sending again
/// does no harm.
pub(super) async fn send(
    pool: &Rc<Pool>,
    passage: &Rc<Passage>,
    head: Head,
    body: CallerBody,
    sender: SendRequest<RequestBody>,
    reused: Reused,
) -> Result<Answer, Error> {
    let target = &pool.target;
    let method = head.method.clone();
    let body = RequestBody::new(body, passage, target.settings.idle_timeout);
    let spare = (reused && head.is_repeatable(&body)).then(|| head.clone());
    let request = head.framed(target, body, passage.permit())?;
    let (error, unsent) = match deliver(pool, passage, sender, request).await {
        Ok(response) => return answer(pool, passage, response, &method),
        Err(Undelivered::Timeout) => return Err(Error::response_timeout()),
        Err(Undelivered::Broken(error, unsent)) => (error, unsent.filter(|_| reused)),
    };
    if unsent.is_none() && (spare.is_none() || Error::is_final(&error)) {
        return Err(Error::http(error));
    }
    let line = pool.fresh().await?;
    let (sender, request) = match (line, unsent, spare) {
        (Line::Http2(sender, _), Some(unsent), _) => (sender, *unsent),
        (Line::Http2(sender, _), None, Some(head)) => (
            sender,
            head.framed(target, RequestBody::none(passage), passage.permit())?,
        ),
        (Line::Http1(connection), _, Some(head)) => {
            target.counters.retried.inc();
            let body = CallerBody::none();
            return send::finish(head.write(connection, pool, body, passage)).await;
        }
        (_, _, None) => return Err(Error::http(error)),
    };
    target.counters.retried.inc();
    match deliver(pool, passage, sender, request).await {
        Ok(response) => answer(pool, passage, response, &method),
        Err(Undelivered::Timeout) => Err(Error::response_timeout()),
        Err(Undelivered::Broken(error, _)) => Err(Error::http(error)),
    }
}

/// Why there is no answer.
enum Undelivered {
    Timeout,
    /// The connection failed. The request comes back when not a byte of it was sent.
    Broken(hyper::Error, Option<Box<http::Request<RequestBody>>>),
}

async fn deliver(
    pool: &Pool,
    passage: &Passage,
    mut sender: SendRequest<RequestBody>,
    request: http::Request<RequestBody>,
) -> Result<Response<Incoming>, Undelivered> {
    let limit = pool.target.settings.response_timeout;
    match head_within(limit, passage, sender.try_send_request(request)).await {
        Some(Ok(response)) => Ok(response),
        Some(Err(mut failed)) => {
            let unsent = failed.take_message().map(Box::new);
            Err(Undelivered::Broken(failed.into_error(), unsent))
        }
        None => Err(Undelivered::Timeout),
    }
}

fn answer(
    pool: &Pool,
    passage: &Rc<Passage>,
    response: Response<Incoming>,
    method: &Method,
) -> Result<Answer, Error> {
    let (parts, body) = response.into_parts();
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Error::switched());
    }
    let mut fields = Fields::from(&parts.headers);
    headers::take_upstreams(&mut fields, method, parts.status);
    Ok(Answer {
        status: parts.status,
        fields,
        body: ResponseBody::http2(body, passage, pool.target.settings.idle_timeout),
        tunnel: None,
    })
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
