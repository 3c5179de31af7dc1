//! What was asked for, as Envoy tells it.
//!
//! Envoy says most things twice: on their own, and among the fields. What does not agree is refused, and so is what
//! Envoy would send on with another meaning than it has here.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::time::SystemTime;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderName, Method};

use super::protobuf::{AttributeContext, CheckRequest, HeaderValue, HttpRequest};
use crate::frontend::Settings;
use crate::frontend::forwarded::Origin;
use crate::model::{CanonicalPath, Denied, Fields, Host, Reason, Request, Scheme, ascii};

/// Whether Envoy has left a part of the body out. It stands among the fields only where there is a body.
static PARTIAL: HeaderName = HeaderName::from_static("x-envoy-auth-partial-body");

/// A question, read.
#[derive(Debug)]
pub(super) struct Question {
    /// What was asked for.
    pub(super) request: Request,
    pub(super) origin: Origin,
    /// The host as it came: what is sent on, if nothing is said.
    pub(super) authority: Bytes,
    pub(super) body: Body,
}

/// What is known of the body. What it says is nobody's to print.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// This is all of it.
    Whole(Bytes),
    /// Envoy has more than it sent.
    Cut,
    /// Envoy sent none, and there may be one.
    Unsent,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole",
            Self::Cut => "Cut",
            Self::Unsent => "Unsent",
        })
    }
}

impl Question {
    /// Reads a question that `peer` asks. What has two readings, or none, is refused.
    pub(super) fn read(
        check: CheckRequest,
        received_at: SystemTime,
        peer: SocketAddr,
        settings: &Settings,
    ) -> Result<Self, Denied> {
        let attributes = check.attributes.map(AttributeContext::into_parts);
        let (source, http) = attributes.unwrap_or_default();
        let http = http.ok_or_else(|| untold("Envoy says nothing of a request"))?;
        let source = source.ok_or_else(|| untold("Envoy does not say who is connected to it"))?;
        let source = socket(&source.address, source.port)?;
        let Lines {
            mut fields,
            is_partial,
        } = Lines::read(&http, settings.limits.header_count)?;
        let method = method(&http.method)?;
        let scheme = scheme(&http.scheme)?;
        let host = host(&http.host, &mut fields)?;
        let path = path(&http.path)?;
        let mut origin = Origin::behind(&settings.trusted, source, scheme, &fields)?;
        origin.proxies.push(peer.ip().to_canonical());
        origin.client.peer = peer;
        let body = Body::read(&http, &method, is_partial, &fields)?;
        let request = Request {
            method,
            scheme: origin.scheme,
            host,
            path,
            headers: fields,
            client: origin.client,
            received_at,
        };
        Ok(Self {
            request,
            origin,
            authority: http.host,
            body,
        })
    }
}

/// The fields, and what Envoy says among them.
struct Lines {
    fields: Fields,
    /// Whether a part of the body was left out; nothing where there is no body.
    is_partial: Option<bool>,
}

impl Lines {
    fn read(http: &HttpRequest, most: usize) -> Result<Self, Denied> {
        let told = match &http.header_map {
            Some(map) => &map.headers,
            None => &http.headers,
        };
        let size = |line: &HeaderValue| line.key.len() + line.bytes().len() + 4;
        let mut head = BytesMut::with_capacity(told.iter().map(size).sum());
        let mut lines = Vec::with_capacity(told.len());
        let mut is_partial = None;
        for line in told {
            let (name, value) = (&line.key, line.bytes());
            if name.starts_with(b":") {
                agree(http, name, value)?;
            } else if name.eq_ignore_ascii_case(PARTIAL.as_str().as_bytes()) {
                is_partial = Some(is_partial == Some(true) || value != "false");
            } else {
                lines.push(put(&mut head, name, value)?);
            }
        }
        if lines.len() > most {
            return Err(invalid("too many fields"));
        }
        let fields = Fields::read(head, lines.into_iter());
        let fields = fields.map_err(|error| invalid(error.to_string()))?;
        Ok(Self { fields, is_partial })
    }
}

/// Writes a field as a line; says where it stands, without its end.
fn put(head: &mut BytesMut, name: &[u8], value: &[u8]) -> Result<Range<usize>, Denied> {
    // The line would be read as another field.
    if name.contains(&b':') {
        return Err(invalid("a field's name"));
    }
    let start = head.len();
    head.put_slice(name);
    head.put_slice(b": ");
    head.put_slice(value);
    let end = head.len();
    head.put_slice(b"\r\n");
    Ok(start..end)
}

/// Holds what the fields say of the request against what Envoy says of it.
fn agree(http: &HttpRequest, name: &[u8], value: &Bytes) -> Result<(), Denied> {
    let (said, reason) = match name {
        b":method" => (&http.method, Reason::RequestInvalid),
        b":path" => (&http.path, Reason::PathAmbiguous),
        b":authority" => (&http.host, Reason::HostInvalid),
        b":scheme" => (&http.scheme, Reason::ForwardedInvalid),
        _ => return Ok(()),
    };
    match said == value {
        true => Ok(()),
        false => Err(Denied::new(reason, "Envoy says it twice, and differently")),
    }
}

fn socket(address: &[u8], port: u32) -> Result<SocketAddr, Denied> {
    let address = ascii(address).and_then(|text| text.parse::<IpAddr>().ok());
    let port = u16::try_from(port).ok();
    let socket = address.zip(port).map(SocketAddr::from);
    socket.ok_or_else(|| untold("who is connected to Envoy has no address"))
}

fn method(text: &[u8]) -> Result<Method, Denied> {
    let method = Method::from_bytes(text).map_err(|_| invalid("not a method"))?;
    match method == Method::CONNECT {
        true => Err(invalid("CONNECT is not served")),
        false => Ok(method),
    }
}

fn scheme(text: &[u8]) -> Result<Scheme, Denied> {
    match text {
        b"http" => Ok(Scheme::Http),
        b"https" => Ok(Scheme::Https),
        _ => Err(untold("the scheme is neither http nor https")),
    }
}

/// The one host of the request. Afterwards `Host` holds it in the spelling that was judged.
fn host(text: &[u8], fields: &mut Fields) -> Result<Host, Denied> {
    let refused = |detail: &'static str| Denied::new(Reason::HostInvalid, detail);
    let parse = |text: &[u8]| ascii(text).and_then(|text| Host::parse(text).ok());
    let host = parse(text).ok_or_else(|| refused("not a host name"))?;
    if fields
        .get_all(&HOST)
        .any(|other| parse(other).as_ref() != Some(&host))
    {
        return Err(refused("more than one host"));
    }
    let value = http::HeaderValue::try_from(host.as_str());
    fields.set(&HOST, &value.map_err(|_| refused("not a host name"))?);
    Ok(host)
}

fn path(text: &Bytes) -> Result<CanonicalPath, Denied> {
    let refused = |detail: String| Denied::new(Reason::PathAmbiguous, detail);
    // A parser would drop what Envoy sends on.
    if text.is_empty() || text.contains(&b'#') {
        return Err(refused("not a path with a query".to_owned()));
    }
    let target = PathAndQuery::from_maybe_shared(text.clone());
    let target = target.map_err(|_| refused("a character that no path has".to_owned()))?;
    CanonicalPath::from_target(target).map_err(|error| refused(error.to_string()))
}

impl Body {
    fn read(
        http: &HttpRequest,
        method: &Method,
        is_partial: Option<bool>,
        fields: &Fields,
    ) -> Result<Self, Denied> {
        let sent = match http.raw_body.is_empty() {
            true => &http.body,
            false => &http.raw_body,
        };
        let said = length(fields)?;
        let is_sent = is_partial.is_some() || !sent.is_empty();
        let differs = said.is_some_and(|said| said != sent.len() as u64);
        Ok(match is_partial {
            Some(true) => Self::Cut,
            _ if is_sent && differs => Self::Cut,
            _ if is_sent || is_empty(http, method, said, fields) => Self::Whole(sent.clone()),
            _ => Self::Unsent,
        })
    }
}

/// Whether a request has no body, going by its head. In HTTP/2 a body need not be announced; Envoy sends one that
/// is there, so it is believed not to be where nobody would expect one.
fn is_empty(http: &HttpRequest, method: &Method, said: Option<u64>, fields: &Fields) -> bool {
    match said {
        Some(length) => length == 0,
        None if fields.contains(&TRANSFER_ENCODING) => false,
        None => {
            http.protocol.starts_with(b"HTTP/1") || matches!(*method, Method::GET | Method::HEAD)
        }
    }
}

/// How long the body is said to be.
fn length(fields: &Fields) -> Result<Option<u64>, Denied> {
    let mut values = fields.get_all(&CONTENT_LENGTH);
    let said = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => ascii(value).filter(|text| text.bytes().all(|b| b.is_ascii_digit())),
        (Some(_), Some(_)) => None,
    };
    let said = said.and_then(|text| text.parse().ok());
    said.map(Some)
        .ok_or_else(|| invalid("the length of the body"))
}

fn invalid(detail: impl Into<Cow<'static, str>>) -> Denied {
    Denied::new(Reason::RequestInvalid, detail)
}

fn untold(detail: &'static str) -> Denied {
    Denied::new(Reason::ForwardedInvalid, detail)
}
