//! What the process file says about one upstream.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::document::{Fields, Named, Node, Placed, Problems, Read, Shape, choice};

const URL_HELP: &str =
    "write `http://host:port`, `https://host:port` or `unix:/path/to/socket`, without a path";

/// Where an upstream listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A host, which is looked up for every new connection, and a port.
    Tcp {
        /// Name or address; an IPv6 address without brackets.
        host: Arc<str>,
        /// Port.
        port: u16,
    },
    /// A Unix socket.
    Unix(PathBuf),
}

/// Which HTTP an upstream is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2: with prior knowledge on a plain connection, by ALPN on TLS.
    Http2,
    /// What the upstream picks by ALPN; on TLS only.
    Auto,
}

/// Which `Host` an upstream sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostMode {
    /// The caller's.
    Keep,
    /// The upstream's own.
    Rewrite,
}

/// One upstream of the process file.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name that routes use.
    pub name: Arc<str>,
    /// Where it listens.
    pub address: Address,
    /// Whether it is spoken to over TLS.
    pub tls: bool,
    /// The authority that `host: rewrite` sends: the URL's host, and its port when it has one.
    pub authority: Arc<str>,
    /// Which HTTP it speaks.
    pub protocol: Protocol,
    /// Which `Host` it sees.
    pub host: HostMode,
    /// The longest time to look up the name, connect and shake hands.
    pub connect_timeout: Duration,
    /// The longest wait for the response head once the request is sent.
    pub response_timeout: Duration,
    /// The longest silence, both ways, while a body or a tunnel is open.
    pub idle_timeout: Duration,
    /// How long an unused connection may wait for its next request.
    pub keep_alive: Duration,
    /// How many unused connections one worker keeps.
    pub max_idle: usize,
    /// Certificate authorities instead of the system's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// The certificate chain and key that we show, in PEM.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
}

impl Settings {
    /// The settings of an upstream about which only the URL was said. The error says what is wrong
    /// with the URL.
    pub fn of_url(name: &str, url: &str) -> Result<Self, String> {
        let (address, tls, authority) = target(url)?;
        Ok(Self {
            name: name.into(),
            address,
            tls,
            authority,
            protocol: Protocol::Http1,
            host: HostMode::Keep,
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(300),
            keep_alive: Duration::from_secs(4),
            max_idle: 256,
            ca_file: None,
            client_certificate: None,
        })
    }

    /// Reads the shorthand `upstream: URL`.
    pub fn read_url(name: &str, node: &Node, problems: &Problems) -> Option<Self> {
        let url = String::read(node, problems)?;
        match Self::of_url(name, &url) {
            Ok(settings) => Some(settings),
            Err(message) => {
                problems.error_with(node, message, URL_HELP);
                None
            }
        }
    }

    /// Reads the section `upstreams`: a map from names to upstreams.
    pub fn read_all(node: &Node, problems: &Problems) -> Vec<Self> {
        Named::of(node, "names to upstreams", problems)
            .into_iter()
            .flatten()
            .filter_map(|(key, node)| Self::read(&key.name, node, problems))
            .collect()
    }

    /// Reads one entry of `upstreams`.
    pub fn read(name: &str, node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "upstream", problems)?;
        let url: Option<Placed<String>> = fields.required("url");
        let settings = url.and_then(|url| Self::read_url(name, &url.node, problems));
        // The other keys are read also when the URL is wrong, so that their mistakes are named too.
        let base = match &settings {
            Some(settings) => settings.clone(),
            None => Self::of_url(name, "http://placeholder").ok()?,
        };
        let read = base.with(&mut fields, problems);
        fields.finish();
        settings.and(read)
    }

    fn with(self, fields: &mut Fields<'_>, problems: &Problems) -> Option<Self> {
        let protocol = protocol(fields, self.tls, problems);
        let ca_file = fields.optional("ca_file");
        let client_certificate = client_certificate(fields, problems);
        if !self.tls && (ca_file.is_some() || client_certificate.is_some()) {
            let help = "certificates need an upstream with `https://`";
            problems.error_with(fields.node(), "certificates without TLS", help);
        }
        Some(Self {
            protocol: protocol.unwrap_or(self.protocol),
            host: host_mode(fields).unwrap_or(self.host),
            connect_timeout: duration(fields, "connect_timeout", self.connect_timeout, problems),
            response_timeout: duration(fields, "response_timeout", self.response_timeout, problems),
            idle_timeout: duration(fields, "idle_timeout", self.idle_timeout, problems),
            keep_alive: fields.or("keep_alive", self.keep_alive),
            max_idle: fields.or("max_idle", self.max_idle),
            ca_file,
            client_certificate,
            ..self
        })
    }
}

fn protocol(fields: &mut Fields<'_>, tls: bool, problems: &Problems) -> Option<Protocol> {
    let words = [
        ("http1", Protocol::Http1),
        ("http2", Protocol::Http2),
        ("auto", Protocol::Auto),
    ];
    let node = fields.shaped("protocol", || Shape::words(&words))?;
    let protocol = choice(node, problems, &words)?;
    if protocol == Protocol::Auto && !tls {
        let help = "write `http1` or `http2`; only TLS can negotiate";
        problems.error_with(node, "`auto` needs an upstream with `https://`", help);
    }
    Some(protocol)
}

fn host_mode(fields: &mut Fields<'_>) -> Option<HostMode> {
    let words = [("keep", HostMode::Keep), ("rewrite", HostMode::Rewrite)];
    fields.choice("host", &words)
}

/// A duration that must not be zero.
fn duration(
    fields: &mut Fields<'_>,
    key: &'static str,
    default: Duration,
    problems: &Problems,
) -> Duration {
    match fields.optional::<Placed<Duration>>(key) {
        Some(given) if given.value.is_zero() => {
            problems.error(&given.node, "a time-out must be longer than nothing");
            default
        }
        Some(given) => given.value,
        None => default,
    }
}

fn client_certificate(fields: &mut Fields<'_>, problems: &Problems) -> Option<(PathBuf, PathBuf)> {
    let certificate: Option<PathBuf> = fields.optional("client_certificate");
    let key: Option<PathBuf> = fields.optional("client_key");
    if certificate.is_some() != key.is_some() {
        let message = "`client_certificate` and `client_key` need each other";
        problems.error(fields.node(), message);
    }
    certificate.zip(key)
}

/// Address, whether TLS, and the authority of a URL.
fn target(text: &str) -> Result<(Address, bool, Arc<str>), String> {
    if let Some(path) = text.strip_prefix("unix:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if !path.starts_with('/') {
            return Err("the path of a Unix socket must begin with a slash".into());
        }
        return Ok((Address::Unix(path.into()), false, "localhost".into()));
    }
    let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    let tls = match url.scheme() {
        "http" => false,
        "https" => true,
        _ => return Err("an upstream is reached by `http`, `https` or `unix`".into()),
    };
    let extra =
        !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some();
    if extra || !url.username().is_empty() || url.password().is_some() {
        return Err("only scheme, host and port belong into an upstream's URL".into());
    }
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err("the URL names no host".into());
    };
    let authority = match url.port() {
        Some(port) => format!("{host}:{port}").into(),
        None => host.into(),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').into();
    Ok((Address::Tcp { host, port }, tls, authority))
}

#[cfg(test)]
mod tests;
