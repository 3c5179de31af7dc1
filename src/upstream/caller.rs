//! The body of a request as it comes from the caller.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::error::BodyError;
use super::held::HeldBody;
use crate::http1;

/// The body of a request as it comes from the caller, in whichever HTTP.
#[derive(Debug)]
pub enum CallerBody {
    /// From a connection of HTTP/1.
    Http1(http1::Body),
    /// From a stream of HTTP/2.
    Http2(Incoming),
    /// From our memory: that of a signed delivery. Its length is known, and it has no trailers.
    Held(HeldBody),
}

impl CallerBody {
    /// No body.
    pub fn none() -> Self {
        Self::Http1(http1::Body::none())
    }
}

impl Body for CallerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Http1(body) => Pin::new(body).poll_frame(cx).map_err(BodyError::from),
            Self::Http2(body) => Pin::new(body).poll_frame(cx).map_err(BodyError::from),
            Self::Held(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Http1(body) => body.is_end_stream(),
            Self::Http2(body) => body.is_end_stream(),
            Self::Held(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Http1(body) => body.size_hint(),
            Self::Http2(body) => body.size_hint(),
            Self::Held(body) => body.size_hint(),
        }
    }
}
