//! A request on its way out of a connection of HTTP/1.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use super::caller::CallerBody;
use super::connect::Stream;
use super::error::BodyError;
use super::headers;
use crate::http1::Wire;
use crate::policy::HeaderNames;

/// What is still to be sent, and how far it got.
#[derive(Debug)]
pub(super) struct Outgoing {
    body: Option<Rest>,
    state: State,
    /// Whether a byte of the request has left.
    begun: bool,
    /// How much waited to be written when last looked.
    unwritten: usize,
}

/// The rest of a body.
#[derive(Debug)]
struct Rest {
    body: CallerBody,
    /// Names that no caller may set, in trailers as little as in the head.
    stripped: Arc<HeaderNames>,
    promised: Promised,
}

/// How many bytes the head promised that have not come yet, if it did. No more is sent, and no end before:
/// what followed would be read as the next request.
#[derive(Debug)]
struct Promised(Option<u64>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Sending,
    /// All of it is written.
    Sent,
    /// The upstream takes nothing more. It may have answered before, as servers do that find a body too large
    /// (RFC 9112 section 9.5), so what it said is still listened to.
    Deaf {
        untouched: bool,
    },
}

/// Whom the sending waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// Nobody: there is nothing more to be sent.
    Nobody,
    /// The caller, for more of the body.
    Caller,
    /// The upstream, until it takes more.
    Upstream,
}

/// Why a request cannot be sent any further.
#[derive(Debug)]
pub(super) enum SendError {
    Body(BodyError),
    Io(io::Error),
}

impl Outgoing {
    /// A request without a body.
    pub(super) fn bodiless() -> Self {
        Self {
            body: None,
            state: State::Sending,
            begun: false,
            unwritten: 0,
        }
    }

    /// A request with a body, of this length if the head says so.
    pub(super) fn with(body: CallerBody, stripped: &Arc<HeaderNames>, length: Option<u64>) -> Self {
        Self {
            body: Some(Rest {
                body,
                stripped: Arc::clone(stripped),
                promised: Promised(length),
            }),
            ..Self::bodiless()
        }
    }

    /// Whether there is nothing more to be sent.
    pub(super) fn is_over(&self) -> bool {
        self.state != State::Sending
    }

    /// Whether all of it was sent.
    pub(super) fn is_sent(&self) -> bool {
        self.state == State::Sent
    }

    /// Whether not a byte of it was sent, and none will be.
    pub(super) fn is_untouched(&self) -> bool {
        self.state == State::Deaf { untouched: true }
    }

    /// The same request, on a new connection.
    pub(super) fn again(&mut self) {
        (self.state, self.begun) = (State::Sending, false);
    }

    /// Sends what can be sent. Says whom it waits for, and whether anything moved.
    pub(super) fn poll(
        &mut self,
        wire: &mut Wire<Stream>,
        cx: &mut Context<'_>,
    ) -> Result<(Waits, bool), SendError> {
        let mut moved = false;
        loop {
            let hungry = self.feed(wire, &mut moved, cx).map_err(SendError::Body)?;
            match wire.poll_flush(cx) {
                Poll::Pending => {
                    let before = std::mem::replace(&mut self.unwritten, wire.unwritten());
                    return Ok((Waits::Upstream, moved || self.unwritten != before));
                }
                Poll::Ready(Err(error)) if is_hang_up(&error) => {
                    self.deafen(wire);
                    return Ok((Waits::Nobody, true));
                }
                Poll::Ready(Err(error)) => return Err(SendError::Io(error)),
                Poll::Ready(Ok(())) => self.begun = true,
            }
            if self.body.is_none() {
                self.state = State::Sent;
                return Ok((Waits::Nobody, true));
            }
            if hungry {
                moved |= std::mem::take(&mut self.unwritten) > 0;
                return Ok((Waits::Caller, moved));
            }
        }
    }

    fn deafen(&mut self, wire: &Wire<Stream>) {
        let untouched = !self.begun && wire.is_untouched();
        self.state = State::Deaf { untouched };
        if !untouched {
            // Nobody will want the rest.
            self.body = None;
        }
    }

    /// Takes of the body what there is room for. Says whether more could be taken if it were there.
    fn feed(
        &mut self,
        wire: &mut Wire<Stream>,
        moved: &mut bool,
        cx: &mut Context<'_>,
    ) -> Result<bool, BodyError> {
        while let Some(rest) = &mut self.body {
            if !wire.has_room() {
                return Ok(false);
            }
            let Poll::Ready(next) = Pin::new(&mut rest.body).poll_frame(cx) else {
                return Ok(true);
            };
            *moved = true;
            if rest.give(next.transpose()?, wire)? {
                self.body = None;
            }
        }
        Ok(false)
    }
}

impl Rest {
    /// Passes a frame on; says whether it was the last.
    fn give(
        &mut self,
        frame: Option<Frame<Bytes>>,
        wire: &mut Wire<Stream>,
    ) -> Result<bool, BodyError> {
        let mut trailers = None;
        let mut last = frame.is_none();
        if let Some(frame) = frame {
            match frame.into_data() {
                Ok(data) => {
                    self.promised.take(data.len() as u64)?;
                    wire.send(data);
                    last = self.body.is_end_stream();
                }
                Err(frame) => {
                    trailers = frame.into_trailers().ok();
                    last = trailers.is_some();
                }
            }
        }
        if !last {
            return Ok(false);
        }
        self.promised.end()?;
        if let Some(trailers) = &mut trailers {
            headers::sift_trailers(trailers, &self.stripped);
        }
        wire.finish(trailers.as_ref());
        Ok(true)
    }
}

impl Promised {
    fn take(&mut self, length: u64) -> Result<(), BodyError> {
        if let Some(left) = &mut self.0 {
            *left = left
                .checked_sub(length)
                .ok_or_else(|| BodyError::broken("a body longer than its head says"))?;
        }
        Ok(())
    }

    fn end(&self) -> Result<(), BodyError> {
        match self.0 {
            None | Some(0) => Ok(()),
            Some(_) => Err(BodyError::broken("a body shorter than its head says")),
        }
    }
}

fn is_hang_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_as_long_as_its_head_says_or_it_does_not_end() {
        let mut promised = Promised(Some(3));
        promised.take(2).unwrap();
        assert!(promised.end().is_err());
        promised.take(1).unwrap();
        promised.end().unwrap();
        assert!(promised.take(1).is_err());
        let mut unknown = Promised(None);
        unknown.take(1).unwrap();
        unknown.end().unwrap();
    }
}
