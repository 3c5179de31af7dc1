//! What is answered to a challenge.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, SET_COOKIE,
    TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::document::{Fields, Named, Node, Problems, Read, Shape};

use super::super::Reply;
use super::place::header_name;
use super::text::{JsonText, Terms, Text};

/// Fields that say how the answer is to be read or where to go: not for a definition to say.
const OWN: &[HeaderName] = &[
    CACHE_CONTROL,
    CONNECTION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    LOCATION,
    SET_COOKIE,
    TRANSFER_ENCODING,
    X_CONTENT_TYPE_OPTIONS,
];

/// The answer of a definition.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Body,
    headers: Vec<(HeaderName, Text)>,
}

#[derive(Debug)]
enum Body {
    Nothing,
    Text(Text),
    Json(JsonText),
}

impl Answer {
    pub(super) fn read(node: &Node, terms: &Terms<'_>, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "challenge answer", problems)?;
        fields.refuse_blanks();
        let status = read_status(&mut fields, problems);
        let text = fields.shaped("text", || Shape::Text);
        let json = fields.shaped("json", || Shape::Anything);
        let headers = fields.shaped("headers", || Shape::named(Shape::Text));
        fields.finish();
        let body = match (text, json) {
            (None, None) => Some(Body::Nothing),
            (Some(node), None) => Text::read(node, terms, problems).map(Body::Text),
            (None, Some(node)) => JsonText::read(node, terms, problems).map(Body::Json),
            (Some(_), Some(json)) => {
                let help = "write `text` or `json`, not both";
                problems.error_with(json, "an answer has one body", help);
                None
            }
        };
        let headers = match headers {
            Some(node) => read_headers(node, terms, problems),
            None => Some(Vec::new()),
        };
        Some(Self {
            status: status?,
            body: body?,
            headers: headers?,
        })
    }

    pub(super) fn shape() -> Shape {
        Shape::Section("challenge answer")
    }

    /// The answer with its placeholders filled in; nothing if a field cannot hold what it is to hold.
    pub(super) fn reply(&self, input: Option<&str>, mac: Option<&str>) -> Option<Reply> {
        let filled = |text: &Text| text.filled(input, mac);
        let (kind, body) = match &self.body {
            Body::Nothing => (None, Bytes::new()),
            Body::Text(text) => (Some("text/plain"), filled(text).into()),
            Body::Json(json) => {
                let body = json.filled(input, mac).to_string();
                (Some("application/json"), body.into())
            }
        };
        let mut fields = vec![
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        let kind = kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind)));
        fields.extend(kind);
        for (name, value) in &self.headers {
            let value = HeaderValue::try_from(filled(value)).ok()?;
            fields.push((name.clone(), value));
        }
        Some(Reply {
            status: self.status,
            fields,
            body,
        })
    }
}

fn read_status(fields: &mut Fields<'_>, problems: &Problems) -> Option<StatusCode> {
    let Some(node) = fields.shaped("status", || Shape::Integer(200, 299)) else {
        return Some(StatusCode::OK);
    };
    let status = StatusCode::from_u16(u16::read(node, problems)?).ok();
    let status = status.filter(StatusCode::is_success);
    if status.is_none() {
        let help = "write a number from 200 to 299; refusals have answers of their own";
        problems.error_with(node, "an answered challenge is a success", help);
    }
    status
}

fn read_headers(
    node: &Node,
    terms: &Terms<'_>,
    problems: &Problems,
) -> Option<Vec<(HeaderName, Text)>> {
    let entries = Named::of(node, "names to values", problems)?.into_iter();
    let read: Vec<_> = entries
        .map(|(key, value)| {
            let name = header_name(value, Some(&key.name), problems)?;
            if OWN.contains(&name) {
                let help = "the type follows from `text` or `json`; nothing is stored or guessed";
                problems.error_with(value, format!("`{name}` is not for a definition"), help);
                return None;
            }
            Some((name, Text::read(value, terms, problems)?))
        })
        .collect();
    read.into_iter().collect()
}
