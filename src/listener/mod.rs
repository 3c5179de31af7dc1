//! Sockets: bind, accept, TLS, which HTTP is spoken, and the end of service.
//!
//! One listener is as many sockets on one address as there are workers; the kernel spreads the
//! connections. A worker accepts from its own socket, shakes hands, tells the protocol and hands a
//! [`Connection`] on. What is said on it is not this room's business: it knows no HTTP message.
//!
//! Straight line: bind -> accept -> slot -> TLS -> protocol -> [`Connection`].
//!
//! Always: a caller that says nothing is gone after the handshake time-out, one over the limit waits
//! outside, and an open connection is counted until its [`Stream`] is dropped.

mod accept;
mod bind;
mod drain;
mod error;
mod limits;
mod protocol;
mod settings;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

use std::net::SocketAddr;

pub use accept::Listener;
pub use bind::bind;
pub use drain::{Drain, DrainTrigger, Slots, drain};
pub use error::Error;
pub use limits::Limits;
pub use protocol::Protocol;
pub use settings::{DrainSettings, Protocols, Settings, TlsSettings};
pub use stream::Stream;
pub use tls::{Tls, install_crypto};

/// A connection that is ready for HTTP.
#[derive(Debug)]
pub struct Connection<S = Stream> {
    /// Its bytes.
    pub stream: S,
    /// The other end of the socket.
    pub peer: SocketAddr,
    /// Whether it came over TLS.
    pub secure: bool,
    /// Whether the other end showed a certificate of the CA that the listener asks for.
    pub identified: bool,
    /// What is spoken on it.
    pub protocol: Protocol,
}
