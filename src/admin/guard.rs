//! Who may ask: no page in a browser.
//!
//! A page cannot set `Host`, and cannot leave out `Origin` when it posts elsewhere (Fetch Standard,
//! "append a request `Origin` header"). A name that was made to resolve to us shows in `Host`.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{Method, StatusCode};

use crate::model::Host;

/// Why a request is not answered.
pub(super) type Refusal = (StatusCode, &'static str);

/// Refuses what a page in a browser could send.
pub(super) fn check(request: &Parts, hosts: &[Host]) -> Result<(), Refusal> {
    let mut named = request.headers.get_all(HOST).iter();
    let (first, second) = (named.next(), named.next());
    if second.is_some() {
        return Err((StatusCode::BAD_REQUEST, "more than one Host\n"));
    }
    let header = first.map(|value| value.to_str().unwrap_or_default());
    let target = request.uri.authority().map(http::uri::Authority::as_str);
    if ![header, target]
        .into_iter()
        .flatten()
        .all(|host| is_ours(host, hosts))
    {
        let why = "this host name is not served here: name it in `admin.hosts`\n";
        return Err((StatusCode::MISDIRECTED_REQUEST, why));
    }
    let from_a_page =
        request.headers.contains_key(ORIGIN) || request.headers.contains_key("sec-fetch-site");
    if from_a_page && !matches!(request.method, Method::GET | Method::HEAD) {
        return Err((StatusCode::FORBIDDEN, "not from a browser\n"));
    }
    Ok(())
}

/// Addresses cannot be rebound; names must be known.
fn is_ours(text: &str, hosts: &[Host]) -> bool {
    let Ok(host) = Host::parse(text) else {
        return false;
    };
    let name = host.name();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || address.parse::<IpAddr>().is_ok()
        || hosts.iter().any(|known| known.name() == name)
}
