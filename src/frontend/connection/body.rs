//! The answer's body, and with it the end of the exchange.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
#[cfg(feature = "grpc")]
use http::HeaderMap;
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
    /// Nothing of what is nobody's request.
    recording: Option<Box<Recording>>,
    _visit: Visit,
}

/// An exchange under way on a connection.
#[derive(Debug)]
pub(in crate::frontend) struct Exchange {
    pub(in crate::frontend) recording: Box<Recording>,
    visit: Visit,
}

/// What goes on on a connection, until it is dropped.
#[derive(Debug)]
struct Visit {
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
    /// We wrote them, and these fields stand behind them.
    #[cfg(feature = "grpc")]
    Trailed(Bytes, Box<HeaderMap>),
    /// We write them bit by bit.
    #[cfg(feature = "grpc")]
    Flow(Flow),
}

/// A body that is written bit by bit.
#[cfg(feature = "grpc")]
pub(in crate::frontend) struct Flow(
    pub(in crate::frontend) Pin<Box<dyn Body<Data = Bytes, Error = BodyError>>>,
);

#[cfg(feature = "grpc")]
impl std::fmt::Debug for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Flow")
    }
}

impl Content {
    /// How long the caller may take none of it.
    fn patience(&self) -> Duration {
        match self {
            Self::Upstream(body) => body.idle_timeout(),
            _ => WRITE_STALL,
        }
    }

    /// The next of what we wrote.
    fn take(&mut self) -> Option<Frame<Bytes>> {
        let (frame, rest) = match std::mem::replace(self, Self::Empty) {
            Self::Own(bytes) => (Frame::data(bytes), Self::Empty),
            #[cfg(feature = "grpc")]
            Self::Trailed(bytes, fields) if bytes.is_empty() => {
                (Frame::trailers(*fields), Self::Empty)
            }
            #[cfg(feature = "grpc")]
            Self::Trailed(bytes, fields) => {
                (Frame::data(bytes), Self::Trailed(Bytes::new(), fields))
            }
            other => {
                *self = other;
                return None;
            }
        };
        *self = rest;
        Some(frame)
    }
}

impl Exchange {
    pub(in crate::frontend) fn begin(recording: Box<Recording>, link: &Rc<Link>) -> Self {
        Self {
            recording,
            visit: Visit::begin(link),
        }
    }

    pub(in crate::frontend) fn is_http1(&self) -> bool {
        self.visit.link.protocol == Protocol::Http1
    }

    /// Whether an HTTP/1 connection takes no request after this one.
    pub(in crate::frontend) fn is_last(&self) -> bool {
        self.is_http1() && self.visit.link.is_leaving()
    }

    /// Has the connection closed gently: see `Pulse::linger`.
    pub(in crate::frontend) fn linger(&self) {
        self.visit.link.pulse.linger();
    }
}

impl Visit {
    fn begin(link: &Rc<Link>) -> Self {
        link.begin();
        Self {
            link: Rc::clone(link),
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.link.end();
    }
}

impl AnswerBody {
    pub(in crate::frontend) fn new(content: Content, exchange: Exchange) -> Self {
        Self {
            content,
            recording: Some(exchange.recording),
            _visit: exchange.visit,
        }
    }

    /// What no record is kept of.
    #[cfg(feature = "grpc")]
    pub(in crate::frontend) fn unrecorded(content: Content, link: &Rc<Link>) -> Self {
        Self {
            content,
            recording: None,
            _visit: Visit::begin(link),
        }
    }

    /// Nothing more is to come.
    fn whole(&mut self) {
        if let Some(recording) = &mut self.recording {
            recording.whole();
        }
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
        if let Some(recording) = &mut self.recording {
            recording.failed(denied);
        }
        self.whole();
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        // A connection stops asking as soon as it knows that nothing more will come.
        if self.is_end_stream() {
            self.whole();
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
            Content::Upstream(body) => ready!(Pin::new(body).poll_frame(cx)),
            #[cfg(feature = "grpc")]
            Content::Flow(Flow(body)) => ready!(body.as_mut().poll_frame(cx)),
            own => own.take().map(Ok),
        };
        match &next {
            Some(Ok(frame)) if frame.is_trailers() => this.whole(),
            Some(Ok(_)) => stall::handed(this.content.patience()),
            Some(Err(error)) => this.broke(error),
            None => this.whole(),
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Empty => true,
            Content::Own(bytes) => bytes.is_empty(),
            Content::Upstream(body) => body.is_end_stream(),
            #[cfg(feature = "grpc")]
            Content::Trailed(..) => false,
            #[cfg(feature = "grpc")]
            Content::Flow(Flow(body)) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Empty => SizeHint::with_exact(0),
            Content::Own(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Upstream(body) => body.size_hint(),
            #[cfg(feature = "grpc")]
            Content::Trailed(..) | Content::Flow(_) => SizeHint::default(),
        }
    }
}
