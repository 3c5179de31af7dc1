//! Where a text of a request stands.

use std::borrow::Cow;

use http::HeaderName;
use serde_json::Value as Json;
use url::form_urlencoded;

use crate::document::{Fields, Node, Problems, Shape};
use crate::model::Request;

/// Where a text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a parameter of the query, form-decoded.
    Query(Box<str>),
    /// In a header field.
    Header(HeaderName),
    /// In the body's JSON (a pointer of RFC 6901).
    Json(Box<str>),
}

/// What texts are taken from.
pub(super) struct Sources<'s> {
    request: &'s Request,
    json: Option<&'s Json>,
}

impl Place {
    /// Reads `query`, `header` or `json` of a section that must have one of them.
    pub(super) fn read(fields: &mut Fields<'_>, problems: &Problems) -> Option<Self> {
        let node = fields.node();
        let query = fields.optional("query").map(String::into_boxed_str);
        let header = fields.shaped("header", || Shape::Text);
        let header = header.map(|node| header_name(node, node.text(), problems));
        let json = fields.shaped("json", || Shape::Text);
        let json = json.map(|node| pointer(node, node.text(), problems));
        match (query, header, json) {
            (Some(query), None, None) => Some(Self::Query(query)),
            (None, Some(header), None) => header.map(Self::Header),
            (None, None, Some(json)) => json.map(Self::Json),
            _ => {
                let help = "write one of `query: name`, `header: Name`, `json: /pointer`";
                problems.error_with(node, "the text is to be taken from one place", help);
                None
            }
        }
    }

    /// Whether the body must be here.
    pub(super) fn is_in_body(&self) -> bool {
        matches!(self, Self::Json(_))
    }
}

/// Reads the name of a header field.
pub(super) fn header_name(
    node: &Node,
    text: Option<&str>,
    problems: &Problems,
) -> Option<HeaderName> {
    let name = text.and_then(|text| HeaderName::from_bytes(text.as_bytes()).ok());
    if name.is_none() {
        let help = "write its name alone, such as `X-Challenge`";
        problems.error_with(node, "expected the name of a header field", help);
    }
    name
}

/// Reads a JSON pointer.
pub(super) fn pointer(node: &Node, text: Option<&str>, problems: &Problems) -> Option<Box<str>> {
    let text = text.filter(|text| text.len() > 1 && text.starts_with('/'));
    if text.is_none() {
        let help = "write the way to the value with slashes, such as `/event/type` (RFC 6901)";
        problems.error_with(node, "expected a JSON pointer", help);
    }
    text.map(Into::into)
}

/// The value of a parameter that stands once in the query, form-decoded.
pub(super) fn parameter<'m>(request: &'m Request, name: &str) -> Option<Cow<'m, str>> {
    let query = request.path.query()?;
    let pairs = form_urlencoded::parse(query.as_bytes());
    once(pairs.filter_map(|(key, value)| (key == name).then_some(value)))
}

/// The value of a header field that stands once.
pub(super) fn field<'m>(request: &'m Request, name: &HeaderName) -> Option<&'m str> {
    let value = once(request.headers.get_all(name))?;
    std::str::from_utf8(value).ok()
}

/// What two readers could read in two ways is not read.
fn once<T>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

impl<'s> Sources<'s> {
    pub(super) fn new(request: &'s Request, json: Option<&'s Json>) -> Self {
        Self { request, json }
    }

    /// The text at a place.
    pub(super) fn text(&self, place: &Place) -> Option<Cow<'s, str>> {
        match place {
            Place::Query(name) => parameter(self.request, name),
            Place::Header(name) => field(self.request, name).map(Cow::Borrowed),
            Place::Json(pointer) => self.json?.pointer(pointer)?.as_str().map(Cow::Borrowed),
        }
    }
}
