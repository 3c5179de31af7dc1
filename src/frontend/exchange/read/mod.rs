//! From HTTP to a request with one reading.

use std::time::SystemTime;

use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Version};

use crate::frontend::Settings;
use crate::frontend::connection::{Head, Link};
use crate::frontend::forwarded::Origin;
use crate::model::{CanonicalPath, Denied, Fields, Host, HostError, Reason, Request, ascii};

/// Reads the head of a request. What has two readings, or none, is refused.
pub(in crate::frontend) fn request(
    head: Head,
    received_at: SystemTime,
    link: &Link,
    settings: &Settings,
) -> Result<(Request, Origin), Denied> {
    let Head {
        method,
        target,
        version,
        mut headers,
    } = head;
    if method == Method::CONNECT {
        return Err(Denied::new(Reason::RequestInvalid, "CONNECT is not served"));
    }
    if headers.len() > settings.limits.header_count {
        // HTTP/1 has counted while parsing; HTTP/2 bounds only their size.
        return Err(Denied::new(Reason::RequestInvalid, "too many fields"));
    }
    let uri = target.into_parts();
    if let Some(scheme) = &uri.scheme
        && !matches!(scheme.as_str(), "http" | "https")
    {
        return Err(Denied::new(Reason::RequestInvalid, "the target's scheme"));
    }
    if uri.scheme.is_none() && uri.authority.is_some() {
        let detail = "the target is neither a path nor a URL";
        return Err(Denied::new(Reason::PathAmbiguous, detail));
    }
    let authority = uri.authority.as_ref().map(|authority| authority.as_str());
    let host = host(authority, version, &mut headers, |text| link.host(text))?;
    let path = path(uri.path_and_query)?;
    let origin = Origin::read(&settings.trusted, link.peer, link.scheme, &headers)?;
    let request = Request {
        method,
        scheme: origin.scheme,
        host,
        path,
        headers,
        client: origin.client,
        received_at,
    };
    Ok((request, origin))
}

/// When a request arrived.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a request gets its time"
)]
pub(in crate::frontend) fn now() -> SystemTime {
    SystemTime::now()
}

/// The one path of a request.
pub(in crate::frontend) fn path(target: Option<PathAndQuery>) -> Result<CanonicalPath, Denied> {
    // A URL without a path means its root (RFC 9112 section 3.2.2).
    let target = target.unwrap_or_else(|| PathAndQuery::from_static("/"));
    CanonicalPath::from_target(target)
        .map_err(|error| Denied::new(Reason::PathAmbiguous, error.to_string()))
}

/// The one host of the request. The authority of the target wins over `Host` (RFC 9112 section 3.2.2) where
/// the two may differ; in HTTP/2 they may not (RFC 9113 section 8.3.1). Afterwards `Host` holds the host in
/// the spelling that was judged.
pub(in crate::frontend) fn host(
    authority: Option<&str>,
    version: Version,
    headers: &mut Fields,
    parse: impl Fn(&str) -> Result<Host, HostError>,
) -> Result<Host, Denied> {
    let invalid = |detail: &'static str| Denied::new(Reason::HostInvalid, detail);
    let mut values = headers.get_all(&HOST);
    let (field, second) = (values.next(), values.next());
    drop(values);
    if second.is_some() {
        return Err(invalid("more than one host"));
    }
    let field = match field.map(ascii) {
        None => None,
        Some(Some(text)) => Some(text),
        Some(None) => return Err(invalid("the host is not text")),
    };
    if version == Version::HTTP_11 && field.is_none() {
        return Err(invalid("no host"));
    }
    let parse = |text: &str| parse(text).map_err(|_| invalid("not a host name"));
    let host = match (authority, field) {
        (None, None) => return Err(invalid("no host")),
        (None, Some(field)) => parse(field)?,
        (Some(authority), None) => parse(authority)?,
        (Some(authority), Some(field)) => {
            let (host, other) = (parse(authority)?, parse(field)?);
            if version == Version::HTTP_2 && host != other {
                return Err(invalid("`:authority` and `host` differ"));
            }
            host
        }
    };
    if field != Some(host.as_str()) {
        let value = HeaderValue::try_from(host.to_string());
        headers.set(&HOST, &value.map_err(|_| invalid("not a host name"))?);
    }
    Ok(host)
}

#[cfg(test)]
mod tests;
