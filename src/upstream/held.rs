//! The body of a signed delivery: here as a whole, and verified.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::error::BodyError;
use crate::engine::Permit;

/// How much is given at a time: enough for one write, and little enough for an upstream's window in HTTP/2 to
/// be what is waited for.
const PIECE: usize = 256 << 10;

/// The body that a permit lets pass. Nothing else makes one.
#[derive(Debug)]
pub struct HeldBody {
    /// What has not been given yet. What it takes of memory is told by whoever collected it.
    left: Bytes,
}

impl HeldBody {
    /// The body that a permit holds, if it is one of a signed delivery and was not taken before.
    pub fn of(permit: &Permit) -> Option<Self> {
        permit.take_body().map(|left| Self { left })
    }
}

impl Body for HeldBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let length = self.left.len().min(PIECE);
        Poll::Ready(match length {
            0 => None,
            length => Some(Ok(Frame::data(self.left.split_to(length)))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
