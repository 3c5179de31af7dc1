//! What a text may repeat of a refused request, and where it comes from.

use std::fmt::Write as _;

use http::StatusCode;

use crate::document::closest;
use crate::model::{Reason, Request};

use super::super::expression::Expression;
use super::super::render::Facts;
use super::super::template::{Source, Template, TemplateError, is_name};

/// A refusal under way, as texts draw on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) reason: Reason,
    /// The status that is sent.
    pub(super) status: StatusCode,
    pub(super) request_id: &'a str,
    pub(super) request: Option<&'a Request>,
    pub(super) browser: bool,
    pub(super) facts: Facts<'a>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Code,
    Status,
    Title,
    RequestId,
    Method,
    Host,
    Path,
    Url,
    Address,
    /// What identity headers know too.
    Shared(Template),
}

/// Those of the request are known before a route is, which is more than identity headers can say.
const OWN: [(&str, Value); 9] = [
    ("error.code", Value::Code),
    ("error.status", Value::Status),
    ("error.title", Value::Title),
    ("request.id", Value::RequestId),
    ("request.method", Value::Method),
    ("request.host", Value::Host),
    ("request.path", Value::Path),
    ("request.url", Value::Url),
    ("client.address", Value::Address),
];

impl Value {
    /// Reads what stands between `{{` and `}}`.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        if let Some((_, own)) = OWN.iter().find(|(name, _)| *name == text) {
            return Ok(own.clone());
        }
        let family = text.split_once('.').map(|(family, _)| family);
        let template = Template::parse(&format!("{{{{ {text} }}}}"));
        match template {
            Err(_) if !is_name(text) => {
                Expression::anywhere(text).map(|expression| Self::Shared(expression.into()))
            }
            Err(_) if matches!(family, Some("error" | "request")) => unknown(text),
            Err(error) => Err(error),
            Ok(template) if template.sources().any(is_bound) => Err(TemplateError {
                message: format!("`{text}` cannot be repeated in an answer"),
                help: "what a caller sends in its header stays out of answers; \
                       here there are `request.host` and `request.url`"
                    .into(),
            }),
            Ok(template) => Ok(Self::Shared(template)),
        }
    }

    /// Whether the reason alone says the value.
    pub(super) fn is_of_reason(&self) -> bool {
        matches!(self, Self::Code | Self::Status | Self::Title)
    }

    /// Whether the value needs to know the request or its route.
    pub(super) fn is_of_request(&self) -> bool {
        match self {
            Self::Code | Self::Status | Self::Title | Self::RequestId => false,
            Self::Method | Self::Host | Self::Path | Self::Url | Self::Address => true,
            Self::Shared(template) => template.needs_request(),
        }
    }

    /// The template that identity headers could have too.
    pub(super) fn shared(&self) -> Option<&Template> {
        match self {
            Self::Shared(template) => Some(template),
            _ => None,
        }
    }

    /// The value as it is; empty where it is not known.
    pub(super) fn of(&self, scene: &Scene<'_>) -> String {
        let request = scene.request;
        match self {
            Self::Code => scene.reason.code().into(),
            Self::Status => scene.status.as_str().into(),
            Self::Title => scene.reason.title(),
            Self::RequestId => scene.request_id.into(),
            Self::Method => known(request, |request| request.method.as_str().into()),
            Self::Host => known(request, |request| request.host.name().into()),
            Self::Path => known(request, |request| request.path.as_str().into()),
            Self::Url => known(request, url),
            Self::Address => known(request, |request| request.client.address.to_string()),
            Self::Shared(template) => shared(template, scene.facts),
        }
    }
}

fn known(request: Option<&Request>, say: impl FnOnce(&Request) -> String) -> String {
    request.map(say).unwrap_or_default()
}

/// Header values and labels of the host: what names a tenant, and nothing else.
fn is_bound(source: &Source) -> bool {
    matches!(source, Source::Header(_) | Source::HostLabel(_))
}

/// The address that the caller asked for, with the path as it was judged.
fn url(request: &Request) -> String {
    let (scheme, host) = (request.scheme.as_str(), request.host.as_str());
    let mut url = format!("{scheme}://{host}{}", request.path.as_str());
    if let Some(query) = request.path.query() {
        // Writing to a string cannot fail.
        let _ = write!(url, "?{query}");
    }
    url
}

/// A header value is percent-encoded so that decoding gives exactly the value: here it is decoded.
fn shared(template: &Template, facts: Facts<'_>) -> String {
    let value = template.render(facts, &mut String::new());
    let mut rest = value.as_ref().map_or(&[][..], |value| value.as_bytes());
    let mut bytes = Vec::with_capacity(rest.len());
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => (digit(*high) << 4 | digit(*low), after),
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

fn unknown<T>(text: &str) -> Result<T, TemplateError> {
    let names = OWN.iter().map(|(name, _)| *name);
    let help = match closest(text, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", names.collect::<Vec<_>>().join(", ")),
    };
    Err(TemplateError {
        message: format!("`{text}` is not a value that an answer knows"),
        help,
    })
}
