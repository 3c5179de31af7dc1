//! Whether a person's browser waits for a page, or a program for its data.
//!
//! Only the former is sent elsewhere: a program that follows a redirect takes a sign-in page for its data.

use http::Method;
use http::header::ACCEPT;

use crate::model::{Fields, ascii};

/// The fields that are looked at, for caches (RFC 9110 section 12.5.5).
pub(super) const ASKED: &str = "Accept, Sec-Fetch-Mode, X-Requested-With";

/// Whether a browser goes to a page: it reads, would rather have HTML than anything else, and does not say
/// that a script asks.
pub(super) fn waits(method: &Method, headers: &Fields) -> bool {
    let is = |name: &str, wanted: &[u8]| {
        let mut values = headers.get_all(name);
        values.any(|value| value.eq_ignore_ascii_case(wanted))
    };
    matches!(*method, Method::GET | Method::HEAD)
        && prefers_html(headers)
        && (!headers.contains("sec-fetch-mode") || is("sec-fetch-mode", b"navigate"))
        && !is("x-requested-with", b"XMLHttpRequest")
}

/// Whether `Accept` (RFC 9110 section 12.5.1) names HTML, and nothing that it likes better. Between HTML and
/// JSON, a program decides for JSON.
fn prefers_html(headers: &Fields) -> bool {
    let (mut html, mut other, mut json) = (0, 0, 0);
    for value in headers.get_all(&ACCEPT) {
        let ranges = ascii(value).unwrap_or_default().split(',');
        for (media, weight) in ranges.map(range) {
            let best = match media {
                media if media.eq_ignore_ascii_case("text/html") => &mut html,
                media if is_json(media) => &mut json,
                _ => &mut other,
            };
            *best = weight.max(*best);
        }
    }
    html > json && html >= other
}

fn is_json(media: &str) -> bool {
    let media = media.to_ascii_lowercase();
    media.ends_with("/json") || media.ends_with("+json")
}

/// A media range and its weight in thousandths (RFC 9110 section 12.4.2).
fn range(text: &str) -> (&str, u16) {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("q").then(|| thousandths(value))
    });
    (media, weight.unwrap_or(1000))
}

/// What is not a weight weighs nothing.
fn thousandths(text: &str) -> u16 {
    let weight: f32 = text.parse().unwrap_or(0.0);
    (weight.clamp(0.0, 1.0) * 1000.0) as u16
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn asked(method: Method, fields: &[(&'static str, &'static str)]) -> bool {
        let mut headers = Fields::new();
        for (name, value) in fields {
            let value = HeaderValue::from_static(value);
            headers.append(&HeaderName::from_static(name), &value);
        }
        waits(&method, &headers)
    }

    const CHROME: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,\
                          image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";
    const FIREFOX: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    #[test]
    fn only_who_likes_html_best_is_a_browser() {
        for (accept, wanted) in [
            (CHROME, true),
            (FIREFOX, true),
            ("text/html", true),
            ("TEXT/HTML; charset=utf-8", true),
            ("text/html;level=1;q=0.4, */*;q=0.3", true),
            ("*/*", false),
            ("text/*", false),
            ("", false),
            ("application/json, text/plain, */*", false),
            ("application/json, text/html", false),
            ("text/html, application/problem+json", false),
            ("text/html;q=0.9, application/json", false),
            ("text/html;q=0.9, */*", false),
            ("text/html;q=0", false),
            ("text/html;q=nan", false),
            ("text/html;q=x", false),
        ] {
            assert_eq!(
                asked(Method::GET, &[("accept", accept)]),
                wanted,
                "{accept}"
            );
        }
        assert!(asked(
            Method::GET,
            &[("accept", "*/*;q=0.1"), ("accept", "text/html")]
        ));
        assert!(!asked(Method::GET, &[]));
    }

    #[test]
    fn script_and_form_are_no_navigation() {
        let html = ("accept", FIREFOX);
        for (method, more, wanted) in [
            (Method::HEAD, &[][..], true),
            (Method::GET, &[("sec-fetch-mode", "navigate")], true),
            (Method::POST, &[], false),
            (Method::POST, &[("sec-fetch-mode", "navigate")], false),
            (Method::OPTIONS, &[], false),
            (Method::GET, &[("sec-fetch-mode", "cors")], false),
            (Method::GET, &[("sec-fetch-mode", "websocket")], false),
            (Method::GET, &[("sec-fetch-mode", "")], false),
            (
                Method::GET,
                &[("x-requested-with", "xmlhttprequest")],
                false,
            ),
        ] {
            let fields: Vec<_> = [&[html][..], more].concat();
            assert_eq!(asked(method.clone(), &fields), wanted, "{method} {more:?}");
        }
    }
}
