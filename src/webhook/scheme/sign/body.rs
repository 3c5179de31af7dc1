//! Putting a text into a body, where a scheme has its signature there.

use serde_json::{Map, Value};

use crate::webhook::sign::SignError;

use super::super::query::encoded;

/// A form with one field more.
pub(super) fn with_field(body: &[u8], name: &str, text: &str) -> Vec<u8> {
    let mut form = body.to_vec();
    if !form.is_empty() {
        form.push(b'&');
    }
    form.extend_from_slice(format!("{}={}", encoded(name), encoded(text)).as_bytes());
    form
}

/// A JSON text with a text at the end of a way; objects on the way are made.
pub(super) fn with_value(
    body: &[u8],
    steps: &[Box<str>],
    text: &str,
) -> Result<Vec<u8>, SignError> {
    let mut json: Value = match body.is_empty() {
        true => Value::Object(Map::new()),
        false => serde_json::from_slice(body).map_err(|_| unfit())?,
    };
    let mut place = &mut json;
    for step in steps {
        place = match place {
            Value::Array(items) => {
                let index: Option<usize> = step.parse().ok();
                index
                    .and_then(|index| items.get_mut(index))
                    .ok_or_else(unfit)?
            }
            Value::Object(members) => members.entry(&**step).or_insert(Value::Null),
            Value::Null => {
                *place = Value::Object(Map::new());
                let Value::Object(members) = place else {
                    return Err(unfit());
                };
                members.entry(&**step).or_insert(Value::Null)
            }
            _ => return Err(unfit()),
        };
    }
    // A number stays one.
    *place = match (&*place, text.parse::<u64>()) {
        (Value::Number(_), Ok(number)) => number.into(),
        _ => text.into(),
    };
    serde_json::to_vec(&json).map_err(|_| unfit())
}

fn unfit() -> SignError {
    SignError::Incomplete("the body must be JSON in which the signature has a place".into())
}
