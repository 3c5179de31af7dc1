//! One exchange in HTTP/1: both directions are moved by whoever waits for the answer.
//!
//! There is no task and no channel: the future that waits for the answer's head, and then the body that is
//! asked for its next piece, also send what is left of the request. So an upstream may answer early, or both
//! sides may speak in turns, and nothing is awake that nobody waits for.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http::{Method, StatusCode};
use hyper::body::Frame;

use super::connection::Connection;
use super::error::{BodyError, Error};
use super::headers;
use super::outgoing::{Outgoing, SendError, Waits};
use super::pool::Pool;
use crate::http1::response::ResponseHead;
use crate::http1::{Framing, HeadLimits, Piece};

/// Bounds of an answer's head.
const HEAD: HeadLimits = HeadLimits {
    bytes: 64 << 10,
    fields: 100,
};
/// How many interim answers may come before the answer.
const MAX_INTERIM: u32 = 100;

/// A request and its answer on one connection.
#[derive(Debug)]
pub(super) struct Exchange {
    /// Nothing once the exchange is over.
    connection: Option<Box<Connection>>,
    pool: Rc<Pool>,
    outgoing: Outgoing,
    interim: u32,
    /// Whether the connection may be used again after the answer.
    persistent: bool,
    /// Why the answer's body broke off, until it is told.
    broken: Option<BodyError>,
}

/// Why there is no answer's head.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// How much the upstream may have done.
    pub(super) reach: Reach,
}

/// How far a request came that has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Not a byte of it left, on a connection that was used before.
    Unsent,
    /// The connection had been used before and ended before anything came back.
    Unanswered,
    /// Sending it again is out of the question.
    Final,
}

impl Exchange {
    /// An exchange whose request's head stands in the connection's output.
    pub(super) fn begin(connection: Box<Connection>, pool: &Rc<Pool>, outgoing: Outgoing) -> Self {
        Self {
            connection: Some(connection),
            pool: Rc::clone(pool),
            outgoing,
            interim: 0,
            persistent: false,
            broken: None,
        }
    }

    pub(super) fn pool(&self) -> &Rc<Pool> {
        &self.pool
    }

    /// The same request on a new connection. All of it that was given to the old one must still be there: see
    /// `Wire::hand_over`.
    pub(super) fn move_to(&mut self, mut connection: Box<Connection>) {
        if let Some(old) = &mut self.connection {
            old.wire.hand_over(&mut connection.wire);
        }
        self.connection = Some(connection);
        self.outgoing.again();
    }

    /// Sends, and waits for the head of the answer.
    pub(super) fn poll_head(
        &mut self,
        method: &Method,
        cx: &mut Context<'_>,
    ) -> Poll<Result<ResponseHead, Failure>> {
        let (waits, moved) = match self.poll_send(cx) {
            Ok(sent) => sent,
            Err(SendError::Body(error)) => return Poll::Ready(Err(Error::caller(error).into())),
            Err(SendError::Io(error)) => return Poll::Ready(Err(self.gone(error))),
        };
        let received = self.poll_receive(method, cx);
        let Some(connection) = &self.connection else {
            return Poll::Ready(Err(Error::no_upstream().into()));
        };
        if received.is_ready() {
            connection.seat.leave();
            return received;
        }
        // As long as the caller is sending, the upstream cannot be blamed for waiting.
        let limit = match waits {
            Waits::Nobody => self.pool.patience.answer,
            Waits::Caller | Waits::Upstream => self.pool.patience.idle,
        };
        ready!(connection.seat.wait(&self.pool.clock, limit, moved, cx));
        let error = match waits {
            Waits::Caller => Error::caller(BodyError::Silent),
            Waits::Nobody | Waits::Upstream => Error::response_timeout(),
        };
        Poll::Ready(Err(error.into()))
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Result<(Waits, bool), SendError> {
        match &mut self.connection {
            Some(connection) if !self.outgoing.is_over() => {
                self.outgoing.poll(&mut connection.wire, cx)
            }
            _ => Ok((Waits::Nobody, false)),
        }
    }

    fn poll_receive(
        &mut self,
        method: &Method,
        cx: &mut Context<'_>,
    ) -> Poll<Result<ResponseHead, Failure>> {
        let Some(connection) = &mut self.connection else {
            return Poll::Pending;
        };
        let Connection { wire, parser, .. } = &mut **connection;
        loop {
            while !wire.input().is_empty() {
                match parser.parse(wire.input(), HEAD, method) {
                    // Here is the place from which interim answers could be passed on.
                    Ok(Some(head)) if is_interim(head.status) => self.interim += 1,
                    Ok(Some(head)) => return Poll::Ready(Ok(head)),
                    Ok(None) => break,
                    Err(error) => return Poll::Ready(Err(Error::broken(error).into())),
                }
                if self.interim > MAX_INTERIM {
                    let error = Error::broken("too many interim answers");
                    return Poll::Ready(Err(error.into()));
                }
            }
            let failed = match ready!(wire.poll_fill(cx)) {
                Ok(0) => io::ErrorKind::UnexpectedEof.into(),
                Ok(_) => continue,
                Err(error) => error,
            };
            return Poll::Ready(Err(self.gone(failed)));
        }
    }

    /// The connection ended before the answer's head did.
    fn gone(&mut self, error: io::Error) -> Failure {
        let reach = match &mut self.connection {
            Some(old) if old.reused && self.interim == 0 && !old.parser.has_begun() => {
                match self.outgoing.is_untouched() {
                    true => Reach::Unsent,
                    false => Reach::Unanswered,
                }
            }
            _ => Reach::Final,
        };
        let error = Error::broken(error);
        Failure { error, reach }
    }

    /// The answer's head was good: its body follows.
    pub(super) fn expect(&mut self, framing: Framing, persistent: bool) {
        self.persistent = persistent;
        if let Some(connection) = &mut self.connection {
            connection.wire.expect(framing);
            if connection.wire.is_received() {
                self.end();
            }
        }
    }

    /// The connection, when both sides agreed to leave HTTP on it. Nothing of the request may be left.
    pub(super) fn leave(mut self) -> Option<Box<Connection>> {
        let sent = self.outgoing.is_sent();
        self.connection.take().filter(|_| sent)
    }

    /// Sends what can be sent of the request while its answer is under way; says whether anything moved.
    pub(super) fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        match self.poll_send(cx) {
            Ok((_waits, moved)) => Poll::Ready(moved),
            Err(SendError::Body(error)) => self.cut(error, cx),
            Err(SendError::Io(error)) => self.cut(error.into(), cx),
        }
    }

    /// The next frame of the answer's body.
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, BodyError>>> {
        let moved = ready!(self.poll_request(cx));
        let Some(connection) = &mut self.connection else {
            return Poll::Ready(self.broken.take().map(Err));
        };
        let Poll::Ready(piece) = connection.wire.poll_body(cx) else {
            let (seat, pool) = (&connection.seat, &self.pool);
            ready!(seat.wait(&pool.clock, pool.patience.idle, moved, cx));
            return self.cut(BodyError::Silent, cx);
        };
        connection.seat.leave();
        if connection.wire.is_received() {
            self.end();
        }
        Poll::Ready(match piece {
            Ok(Piece::Data(data)) => Some(Ok(Frame::data(data))),
            Ok(Piece::Trailers(mut trailers)) => {
                headers::sift_upstreams_trailers(&mut trailers);
                Some(Ok(Frame::trailers(trailers)))
            }
            Ok(Piece::End) => None,
            Err(error) => return self.cut(error.into(), cx),
        })
    }

    /// The exchange cannot be brought to its end: the connection is of no use any more. This is told in the next
    /// turn, so that what came before can leave: whoever passes it on forgets it over an error.
    fn cut<T>(&mut self, error: BodyError, cx: &mut Context<'_>) -> Poll<T> {
        self.connection = None;
        self.broken = Some(error);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The answer has come to its end: others may use the connection, if both messages are whole beyond doubt
    /// and nothing follows them.
    fn end(&mut self) {
        if let Some(mut connection) = self.connection.take()
            && self.persistent
            && self.outgoing.is_sent()
            && connection.wire.input().is_empty()
        {
            self.pool.put_back(connection);
        }
    }

    /// Whether the answer has come to its end.
    pub(super) fn is_over(&self) -> bool {
        self.connection.is_none() && self.broken.is_none()
    }

    /// How many bytes of the answer's body are still to come, where that is known.
    pub(super) fn left(&self) -> Option<u64> {
        match &self.connection {
            Some(connection) => connection.wire.left(),
            None => self.is_over().then_some(0),
        }
    }
}

/// Whether another head follows.
fn is_interim(status: StatusCode) -> bool {
    status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let reach = Reach::Final;
        Self { error, reach }
    }
}

#[cfg(test)]
mod tests;
