//! One worker's connections to one upstream.
//!
//! Idle HTTP/1 connections wait in a stack: the last used is the next used, so that a few stay warm and the
//! rest go cold and are closed. HTTP/2 has one connection that all requests share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::body::RequestBody;
use super::connect::connect;
use super::error::Error;
use super::hearing::Hearing;
use super::metrics::Open;
use super::settings::Protocol;
use super::{Target, local::LocalExecutor};
use crate::telemetry::{RequestMetrics, UpstreamMetrics};

/// How much an upstream may send ahead on one stream, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;
/// How much it may send ahead on the connection, in bytes.
const CONNECTION_WINDOW: u32 = 4 << 20;
/// How often a busy HTTP/2 connection is asked whether it still lives.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long it may take to say so.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections of one worker to one upstream.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) target: Arc<Target>,
    /// Where requests are counted.
    pub(super) requests: UpstreamMetrics,
    idle: RefCell<VecDeque<Idle>>,
    sweeping: Cell<bool>,
    shared: RefCell<Option<http2::SendRequest<RequestBody>>>,
    /// Whether the next connection is expected to be shared.
    shares: Cell<bool>,
    /// Held while a shared connection is made, so that only one is.
    connecting: Mutex<()>,
}

#[derive(Debug)]
struct Idle {
    sender: http1::SendRequest<RequestBody>,
    since: Instant,
}

/// A connection to send one request on.
#[derive(Debug)]
pub(super) enum Line {
    Http1(Lease),
    Http2(http2::SendRequest<RequestBody>, Reused),
}

/// Whether a connection carried a request before, and so may have been closed by the upstream meanwhile.
pub(super) type Reused = bool;

impl Line {
    pub(super) fn is_reused(&self) -> Reused {
        match self {
            Self::Http1(lease) => lease.reused,
            Self::Http2(_, reused) => *reused,
        }
    }
}

impl Pool {
    pub(super) fn new(target: Arc<Target>, metrics: &RequestMetrics) -> Rc<Self> {
        Rc::new(Self {
            shares: Cell::new(target.settings.protocol != Protocol::Http1),
            requests: metrics.upstream(&target.settings.name),
            target,
            idle: RefCell::default(),
            sweeping: Cell::new(false),
            shared: RefCell::default(),
            connecting: Mutex::new(()),
        })
    }

    /// A connection, an idle one if there is one.
    pub(super) async fn line(self: &Rc<Self>) -> Result<Line, Error> {
        if let Some(line) = self.pooled() {
            return Ok(line);
        }
        if !self.shares.get() {
            return self.fresh().await;
        }
        // Who waits for another's attempt waits no longer than for one of its own: otherwise callers of an
        // upstream that does not answer would queue up behind each other's time-outs.
        let limit = self.target.settings.connect_timeout;
        let _only_one = tokio::time::timeout(limit, self.connecting.lock())
            .await
            .map_err(|_elapsed| Error::connect_timeout())?;
        match self.pooled() {
            Some(line) => Ok(line),
            None => self.fresh().await,
        }
    }

    /// A new connection.
    pub(super) async fn fresh(self: &Rc<Self>) -> Result<Line, Error> {
        let target = &self.target;
        let connected = connect(&target.settings, target.tls.as_ref()).await?;
        let open = target.counters.opened();
        self.shares.set(connected.http2);
        if connected.http2 {
            let (sender, connection) = http2::Builder::new(LocalExecutor)
                .timer(TokioTimer::new())
                .initial_stream_window_size(STREAM_WINDOW)
                .initial_connection_window_size(CONNECTION_WINDOW)
                .keep_alive_interval(PING_INTERVAL)
                .keep_alive_timeout(PING_TIMEOUT)
                .handshake(TokioIo::new(connected.stream))
                .await
                .map_err(Error::http)?;
            drive(connection, open);
            self.shared.replace(Some(sender.clone()));
            return Ok(Line::Http2(sender, false));
        }
        let (sender, connection) = http1::Builder::new()
            .handshake(TokioIo::new(Hearing::new(connected.stream)))
            .await
            .map_err(Error::http)?;
        drive(connection.with_upgrades(), open);
        Ok(Line::Http1(Lease {
            sender,
            pool: Rc::clone(self),
            reused: false,
        }))
    }

    fn pooled(self: &Rc<Self>) -> Option<Line> {
        if let Some(shared) = &*self.shared.borrow()
            && !shared.is_closed()
        {
            return Some(Line::Http2(shared.clone(), true));
        }
        let mut idle = self.idle.borrow_mut();
        while let Some(Idle { sender, since }) = idle.pop_back() {
            if since.elapsed() >= self.target.settings.keep_alive {
                idle.clear();
            } else if sender.is_ready() {
                let pool = Rc::clone(self);
                return Some(Line::Http1(Lease {
                    sender,
                    pool,
                    reused: true,
                }));
            }
        }
        None
    }

    fn put_back(self: &Rc<Self>, sender: http1::SendRequest<RequestBody>) {
        let mut idle = self.idle.borrow_mut();
        let since = Instant::now();
        if idle.len() < self.target.settings.max_idle {
            idle.push_back(Idle { sender, since });
        }
        if !self.sweeping.replace(true) {
            tokio::task::spawn_local(sweep(Rc::downgrade(self)));
        }
    }

    /// Closes what has been idle for too long; says whether anything is left.
    fn sweep(&self) -> bool {
        let mut idle = self.idle.borrow_mut();
        let limit = self.target.settings.keep_alive;
        while idle.front().is_some_and(|old| old.since.elapsed() >= limit) {
            idle.pop_front();
        }
        self.sweeping.set(!idle.is_empty());
        self.sweeping.get()
    }
}

/// Runs while anything is idle. One timer per pool, none per request.
async fn sweep(pool: std::rc::Weak<Pool>) {
    while let Some(limit) = pool.upgrade().map(|pool| pool.target.settings.keep_alive) {
        tokio::time::sleep(limit.max(Duration::from_millis(100))).await;
        if !pool.upgrade().is_some_and(|pool| pool.sweep()) {
            return;
        }
    }
}

/// Lets a connection run until it ends. Why it ended, the requests on it have learned.
fn drive<T>(connection: impl Future<Output = hyper::Result<T>> + 'static, open: Open) {
    tokio::task::spawn_local(async move {
        let _ended = connection.await;
        drop(open);
    });
}

/// An HTTP/1 connection lent for one exchange. Dropped before its end, it closes the connection, and with it
/// whatever the upstream is still doing for us.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) sender: http1::SendRequest<RequestBody>,
    pool: Rc<Pool>,
    reused: Reused,
}

impl Lease {
    /// The exchange is over: others may use the connection, unless it is closing or the request is still
    /// being sent.
    pub(super) fn release(self) {
        if self.sender.is_ready() {
            self.pool.put_back(self.sender);
        }
    }
}
