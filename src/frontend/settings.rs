//! What the process file says about the way in.

use std::time::Duration;

use crate::document::{Fields, Problems, Read, choice};

use super::TrustedProxies;
use crate::upstream::ForwardedStyle;

/// Bounds on what one caller may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest head, in bytes.
    pub header_bytes: usize,
    /// The most header fields.
    pub header_count: usize,
    /// The longest time from the first byte of a head to its last, and from the start of a connection to its
    /// first head.
    pub header_timeout: Duration,
    /// How long a connection may wait for its next request.
    pub keep_alive: Duration,
    /// The most requests at once on one HTTP/2 connection.
    pub http2_streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 64 << 10,
            header_count: 100,
            header_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            http2_streams: 128,
        }
    }
}

/// The settings of the front doors.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Whose forwarding headers are believed.
    pub trusted: TrustedProxies,
    /// Which forwarding headers the upstream gets.
    pub forwarded: ForwardedStyle,
    /// Bounds.
    pub limits: Limits,
}

impl Settings {
    /// Reads the keys `trusted_proxies` and `forwarded_headers` at the top of the process file. The
    /// limits come from the section `limits`, which the listener reads.
    pub fn read(fields: &mut Fields<'_>, limits: Limits, problems: &Problems) -> Self {
        let words = [
            ("x-forwarded", ForwardedStyle::XForwarded),
            ("forwarded", ForwardedStyle::Both),
        ];
        let trusted = fields
            .raw("trusted_proxies")
            .and_then(|node| TrustedProxies::read(node, problems));
        let forwarded = fields
            .raw("forwarded_headers")
            .and_then(|node| choice(node, problems, &words));
        Self {
            trusted: trusted.unwrap_or_default(),
            forwarded: forwarded.unwrap_or_default(),
            limits,
        }
    }
}
