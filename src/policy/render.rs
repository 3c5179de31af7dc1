//! From a template to a header value that cannot be read as anything else.
//!
//! Values come from tokens and callers, so what could end a header, start a list element or look
//! like our own encoding is percent-encoded. An upstream that splits a list at its commas and then
//! decodes percent escapes gets exactly the values that were judged.

use std::fmt::Write as _;

use http::HeaderValue;
use serde_json::Value;

use crate::cel;
use crate::model::{ClaimPath, Claims, Principal, Request};

use super::expression::Expression;
use super::route::Match;
use super::template::{Part, Source, Template};

/// The longest value that is sent, in bytes after encoding; a longer one is left out.
const MAX_LENGTH: usize = 8 << 10;

/// What a template may draw on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    /// The request and its route; nothing while a value is worked out that needs neither.
    pub(super) asked: Option<(&'a Request, &'a Match<'a>)>,
    /// Nobody on a public route.
    pub(super) principal: Option<&'a Principal>,
    /// The principal's roles, or the default role in their place.
    pub(super) roles: &'a [Box<str>],
}

impl Facts<'_> {
    /// Nothing to draw on.
    pub(super) const NONE: Self = Self {
        asked: None,
        principal: None,
        roles: &[],
    };
}

impl Template {
    /// The value, or nothing if any part is missing or empty, or the whole is longer than 8 KiB.
    /// The buffer is scratch space, so that several headers share one.
    pub(super) fn render(&self, facts: Facts<'_>, buffer: &mut String) -> Option<HeaderValue> {
        buffer.clear();
        for part in &self.0 {
            match part {
                Part::Literal(text) => buffer.push_str(text),
                Part::Value(source) => source.append(facts, buffer)?,
                Part::Expression(expression) => expression.append(facts, buffer)?,
            }
            if buffer.len() > MAX_LENGTH {
                return None;
            }
        }
        HeaderValue::from_str(buffer).ok()
    }
}

impl Source {
    fn append(&self, facts: Facts<'_>, out: &mut String) -> Option<()> {
        match self {
            Self::Subject => text(&facts.principal?.subject, out),
            Self::Tenant => text(facts.principal?.tenant.as_deref()?, out),
            Self::Email => text(facts.principal?.email.as_deref()?, out),
            Self::Kind => text(facts.principal?.kind.as_str(), out),
            Self::Issuer => text(&facts.principal?.issuer, out),
            Self::Roles => list(facts.principal.map(|_| facts.roles)?, out),
            Self::Scopes => list(&facts.principal?.scopes, out),
            Self::Claim(path) => claim(&facts.principal?.claims, path, out),
            Self::Capture(name) => text(&facts.asked?.1.capture(name)?, out),
            Self::Method => text(facts.asked?.0.method.as_str(), out),
            Self::Host => text(facts.asked?.0.host.name(), out),
            Self::Path => text(facts.asked?.0.path.as_str(), out),
            Self::Address => text(&facts.asked?.0.client.address.to_string(), out),
            Self::Header(_) | Self::HostLabel(_) => None,
        }
    }
}

impl Expression {
    /// A value that is neither text, number, truth nor a list of these is none, and so is one that
    /// cannot be worked out.
    fn append(&self, facts: Facts<'_>, out: &mut String) -> Option<()> {
        let values = self.over(facts);
        match self.evaluate(&values).ok()? {
            cel::Value::List(items) => {
                let items: Option<Vec<String>> = items.iter().map(|item| shown(&item)).collect();
                list(&items?, out)
            }
            value => text(&shown(&value)?, out),
        }
    }
}

fn shown(value: &cel::Value<'_>) -> Option<String> {
    match value {
        cel::Value::String(text) => Some(text.to_string()),
        cel::Value::Bool(value) => Some(value.to_string()),
        cel::Value::Int(value) => Some(value.to_string()),
        cel::Value::Uint(value) => Some(value.to_string()),
        cel::Value::Double(value) => Some(value.to_string()),
        _ => None,
    }
}

fn claim(claims: &Claims, path: &ClaimPath, out: &mut String) -> Option<()> {
    match claims.at(path)? {
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(scalar).collect();
            list(&items?, out)
        }
        value => text(&scalar(value)?, out),
    }
}

/// The text of a value that is one; `null` and objects have none.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text(value: &str, out: &mut String) -> Option<()> {
    encode(value, false, out);
    (!value.is_empty()).then_some(())
}

/// Joins the elements that are not empty.
fn list<T: AsRef<str>>(elements: &[T], out: &mut String) -> Option<()> {
    let mut found = None;
    let elements = elements.iter().map(AsRef::as_ref);
    for element in elements.filter(|element| !element.is_empty()) {
        if found.replace(()).is_some() {
            out.push(',');
        }
        encode(element, true, out);
        if out.len() > MAX_LENGTH {
            return None;
        }
    }
    found
}

fn encode(value: &str, in_list: bool, out: &mut String) {
    let last = value.len().saturating_sub(1);
    let plain = |position: usize, byte: u8| match byte {
        b'%' => false,
        b',' => !in_list,
        b' ' => position != 0 && position != last,
        _ => byte.is_ascii_graphic(),
    };
    let bytes = value.bytes().enumerate();
    if bytes.clone().all(|(position, byte)| plain(position, byte)) {
        return out.push_str(value);
    }
    for (position, byte) in bytes {
        if plain(position, byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
