//! A connection of HTTP/1, between requests and during one.

use std::rc::Rc;

use super::clock::Seat;
use super::connect::Stream;
use super::metrics::Open;
use super::settings::Settings;
use crate::http1::{Wire, response};

/// A connection that carries one request after the other. Dropped, it is closed, and with it whatever the
/// upstream is still doing for us.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) wire: Wire<Stream>,
    pub(super) parser: response::Parser,
    /// Where the exchange on it waits.
    pub(super) seat: Rc<Seat>,
    /// Whether it carried a request before, and so may have been closed by the upstream meanwhile.
    pub(super) reused: bool,
    /// The tick in which it was put back.
    pub(super) since: u64,
    pub(super) open: Open,
}

impl Connection {
    pub(super) fn new(stream: Stream, seat: Rc<Seat>, open: Open) -> Box<Self> {
        Box::new(Self {
            wire: Wire::new(stream),
            parser: response::Parser::default(),
            seat,
            reused: false,
            since: 0,
            open,
        })
    }

    /// Whether nothing has come since the last answer, not even the end: what comes unasked is no answer to
    /// the next request.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.wire.input().is_empty() && self.wire.stream().is_quiet()
    }
}

/// The limits of one upstream, in ticks of its pool's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// How long the head of an answer may take.
    pub(super) answer: u64,
    /// How long nothing may move.
    pub(super) idle: u64,
    /// How long a connection may wait for its next request.
    pub(super) keep: u64,
}

impl Patience {
    pub(super) fn of(settings: &Settings, clock: &super::clock::Clock) -> Self {
        Self {
            answer: clock.at_least(settings.response_timeout),
            idle: clock.at_least(settings.idle_timeout),
            keep: clock.within(settings.keep_alive),
        }
    }
}
