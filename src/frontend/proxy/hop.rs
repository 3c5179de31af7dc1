//! What the upstream is told about where a request came from.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use http::header::HeaderName;

use super::link::Link;
use crate::frontend::ForwardedStyle;
use crate::frontend::forwarded::Origin;
use crate::model::{Fields, Request, Scheme};
use crate::upstream::{Forwarding, Hop};

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request identifier that is taken over.
const MAX_REQUEST_ID: usize = 128;

/// How long an identifier is, in hex digits.
const ID: usize = 32;
/// How many identifiers are written at once.
const BATCH: usize = 64;

/// Makes identifiers that do not repeat: random bits of this worker, then a count. They are written many at
/// a time into memory that they share, because one by one the memory costs more than the digits.
#[derive(Debug)]
pub(super) struct RequestIds {
    worker: [u8; ID / 2],
    next: Cell<u64>,
    written: RefCell<Bytes>,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        Self {
            worker: hex(RandomState::new().hash_one("worker")),
            next: Cell::new(RandomState::new().hash_one("first")),
            written: RefCell::default(),
        }
    }

    /// The identifier a trusted proxy gave the request, if it is a clean one; otherwise a new one.
    pub(super) fn pick(&self, origin: &Origin, headers: &Fields) -> HeaderValue {
        if origin.is_proxied()
            && let Some(given) = headers.value(&X_REQUEST_ID)
            && is_clean(&given)
        {
            return given;
        }
        self.make()
    }

    fn make(&self) -> HeaderValue {
        let mut written = self.written.borrow_mut();
        if written.is_empty() {
            *written = self.batch();
        }
        let length = ID.min(written.len());
        let id = written.split_to(length);
        HeaderValue::from_maybe_shared(id).unwrap_or(HeaderValue::from_static("0"))
    }

    fn batch(&self) -> Bytes {
        let mut text = BytesMut::with_capacity(ID * BATCH);
        for _ in 0..BATCH {
            let count = self.next.get();
            self.next.set(count.wrapping_add(1));
            text.extend_from_slice(&self.worker);
            text.extend_from_slice(&hex(count));
        }
        text.freeze()
    }
}

fn hex(number: u64) -> [u8; ID / 2] {
    let mut digits = [0; ID / 2];
    for (digit, shift) in digits.iter_mut().rev().zip((0..u64::BITS).step_by(4)) {
        let nibble = (number >> shift & 0xf) as u8;
        *digit = nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    }
    digits
}

/// Letters, digits and a few marks: nothing that a log or a document would have to escape.
fn is_clean(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=MAX_REQUEST_ID).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

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
    fn identifiers_do_not_repeat() {
        let ids = RequestIds::new();
        let made: std::collections::HashSet<_> = (0..3 * BATCH).map(|_| ids.make()).collect();
        assert_eq!(made.len(), 3 * BATCH);
        assert!(made.iter().all(|id| id.len() == ID && is_clean(id)));
    }

    #[test]
    fn identifier_is_kept_only_from_a_trusted_proxy_and_only_when_clean() {
        let ids = RequestIds::new();
        for (given, proxies, kept) in [
            ("abc-1.2_3", &["10.0.0.1"][..], true),
            ("abc-1.2_3", &[], false),
            ("a\"b", &["10.0.0.1"], false),
            ("a b", &["10.0.0.1"], false),
        ] {
            let mut headers = Fields::new();
            headers.append(&X_REQUEST_ID, &HeaderValue::from_static(given));
            let picked = ids.pick(&origin(proxies), &headers);
            assert_eq!(picked == given, kept, "{given}");
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
