//! The answer's body, and with it the end of the exchange.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::link::{Link, WRITE_STALL};
use super::stall;
use crate::frontend::record::Recording;
use crate::listener::Protocol;
use crate::model::{Denied, Reason};
use crate::upstream::{BodyError, ResponseBody};

/// What is sent to the caller, and the record of the exchange, which ends with it.
#[derive(Debug)]
pub(in crate::frontend) struct AnswerBody {
    content: Content,
    exchange: Exchange,
}

/// An exchange under way on a connection.
#[derive(Debug)]
pub(in crate::frontend) struct Exchange {
    pub(in crate::frontend) recording: Box<Recording>,
    link: Rc<Link>,
}

/// Where the bytes come from.
#[derive(Debug)]
pub(in crate::frontend) enum Content {
    /// There are none.
    Empty,
    /// We wrote them.
    Own(Bytes),
    /// The upstream sends them.
    Upstream(ResponseBody),
}

impl Content {
    /// How long the caller may take none of it.
    fn patience(&self) -> Duration {
        match self {
            Self::Empty | Self::Own(_) => WRITE_STALL,
            Self::Upstream(body) => body.idle_timeout(),
        }
    }
}

impl Exchange {
    pub(in crate::frontend) fn begin(recording: Box<Recording>, link: &Rc<Link>) -> Self {
        link.begin();
        Self {
            recording,
            link: Rc::clone(link),
        }
    }

    pub(in crate::frontend) fn is_http1(&self) -> bool {
        self.link.protocol == Protocol::Http1
    }

    /// Whether an HTTP/1 connection takes no request after this one.
    pub(in crate::frontend) fn is_last(&self) -> bool {
        self.is_http1() && self.link.is_leaving()
    }

    /// Has the connection closed gently: see `Pulse::linger`.
    pub(in crate::frontend) fn linger(&self) {
        self.link.pulse.linger();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.link.end();
    }
}

impl AnswerBody {
    pub(in crate::frontend) fn new(content: Content, exchange: Exchange) -> Self {
        Self { content, exchange }
    }

    /// Goes on sending the request while the caller takes no more of the answer.
    pub(in crate::frontend) fn poll_request(&mut self, cx: &mut Context<'_>) {
        if let Content::Upstream(body) = &mut self.content {
            body.poll_request(cx);
        }
    }

    fn broke(&mut self, error: &BodyError) {
        let reason = match error {
            BodyError::Silent => Reason::UpstreamTimeout,
            BodyError::Broken(_) => Reason::UpstreamUnreachable,
        };
        let denied = Denied::new(reason, "the answer broke off");
        self.exchange.recording.failed(denied);
        self.exchange.recording.whole();
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        // A connection stops asking as soon as it knows that nothing more will come.
        if self.is_end_stream() {
            self.exchange.recording.whole();
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        stall::asked();
        let next = match &mut this.content {
            Content::Empty => None,
            Content::Own(bytes) => {
                let bytes = std::mem::take(bytes);
                this.content = Content::Empty;
                Some(Ok(Frame::data(bytes)))
            }
            Content::Upstream(body) => ready!(Pin::new(body).poll_frame(cx)),
        };
        match &next {
            Some(Ok(frame)) if frame.is_trailers() => this.exchange.recording.whole(),
            Some(Ok(_)) => stall::handed(this.content.patience()),
            Some(Err(error)) => this.broke(error),
            None => this.exchange.recording.whole(),
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Empty => true,
            Content::Own(bytes) => bytes.is_empty(),
            Content::Upstream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Empty => SizeHint::with_exact(0),
            Content::Own(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Upstream(body) => body.size_hint(),
        }
    }
}
