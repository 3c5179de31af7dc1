//! One request, out and back.

use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use hyper::body::{Body, Incoming};
use tokio::time::Instant;

use super::body::{Passage, RequestBody, ResponseBody};
use super::error::Error;
use super::headers::{self, Hop, Kept};
use super::pool::{Lease, Line, Pool};
use super::settings::HostMode;
use super::upgrade::{self, Tunnel};
use super::{ForwardedStyle, Target, Targets};
use crate::model::Request;
use crate::telemetry::{RequestMetrics, UpstreamResult};

/// One worker's connections to all upstreams.
#[derive(Debug)]
pub struct Upstreams {
    pools: Vec<Rc<Pool>>,
    style: ForwardedStyle,
}

/// A request that the engine permitted.
#[derive(Debug)]
pub struct Outbound<'a> {
    /// The permit, and what both bodies share.
    pub passage: &'a Rc<Passage>,
    /// The request as it was judged.
    pub request: Request,
    /// Its body.
    pub body: Incoming,
    /// Where it came from.
    pub hop: Hop,
    /// Whether the caller's connection can leave HTTP.
    pub may_upgrade: bool,
}

/// An upstream's answer.
#[derive(Debug)]
pub struct Answer {
    /// Its head, cleared of what belongs to the upstream's connection, and its body.
    pub response: Response<ResponseBody>,
    /// With a status of 101: the way that bytes take from now on.
    pub tunnel: Option<Tunnel>,
}

/// A request as it leaves, but for its body.
#[derive(Clone)]
struct Head {
    method: Method,
    target: PathAndQuery,
    headers: HeaderMap,
    offer: Option<HeaderValue>,
}

impl Upstreams {
    /// The connections of one worker; none is open yet.
    pub fn new(targets: &Targets, metrics: &RequestMetrics, style: ForwardedStyle) -> Self {
        let pool = |target| Pool::new(Arc::clone(target), metrics);
        Self {
            pools: targets.0.iter().map(pool).collect(),
            style,
        }
    }

    /// Sends a request to the upstream at `index` (see [`Targets::index_of`]) and waits for the head of its
    /// answer. Dropping the future, or the answer's body, cancels the request.
    pub async fn forward(&self, index: usize, outbound: Outbound<'_>) -> Result<Answer, Error> {
        let pool = self.pools.get(index).ok_or_else(Error::no_upstream)?;
        let mut tally = Tally::new(pool);
        let result = self.exchange(pool, outbound).await;
        tally.result = match &result {
            Ok(answer) => answer.response.status().into(),
            Err(error) => error.result(),
        };
        result
    }

    async fn exchange(&self, pool: &Rc<Pool>, outbound: Outbound<'_>) -> Result<Answer, Error> {
        let Outbound {
            passage,
            mut request,
            body,
            hop,
            may_upgrade,
        } = outbound;
        let settings = &pool.target.settings;
        let offer = upgrade::offered(&request.headers).filter(|_| may_upgrade);
        let kept = headers::take_callers(&mut request.headers);
        passage.permit().apply(&mut request);
        headers::set_hop(&mut request.headers, hop, self.style);
        if settings.host == HostMode::Rewrite {
            request.headers.insert(HOST, pool.target.host.clone());
        }
        let head = Head {
            method: request.method,
            target: request.path.target().clone(),
            headers: request.headers,
            offer,
        };
        let body = RequestBody::new(body, passage, settings.idle_timeout);
        let (method, offer) = (head.method.clone(), head.offer.clone());
        let sent = send(pool, passage, head, body, kept).await?;
        answer(&pool.target, passage, sent, &method, offer)
    }
}

/// A response's head and body, and the HTTP/1 connection it came on.
type Received = (Response<Incoming>, Option<Lease>);

/// Sends on a pooled connection, or on a new one; once more, on a new one, when a reused connection turns out
/// to be gone and sending again does no harm.
async fn send(
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
        (None, Some(_)) if Error::is_callers(&error) => return Err(Error::http(error)),
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

impl Head {
    /// Whether sending the request twice is the same as sending it once (RFC 9110 section 9.2.2), and we
    /// could: there is no body that would be gone.
    fn is_repeatable(&self, body: &RequestBody) -> bool {
        self.method.is_idempotent() && body.is_end_stream() && self.offer.is_none()
    }

    /// The request as `line` needs it.
    fn framed(
        mut self,
        target: &Target,
        body: RequestBody,
        kept: &Kept,
        line: &Line,
    ) -> Result<http::Request<RequestBody>, Error> {
        let uri = match line {
            Line::Http1(_) => {
                let may_trail = |name: &str| body.may_trail(name);
                headers::frame_http1(&mut self.headers, &self.method, &body, kept, may_trail);
                if let Some(protocol) = self.offer {
                    upgrade::set(&mut self.headers, protocol);
                }
                Uri::from(self.target)
            }
            Line::Http2(..) => {
                headers::frame_http2(&mut self.headers, &body, kept);
                absolute(target, &mut self.headers, self.target)?
            }
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        Ok(request)
    }
}

/// The URI that HTTP/2 makes its pseudo-fields from; `Host` becomes `:authority` (RFC 9113 section 8.3.1).
fn absolute(target: &Target, headers: &mut HeaderMap, path: PathAndQuery) -> Result<Uri, Error> {
    let host = headers.remove(HOST);
    let authority = match target.settings.host {
        HostMode::Rewrite => target.authority.clone(),
        HostMode::Keep => host
            .and_then(|host| Authority::try_from(host.as_bytes()).ok())
            .ok_or_else(Error::no_upstream)?,
    };
    Uri::builder()
        .scheme(target.scheme.clone())
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|_| Error::no_upstream())
}

fn answer(
    target: &Target,
    passage: &Rc<Passage>,
    (mut response, lease): Received,
    method: &Method,
    offer: Option<HeaderValue>,
) -> Result<Answer, Error> {
    let status = response.status();
    let tunnel = if status == StatusCode::SWITCHING_PROTOCOLS {
        let offer = offer.ok_or_else(Error::switched)?;
        if !upgrade::accepted(response.headers(), &offer) {
            return Err(Error::switched());
        }
        let upstream = hyper::upgrade::on(&mut response);
        headers::take_upstreams(response.headers_mut(), method, status);
        upgrade::set(response.headers_mut(), offer);
        Some(Tunnel::new(upstream, target.settings.idle_timeout))
    } else {
        headers::take_upstreams(response.headers_mut(), method, status);
        None
    };
    // A connection that has left HTTP is nobody's to reuse.
    let lease = lease.filter(|_| tunnel.is_none());
    let (parts, body) = response.into_parts();
    let body = ResponseBody::new(body, passage, target.settings.idle_timeout, lease);
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = parts.headers;
    Ok(Answer { response, tunnel })
}

/// Counts one request at its end, also when nobody waits for the answer any more.
struct Tally<'p> {
    pool: &'p Pool,
    started: Instant,
    result: UpstreamResult,
}

impl<'p> Tally<'p> {
    fn new(pool: &'p Pool) -> Self {
        Self {
            pool,
            started: Instant::now(),
            result: UpstreamResult::Canceled,
        }
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        self.pool
            .requests
            .record(self.result, self.started.elapsed());
    }
}
