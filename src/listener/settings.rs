//! What the process file says about listeners and draining.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::document::{Fields, Node, OneOrMany, Problems, Read, Shape, choice};

use super::Protocol;

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
