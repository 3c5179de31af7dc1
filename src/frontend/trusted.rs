//! Whose word about the caller counts.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::document::{Fields, Node, OneOrMany, Placed, Problems, Read, Shape};

/// The proxies in front of us whose forwarding headers are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TrustedProxies {
    /// Nobody: the other end of the socket is the caller.
    #[default]
    Nobody,
    /// Whoever connects from these networks.
    Networks(Box<[IpNet]>),
    /// The nearest so many hops, whoever they are; the other end of the socket is the first. For
    /// places where nobody else can connect.
    Hops(usize),
}

impl TrustedProxies {
    /// Whether `address` belongs to a trusted proxy, `hop` steps away: 0 is the other end of the
    /// socket.
    pub fn contains(&self, address: IpAddr, hop: usize) -> bool {
        match self {
            Self::Nobody => false,
            Self::Networks(networks) => {
                let address = address.to_canonical();
                networks.iter().any(|network| network.contains(&address))
            }
            Self::Hops(count) => hop < *count,
        }
    }
}

/// A network or a single address.
#[derive(Debug, Clone, Copy)]
struct Network(IpNet);

/// Wider than any network that one operator has: 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193). Half the world is
/// refused as the whole is.
fn is_too_wide(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() < 8,
        IpNet::V6(network) => network.prefix_len() < 7,
    }
}

impl Read for Network {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        let network = text.parse::<IpNet>().or_else(|_| {
            text.parse::<IpAddr>()
                .map(|one| IpNet::from(one.to_canonical()))
        });
        let help = "write a network such as `10.0.0.0/8`, or one address";
        match network {
            Ok(network) if is_too_wide(&network) => {
                let help = "name the networks of your proxies; an IPv4 one has `/8` or more, an IPv6 one `/7` or more";
                problems.error_with(
                    node,
                    "this network would trust much of the whole world",
                    help,
                );
                None
            }
            Ok(network) => Some(Self(network.trunc())),
            Err(_) => {
                problems.error_with(node, "not a network", help);
                None
            }
        }
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

impl Read for TrustedProxies {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "trusted_proxies", problems)?;
        let networks: Option<OneOrMany<Network>> = fields.optional("cidrs");
        let count: Option<Placed<usize>> = fields.optional("count");
        fields.finish();
        match (networks, count) {
            (Some(_), Some(count)) => {
                problems.error(&count.node, "give `cidrs` or `count`, not both");
                None
            }
            (Some(networks), None) => Some(Self::Networks(
                networks.0.into_iter().map(|network| network.0).collect(),
            )),
            (None, Some(count)) if count.value == 0 => Some(Self::Nobody),
            (None, Some(count)) if count.value > 16 => {
                problems.error(
                    &count.node,
                    "more than 16 proxies in a row are not believed",
                );
                None
            }
            (None, Some(count)) => Some(Self::Hops(count.value)),
            (None, None) => None,
        }
    }

    fn shape() -> Shape {
        Shape::Section("trusted_proxies")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    fn read(text: &str) -> (Option<TrustedProxies>, Vec<String>) {
        let problems = Problems::new();
        let node = parse("sidegate.yaml", text, &|_| None, &problems).unwrap();
        let trusted = TrustedProxies::read(&node, &problems);
        let problems = problems.into_sorted();
        (trusted, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn networks_and_single_addresses_are_trusted() {
        let (trusted, problems) = read("cidrs: [10.1.2.3/8, 192.0.2.7, \"2001:db8::/32\"]");
        assert!(problems.is_empty(), "{problems:?}");
        let trusted = trusted.unwrap();
        for (address, wanted) in [
            ("10.255.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("11.0.0.1", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8::9", true),
        ] {
            assert_eq!(
                trusted.contains(address.parse().unwrap(), 0),
                wanted,
                "{address}"
            );
        }
    }

    #[test]
    fn count_trusts_the_nearest_hops() {
        let trusted = read("count: 2").0.unwrap();
        let address = "203.0.113.1".parse().unwrap();
        assert!(trusted.contains(address, 0) && trusted.contains(address, 1));
        assert!(!trusted.contains(address, 2));
    }

    #[test]
    fn the_whole_world_is_no_proxy() {
        for text in [
            "cidrs: 0.0.0.0/0",
            "cidrs: [\"::/0\"]",
            "cidrs: [10.0.0.0/0]",
            "cidrs: [0.0.0.0/1, 128.0.0.0/1]",
            "cidrs: [\"8000::/1\"]",
        ] {
            let (_, problems) = read(text);
            assert!(
                problems[0].contains("the whole world"),
                "{text}: {problems:?}"
            );
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "cidrs: [x]",
            "count: 99",
            "{ cidrs: [10.0.0.0/8], count: 1 }",
            "counts: 1",
        ] {
            assert_eq!(read(text).1.len(), 1, "{text}");
        }
    }
}
