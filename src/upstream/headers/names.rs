//! The names of fields that never pass as the caller wrote them.

/// Fields of one connection, and of framing. `expect` is among them because we answer it ourselves.
const CONNECTION_BOUND: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-authentication-info",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "content-length",
    "expect",
];

/// Claims about where a request came from or what it was. An upstream that believed them would act on another
/// address, path or method than the one that was judged.
const CLAIMS: &[&str] = &[
    "forwarded",
    "forwarded-for",
    // CGI hands it on as `HTTP_PROXY`, which many an HTTP client obeys (CVE-2016-5385 and its kin).
    "proxy",
    "true-client-ip",
    "client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-url",
    "x-original-uri",
    "x-original-method",
    "x-original-host",
    "x-original-forwarded-for",
    "x-original-path",
    "x-envoy-original-path",
    "x-envoy-external-address",
    "x-rewrite-url",
    "x-url-scheme",
    "x-scheme",
    "x-host",
    "x-http-host-override",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];
/// The same, by the beginning of the name.
const CLAIM_PREFIX: &str = "x-forwarded-";

/// What may not come after a body (RFC 9110 section 6.5.1): what decides about routing, framing, identity or
/// the reading of the content.
const NOT_IN_TRAILERS: &[&str] = &[
    "authorization",
    "cookie",
    "set-cookie",
    "host",
    "cache-control",
    "content-encoding",
    "content-range",
    "content-type",
    "max-forwards",
    "range",
    "x-request-id",
];

/// Whether a name may not stand in a request's trailers.
pub(in crate::upstream) fn may_not_trail(name: &str) -> bool {
    is_connection_bound(name) || is_claim(name) || is_one_of(NOT_IN_TRAILERS, name)
}

pub(super) fn is_connection_bound(name: &str) -> bool {
    // Nearly every name is told apart by its first letter.
    matches!(
        first_letter(name),
        b'c' | b'k' | b'p' | b't' | b'u' | b'h' | b'e'
    ) && is_one_of(CONNECTION_BOUND, name)
}

pub(super) fn is_claim(name: &str) -> bool {
    matches!(first_letter(name), b'x' | b'f' | b't' | b'c' | b'p')
        && (begins(name, CLAIM_PREFIX) || is_one_of(CLAIMS, name))
}

fn first_letter(name: &str) -> u8 {
    name.as_bytes().first().map_or(0, u8::to_ascii_lowercase)
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names
        .iter()
        .any(|known| known.len() == name.len() && begins(name, known))
}

/// Whether `name` begins with `known`, as CGI would read both: case and punctuation make no difference.
fn begins(name: &str, known: &str) -> bool {
    name.len() >= known.len()
        && name.bytes().zip(known.bytes()).all(|(theirs, ours)| {
            ours == theirs.to_ascii_lowercase() || (ours == b'-' && !theirs.is_ascii_alphanumeric())
        })
}
