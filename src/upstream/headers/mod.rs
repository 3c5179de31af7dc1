//! Which fields pass, and which are made anew.
//!
//! Three families of fields are never sent on as the caller wrote them: those that belong to its connection
//! (RFC 9110 section 7.6.1), those that say how long the body is, and those that claim where the request came
//! from or what it was before. Names are compared as CGI would read them, so that `X_Forwarded_For` is no way
//! around.

mod cookie;

use std::rc::Rc;

use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, FORWARDED, HOST, HeaderName, PROXY_AUTHENTICATE, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::model::{Fields, ascii, may_not_trail, never_passes};
use crate::policy::HeaderNames;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
static X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
/// The field of a request's identifier.
pub(super) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What an upstream is told about where a request came from. None of these names is in a head already: what the
/// caller said has been taken out, and no permit may set one.
#[derive(Debug, Clone)]
pub struct Hop {
    /// What [`Forwarding::fields`] gave.
    pub forwarding: Rc<Fields>,
    /// `X-Request-Id`.
    pub request_id: HeaderValue,
}

/// Where a request came from, as an upstream is told. All requests of one caller say the same.
#[derive(Debug, Clone)]
pub struct Forwarding {
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
}

impl Forwarding {
    /// The forwarding fields.
    pub fn fields(&self) -> Fields {
        let mut fields = Fields::new();
        fields.append(&X_FORWARDED_FOR, &self.forwarded_for);
        fields.append(&X_FORWARDED_PROTO, &self.scheme);
        fields.append(&X_FORWARDED_HOST, &self.host);
        fields.append(&X_FORWARDED_PORT, &self.port);
        fields.append(&X_REAL_IP, &self.client);
        if let Some(forwarded) = &self.forwarded {
            fields.append(&FORWARDED, forwarded);
        }
        fields
    }
}

/// Takes out what the caller may not say to an upstream: its connection's fields and whatever they nominate,
/// framing, and claims about its own origin. Gives back what is needed to make some of them anew.
pub(super) fn take_callers(headers: &mut Fields) -> Kept {
    let kept = Kept {
        trailers: wants_trailers(headers),
        trailer: announced(headers),
        cookies: headers.contains(&COOKIE),
    };
    remove_nominated(headers);
    headers.retain(|field| !never_passes(field.name()));
    kept
}

/// What the caller said about its connection that matters beyond it.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// It can take trailers.
    pub(super) trailers: bool,
    /// The trailers it announced.
    trailer: Option<HeaderValue>,
    /// It sent cookies.
    cookies: bool,
}

impl Kept {
    /// Joins the crumbs of a cookie, if there is one.
    pub(super) fn join_crumbs(&self, headers: &mut Fields) {
        if self.cookies {
            cookie::join_crumbs(headers);
        }
    }

    /// Of the announced trailers, those that may come.
    pub(super) fn announced(&self, stripped: &HeaderNames) -> Option<HeaderValue> {
        let names = self.trailer.as_ref()?.to_str().ok()?;
        let names: Vec<&str> = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty() && may_trail(name, stripped))
            .collect();
        HeaderValue::try_from(names.join(", "))
            .ok()
            .filter(|names| !names.is_empty())
    }
}

/// Whether `TE` lists `trailers` (RFC 9110 section 10.1.4).
fn wants_trailers(headers: &Fields) -> bool {
    tokens(headers, &TE).any(|token| token.eq_ignore_ascii_case("trailers"))
}

/// The names in `Trailer`, of all its lines.
fn announced(headers: &Fields) -> Option<HeaderValue> {
    if !headers.contains(&TRAILER) {
        return None;
    }
    let names: Vec<&str> = tokens(headers, &TRAILER).collect();
    HeaderValue::try_from(names.join(", "))
        .ok()
        .filter(|names| !names.is_empty())
}

/// Whether a trailer of this name may follow a request. `stripped` are the names that no caller may set.
fn may_trail(name: &str, stripped: &HeaderNames) -> bool {
    !may_not_trail(name.as_bytes()) && !stripped.contains(name)
}

/// Takes out of a request's trailers what may not follow it.
pub(super) fn sift_trailers(trailers: &mut HeaderMap, stripped: &HeaderNames) {
    let doomed: Vec<HeaderName> = trailers
        .keys()
        .filter(|name| !may_trail(name.as_str(), stripped))
        .cloned()
        .collect();
    for name in doomed {
        trailers.remove(name);
    }
}

/// What of an answer belongs to the upstream's connection, or says how the body is framed on it.
static UPSTREAMS_OWN: [HeaderName; 8] = [
    CONNECTION,
    CONTENT_LENGTH,
    HeaderName::from_static("keep-alive"),
    TRANSFER_ENCODING,
    UPGRADE,
    TE,
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
];

/// Takes out of an answer what belongs to the upstream's connection, and what it says about framing where it
/// has a body of its own: that is made anew. An answer without a body by nature keeps its length, which tells
/// of the body that is not there (RFC 9110 section 8.6).
pub(super) fn take_upstreams(headers: &mut Fields, method: &Method, status: StatusCode) {
    remove_nominated(headers);
    // RFC 9110 section 8.6: no length beside 1xx and 204, to no method.
    let may_tell = !status.is_informational() && status != StatusCode::NO_CONTENT;
    let bodiless = may_tell && (*method == Method::HEAD || status == StatusCode::NOT_MODIFIED);
    let keeps_length = bodiless && has_one_length(headers);
    headers.retain(|field| {
        let name = field.name();
        !is_upstreams_own(name) || (keeps_length && name == CONTENT_LENGTH.as_str().as_bytes())
    });
}

fn is_upstreams_own(name: &[u8]) -> bool {
    // Most names have a length that none of these has.
    matches!(name.len(), 2 | 7 | 10 | 14 | 16..=18)
        && UPSTREAMS_OWN
            .iter()
            .any(|own| own.as_str().as_bytes() == name)
}

fn has_one_length(headers: &Fields) -> bool {
    let mut lengths = headers.get_all(&CONTENT_LENGTH);
    let one = lengths
        .next()
        .is_some_and(|length| !length.is_empty() && length.iter().all(u8::is_ascii_digit));
    one && lengths.next().is_none()
}

/// Takes out of an answer's trailers what says how a message is framed, and to whom a connection belongs.
pub(super) fn sift_upstreams_trailers(trailers: &mut HeaderMap) {
    for name in &UPSTREAMS_OWN {
        trailers.remove(name);
    }
}

/// Removes the fields that `Connection` names. `Host` stays whatever is said: the request was judged by it.
/// All are looked for in one pass: a caller may name thousands.
fn remove_nominated(headers: &mut Fields) {
    // Takes no memory while it is empty, as it nearly always is.
    let options: Vec<Vec<u8>> = headers
        .get_all(&CONNECTION)
        .filter(|value| !is_plain(value))
        .map(<[u8]>::to_ascii_lowercase)
        .collect();
    if options.is_empty() {
        return;
    }
    let mut nominated: Vec<&[u8]> = options
        .iter()
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|name| *name != HOST.as_str().as_bytes())
        .collect();
    nominated.sort_unstable();
    headers.retain(|field| nominated.binary_search(&field.name()).is_err());
}

/// Whether a `Connection` says what nearly all say: it names no field, or one that is taken out anyway.
fn is_plain(connection: &[u8]) -> bool {
    connection.eq_ignore_ascii_case(b"keep-alive") || connection.eq_ignore_ascii_case(b"close")
}

/// The elements of a list field, over all its lines.
pub(super) fn tokens<'h>(
    headers: &'h Fields,
    name: &'static HeaderName,
) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(name)
        .filter_map(ascii)
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests;
