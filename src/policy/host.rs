//! Which hosts a route is for.

use std::fmt;

use crate::document::Problems;
use crate::model::Host;

use super::complaint::complain;
use super::config::Texts;

/// The hosts one route stands for. Ports play no part.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum HostPattern {
    /// Whatever host.
    Any,
    /// This name.
    Exact(Box<str>),
    /// One or more labels before this name: `*.example.com` is kept as `example.com`.
    Below(Box<str>),
}

impl HostPattern {
    /// Compiles a list of hosts.
    pub(super) fn compile(texts: &Texts, problems: &Problems) -> Vec<Self> {
        let mut patterns = Vec::new();
        for text in &texts.value.0 {
            match Self::parse(&text.value) {
                Ok(pattern) if patterns.contains(&pattern) => {
                    complain(
                        text,
                        "is listed already",
                        "hosts are equal in any case",
                        problems,
                    );
                }
                Ok(pattern) => patterns.push(pattern),
                Err(help) => complain(text, "is not a host", help, problems),
            }
        }
        patterns
    }

    /// Whether a host, in lower case and without a port, is among them.
    pub(super) fn matches(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(name) => **name == *host,
            Self::Below(name) => host
                .strip_suffix(&**name)
                .and_then(|labels| labels.strip_suffix('.'))
                .is_some_and(|labels| !labels.is_empty()),
        }
    }

    /// Parses one; the error says what would be right.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Err("leave `host` out for any host");
        }
        if !text.is_ascii() {
            return Err("write the name as it is sent, with `xn--` (RFC 5890)");
        }
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let host = Host::parse(name)
            .map_err(|_| "write a host name such as `api.example.com`, or `*.example.com`")?;
        if host.port().is_some() {
            return Err("leave the port out: hosts match whatever the port");
        }
        match below {
            true if name.starts_with('[') => Err("an address has nothing below it"),
            true => Ok(Self::Below(host.name().into())),
            false => Ok(Self::Exact(host.name().into())),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::Exact(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
        }
    }
}
