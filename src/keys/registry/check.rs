//! What the fields of a key may be, wherever they come from.

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::Error;

/// The longest text, in bytes.
pub(in crate::keys) const MOST_TEXT: usize = 256;
/// The longest list.
pub(in crate::keys) const MOST_LIST: usize = 100;
/// The longest id, in bytes.
pub(in crate::keys) const MOST_ID: usize = 128;
/// The largest metadata, in bytes of JSON.
pub(in crate::keys) const MOST_METADATA: usize = 16 << 10;
/// Claims that the key itself states: metadata must not say anything else.
pub(in crate::keys) const RESERVED: [&str; 3] = ["key_id", "key_name", "owner"];

/// A text: not empty, not long, without control characters.
pub(super) fn text(field: &'static str, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::invalid(field, "must not be empty"));
    }
    if text.len() > MOST_TEXT {
        let message = format!("must be at most {MOST_TEXT} bytes long");
        return Err(Error::invalid(field, message));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::invalid(field, "must not hold control characters"));
    }
    Ok(())
}

/// A list of texts.
pub(super) fn texts(field: &'static str, list: &[impl AsRef<str>]) -> Result<(), Error> {
    length(field, list.len())?;
    list.iter()
        .try_for_each(|entry| text(field, entry.as_ref()))
}

/// Scopes: texts without white space, since scopes are written with spaces between them (RFC 6749
/// section 3.3).
pub(super) fn scopes(list: &[impl AsRef<str>]) -> Result<(), Error> {
    texts("scopes", list)?;
    let is_one = |scope: &str| !scope.contains(char::is_whitespace);
    match list.iter().all(|scope| is_one(scope.as_ref())) {
        true => Ok(()),
        false => Err(Error::invalid("scopes", "must not hold white space")),
    }
}

/// Sources that a key is bound to.
pub(super) fn sources(list: Option<&[impl AsRef<str>]>) -> Result<(), Error> {
    let Some(list) = list else { return Ok(()) };
    not_empty("sources", list.len())?;
    texts("sources", list)
}

/// Networks that a key is bound to.
pub(super) fn networks(list: Option<&[IpNet]>) -> Result<(), Error> {
    let Some(list) = list else { return Ok(()) };
    not_empty("networks", list.len())?;
    length("networks", list.len())
}

/// Further facts.
pub(super) fn metadata(facts: &Map<String, Value>) -> Result<(), Error> {
    let wrong = |message: String| Err(Error::invalid("metadata", message));
    if let Some(name) = RESERVED.iter().find(|name| facts.contains_key(**name)) {
        return wrong(format!("must not hold `{name}`: the key itself says that"));
    }
    facts.keys().try_for_each(|name| text("metadata", name))?;
    if facts.values().any(holds_nul) {
        return wrong("must not hold the character NUL".into());
    }
    let length = serde_json::to_vec(facts).map_or(usize::MAX, |json| json.len());
    if length > MOST_METADATA {
        return wrong(format!("must be at most {MOST_METADATA} bytes of JSON"));
    }
    Ok(())
}

/// Whether something can be an id: letters, digits and `._~:@-`, the first a letter or a digit. Every
/// id stands in a path as it is, and none is the name of the description that is served beside them.
pub(in crate::keys) fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._~:@-".contains(&byte);
    let first = text.bytes().next();
    text.len() <= MOST_ID
        && first.is_some_and(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().all(fits)
        && text != "openapi.json"
}

fn not_empty(field: &'static str, length: usize) -> Result<(), Error> {
    match length {
        0 => Err(Error::invalid(
            field,
            "must not be empty: leave it out for any",
        )),
        _ => Ok(()),
    }
}

fn length(field: &'static str, length: usize) -> Result<(), Error> {
    match length {
        ..=MOST_LIST => Ok(()),
        _ => Err(Error::invalid(
            field,
            format!("must have at most {MOST_LIST} entries"),
        )),
    }
}

/// No database keeps that character in a text.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(holds_nul),
        Value::Object(map) => map
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
