//! HTTP/1 as bytes: heads, framing, bodies (RFC 9112).
//!
//! This room knows how a message of HTTP/1 is written and read, on either side of a proxy. It refuses to know
//! who called, where a message goes and how long anyone waits: it holds no clock. hyper speaks HTTP/2; HTTP/1
//! is spoken here because nearly every request takes this way twice, and a message that is handed through
//! needs no channels, no tasks and no map of its fields.
//!
//! Straight line: [`Wire::poll_fill`] -> [`request::Parser`] or [`response::Parser`] -> [`Framing`] ->
//! [`Wire::poll_body`] -> [`encode`] -> [`Wire::send`] -> [`Wire::poll_flush`].
//!
//! Always: one message has one reading. Two framings, a length that is not one plain number, a line that ends
//! in a bare line feed, a folded field, white space before a colon, a chunk that is not exactly written:
//! refused, never mended. A body that broke off is never taken for whole. What is held is bounded.

mod bare;
mod body;
mod chunked;
mod date;
pub mod encode;
mod framing;
mod head;
mod output;
mod persistence;
pub mod request;
pub mod response;
#[cfg(test)]
mod tests;
mod wire;

pub use bare::Bare;
pub use body::{Body, Piece, Source};
pub use date::date;
pub use framing::Framing;
pub use head::{HeadError, HeadLimits};
pub use wire::Wire;

use std::io;

/// Why a body did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is not written as its framing demands.
    #[error("{0}")]
    Malformed(&'static str),
    /// The connection ended before it.
    #[error("the connection ended within a body")]
    Short,
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
}
