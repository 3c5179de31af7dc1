//! What the process file says about listeners, limits and draining.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::document::{ByteSize, Fields, Node, OneOrMany, Problems, Read, Shape, choice};

use super::Protocol;

/// The smallest header buffer the HTTP/1 parser accepts, in bytes.
const LEAST_HEADER_BYTES: usize = 8 << 10;
/// Beyond this a header limit protects nobody, in bytes.
const MOST_HEADER_BYTES: usize = 16 << 20;
/// Bounds of what is held of deliveries, in bytes.
const LEAST_HELD_BODIES: usize = 64 << 10;
const MOST_HELD_BODIES: usize = 64 << 30;

/// One listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen. Port 0 lets the system choose one.
    pub address: SocketAddr,
    /// Certificate and key; without them the listener is plain.
    pub tls: Option<TlsSettings>,
    /// What is spoken on it.
    pub protocols: Protocols,
}

impl Settings {
    /// A plain listener that speaks everything.
    pub fn plain(address: SocketAddr) -> Self {
        Self {
            address,
            tls: None,
            protocols: Protocols::default(),
        }
    }
}

impl Settings {
    /// Reads the keys of a listener that concern its socket.
    pub fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let address = fields.required("address");
        let tls = fields.optional("tls");
        let protocols = fields.or("protocols", Protocols::default());
        Some(Self {
            address: address?,
            tls,
            protocols,
        })
    }
}

/// Where a listener's certificate comes from. All files are read again on a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// PEM: the certificate and what leads from it to a root, in that order (RFC 8446 section 4.4.2).
    pub certificate: PathBuf,
    /// PEM: its private key (PKCS #8, PKCS #1 or SEC 1), not encrypted.
    pub key: PathBuf,
    /// PEM: the CA, or several, of which every caller has to show a certificate; without it none is asked for.
    pub client_ca: Option<PathBuf>,
}

impl Read for TlsSettings {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "tls", problems)?;
        let certificate = fields.required("certificate");
        let key = fields.required("key");
        let client_ca = fields.optional("client_ca");
        fields.finish();
        Some(Self {
            certificate: certificate?,
            key: key?,
            client_ca,
        })
    }

    fn shape() -> Shape {
        Shape::Section("tls")
    }
}

/// What a listener speaks: at least one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocols {
    /// HTTP/1.0 and HTTP/1.1 (RFC 9112).
    pub http1: bool,
    /// HTTP/2 (RFC 9113): by ALPN on TLS, by prior knowledge on plain connections.
    pub http2: bool,
}

impl Protocols {
    /// Whether a protocol is among them.
    pub fn has(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Http1 => self.http1,
            Protocol::Http2 => self.http2,
        }
    }
}

impl Default for Protocols {
    fn default() -> Self {
        Self {
            http1: true,
            http2: true,
        }
    }
}

impl Read for Protocols {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let OneOrMany(named) = OneOrMany::<Protocol>::read(node, problems)?;
        if named.is_empty() {
            problems.error(node, "a listener must speak `http1`, `http2` or both");
            return None;
        }
        Some(Self {
            http1: named.contains(&Protocol::Http1),
            http2: named.contains(&Protocol::Http2),
        })
    }

    fn shape() -> Shape {
        let one = Protocol::shape();
        one.clone().or(Shape::filled_list(one))
    }
}

const PROTOCOLS: [(&str, Protocol); 2] = [("http1", Protocol::Http1), ("http2", Protocol::Http2)];

impl Read for Protocol {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        choice(node, problems, &PROTOCOLS)
    }

    fn shape() -> Shape {
        Shape::words(&PROTOCOLS)
    }
}

/// How much callers may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at a time, over all listeners and workers. Further ones wait to be accepted.
    pub connections: usize,
    /// Bytes of one request's head, request line included: 8 KiB to 16 MiB.
    pub header_bytes: usize,
    /// Header fields of one request.
    pub header_count: usize,
    /// From the first byte of a request to the end of its head.
    pub header_timeout: Duration,
    /// From accepting a connection to the end of the TLS handshake, and to the first bytes of HTTP on
    /// a plain connection.
    pub handshake_timeout: Duration,
    /// How long a connection may be open without a request on it.
    pub keep_alive: Duration,
    /// Streams open at a time on one HTTP/2 connection (RFC 9113 section 5.1.2).
    pub http2_streams: u32,
    /// Bytes that the bodies of signed deliveries may take together until they are verified and sent on.
    pub held_bodies: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_bytes: 64 << 10,
            header_count: 100,
            header_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            http2_streams: 128,
            held_bodies: 64 << 20,
        }
    }
}

impl Limits {
    /// Reads the section `limits`; what it does not say has its default.
    pub fn read(node: Option<&Node>, problems: &Problems) -> Self {
        let default = Self::default();
        let Some(mut fields) = node.and_then(|node| Fields::of(node, "limits", problems)) else {
            return default;
        };
        let header_bytes = ByteSize(default.header_bytes as u64);
        let held_bodies = ByteSize(default.held_bodies as u64);
        let read = Self {
            connections: fields.or("connections", default.connections),
            header_bytes: fields.or("header_bytes", header_bytes).as_usize(),
            header_count: fields.or("header_count", default.header_count),
            header_timeout: fields.or("header_timeout", default.header_timeout),
            handshake_timeout: fields.or("handshake_timeout", default.handshake_timeout),
            keep_alive: fields.or("keep_alive", default.keep_alive),
            http2_streams: fields.or("http2_streams", default.http2_streams),
            held_bodies: fields.or("held_bodies", held_bodies).as_usize(),
        };
        read.hold_bounds(fields.node(), problems);
        fields.finish();
        read
    }

    fn hold_bounds(&self, node: &Node, problems: &Problems) {
        let at = |key: &str, ok: bool, right: &str| {
            if !ok {
                problems.error(node.at(key).unwrap_or(node), right);
            }
        };
        let bytes = LEAST_HEADER_BYTES..=MOST_HEADER_BYTES;
        at(
            "connections",
            (1..=1_000_000).contains(&self.connections),
            "expected a number from 1 to 1000000",
        );
        at(
            "header_bytes",
            bytes.contains(&self.header_bytes),
            "expected a size from `8 KiB` to `16 MiB`",
        );
        at(
            "header_count",
            (1..=10_000).contains(&self.header_count),
            "expected a number from 1 to 10000",
        );
        at(
            "held_bodies",
            (LEAST_HELD_BODIES..=MOST_HELD_BODIES).contains(&self.held_bodies),
            "expected a size from `64 KiB` to `64 GiB`",
        );
        at(
            "http2_streams",
            self.http2_streams > 0,
            "expected a number above 0",
        );
        for (key, time) in [
            ("header_timeout", self.header_timeout),
            ("handshake_timeout", self.handshake_timeout),
            ("keep_alive", self.keep_alive),
        ] {
            at(key, !time.is_zero(), "expected a duration above zero");
        }
    }
}

/// How the process ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainSettings {
    /// How long to go on accepting after readiness turned false, for balancers that notice late.
    pub delay: Duration,
    /// How long requests under way may take to finish after that.
    pub timeout: Duration,
}

impl Default for DrainSettings {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            timeout: Duration::from_secs(30),
        }
    }
}

impl DrainSettings {
    /// Reads the section `drain`; what it does not say has its default.
    pub fn read(node: Option<&Node>, problems: &Problems) -> Self {
        let default = Self::default();
        let Some(mut fields) = node.and_then(|node| Fields::of(node, "drain", problems)) else {
            return default;
        };
        let read = Self {
            delay: fields.or("delay", default.delay),
            timeout: fields.or("timeout", default.timeout),
        };
        fields.finish();
        read
    }
}
