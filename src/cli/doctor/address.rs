//! Where something answers.

use std::fmt;
use std::str::FromStr;

use crate::model::{Host, Scheme};

/// A scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: Scheme,
    /// Host and port as a request names them.
    pub(super) authority: String,
    /// The host alone, an IPv6 address without its brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

/// What would be right.
const HELP: &str = "expected `http://host:port` or `https://host`, without a path";

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest, usual) = match (text.strip_prefix("https://"), text) {
            (Some(rest), _) => (Scheme::Https, rest, 443),
            (None, text) => (Scheme::Http, text.strip_prefix("http://").ok_or(HELP)?, 80),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Err(HELP);
        }
        let host = Host::parse(authority).map_err(|_| HELP)?;
        let name = host.name();
        let bare = name
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'));
        Ok(Self {
            scheme,
            authority: host.as_str().to_owned(),
            host: bare.unwrap_or(name).to_owned(),
            port: host.port().unwrap_or(usual),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_a_scheme_a_host_and_a_port() {
        for (text, host, port) in [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080),
            ("https://App.example.com/", "app.example.com", 443),
            ("http://[::1]:81", "::1", 81),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, port));
        }
        for text in ["app:80", "ftp://a", "http://a/b", "http://u@a", "http://"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
