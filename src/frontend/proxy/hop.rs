//! What the upstream is told about where a request came from.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::rc::Rc;

use http::HeaderValue;

use crate::frontend::ForwardedStyle;
use crate::frontend::connection::Link;
use crate::frontend::forwarded::Origin;
use crate::model::{Request, Scheme};
use crate::upstream::{Forwarding, Hop};

/// Puts the forwarding fields together anew, from what is believed and nothing else.
pub(super) fn hop(
    request: &Request,
    origin: &Origin,
    link: &Link,
    style: ForwardedStyle,
    request_id: HeaderValue,
) -> Hop {
    let make = || forwarding(request, origin, style).fields();
    let forwarding = match origin.is_proxied() {
        true => Rc::new(make()),
        false => link.forwarding(&request.host, make),
    };
    Hop {
        forwarding,
        request_id,
    }
}

fn forwarding(request: &Request, origin: &Origin, style: ForwardedStyle) -> Forwarding {
    let host = origin.host.clone();
    let port = origin.port.or(request.host.port());
    let address = request.client.address;
    Forwarding {
        forwarded_for: match origin.is_proxied() {
            true => chain(address, &origin.proxies),
            false => value(&address.to_string()),
        },
        client: value(&address.to_string()),
        scheme: HeaderValue::from_static(request.scheme.as_str()),
        host: host.unwrap_or_else(|| value(request.host.as_str())),
        port: match (port, request.scheme) {
            (Some(port), _) => port.into(),
            (None, Scheme::Http) => HeaderValue::from_static("80"),
            (None, Scheme::Https) => HeaderValue::from_static("443"),
        },
        forwarded: match style {
            ForwardedStyle::XForwarded => None,
            ForwardedStyle::Both => Some(standard(request, origin)),
        },
    }
}

fn chain(client: IpAddr, proxies: &[IpAddr]) -> HeaderValue {
    // The last proxy is the peer; when it is also the client, it stands there once.
    let rest = proxies.iter().filter(|proxy| **proxy != client);
    let mut text = client.to_string();
    for proxy in rest {
        let _ = write!(text, ", {proxy}");
    }
    value(&text)
}

/// `Forwarded` (RFC 7239 section 4): one element per hop, the first with all that is known.
fn standard(request: &Request, origin: &Origin) -> HeaderValue {
    let client = request.client.address;
    let (scheme, host) = (request.scheme.as_str(), &request.host);
    let mut text = format!("for={};host=\"{host}\";proto={scheme}", Node(client));
    for proxy in origin.proxies.iter().filter(|proxy| **proxy != client) {
        let _ = write!(text, ", for={}", Node(*proxy));
    }
    value(&text)
}

/// An address as RFC 7239 section 6 writes it.
struct Node(IpAddr);

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "\"[{address}]\""),
        }
    }
}

/// Addresses, host names and words are always fit values.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fields;

    fn origin(proxies: &[&str]) -> Origin {
        Origin {
            client: crate::model::Client::direct("198.51.100.7:1".parse().unwrap()),
            scheme: Scheme::Https,
            proxies: proxies.iter().map(|proxy| proxy.parse().unwrap()).collect(),
            host: None,
            port: None,
        }
    }

    #[test]
    fn chain_is_the_client_and_the_trusted_hops() {
        let client = "198.51.100.7".parse().unwrap();
        let proxies = ["10.0.0.2".parse().unwrap(), "10.0.0.1".parse().unwrap()];
        assert_eq!(chain(client, &proxies), "198.51.100.7, 10.0.0.2, 10.0.0.1");
        assert_eq!(chain(client, &[client]), "198.51.100.7");
    }

    fn request(host: &str, origin: &Origin) -> Request {
        let target = http::uri::PathAndQuery::from_static("/");
        Request {
            method: http::Method::GET,
            scheme: origin.scheme,
            host: crate::model::Host::parse(host).unwrap(),
            path: crate::model::CanonicalPath::from_target(target).unwrap(),
            headers: Fields::new(),
            client: origin.client,
            received_at: std::time::SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn each_host_and_each_client_behind_a_proxy_is_told_of_as_itself() {
        let peer = "198.51.100.7:1".parse().unwrap();
        let link = Link::new(peer, true, crate::listener::Protocol::Http1);
        for (host, client, proxies, port) in [
            ("a.example", "198.51.100.7", &[][..], "443"),
            ("b.example:81", "198.51.100.7", &[], "81"),
            ("b.example:82", "198.51.100.7", &[], "82"),
            ("a.example", "203.0.113.1", &["198.51.100.7"], "443"),
            ("a.example", "203.0.113.2", &["198.51.100.7"], "443"),
            ("a.example", "198.51.100.7", &[], "443"),
        ] {
            let mut origin = origin(proxies);
            origin.client.address = client.parse().unwrap();
            let request = request(host, &origin);
            let id = HeaderValue::from_static("id");
            let told = hop(&request, &origin, &link, ForwardedStyle::Both, id).forwarding;
            let said = |name: &str| {
                told.get(name)
                    .map(|value| String::from_utf8_lossy(value).into_owned())
            };
            assert_eq!(said("x-forwarded-host").unwrap(), host);
            assert_eq!(said("x-forwarded-port").unwrap(), port);
            assert_eq!(said("x-real-ip").unwrap(), client);
            let first = said("x-forwarded-for").unwrap();
            assert_eq!(first.split(',').next(), Some(client));
            let standard = format!("for={client};host=\"{host}\";proto=https");
            assert!(said("forwarded").unwrap().starts_with(&standard));
        }
    }
}
