//! Who called, after the hops that the operator trusts.
//!
//! Each proxy adds the address of whoever connected to it at the right end of `X-Forwarded-For`. So the list
//! is read from the right, as far as trust reaches: the first address that is not a trusted proxy's is the
//! client's. What stands left of it was written by the client, and is not even looked at.

use std::net::{IpAddr, SocketAddr};

use http::HeaderValue;

use super::TrustedProxies;
use crate::model::{Client, Denied, Fields, Host, Reason, Scheme, ascii};

/// Where a request came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The client and the other end of the socket.
    pub(super) client: Client,
    /// The scheme that the client used.
    pub(super) scheme: Scheme,
    /// The trusted proxies between the client and us, the nearest last; none when the client is connected.
    pub(super) proxies: Vec<IpAddr>,
    /// The host that a trusted proxy was asked for, when it says so. Nothing is decided by it: too many
    /// proxies pass on what they are sent.
    pub(super) host: Option<HeaderValue>,
    /// The port that a trusted proxy was asked at, when it says so.
    pub(super) port: Option<u16>,
}

impl Origin {
    /// Reads the forwarding fields as far as they may be believed. Fails when a trusted proxy wrote what
    /// cannot be read, or contradicts itself.
    pub(super) fn read(
        trusted: &TrustedProxies,
        peer: SocketAddr,
        connection: Scheme,
        headers: &Fields,
    ) -> Result<Self, Denied> {
        Self::at(0, trusted, peer, connection, headers)
    }

    /// Reads who called from `source`, whom a proxy that asks is connected to: one hop further away than the proxy.
    #[cfg(feature = "grpc")]
    pub(super) fn behind(
        trusted: &TrustedProxies,
        source: SocketAddr,
        connection: Scheme,
        headers: &Fields,
    ) -> Result<Self, Denied> {
        Self::at(1, trusted, source, connection, headers)
    }

    fn at(
        hop: usize,
        trusted: &TrustedProxies,
        peer: SocketAddr,
        connection: Scheme,
        headers: &Fields,
    ) -> Result<Self, Denied> {
        let mut origin = Self {
            client: Client::direct(peer),
            scheme: connection,
            proxies: Vec::new(),
            host: None,
            port: None,
        };
        if trusted.contains(origin.client.address, hop) {
            origin.believe(hop, trusted, headers)?;
        }
        Ok(origin)
    }

    /// Reads who called, as told by a proxy that asks whether a request may pass. It has to say: its own address
    /// would open what is open to addresses of ours.
    pub(super) fn told(
        trusted: &TrustedProxies,
        peer: SocketAddr,
        scheme: Scheme,
        headers: &Fields,
    ) -> Result<Self, Denied> {
        let elements = elements(headers, "x-forwarded-for", b',')?;
        let mut elements = elements.unwrap_or_default().into_iter();
        let nearest = elements.next().and_then(bare);
        let detail = "the proxy in front does not say `x-forwarded-for`";
        let nearest = nearest.ok_or_else(|| invalid(detail))?.to_canonical();
        // The proxy that asks is the first hop.
        let further = walk(1, trusted, nearest, Some(elements.collect()), bare)?;
        let mut chain = further.unwrap_or_default();
        chain.push(nearest);
        let mut chain = chain.into_iter();
        let address = chain.next().unwrap_or(nearest);
        let mut proxies: Vec<IpAddr> = chain.collect();
        proxies.push(Client::direct(peer).address);
        Ok(Self {
            client: Client { address, peer },
            scheme,
            proxies,
            host: None,
            port: None,
        })
    }

    /// Whether the other end of the socket is a trusted proxy.
    pub(super) fn is_proxied(&self) -> bool {
        !self.proxies.is_empty()
    }

    fn believe(
        &mut self,
        hop: usize,
        trusted: &TrustedProxies,
        headers: &Fields,
    ) -> Result<(), Denied> {
        let peer = self.client.address;
        let legacy = walk(
            hop,
            trusted,
            peer,
            elements(headers, "x-forwarded-for", b',')?,
            bare,
        )?;
        let standard = walk(
            hop,
            trusted,
            peer,
            elements(headers, "forwarded", b',')?,
            for_pair,
        )?;
        let chain = match (legacy, standard) {
            (Some(legacy), Some(standard)) if legacy.first() != standard.first() => {
                return Err(invalid(
                    "`X-Forwarded-For` and `Forwarded` name two clients",
                ));
            }
            (Some(chain), _) | (None, Some(chain)) => chain,
            (None, None) => Vec::new(),
        };
        let mut chain = chain.into_iter();
        self.client.address = chain.next().unwrap_or(peer);
        self.proxies = chain.collect();
        self.proxies.push(peer);
        if let Some(scheme) = last(headers, "x-forwarded-proto")? {
            self.scheme = match scheme {
                "http" | "ws" => Scheme::Http,
                "https" | "wss" => Scheme::Https,
                _ => return Err(invalid("`X-Forwarded-Proto` is neither http nor https")),
            };
        }
        if let Some(host) = last(headers, "x-forwarded-host")? {
            let host =
                Host::parse(host).map_err(|_| invalid("`X-Forwarded-Host` is not a host"))?;
            self.host = HeaderValue::from_str(&host.to_string()).ok();
        }
        if let Some(port) = last(headers, "x-forwarded-port")? {
            let port = port.parse();
            self.port = Some(port.map_err(|_| invalid("`X-Forwarded-Port` is not a port"))?);
        }
        Ok(())
    }
}

fn invalid(detail: &'static str) -> Denied {
    Denied::new(Reason::ForwardedInvalid, detail)
}

/// The elements of a list field over all its lines, the last one first; nothing when the field is missing.
fn elements<'h>(
    headers: &'h Fields,
    name: &'static str,
    separator: u8,
) -> Result<Option<Vec<&'h str>>, Denied> {
    let mut all = Vec::new();
    for value in headers.get_all(name) {
        let text = ascii(value).ok_or_else(|| invalid("a forwarding field is not text"))?;
        split_outside_quotes(text, separator, &mut all);
    }
    all.reverse();
    Ok(Some(all).filter(|all| !all.is_empty()))
}

fn split_outside_quotes<'t>(text: &'t str, separator: u8, parts: &mut Vec<&'t str>) {
    let (mut quoted, mut escaped) = (false, false);
    // Only ASCII is split at, so both sides stay text.
    let at_separator = |c: char| {
        let here = escaped;
        escaped = quoted && !here && c == '\\';
        if c == '"' && !here {
            quoted = !quoted;
        }
        !quoted && c == char::from(separator)
    };
    parts.extend(text.split(at_separator).map(str::trim));
}

/// Walks from the nearest hop outwards while hops are trusted; `first` is how far away that one is. Gives the client,
/// then the proxies behind it in the order of their hops; the peer is not among them.
fn walk<'h>(
    first: usize,
    trusted: &TrustedProxies,
    peer: IpAddr,
    elements: Option<Vec<&'h str>>,
    read: impl Fn(&'h str) -> Option<IpAddr>,
) -> Result<Option<Vec<IpAddr>>, Denied> {
    let Some(elements) = elements else {
        return Ok(None);
    };
    let mut chain = Vec::with_capacity(2);
    let mut nearest = peer;
    for (hop, element) in (first..).zip(elements) {
        if !trusted.contains(nearest, hop) {
            break;
        }
        let address = read(element).ok_or_else(|| invalid("an element is not an address"))?;
        nearest = address.to_canonical();
        chain.push(nearest);
    }
    chain.reverse();
    Ok(Some(chain))
}

/// An element of `X-Forwarded-For`: an address, which some proxies follow by a port.
fn bare(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse().ok().map(IpAddr::V6)
}

/// An element of `Forwarded`: its `for` parameter (RFC 7239 section 4). Hidden and unknown names say nothing
/// that could be believed.
fn for_pair(element: &str) -> Option<IpAddr> {
    let mut pairs = Vec::new();
    split_outside_quotes(element, b';', &mut pairs);
    let mut values = pairs.into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    });
    let value = values.next().filter(|_| values.next().is_none())?;
    let unquoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    bare(unquoted.unwrap_or(value))
}

/// The last element of a list field: what the nearest proxy vouches for.
fn last<'h>(headers: &'h Fields, name: &'static str) -> Result<Option<&'h str>, Denied> {
    let Some(value) = headers.get_all(name).next_back() else {
        return Ok(None);
    };
    let text = ascii(value).ok_or_else(|| invalid("a forwarding field is not text"))?;
    Ok(text.rsplit(',').next().map(str::trim))
}

#[cfg(test)]
mod tests;
