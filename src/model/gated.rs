//! The names of fields that never pass a gate as the caller wrote them.

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
    // Of a trusted proxy's, the value was taken over before.
    "x-request-id",
];
/// The same, by the beginning of the name.
const CLAIM_PREFIX: &str = "x-forwarded-";

/// The names that claim where a request came from or what it was, in small letters; all that begin with
/// `x-forwarded-` are such, too.
pub fn claims() -> &'static [&'static str] {
    CLAIMS
}

/// Claims that a proxy in front makes itself, or that follow the request from where it began.
const OF_FRONTS: &[&str] = &[
    "x-forwarded",
    "x-real-ip",
    "x-request-id",
    "x-envoy-original-path",
    "x-envoy-external-address",
];

/// Whether a name claims what the request was, or where it came from, and no proxy in front of an app says so
/// itself: behind such a proxy it can only have been written by the caller.
pub fn is_callers_claim(name: &[u8]) -> bool {
    is_suspect(name) && is_one_of(CLAIMS, name) && !is_one_of(OF_FRONTS, name)
}

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
];

/// Whether a name may not stand in a request's trailers.
pub fn may_not_trail(name: &[u8]) -> bool {
    never_passes(name) || is_one_of(NOT_IN_TRAILERS, name)
}

/// Whether a name never passes as the caller wrote it.
pub fn never_passes(name: &[u8]) -> bool {
    is_suspect(name)
        && (begins(name, CLAIM_PREFIX)
            || is_one_of(CONNECTION_BOUND, name)
            || is_one_of(CLAIMS, name))
}

/// Whether a name can be one of these lists at all: nearly every name is told apart by its first letter and
/// its length, those that begin with `x-` by the letter behind it. A test holds this against the lists.
fn is_suspect(name: &[u8]) -> bool {
    let letter = |index| {
        let letter = name.get(index);
        letter.map_or(0, u8::to_ascii_lowercase)
    };
    let length = name.len();
    match letter(0) {
        b'c' => matches!(length, 9 | 10 | 14 | 16),
        b'e' => length == 6,
        b'f' => matches!(length, 9 | 13 | 16),
        b'h' => length == 14,
        b'k' => length == 10,
        b'p' => matches!(length, 5 | 16 | 18 | 19 | 25),
        b't' => matches!(length, 2 | 7 | 14 | 17),
        b'u' => length == 7,
        b'x' => match letter(2) {
            b'c' => matches!(length, 11 | 19),
            b'e' => matches!(length, 21 | 24),
            b'f' => true,
            b'h' => matches!(length, 6 | 13 | 20 | 22),
            b'm' => length == 17,
            b'o' => matches!(length, 14 | 15 | 17 | 24),
            b'r' => matches!(length, 9 | 12 | 13),
            b's' => length == 8,
            b'u' => length == 12,
            _ => false,
        },
        _ => false,
    }
}

fn is_one_of(names: &[&str], name: &[u8]) -> bool {
    names
        .iter()
        .any(|known| known.len() == name.len() && begins(name, known))
}

/// Whether `name` begins with `known`, as CGI would read both: case and punctuation make no difference.
fn begins(name: &[u8], known: &str) -> bool {
    name.len() >= known.len()
        && name.iter().zip(known.bytes()).all(|(theirs, ours)| {
            ours == theirs.to_ascii_lowercase() || (ours == b'-' && !theirs.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_recognized_in_any_spelling() {
        let prefixed = ["x-forwarded-for", "x-forwarded-"];
        for name in CONNECTION_BOUND.iter().chain(CLAIMS).chain(&prefixed) {
            for name in [
                (*name).to_owned(),
                name.to_ascii_uppercase(),
                name.replace('-', "_"),
                name.replace('-', "."),
            ] {
                assert!(never_passes(name.as_bytes()), "{name}");
            }
        }
    }
}
