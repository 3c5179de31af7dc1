//! The host a request is for, in one spelling.

use std::fmt;
use std::sync::Arc;

/// A host name with an optional port, as given by `Host` or `:authority`.
///
/// The name is lower case, without a trailing dot; an IPv6 address keeps its brackets (RFC 3986
/// section 3.2.2). User information and empty names are refused (RFC 9110 section 4.2.4). A clone
/// copies no text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host {
    /// The name, and the port behind a colon.
    text: Arc<str>,
    /// How much of the text is the name.
    name: usize,
    port: Option<u16>,
}

/// The text is not a host with an optional port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a host name with an optional port")]
pub struct HostError;

impl Host {
    /// Parses `name[:port]`.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let (name, port) = split_port(text)?;
        let name = name.strip_suffix('.').unwrap_or(name);
        let shaped = if name.starts_with('[') {
            is_ipv6(name)
        } else {
            is_name(name)
        };
        if !shaped {
            return Err(HostError);
        }
        Ok(Self {
            text: spelled(text, name, port),
            name: name.len(),
            port,
        })
    }

    /// The name alone, for matching.
    pub fn name(&self) -> &str {
        self.text.get(..self.name).unwrap_or_default()
    }

    /// The port, when the caller wrote one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Name and port in their one spelling.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Splits at the last colon, if there are only digits behind it.
fn split_port(text: &str) -> Result<(&str, Option<u16>), HostError> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let split = text.split_at_checked(text.len() - digits);
    let (before, digits) = split.ok_or(HostError)?;
    match before.strip_suffix(':') {
        None => Ok((text, None)),
        Some(name) => Ok((name, Some(digits.parse().map_err(|_| HostError)?))),
    }
}

/// The text as it was sent when that is its one spelling, as it nearly always is.
fn spelled(text: &str, name: &str, port: Option<u16>) -> Arc<str> {
    let same = match (text.strip_prefix(name), port) {
        (Some(""), None) => true,
        (Some(rest), Some(_)) => rest.starts_with(':') && !rest.starts_with(":0"),
        _ => false,
    };
    if same && !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return text.into();
    }
    let name = name.to_ascii_lowercase();
    match port {
        None => name.into(),
        Some(port) => format!("{name}:{port}").into(),
    }
}

/// Labels of 1 to 63 letters, digits, `-` and `_` with dots between them.
fn is_name(name: &str) -> bool {
    let mut label = 0;
    for byte in name.bytes() {
        label = match byte {
            b'.' if label == 0 => return false,
            b'.' => 0,
            b'-' | b'_' if label < 63 => label + 1,
            _ if label < 63 && byte.is_ascii_alphanumeric() => label + 1,
            _ => return false,
        };
    }
    label > 0 && name.len() <= 253
}

fn is_ipv6(name: &str) -> bool {
    name.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_has_one_spelling() {
        for (text, name, port) in [
            ("Example.COM", "example.com", None),
            ("example.com.", "example.com", None),
            ("example.com.:8080", "example.com", Some(8080)),
            ("[::1]:80", "[::1]", Some(80)),
            ("127.0.0.1", "127.0.0.1", None),
            ("a:0", "a", Some(0)),
            ("A.b:00080", "a.b", Some(80)),
            ("[2001:DB8::A]", "[2001:db8::a]", None),
            ("x_y-1.Z.:443", "x_y-1.z", Some(443)),
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!((host.name(), host.port()), (name, port), "{text}");
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            assert_eq!(host.as_str(), format!("{name}{port}"), "{text}");
            assert_eq!(Host::parse(host.as_str()), Ok(host), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_host_is_refused() {
        for text in [
            "",
            ".",
            ":80",
            "a:",
            "a:b",
            "a:99999",
            "a:+1",
            "u@a",
            "a b",
            "a,b",
            "a/b",
            "[::1",
            "::1",
            "a..b",
            "[zz]",
            "a;b",
            "a\"b",
            "é",
            "é:1",
            "[::1]:",
            "[::1]x",
            "[::1]80",
            "a.:",
            "..",
            "a:1:2",
            "[::1]:99999",
        ] {
            assert_eq!(Host::parse(text), Err(HostError), "{text}");
        }
    }

    #[test]
    fn labels_and_names_have_their_lengths() {
        let label = "a".repeat(63);
        let longest = [&*label, &*label, &*label, &"b".repeat(61)].join(".");
        assert!(Host::parse(&label).is_ok() && Host::parse(&longest).is_ok());
        assert!(Host::parse(&format!("{label}a")).is_err());
        assert!(Host::parse(&format!("{longest}b")).is_err());
    }
}
