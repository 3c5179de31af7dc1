//! Which fields pass, and which are made anew.
//!
//! Three families of fields are never sent on as the caller wrote them: those that belong to its connection
//! (RFC 9110 section 7.6.1), those that say how long the body is, and those that claim where the request came
//! from or what it was before. Names are compared as CGI would read them, so that `X_Forwarded_For` is no way
//! around.

mod cookie;
mod names;

use http::header::{
    CONNECTION, CONTENT_LENGTH, FORWARDED, HOST, HeaderName, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use hyper::body::Body;

use super::ForwardedStyle;

use names::{is_claim, is_connection_bound};

pub(super) use names::may_not_trail;

pub(super) static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
static X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What an upstream is told about where a request came from, ready to be set.
#[derive(Debug, Clone)]
pub struct Hop {
    /// `X-Forwarded-For`: the client, then the proxies between it and us that are trusted.
    pub forwarded_for: HeaderValue,
    /// `X-Real-IP`: the client alone.
    pub client: HeaderValue,
    /// `X-Forwarded-Proto`.
    pub scheme: HeaderValue,
    /// `X-Forwarded-Host`.
    pub host: HeaderValue,
    /// `X-Forwarded-Port`.
    pub port: HeaderValue,
    /// `Forwarded` (RFC 7239), when it is asked for.
    pub forwarded: Option<HeaderValue>,
    /// `X-Request-Id`.
    pub request_id: HeaderValue,
}

/// Takes out what the caller may not say to an upstream: its connection's fields and whatever they nominate,
/// framing, and claims about its own origin. Gives back what is needed to make some of them anew.
pub(super) fn take_callers(headers: &mut HeaderMap) -> Kept {
    let kept = Kept {
        trailers: wants_trailers(headers),
        trailer: announced(headers),
    };
    remove_nominated(headers);
    remove_where(headers, |name| is_connection_bound(name) || is_claim(name));
    kept
}

/// What the caller said about its connection that matters beyond it.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// It can take trailers.
    trailers: bool,
    /// The trailers it announced.
    trailer: Option<HeaderValue>,
}

/// Whether `TE` lists `trailers` (RFC 9110 section 10.1.4).
fn wants_trailers(headers: &HeaderMap) -> bool {
    tokens(headers, &TE).any(|token| token.eq_ignore_ascii_case("trailers"))
}

/// The names in `Trailer`, of all its lines.
fn announced(headers: &HeaderMap) -> Option<HeaderValue> {
    let names: Vec<&str> = tokens(headers, &TRAILER).collect();
    HeaderValue::try_from(names.join(", "))
        .ok()
        .filter(|names| !names.is_empty())
}

/// Sets the forwarding fields.
pub(super) fn set_hop(headers: &mut HeaderMap, hop: Hop, style: ForwardedStyle) {
    headers.insert(&X_FORWARDED_FOR, hop.forwarded_for);
    headers.insert(&X_FORWARDED_PROTO, hop.scheme);
    headers.insert(&X_FORWARDED_HOST, hop.host);
    headers.insert(&X_FORWARDED_PORT, hop.port);
    headers.insert(&X_REAL_IP, hop.client);
    headers.insert(&X_REQUEST_ID, hop.request_id);
    if let (ForwardedStyle::Both, Some(forwarded)) = (style, hop.forwarded) {
        headers.insert(FORWARDED, forwarded);
    }
}

/// Says how the body is framed, for HTTP/1: hyper writes `Content-Length` from what the body knows, but would
/// drop a body of unknown length from a GET, and sends trailers only when they are announced.
pub(super) fn frame_http1(
    headers: &mut HeaderMap,
    method: &Method,
    body: &impl Body,
    kept: &Kept,
    may_trail: impl Fn(&str) -> bool,
) {
    cookie::join_crumbs(headers);
    if kept.trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.append(CONNECTION, HeaderValue::from_static("te"));
    }
    if body.is_end_stream() {
        if matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        return;
    }
    match body.size_hint().exact() {
        Some(length) => {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        None => {
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
            let announced = kept.trailer.as_ref().and_then(|names| names.to_str().ok());
            let announced = announced.map(|names| announce(names, may_trail));
            if let Some(Ok(names)) =
                announced.filter(|names| names.as_ref().is_ok_and(|n| !n.is_empty()))
            {
                headers.insert(TRAILER, names);
            }
        }
    }
}

/// The same for HTTP/2, which frames by itself.
pub(super) fn frame_http2(headers: &mut HeaderMap, body: &impl Body, kept: &Kept) {
    if kept.trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    let length = body.size_hint().exact();
    if let Some(length) = length.filter(|_| !body.is_end_stream()) {
        headers.insert(CONTENT_LENGTH, length.into());
    }
}

/// Of the announced trailers, those that may come.
fn announce(
    names: &str,
    may_trail: impl Fn(&str) -> bool,
) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let names: Vec<&str> = names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && may_trail(name))
        .collect();
    HeaderValue::try_from(names.join(", "))
}

/// Whether the body of an answer is not what its fields say, because hyper undoes `chunked` and nothing else
/// (RFC 9112 section 6.1). `identity` was a name for no coding.
pub(super) fn is_still_coded(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let plain = codings.next().is_none_or(|coding| {
        let coding = coding.as_bytes();
        coding.eq_ignore_ascii_case(b"chunked") || coding.eq_ignore_ascii_case(b"identity")
    });
    !plain || codings.next().is_some()
}

/// Takes out of an answer what belongs to the upstream's connection, and what it says about framing where it
/// has a body of its own: that is made anew. An answer without a body by nature keeps its length, which tells
/// of the body that is not there (RFC 9110 section 8.6).
pub(super) fn take_upstreams(headers: &mut HeaderMap, method: &Method, status: StatusCode) {
    remove_nominated(headers);
    for name in [&CONNECTION, &UPGRADE, &TRANSFER_ENCODING, &TE] {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection", "proxy-authenticate"] {
        headers.remove(name);
    }
    // RFC 9110 section 8.6: no length beside 1xx and 204, to no method.
    let may_tell = !status.is_informational() && status != StatusCode::NO_CONTENT;
    let bodiless = may_tell && (*method == Method::HEAD || status == StatusCode::NOT_MODIFIED);
    if !bodiless || !has_one_length(headers) {
        headers.remove(CONTENT_LENGTH);
    }
}

fn has_one_length(headers: &HeaderMap) -> bool {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let one = lengths.next().is_some_and(|length| {
        !length.is_empty() && length.as_bytes().iter().all(u8::is_ascii_digit)
    });
    one && lengths.next().is_none()
}

/// Removes the fields that `Connection` names. `Host` stays whatever is said: the request was judged by it.
fn remove_nominated(headers: &mut HeaderMap) {
    if !headers.contains_key(CONNECTION) {
        return;
    }
    let nominated: Vec<HeaderName> = tokens(headers, &CONNECTION)
        .filter_map(|token| HeaderName::try_from(token).ok())
        .filter(|name| *name != HOST && *name != CONNECTION)
        .collect();
    for name in nominated {
        headers.remove(name);
    }
}

/// The elements of a list field, over all its lines.
pub(super) fn tokens<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|token| !token.is_empty())
}

/// Removes every field whose name answers to `remove`. Costs one pass when there is none.
pub(super) fn remove_where(headers: &mut HeaderMap, remove: impl Fn(&str) -> bool) {
    let doomed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| remove(name.as_str()))
        .cloned()
        .collect();
    for name in doomed {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests;
