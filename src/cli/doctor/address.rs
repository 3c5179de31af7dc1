//! Where something answers.

use std::fmt;
use std::net::IpAddr;
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
    /// The host to connect to, where that is another.
    pub(super) at: Option<String>,
    pub(super) port: u16,
}

impl Address {
    /// The same place, asked by another name.
    pub(super) fn called(self, name: &Host) -> Self {
        Self {
            authority: name.as_str().to_owned(),
            at: Some(self.reached().to_owned()),
            host: bare(name).to_owned(),
            ..self
        }
    }

    /// The host to connect to.
    pub(super) fn reached(&self) -> &str {
        self.at.as_deref().unwrap_or(&self.host)
    }

    /// Whether it is asked by an address, or as this machine: fronts that go by names know neither.
    pub(super) fn has_no_name(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok()
    }
}

/// A name for [`Address::called`].
pub(super) fn name(text: &str) -> Result<Host, &'static str> {
    Host::parse(text).map_err(|_| "expected a name such as `app.example.com`")
}

/// A host without its port, an IPv6 address without its brackets.
fn bare(host: &Host) -> &str {
    let name = host.name();
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    bare.unwrap_or(name)
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
        Ok(Self {
            scheme,
            authority: host.as_str().to_owned(),
            host: bare(&host).to_owned(),
            at: None,
            port: host.port().unwrap_or(usual),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority)?;
        match &self.at {
            None => Ok(()),
            Some(at) => write!(f, " at {at} port {}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_that_is_asked_by_another_name_is_still_reached_there() {
        let address: Address = "http://127.0.0.1:8080".parse().unwrap();
        assert!(address.has_no_name());
        let address = address.called(&name("app.example.com").unwrap());
        assert_eq!((address.reached(), address.port), ("127.0.0.1", 8080));
        assert_eq!(address.host, "app.example.com");
        assert!(!address.has_no_name());
        let shown = address.to_string();
        assert_eq!(shown, "http://app.example.com at 127.0.0.1 port 8080");
        assert!(name("http://app").is_err());
    }

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
