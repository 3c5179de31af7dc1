//! One request, out and back.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::StatusCode;
use http::header::HOST;
use tokio::time::Instant;

use super::Targets;
use super::answer::Waiting;
use super::body::ResponseBody;
use super::caller::CallerBody;
use super::error::Error;
use super::head::Head;
use super::headers::{self, Hop};
use super::passage::Passage;
use super::pool::Pool;
use super::send;
use super::settings::HostMode;
use super::upgrade::{self, Tunnel};
use crate::model::{Fields, Request};
use crate::telemetry::{RequestMetrics, UpstreamResult};

/// One worker's connections to all upstreams.
#[derive(Debug)]
pub struct Upstreams {
    pools: Vec<Rc<Pool>>,
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

impl Outbound<'_> {
    /// Whether the body is the one that was verified, where one was. A permit with an answer of its own lets
    /// nothing pass.
    fn is_as_permitted(&self) -> bool {
        let permit = self.passage.permit();
        let held = matches!(self.body, CallerBody::Held(_));
        permit.is_delivery() == held && permit.reply().is_none()
    }
}

/// An upstream's answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its fields, cleared of what belongs to the upstream's connection.
    pub fields: Fields,
    /// Its body.
    pub body: ResponseBody,
    /// With a status of 101: the way that bytes take from now on.
    pub tunnel: Option<Tunnel>,
}

impl Upstreams {
    /// The connections of one worker; none is open yet.
    pub fn new(targets: &Targets, metrics: &RequestMetrics) -> Self {
        let pool = |target| Pool::new(Arc::clone(target), metrics);
        Self {
            pools: targets.0.iter().map(pool).collect(),
        }
    }

    /// Sends a request to the upstream at `index` (see [`Targets::index_of`]) and waits for the head of its
    /// answer. Dropping the future, or the answer's body, cancels the request.
    pub fn forward(&self, index: usize, outbound: Outbound<'_>) -> Forward<'_> {
        let pool = self.pools.get(index).filter(|_| outbound.is_as_permitted());
        let Some(pool) = pool else {
            return Forward {
                tally: None,
                step: Step::Refused,
            };
        };
        Forward {
            tally: Some(Tally::new(pool, outbound.since)),
            step: begin(pool, outbound),
        }
    }
}

/// Writes the request to an idle connection, if there is one. It leaves when the future is first polled.
fn begin(pool: &Rc<Pool>, outbound: Outbound<'_>) -> Step {
    let Outbound {
        passage,
        mut request,
        body,
        hop,
        may_upgrade,
        since: _,
    } = outbound;
    // What was signed was a request, not a beginning of something else.
    let offer = match may_upgrade && !passage.permit().is_delivery() {
        true => upgrade::offered(&request.headers),
        false => None,
    };
    let kept = headers::take_callers(&mut request.headers);
    if pool.target.settings.host == HostMode::Rewrite {
        request.headers.set(&HOST, &pool.target.host);
    }
    let head = Head {
        method: request.method,
        target: passage.permit().path(&request.path).target().clone(),
        headers: request.headers,
        hop,
        kept,
        offer,
    };
    match pool.idle() {
        Some(connection) => Step::Idle(head.write(connection, pool, body, passage)),
        None => {
            let (pool, passage) = (Rc::clone(pool), Rc::clone(passage));
            Step::Rare(Box::pin(send::connect(pool, passage, head, body)))
        }
    }
}

/// A request under way to its upstream; it becomes the answer.
pub struct Forward<'p> {
    tally: Option<Tally<'p>>,
    step: Step,
}

/// What a request is waiting for. What happens rarely is kept aside, so that the rest stays small.
enum Step {
    /// There is no such upstream, or no permit for this.
    Refused,
    /// The answer on a connection that was idle.
    Idle(Waiting),
    /// All that takes longer: a new connection, a shared one, another try.
    Rare(Pin<Box<dyn Future<Output = Result<Answer, Error>>>>),
}

impl Forward<'_> {
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<Answer, Error>> {
        loop {
            let failure = match &mut self.step {
                Step::Refused => return Poll::Ready(Err(Error::no_upstream())),
                Step::Rare(rest) => return rest.as_mut().poll(cx),
                Step::Idle(waiting) => match ready!(waiting.poll_head(cx)) {
                    Ok(head) => return Poll::Ready(waiting.answer(head)),
                    Err(failure) => failure,
                },
            };
            match std::mem::replace(&mut self.step, Step::Refused) {
                Step::Idle(waiting) if waiting.may_repeat(failure.reach) => {
                    self.step = Step::Rare(Box::pin(send::once_more(waiting)));
                }
                _ => return Poll::Ready(Err(failure.error)),
            }
        }
    }
}

impl Future for Forward<'_> {
    type Output = Result<Answer, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.poll_answer(cx));
        if let Some(tally) = &mut self.tally {
            tally.result = match &result {
                Ok(answer) => answer.status.into(),
                Err(error) => error.result(),
            };
        }
        // Counted now, not when whoever waited lets go of the future.
        self.tally = None;
        Poll::Ready(result)
    }
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
