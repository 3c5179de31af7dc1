//! The host a request is for, in one spelling.

use std::fmt;

/// A host name with an optional port, as given by `Host` or `:authority`.
///
/// The name is lower case, without a trailing dot; an IPv6 address keeps its brackets (RFC 3986
/// section 3.2.2). User information and empty names are refused (RFC 9110 section 4.2.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host {
    name: Box<str>,
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
            name: name.to_ascii_lowercase().into(),
            port,
        })
    }

    /// The name alone, for matching.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port, when the caller wrote one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), HostError> {
    let after_address = text.rfind(']').map_or(0, |end| end + 1);
    let tail = text.get(after_address..).ok_or(HostError)?;
    match tail.rfind(':') {
        None => Ok((text, None)),
        Some(colon) => {
            let name = text.get(..after_address + colon).ok_or(HostError)?;
            let digits = tail.get(colon + 1..).ok_or(HostError)?;
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(HostError);
            }
            Ok((name, Some(digits.parse().map_err(|_| HostError)?)))
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63)
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

fn is_ipv6(name: &str) -> bool {
    name.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
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
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!((host.name(), host.port()), (name, port), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_host_is_refused() {
        for text in [
            "", ".", ":80", "a:", "a:b", "a:99999", "a:+1", "u@a", "a b", "a,b", "a/b", "[::1",
            "::1", "a..b", "[zz]", "a;b", "a\"b", "é",
        ] {
            assert_eq!(Host::parse(text), Err(HostError), "{text}");
        }
    }
}
