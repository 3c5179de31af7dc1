//! One caller's connection: what goes on on it, and when it has taken too long.
//!
//! Time is kept by a slow tick per connection and nothing per request: two ticks in the header time-out, and
//! at each the question whether anything changed since the last.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

use super::seldom::Seldom;
use super::stream::Pulse;
use crate::frontend::{Door, TrustedProxies};
use crate::listener::{Limits, Protocol};
use crate::model::{Fields, Host, HostError, Scheme};
use crate::upstream::Tunnel;

/// How long a caller may refuse to take what is written to it.
pub(super) const WRITE_STALL: Duration = Duration::from_secs(60);

/// One caller's connection, as its requests see it.
#[derive(Debug)]
pub(in crate::frontend) struct Link {
    pub(in crate::frontend) peer: SocketAddr,
    pub(in crate::frontend) scheme: Scheme,
    pub(in crate::frontend) protocol: Protocol,
    /// The host that was asked for last.
    host: RefCell<Option<Host>>,
    /// What an upstream was told last about where a request came from, and for which host.
    forwarding: RefCell<Option<(Host, Rc<Fields>)>>,
    /// The door that it came to.
    pub(in crate::frontend) door: Arc<Door>,
    /// Whether the door takes another's question from this peer.
    pub(in crate::frontend) trusted: bool,
    pub(super) pulse: Arc<Pulse>,
    /// A switch of protocols that both sides agreed to; bytes are copied once HTTP has ended.
    pub(in crate::frontend) agreed: RefCell<Option<Tunnel>>,
    open: Cell<u32>,
    begun: Cell<u64>,
    leaving: Cell<bool>,
    /// Wakes those who wait for the end of service.
    left: Notify,
    retired: Cell<bool>,
}

impl Link {
    pub(in crate::frontend) fn new(peer: SocketAddr, secure: bool, protocol: Protocol) -> Self {
        Self {
            peer,
            scheme: if secure { Scheme::Https } else { Scheme::Http },
            protocol,
            host: RefCell::default(),
            forwarding: RefCell::default(),
            door: Arc::default(),
            trusted: false,
            pulse: Arc::default(),
            agreed: RefCell::default(),
            open: Cell::new(0),
            begun: Cell::new(0),
            leaving: Cell::new(false),
            left: Notify::new(),
            retired: Cell::new(false),
        }
    }

    /// The same, at this door. A peer that showed a certificate was named by it.
    pub(in crate::frontend) fn through(
        self,
        door: &Arc<Door>,
        trusted: &TrustedProxies,
        identified: bool,
    ) -> Self {
        Self {
            trusted: identified || door.trusts(trusted, self.peer.ip()),
            door: Arc::clone(door),
            ..self
        }
    }

    /// A host, parsed. A caller asks for the same again and again.
    pub(in crate::frontend) fn host(&self, text: &str) -> Result<Host, HostError> {
        let mut last = self.host.borrow_mut();
        match &*last {
            Some(host) if host.as_str() == text => Ok(host.clone()),
            _ => Ok(last.insert(Host::parse(text)?).clone()),
        }
    }

    /// What an upstream is told about where a request to this host came from, when it is the other end of the
    /// socket: `make` makes it. A caller asks for the same again and again.
    pub(in crate::frontend) fn forwarding(
        &self,
        host: &Host,
        make: impl FnOnce() -> Fields,
    ) -> Rc<Fields> {
        let mut last = self.forwarding.borrow_mut();
        match &*last {
            Some((known, fields)) if known == host => Rc::clone(fields),
            _ => {
                let fields = Rc::new(make());
                *last = Some((host.clone(), Rc::clone(&fields)));
                fields
            }
        }
    }

    /// A request has begun.
    pub(in crate::frontend) fn begin(&self) {
        self.open.set(self.open.get() + 1);
        self.begun.set(self.begun.get() + 1);
    }

    /// Its answer is over.
    pub(in crate::frontend) fn end(&self) {
        self.open.set(self.open.get().saturating_sub(1));
        self.pulse.forget_heard();
    }

    /// The service is ending: the next answer is the last.
    pub(in crate::frontend) fn leave(&self) {
        self.leaving.set(true);
        self.left.notify_waiters();
    }

    /// Waits for the end of service.
    #[cfg(feature = "grpc")]
    pub(in crate::frontend) async fn left(&self) {
        let left = self.left.notified();
        if !self.is_leaving() {
            left.await;
        }
    }

    pub(in crate::frontend) fn is_leaving(&self) -> bool {
        self.leaving.get()
    }

    /// No request is taken any more that has not begun to arrive.
    pub(in crate::frontend) fn retire(&self) {
        self.retired.set(true);
    }

    pub(in crate::frontend) fn is_retired(&self) -> bool {
        self.retired.get()
    }

    /// How many requests have begun, if none is under way or arriving.
    pub(in crate::frontend) fn silent_at(&self) -> Option<u64> {
        (self.open.get() == 0 && !self.pulse.heard()).then(|| self.begun.get())
    }

    fn state(&self) -> State {
        if self.open.get() > 0 {
            return State::Busy;
        }
        let first = self.begun.get() == 0;
        let reading = self.protocol == Protocol::Http1 && self.pulse.heard();
        if first || reading {
            State::Head
        } else {
            State::Quiet
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between requests.
    Quiet,
    /// A head has begun to arrive, or the first has yet to.
    Head,
    /// Requests are under way.
    Busy,
}

/// What to do with a connection that has taken too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::frontend) enum Verdict {
    /// Close it once it is between requests.
    Retire,
    /// Close it.
    Cut,
}

/// Watches one connection.
#[derive(Debug)]
pub(in crate::frontend) struct Watch {
    tick: Duration,
    timer: Seldom<Sleep>,
    /// Ticks without change until a head is overdue, a silence is long enough, a write is stuck.
    patience: (u32, u32, u32),
    seen: Option<(State, u64, u32)>,
    unchanged: u32,
    retired: bool,
}

impl Watch {
    pub(in crate::frontend) fn new(limits: &Limits) -> Self {
        let tick = (limits.header_timeout.min(limits.keep_alive) / 2).max(Duration::from_millis(5));
        let ticks = |limit: Duration| {
            let ticks = limit.as_millis().div_ceil(tick.as_millis().max(1));
            u32::try_from(ticks).unwrap_or(u32::MAX)
        };
        Self {
            tick,
            timer: Seldom::new(tokio::time::sleep(tick)),
            patience: (
                ticks(limits.header_timeout),
                ticks(limits.keep_alive),
                ticks(WRITE_STALL),
            ),
            seen: None,
            unchanged: 0,
            retired: false,
        }
    }

    /// Ready when something must be done; pending as long as all is well.
    pub(in crate::frontend) fn poll(&mut self, link: &Link, cx: &mut Context<'_>) -> Poll<Verdict> {
        loop {
            ready!(self.timer.poll(cx));
            let next = Instant::now() + self.tick;
            self.timer.change(|timer| timer.reset(next));
            if let Some(verdict) = self.judge(link) {
                return Poll::Ready(verdict);
            }
        }
    }

    fn judge(&mut self, link: &Link) -> Option<Verdict> {
        let state = link.state();
        let moved = match state {
            State::Busy => link.pulse.moved(),
            // Bytes that trickle in do not make a head any less late.
            State::Quiet | State::Head => 0,
        };
        let now = Some((state, link.begun.get(), moved));
        self.unchanged = if self.seen == now {
            self.unchanged + 1
        } else {
            0
        };
        self.seen = now;
        match state {
            State::Head if self.unchanged >= self.patience.0 => Some(Verdict::Cut),
            State::Quiet if self.unchanged >= self.patience.1 && !self.retired => {
                self.retired = true;
                Some(Verdict::Retire)
            }
            // An HTTP/2 caller can leave the question unanswered whether it has seen the end.
            State::Quiet if self.unchanged >= self.patience.1.saturating_mul(2) => {
                Some(Verdict::Cut)
            }
            State::Busy if link.pulse.is_stuck() && self.unchanged >= self.patience.2 => {
                Some(Verdict::Cut)
            }
            _ => None,
        }
    }
}
