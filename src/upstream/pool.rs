//! One worker's connections to one upstream.
//!
//! Idle HTTP/1 connections wait in a stack: the last used is the next used, so that a few stay warm and the
//! rest go cold and are closed. HTTP/2 has one connection that all requests share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use hyper::client::conn::http2::SendRequest;
use tokio::sync::Mutex;

use super::Target;
use super::body::RequestBody;
use super::clock::Clock;
use super::connect::connect;
use super::connection::{Connection, Patience};
use super::error::Error;
use super::http2;
use super::settings::Protocol;
use crate::telemetry::{RequestMetrics, UpstreamMetrics};

/// The connections of one worker to one upstream.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) target: Arc<Target>,
    /// Where requests are counted.
    pub(super) requests: UpstreamMetrics,
    pub(super) clock: Clock,
    pub(super) patience: Patience,
    ticking: Cell<bool>,
    idle: RefCell<VecDeque<Box<Connection>>>,
    shared: RefCell<Option<SendRequest<RequestBody>>>,
    /// Whether the next connection is expected to be shared.
    shares: Cell<bool>,
    /// Held while a shared connection is made, so that only one is.
    connecting: Mutex<()>,
}

/// A connection to send one request on.
#[derive(Debug)]
pub(super) enum Line {
    Http1(Box<Connection>),
    Http2(SendRequest<RequestBody>, Reused),
}

/// Whether a connection carried a request before, and so may have been closed by the upstream meanwhile.
pub(super) type Reused = bool;

impl Pool {
    pub(super) fn new(target: Arc<Target>, metrics: &RequestMetrics) -> Rc<Self> {
        let settings = &target.settings;
        let clock = Clock::new([
            settings.response_timeout,
            settings.idle_timeout,
            settings.keep_alive,
        ]);
        Rc::new(Self {
            patience: Patience::of(settings, &clock),
            shares: Cell::new(settings.protocol != Protocol::Http1),
            requests: metrics.upstream(&settings.name),
            clock,
            target,
            ticking: Cell::new(false),
            idle: RefCell::default(),
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
            let sender = http2::handshake(connected.stream, open).await?;
            self.shared.replace(Some(sender.clone()));
            return Ok(Line::Http2(sender, false));
        }
        let seat = self.clock.seat();
        if !self.ticking.replace(true) {
            tokio::task::spawn_local(tick(Rc::downgrade(self)));
        }
        let connection = Connection::new(connected.stream, seat, open);
        Ok(Line::Http1(connection))
    }

    fn pooled(&self) -> Option<Line> {
        if let Some(shared) = &*self.shared.borrow()
            && !shared.is_closed()
        {
            return Some(Line::Http2(shared.clone(), true));
        }
        self.idle().map(Line::Http1)
    }

    /// The connection that was used last, if it is still fit for use.
    pub(super) fn idle(&self) -> Option<Box<Connection>> {
        let mut idle = self.idle.borrow_mut();
        while let Some(mut connection) = idle.pop_back() {
            if self.is_cold(&connection) {
                idle.clear();
            } else if connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection on which nothing is under way.
    pub(super) fn put_back(&self, mut connection: Box<Connection>) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < self.target.settings.max_idle {
            connection.since = self.clock.now();
            connection.reused = true;
            idle.push_back(connection);
        }
    }

    fn is_cold(&self, connection: &Connection) -> bool {
        self.clock.now() - connection.since >= self.patience.keep
    }

    /// A tick has passed: closes what has been idle for too long, and what the upstream has closed. Says
    /// whether there is a connection left.
    fn tick(&self) -> bool {
        let busy = self.clock.advance();
        let mut idle = self.idle.borrow_mut();
        idle.retain_mut(|connection| !self.is_cold(connection) && connection.is_quiet());
        self.ticking.set(busy);
        busy
    }
}

/// Runs while there are connections of HTTP/1. One timer per pool, none per request.
async fn tick(pool: Weak<Pool>) {
    while let Some(tick) = pool.upgrade().map(|pool| pool.clock.tick()) {
        tokio::time::sleep(tick).await;
        if !pool.upgrade().is_some_and(|pool| pool.tick()) {
            return;
        }
    }
}
