//! Addresses of the command line, so plain that they can be written into any file as they are.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// The longest name of a host (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = 253;

/// Where a server is: a URL without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// Whether TLS is spoken there.
    pub(super) secure: bool,
    /// A name, or an address; one of IPv6 in brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    /// Reads `http://host:port` or `https://host:port`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        const HELP: &str =
            "expected `http://host:port` without a path, such as `http://127.0.0.1:9000`";
        let (secure, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            _ => return Err(HELP),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| HELP)?),
            _ => (rest, if secure { 443 } else { 80 }),
        };
        if port == 0 || !(is_name(host) || is_ipv6(host)) {
            return Err(HELP);
        }
        Ok(Self {
            secure,
            host: host.to_ascii_lowercase(),
            port,
        })
    }

    /// `host:port`.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The host without the brackets of IPv6.
    pub(super) fn bare_host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    /// The address, where it is no name.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.bare_host().parse().ok()
    }

    /// Whether nobody but this machine comes here.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.ip().is_some_and(|ip| ip.is_loopback())
    }

    /// Where whoever is to be found here has to listen.
    pub(super) fn listen(&self) -> SocketAddr {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let any = IpAddr::from([0, 0, 0, 0]);
        let own = match self.is_loopback() {
            true => self.ip().unwrap_or(loopback),
            false => self.ip().unwrap_or(any),
        };
        SocketAddr::from((own, self.port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

fn is_ipv6(host: &str) -> bool {
    let inside = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inside.is_some_and(|inside| inside.parse::<Ipv6Addr>().is_ok())
}

/// Letters, digits and hyphens between dots: what no configuration language has another meaning for.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-')
    };
    host.len() <= LONGEST_NAME && host.split('.').all(is_label)
}

/// Reads the name of a host.
pub(super) fn host(text: &str) -> Result<String, &'static str> {
    match is_name(text) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err("expected a host name, such as `app.example.com`"),
    }
}

/// Reads a network or a single address.
pub(super) fn network(text: &str) -> Result<IpNet, &'static str> {
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>()
        .or_else(|_| one())
        .map_err(|_| "expected an address or a network, such as `10.0.0.5` or `10.0.0.0/24`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_a_url_without_a_path() {
        let address = Address::parse("https://App.example.com").unwrap();
        assert_eq!(address.to_string(), "https://app.example.com:443");
        let address = Address::parse("http://[::1]:9000/").unwrap();
        assert_eq!((address.bare_host(), address.port), ("::1", 9000));
        assert!(address.is_loopback());
        assert_eq!(Address::parse("http://[::1]").unwrap().port, 80);
    }

    #[test]
    fn nothing_but_an_address_is_taken_for_one() {
        for text in [
            "127.0.0.1:9000",
            "http://",
            "http://a b",
            "http://a;return 200;",
            "http://a/b",
            "http://a:0",
            "http://a:99999",
            "http://u@a",
            "http://a\nb",
            "http://$host",
            "http://[::1",
            "http://a..b",
            "unix:/run/app.sock",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
        assert!(host("a;b").is_err() && host("\"").is_err() && host("*.example.com").is_err());
    }

    #[test]
    fn whoever_has_a_name_listens_everywhere() {
        let listens = |text| Address::parse(text).unwrap().listen().to_string();
        assert_eq!(listens("http://sidegate:8081"), "0.0.0.0:8081");
        assert_eq!(listens("http://localhost:8081"), "127.0.0.1:8081");
        assert_eq!(listens("http://10.0.0.2:8081"), "10.0.0.2:8081");
    }
}
