//! Who is at the other end of the connection.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

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

    /// The network that stands for the caller where something is shared out among callers.
    pub fn network(&self) -> Network {
        Network::of(self.address)
    }
}

/// Where a caller comes from, as far as one caller can be told from others: an IPv4 address, or of an IPv6 address
/// the first 64 bits, below which whoever has one address has them all (RFC 4291 section 2.5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            address => address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_is_an_address_of_ipv4_and_64_bits_of_ipv6() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
    }
}
