//! Where an issuer's keys come from, and which addresses may be asked for them.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use url::{Host, Url};

use super::error::{AddressError, FetchError};
use super::set::ParsedSet;

/// One issuer's keys: its name, where they are, and what may be risked to get them.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name the policy file gives the issuer; metrics and `/status` use it.
    pub issuer: Arc<str>,
    /// Where the keys are.
    pub origin: Origin,
    /// Whether plain `http://` is used to a host that is not this one.
    pub allow_http: bool,
}

/// Where keys are.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// OpenID Connect Discovery 1.0 section 4 names the key set's address.
    Discovery {
        /// The address that `/.well-known/openid-configuration` is appended to.
        issuer_url: String,
        /// The `issuer` that the document must name, when it is not `issuer_url` itself.
        expected_issuer: Option<String>,
    },
    /// The address of a key set.
    Url(String),
    /// A file with a key set. It is read again when it changes.
    File(PathBuf),
    /// A key set in the policy file. It never changes.
    Inline(serde_json::Value),
}

impl Source {
    /// Says early what would never work: addresses that may not be asked, files and inline sets
    /// without a usable key. Asks nobody on the network.
    pub fn check(&self) -> Result<(), FetchError> {
        match &self.origin {
            Origin::Discovery { issuer_url, .. } => {
                address(issuer_url, self.allow_http)?;
            }
            Origin::Url(url) => {
                address(url, self.allow_http)?;
            }
            Origin::File(path) => {
                let text = std::fs::read(path).map_err(|error| FetchError::File(error.kind()))?;
                ParsedSet::parse(&text)?;
            }
            Origin::Inline(document) => {
                ParsedSet::from_json(document)?;
            }
        }
        Ok(())
    }

    /// Whether both lead to the same keys by the same way.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.allow_http == other.allow_http && self.origin == other.origin
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovery { issuer_url, .. } => write!(f, "discovery at {}", shown(issuer_url)),
            Self::Url(url) => write!(f, "{}", shown(url)),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Inline(_) => f.write_str("the policy file"),
        }
    }
}

/// An address without its query, which may hold what is not for everyone.
fn shown(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Reads an address and holds it against the rules.
pub(super) fn address(text: &str, allow_http: bool) -> Result<Url, AddressError> {
    let url = Url::parse(text).map_err(|_| AddressError::NotAUrl)?;
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return Err(AddressError::Scheme),
    };
    if url.host().is_none() {
        return Err(AddressError::NotAUrl);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::UserInfo);
    }
    if literal(&url).is_some_and(is_forbidden) {
        return Err(AddressError::LinkLocal);
    }
    if plain && !allow_http && !is_loopback(&url) {
        return Err(AddressError::PlainHttp);
    }
    Ok(url)
}

/// Whether a URL's host is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        _ => literal(url).is_some_and(|address| address.is_loopback()),
    }
}

fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(IpAddr::from(address).to_canonical()),
        Host::Domain(_) => None,
    }
}

/// Whether an address belongs to no issuer: link-local, where cloud metadata services live, AWS's
/// IPv6 metadata address, and addresses that name nobody.
pub(super) fn is_forbidden(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_unspecified() || v4.is_broadcast(),
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        }
    }
}
