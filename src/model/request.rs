//! A request, as every front door presents it to the engine.

use std::time::SystemTime;

use http::Method;

use super::{CanonicalPath, Client, Fields, Host};

/// How the caller reached us, before any trusted proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The scheme's name in lower case (RFC 3986 section 3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Everything a decision may depend on, and everything but the body that is forwarded.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, case-sensitive (RFC 9110 section 9.1).
    pub method: Method,
    /// The scheme the caller used.
    pub scheme: Scheme,
    /// The host the caller asked for.
    pub host: Host,
    /// Path and query; the path in the one spelling that is judged and sent.
    pub path: CanonicalPath,
    /// The header fields as received.
    pub headers: Fields,
    /// Who called.
    pub client: Client,
    /// When the request arrived: the only clock a decision knows.
    pub received_at: SystemTime,
}
