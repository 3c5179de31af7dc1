//! What was asked for, as the proxy in front tells it.
//!
//! Always: each thing is told once, in one field; those fields are then taken out, so that no rule reads them.

use std::net::IpAddr;
use std::time::SystemTime;

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Version};

use crate::frontend::Settings;
use crate::frontend::connection::{Head, Link};
use crate::frontend::door::{Dialect, Telling};
use crate::frontend::exchange;
use crate::frontend::forwarded::Origin;
use crate::model::{CanonicalPath, Denied, Fields, Host, Reason, Request, Scheme};

/// A question, read.
#[derive(Debug)]
pub(super) struct Question {
    /// What was asked for.
    pub(super) request: Request,
    pub(super) origin: Origin,
    /// Whether the body that came with it is a part of what was sent.
    pub(super) is_cut: bool,
}

/// What was asked for, without its fields.
struct Told {
    method: Method,
    scheme: Scheme,
    host: Host,
    path: CanonicalPath,
}

static METHOD: HeaderName = HeaderName::from_static("x-original-method");
static URL: HeaderName = HeaderName::from_static("x-original-url");
static FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
/// Whether Envoy has left a part of the body out.
static PARTIAL: HeaderName = HeaderName::from_static("x-envoy-auth-partial-body");

/// A question that could not be read.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) denied: Denied,
    /// Who sent the request, where that much could be read.
    pub(super) client: Option<IpAddr>,
}

/// Reads a question. What is told twice, or not at all, is refused.
pub(super) fn read(
    head: Head,
    received_at: SystemTime,
    link: &Link,
    dialect: Dialect,
    settings: &Settings,
) -> Result<Question, Unread> {
    let origin = Origin::told(&settings.trusted, link.peer, Scheme::Http, &head.headers);
    let client = origin.as_ref().ok().map(|origin| origin.client.address);
    let question =
        origin.and_then(|origin| request(head, received_at, link, dialect, settings, origin));
    question.map_err(|denied| Unread { denied, client })
}

fn request(
    head: Head,
    received_at: SystemTime,
    link: &Link,
    dialect: Dialect,
    settings: &Settings,
    mut origin: Origin,
) -> Result<Question, Denied> {
    if head.headers.len() > settings.limits.header_count {
        return Err(Denied::new(Reason::RequestInvalid, "too many fields"));
    }
    let mut head = head;
    let told = match dialect.telling() {
        Telling::OriginalUrl => by_url(&mut head.headers, link),
        Telling::Forwarded => by_parts(&mut head.headers, link),
        Telling::Itself => by_itself(&mut head, link),
    }?;
    let Told {
        method,
        scheme,
        host,
        path,
    } = told;
    let mut headers = head.headers;
    if method == Method::CONNECT {
        return Err(Denied::new(Reason::RequestInvalid, "CONNECT is not served"));
    }
    let value = HeaderValue::try_from(host.to_string());
    let value = value.map_err(|_| Denied::new(Reason::HostInvalid, "not a host name"))?;
    headers.set(&http::header::HOST, &value);
    origin.scheme = scheme;
    let is_cut = dialect == Dialect::EnvoyHttp && cut(&mut headers);
    let request = Request {
        method,
        scheme: origin.scheme,
        host,
        path,
        headers,
        client: origin.client,
        received_at,
    };
    Ok(Question {
        request,
        origin,
        is_cut,
    })
}

/// From `X-Original-Method` and `X-Original-URL`.
fn by_url(headers: &mut Fields, link: &Link) -> Result<Told, Denied> {
    let method = method(&only(headers, &METHOD)?)?;
    let url = only(headers, &URL)?;
    let (scheme, rest) = url
        .split_once("://")
        .ok_or_else(|| untold("`X-Original-URL` is not a URL"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, target) = rest.split_at_checked(end).unwrap_or((rest, ""));
    Ok(Told {
        method,
        scheme: scheme_of(scheme)?,
        host: host_of(host, link)?,
        path: path_of(target)?,
    })
}

/// From `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri`.
fn by_parts(headers: &mut Fields, link: &Link) -> Result<Told, Denied> {
    Ok(Told {
        method: method(&only(headers, &FORWARDED_METHOD)?)?,
        scheme: scheme_of(&only(headers, &FORWARDED_PROTO)?)?,
        host: host_of(&only(headers, &FORWARDED_HOST)?, link)?,
        path: path_of(&only(headers, &FORWARDED_URI)?)?,
    })
}

/// From the question's own head.
fn by_itself(head: &mut Head, link: &Link) -> Result<Told, Denied> {
    let target = std::mem::take(&mut head.target).into_parts();
    let authority = target
        .authority
        .as_ref()
        .map(|authority| authority.as_str());
    let parse = |text: &str| link.host(text);
    let host = exchange::host(authority, Version::HTTP_11, &mut head.headers, parse)?;
    let target = target
        .path_and_query
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    let target = match &link.door.prefix {
        None => target,
        Some(prefix) => without(&target, prefix)?,
    };
    Ok(Told {
        method: head.method.clone(),
        scheme: scheme_of(&only(&mut head.headers, &FORWARDED_PROTO)?)?,
        host,
        path: exchange::path(Some(target))?,
    })
}

/// The target behind what the proxy in front puts before it.
fn without(target: &PathAndQuery, prefix: &str) -> Result<PathAndQuery, Denied> {
    let rest = target.as_str().strip_prefix(prefix);
    let rest = rest.filter(|rest| rest.starts_with('/'));
    let rest = rest.ok_or_else(|| untold("the path does not begin with the door's `prefix`"))?;
    PathAndQuery::try_from(rest).map_err(|_| untold("the target cannot be read"))
}

/// The one value of a field, which is taken out.
fn only(headers: &mut Fields, name: &HeaderName) -> Result<String, Denied> {
    let mut values = headers.get_all(name);
    let (value, second) = (values.next(), values.next());
    let text = match (value, second) {
        (Some(value), None) => std::str::from_utf8(value).ok().map(ToOwned::to_owned),
        (None, _) => {
            let detail = format!("the proxy in front does not say `{name}`");
            return Err(Denied::new(Reason::ForwardedInvalid, detail));
        }
        (Some(_), Some(_)) => {
            let detail = format!("`{name}` is said twice");
            return Err(Denied::new(Reason::ForwardedInvalid, detail));
        }
    };
    drop(values);
    headers.remove(name);
    text.ok_or_else(|| untold("what was asked for is not text"))
}

fn method(text: &str) -> Result<Method, Denied> {
    Method::from_bytes(text.as_bytes()).map_err(|_| untold("the method cannot be read"))
}

fn scheme_of(text: &str) -> Result<Scheme, Denied> {
    match text {
        "http" | "ws" => Ok(Scheme::Http),
        "https" | "wss" => Ok(Scheme::Https),
        _ => Err(untold("the scheme is neither http nor https")),
    }
}

fn host_of(text: &str, link: &Link) -> Result<Host, Denied> {
    let host = link.host(text);
    host.map_err(|_| Denied::new(Reason::HostInvalid, "not a host name"))
}

fn path_of(target: &str) -> Result<CanonicalPath, Denied> {
    // A parser would drop what the proxy in front may send on.
    if target.contains('#') {
        let detail = "not a path with a query";
        return Err(Denied::new(Reason::PathAmbiguous, detail));
    }
    let target = match target {
        "" => "/",
        target => target,
    };
    CanonicalPath::parse(target)
        .map_err(|error| Denied::new(Reason::PathAmbiguous, error.to_string()))
}

/// Whether Envoy says that it sent a part of the body. Whoever else says so is believed, too.
fn cut(headers: &mut Fields) -> bool {
    let cut = headers.get_all(&PARTIAL).any(|value| value == b"true");
    headers.remove(&PARTIAL);
    cut
}

fn untold(detail: &'static str) -> Denied {
    Denied::new(Reason::ForwardedInvalid, detail)
}
