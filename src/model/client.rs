//! Who is at the other end of the connection.

use std::net::{IpAddr, SocketAddr};

/// The caller's address, after the hops that the operator trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The address that rules and logs mean: the peer's own, or the one a trusted proxy vouched for.
    /// IPv4-mapped IPv6 addresses are written as IPv4.
    pub address: IpAddr,
    /// The other end of the socket, whoever that is.
    pub peer: SocketAddr,
}

impl Client {
    /// A caller that speaks for itself.
    pub fn direct(peer: SocketAddr) -> Self {
        Self {
            address: peer.ip().to_canonical(),
            peer,
        }
    }
}
