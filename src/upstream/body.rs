//! Bodies on their way through: nothing is kept, silence ends, trailers are sifted.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::caller::CallerBody;
use super::error::BodyError;
use super::exchange::Exchange;
use super::headers;
use super::passage::Passage;
use super::silence::Silence;

/// A request's body on its way to an upstream in HTTP/2.
#[derive(Debug)]
pub(super) struct RequestBody {
    inner: Option<CallerBody>,
    passage: Rc<Passage>,
    silence: Silence,
}

impl RequestBody {
    pub(super) fn new(inner: CallerBody, passage: &Rc<Passage>, idle: Duration) -> Self {
        let inner = Some(inner).filter(|inner| !inner.is_end_stream());
        passage.send(inner.is_some());
        Self {
            inner,
            passage: Rc::clone(passage),
            silence: Silence::new(idle),
        }
    }

    /// The same request without a body, for the second try of a request that had none.
    pub(super) fn none(passage: &Rc<Passage>) -> Self {
        Self {
            inner: None,
            passage: Rc::clone(passage),
            silence: Silence::new(Duration::ZERO),
        }
    }

    fn end(&mut self) {
        self.passage.send(false);
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.end();
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let Some(inner) = &mut this.inner else {
            return Poll::Ready(None);
        };
        let Poll::Ready(next) = Pin::new(inner).poll_frame(cx) else {
            ready!(this.silence.poll(this.passage.frames(), cx));
            this.end();
            return Poll::Ready(Some(Err(BodyError::Silent)));
        };
        this.passage.moved();
        match next {
            Some(Ok(mut frame)) => {
                if let Some(trailers) = frame.trailers_mut() {
                    headers::sift_trailers(trailers, this.passage.permit().stripped());
                }
                if this.is_end_stream() {
                    this.end();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                this.end();
                Poll::Ready(Some(Err(error)))
            }
            None => {
                this.end();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

/// A response's body on its way to the caller. At its end the connection it came on is free again.
#[derive(Debug)]
pub struct ResponseBody {
    inner: Inner,
    idle: Duration,
}

#[derive(Debug)]
enum Inner {
    None,
    Http1(Exchange),
    Http2(Box<Shared>),
}

/// A body that comes on a shared connection.
#[derive(Debug)]
struct Shared {
    body: Incoming,
    passage: Rc<Passage>,
    silence: Silence,
}

impl ResponseBody {
    /// No body.
    pub(super) fn none(idle: Duration) -> Self {
        let inner = Inner::None;
        Self { inner, idle }
    }

    /// What is left of an exchange in HTTP/1.
    pub(super) fn http1(exchange: Exchange) -> Self {
        let idle = exchange.pool().target.settings.idle_timeout;
        let inner = match exchange.is_over() {
            true => Inner::None,
            false => Inner::Http1(exchange),
        };
        Self { inner, idle }
    }

    /// A body that comes in HTTP/2.
    pub(super) fn http2(body: Incoming, passage: &Rc<Passage>, idle: Duration) -> Self {
        let inner = Inner::Http2(Box::new(Shared {
            body,
            passage: Rc::clone(passage),
            silence: Silence::new(idle),
        }));
        Self { inner, idle }
    }

    /// Goes on sending the request while nobody can ask for the next frame, because the caller takes no more of
    /// the answer: it may be one that reads nothing before it has sent everything.
    pub fn poll_request(&mut self, cx: &mut Context<'_>) {
        if let Inner::Http1(exchange) = &mut self.inner {
            // An error is told with the next frame.
            let _moved = exchange.poll_request(cx);
        }
    }

    /// How long the upstream may be silent, and the caller may take nothing.
    pub fn idle_timeout(&self) -> Duration {
        self.idle
    }
}

impl Shared {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Poll::Ready(next) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.silence.poll(self.passage.frames(), cx));
            return Poll::Ready(Some(Err(BodyError::Silent)));
        };
        self.passage.moved();
        Poll::Ready(next.map(|frame| {
            let mut frame = frame?;
            if let Some(trailers) = frame.trailers_mut() {
                headers::sift_upstreams_trailers(trailers);
            }
            Ok(frame)
        }))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.inner {
            Inner::None => Poll::Ready(None),
            Inner::Http1(exchange) => exchange.poll_frame(cx),
            Inner::Http2(shared) => shared.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::None => true,
            Inner::Http1(exchange) => exchange.is_over(),
            Inner::Http2(shared) => shared.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::None => SizeHint::with_exact(0),
            Inner::Http1(exchange) => exchange
                .left()
                .map_or_else(SizeHint::default, SizeHint::with_exact),
            Inner::Http2(shared) => shared.body.size_hint(),
        }
    }
}
