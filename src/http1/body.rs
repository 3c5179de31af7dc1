//! A body as it arrives.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use hyper::body::{Frame, SizeHint};

use super::chunked::Chunked;
use super::{BodyError, Framing};

/// A part of a body.
#[derive(Debug)]
pub enum Piece {
    /// Some of its bytes.
    Data(Bytes),
    /// Its trailers, and with them its end.
    Trailers(HeaderMap),
    /// Its end.
    End,
}

/// Finds a body in what arrives.
#[derive(Debug)]
pub(super) enum Decoder {
    Length(u64),
    Chunked(Chunked),
    UntilClose { ended: bool },
}

impl From<Framing> for Decoder {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::default()),
            Framing::UntilClose => Self::UntilClose { ended: false },
        }
    }
}

impl Decoder {
    pub(super) fn is_ended(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunked) => chunked.is_ended(),
            Self::UntilClose { ended } => *ended,
        }
    }

    /// How many bytes are still to come, where that is known.
    pub(super) fn left(&self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(*left),
            Self::Chunked(_) | Self::UntilClose { .. } => self.is_ended().then_some(0),
        }
    }

    /// The next piece of what has arrived; nothing when more must arrive first.
    pub(super) fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Piece>, BodyError> {
        match self {
            Self::Chunked(chunked) => chunked.decode(input),
            _ if self.is_ended() => Ok(Some(Piece::End)),
            _ if input.is_empty() => Ok(None),
            Self::Length(left) => {
                let (data, rest) = split(input, *left);
                *left = rest;
                Ok(Some(Piece::Data(data)))
            }
            Self::UntilClose { .. } => Ok(Some(Piece::Data(input.split().freeze()))),
        }
    }

    /// What the end of the connection means here.
    pub(super) fn close(&mut self) -> Result<Piece, BodyError> {
        match self {
            Self::UntilClose { ended } => {
                *ended = true;
                Ok(Piece::End)
            }
            _ if self.is_ended() => Ok(Piece::End),
            Self::Length(_) | Self::Chunked(_) => Err(BodyError::Short),
        }
    }
}

/// Splits off at most `left` bytes; says how many are left then.
pub(super) fn split(input: &mut BytesMut, left: u64) -> (Bytes, u64) {
    let length = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
    let data = input.split_to(length).freeze();
    (data, left.saturating_sub(length as u64))
}

/// Where a body's pieces come from: a connection that others use too, in turns.
pub trait Source: fmt::Debug {
    /// The next piece. After the end there is nothing to be asked for.
    fn poll_piece(&self, cx: &mut Context<'_>) -> Poll<Result<Piece, BodyError>>;
}

/// The body of a request, for whoever forwards it.
#[derive(Debug)]
pub struct Body {
    source: Option<Rc<dyn Source>>,
    /// How many bytes are still to come, where that is known.
    left: Option<u64>,
}

impl Body {
    /// No body.
    pub fn none() -> Self {
        Self {
            source: None,
            left: Some(0),
        }
    }

    /// The body that comes from `source`, framed like this.
    pub fn new(source: Rc<dyn Source>, framing: Framing) -> Self {
        match framing {
            Framing::NONE => Self::none(),
            Framing::Length(length) => Self {
                source: Some(source),
                left: Some(length),
            },
            Framing::Chunked | Framing::UntilClose => Self {
                source: Some(source),
                left: None,
            },
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(source) = &self.source else {
            return Poll::Ready(None);
        };
        let piece = ready!(source.poll_piece(cx));
        if let (Ok(Piece::Data(data)), Some(left)) = (&piece, &mut self.left) {
            *left = left.saturating_sub(data.len() as u64);
        }
        if !matches!(piece, Ok(Piece::Data(_))) || self.left == Some(0) {
            (self.source, self.left) = (None, Some(0));
        }
        Poll::Ready(match piece {
            Ok(Piece::Data(data)) => Some(Ok(Frame::data(data))),
            Ok(Piece::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Ok(Piece::End) => None,
            Err(error) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
