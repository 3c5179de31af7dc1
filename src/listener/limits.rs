//! What the process file says about how much callers may use.

use std::time::Duration;

use crate::document::{ByteSize, Fields, Node, Problems};

/// The smallest header buffer the HTTP/1 parser accepts, in bytes.
const LEAST_HEADER_BYTES: usize = 8 << 10;
/// Beyond this a header limit protects nobody, in bytes.
const MOST_HEADER_BYTES: usize = 16 << 20;
/// Bounds of what is held of deliveries, in bytes.
const LEAST_HELD_BODIES: usize = 64 << 10;
const MOST_HELD_BODIES: usize = 64 << 30;
const LEAST_SHARE: usize = 4 << 10;
const MOST_RATE: usize = 1 << 20;
/// How many callers must come together to take all that may be held, unless the file says otherwise.
const SHARES: usize = 4;

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
    /// Of these, the bytes that may be held for one caller: an IPv4 address, or 64 bits of an IPv6 address. One body
    /// may always be held.
    pub held_bodies_per_client: usize,
    /// Bytes a second: a body that is held must not come slower, after a while; zero lets it come as it will.
    pub held_body_rate: usize,
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
            held_bodies_per_client: (64 << 20) / SHARES,
            held_body_rate: 1 << 10,
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
        let held_bodies = fields.or("held_bodies", held_bodies).as_usize();
        let share = ByteSize((held_bodies / SHARES) as u64);
        let rate = ByteSize(default.held_body_rate as u64);
        let read = Self {
            connections: fields.or("connections", default.connections),
            header_bytes: fields.or("header_bytes", header_bytes).as_usize(),
            header_count: fields.or("header_count", default.header_count),
            header_timeout: fields.or("header_timeout", default.header_timeout),
            handshake_timeout: fields.or("handshake_timeout", default.handshake_timeout),
            keep_alive: fields.or("keep_alive", default.keep_alive),
            http2_streams: fields.or("http2_streams", default.http2_streams),
            held_bodies,
            held_bodies_per_client: fields.or("held_bodies_per_client", share).as_usize(),
            held_body_rate: fields.or("held_body_rate", rate).as_usize(),
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
            "held_bodies_per_client",
            (LEAST_SHARE..=self.held_bodies).contains(&self.held_bodies_per_client),
            "expected a size from `4 KiB` to what `held_bodies` says",
        );
        at(
            "held_body_rate",
            self.held_body_rate <= MOST_RATE,
            "expected a size for each second, up to `1 MiB`; `0` lets bodies come as slowly as they will",
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
