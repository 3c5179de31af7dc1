//! Where a browser is sent instead of being refused.
//!
//! Scheme, host and path stand in the file. Values stand in the query only, each percent-encoded as a part
//! of it, so that no caller chooses where another one ends up.

use std::net::IpAddr;

use http::HeaderValue;

use crate::document::{Node, Problems, Read};
use crate::model::{CanonicalPath, Host, Request};

use super::escape::Escape;
use super::template::TemplateError;
use super::text::{Builder, Part, Text, parts, report};
use super::value::{Scene, Value};

/// The longest address that is sent, in bytes.
const MOST_SENT: usize = 8 << 10;

/// An address that browsers are sent to.
#[derive(Debug)]
pub(super) struct Redirect {
    target: Text,
    /// Nothing: on the host that was asked.
    host: Option<Host>,
    path: CanonicalPath,
}

impl Redirect {
    /// Reads `redirect`.
    pub(super) fn read(node: &Node, allow_http: bool, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        match Self::parse(&text, allow_http) {
            Ok((builder, host, path)) => Some(Self {
                target: builder.finish(node, problems)?,
                host,
                path,
            }),
            Err(error) => {
                report(node, &error, problems);
                None
            }
        }
    }

    fn parse(
        text: &str,
        allow_http: bool,
    ) -> Result<(Builder, Option<Host>, CanonicalPath), TemplateError> {
        let mut builder = Builder::new(Escape::Query);
        let mut literal = String::new();
        for part in parts(text, Escape::Query)? {
            match part {
                Part::Literal(text) => {
                    check_spelling(text)?;
                    literal.push_str(text);
                    builder.literal(text);
                }
                Part::Value(value) => {
                    check_place(&literal)?;
                    builder.value(value)?;
                }
            }
        }
        let (host, path) = split(&literal, allow_http)?;
        Ok((builder, host, path))
    }

    /// The address, with its values; nothing when it would be too long, or lead to where the browser is
    /// already.
    pub(super) fn location(&self, scene: &Scene<'_>) -> Option<HeaderValue> {
        if scene
            .request
            .is_some_and(|request| self.leads_back(request))
        {
            return None;
        }
        let text = self.target.render(scene)?;
        let fits = text.len() <= MOST_SENT;
        HeaderValue::from_str(&text).ok().filter(|_| fits)
    }

    /// A browser that is sent to where it is asks again, and is sent there again.
    fn leads_back(&self, request: &Request) -> bool {
        let same =
            |text: &str, other: &str| text.trim_end_matches('/') == other.trim_end_matches('/');
        let host = self.host.as_ref();
        same(self.path.as_str(), request.path.as_str())
            && host.is_none_or(|host| host.name() == request.host.name())
    }

    /// The path on this gate that it leads to, if it does.
    pub(super) fn path_here(&self) -> Option<&CanonicalPath> {
        self.host.is_none().then_some(&self.path)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.target.values()
    }
}

fn error<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, TemplateError> {
    Err(TemplateError {
        message: message.into(),
        help: help.into(),
    })
}

/// RFC 3986 section 2: what is left out here is what programs read differently.
fn check_spelling(text: &str) -> Result<(), TemplateError> {
    let odd = |byte: u8| !byte.is_ascii_graphic() || b"\"<>\\^`{|}".contains(&byte);
    if text.bytes().any(odd) {
        return error(
            "the address holds a character that no URL has",
            "percent-encode it, as in `%20`",
        );
    }
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    let whole = |after: &[u8]| matches!(after, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    match escapes.all(whole) {
        true => Ok(()),
        false => error(
            "the address has a broken percent escape",
            "write `%25` for a percent sign",
        ),
    }
}

/// Whether what is written so far leads into the query.
fn check_place(before: &str) -> Result<(), TemplateError> {
    if before.contains('?') && !before.contains('#') {
        return Ok(());
    }
    error(
        "a value can stand in the query of an address only",
        "scheme, host and path are written out, as in `https://login.example.com/?return_to={{ request.url }}`",
    )
}

/// Host and path of an address without its values.
fn split(address: &str, allow_http: bool) -> Result<(Option<Host>, CanonicalPath), TemplateError> {
    let help =
        "write a URL that begins with `https://`, or a path on this host that begins with one `/`";
    let (secure, rest) = match (
        address.strip_prefix("https://"),
        address.strip_prefix("http://"),
    ) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) if address.starts_with('/') && !address.starts_with("//") => {
            return Ok((None, path(address)?));
        }
        (None, None) => return error("not an address that a browser can be sent to", help),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let Ok(host) = Host::parse(authority) else {
        return error("the address has no host that could be asked", help);
    };
    if !secure && !allow_http && !is_loopback(host.name()) {
        return error(
            "plain `http://` leads to loopback only",
            "write `https://`, or `allow_http: true` beside it",
        );
    }
    Ok((Some(host), path(rest)?))
}

fn path(text: &str) -> Result<CanonicalPath, TemplateError> {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let path = text.get(..end).filter(|path| !path.is_empty());
    CanonicalPath::parse(path.unwrap_or("/")).or_else(|problem| {
        error(
            problem.to_string(),
            "write the path as browsers would ask for it",
        )
    })
}

fn is_loopback(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
