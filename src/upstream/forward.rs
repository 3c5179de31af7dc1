//! One request, out and back.

use std::rc::Rc;
use std::sync::Arc;

use http::header::HOST;
use http::{HeaderValue, Method, Response, StatusCode};
use tokio::time::Instant;

use super::body::{Passage, RequestBody, ResponseBody};
use super::caller::CallerBody;
use super::error::Error;
use super::head::Head;
use super::headers::{self, Hop};
use super::pool::Pool;
use super::send::{Received, send};
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
    pub body: CallerBody,
    /// Where it came from.
    pub hop: Hop,
    /// Whether the caller's connection can leave HTTP.
    pub may_upgrade: bool,
    /// When it was permitted; how long the upstream took is measured from here.
    pub since: Instant,
}

/// An upstream's answer.
#[derive(Debug)]
pub struct Answer {
    /// Its head, cleared of what belongs to the upstream's connection, and its body.
    pub response: Response<ResponseBody>,
    /// With a status of 101: the way that bytes take from now on.
    pub tunnel: Option<Tunnel>,
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
        let mut tally = Tally::new(pool, outbound.since);
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
            since: _,
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

fn answer(
    target: &Target,
    passage: &Rc<Passage>,
    (mut response, lease): Received,
    method: &Method,
    offer: Option<HeaderValue>,
) -> Result<Answer, Error> {
    let status = response.status();
    if headers::is_still_coded(response.headers()) {
        return Err(Error::coded());
    }
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
    fn new(pool: &'p Pool, started: Instant) -> Self {
        Self {
            pool,
            started,
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
