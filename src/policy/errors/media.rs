//! Media types of the operator's own answers.

use http::HeaderValue;

use crate::document::{Placed, Problems};

use super::super::complaint::complain;
use super::escape::Escape;

/// How a client reads a body of some media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Json,
    Markup,
    Script,
    Plain,
}

/// The type of an answer of which the file says none.
pub(super) fn usual(escape: Escape) -> HeaderValue {
    HeaderValue::from_static(match escape {
        Escape::Json => "application/json",
        Escape::Markup => "text/html; charset=utf-8",
        Escape::Plain | Escape::Query => "text/plain; charset=utf-8",
    })
}

/// Reads `content_type`. It must fit how values are escaped, or they would not stay values.
pub(super) fn read(
    text: &Placed<String>,
    escape: Escape,
    problems: &Problems,
) -> Option<HeaderValue> {
    let Some(family) = family(&text.value) else {
        let help = "write a media type such as `application/vnd.api+json`";
        complain(text, "is not a media type", help, problems);
        return None;
    };
    let fits = match escape {
        Escape::Json => family == Family::Json,
        Escape::Markup => family == Family::Markup,
        Escape::Plain | Escape::Query => family == Family::Plain,
    };
    if !fits {
        let help = match family {
            Family::Json => "write the body under `json`",
            Family::Markup => "write the body under `html`, which is for XML too",
            Family::Script => "values cannot be made safe in a script",
            Family::Plain => "write the body under `text`",
        };
        complain(text, "does not fit this body", help, problems);
        return None;
    }
    HeaderValue::from_str(&text.value).ok()
}

/// What a media type (RFC 9110 section 8.3.1) is read as; nothing when it is none.
fn family(text: &str) -> Option<Family> {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let media = text.split(';').next().unwrap_or_default().trim_end();
    let (kind, sub) = media.split_once('/')?;
    if !is_token(kind) || !is_token(sub) {
        return None;
    }
    let sub = sub.to_ascii_lowercase();
    let last = sub.rsplit('+').next().unwrap_or_default();
    Some(match last {
        "json" => Family::Json,
        "html" | "xml" | "xhtml" | "svg" => Family::Markup,
        last if last.contains("script") => Family::Script,
        _ => Family::Plain,
    })
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_told_apart() {
        for (text, wanted) in [
            ("application/json", Some(Family::Json)),
            ("application/vnd.api+json; ext=\"a\"", Some(Family::Json)),
            ("text/HTML;charset=utf-8", Some(Family::Markup)),
            ("application/soap+xml", Some(Family::Markup)),
            ("text/javascript", Some(Family::Script)),
            ("text/csv", Some(Family::Plain)),
            ("text", None),
            ("text/", None),
            ("text/a b", None),
            ("text/plain\r\nx: y", None),
        ] {
            assert_eq!(family(text), wanted, "{text}");
        }
    }
}
