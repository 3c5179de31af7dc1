//! A key set document (RFC 7517 section 5), read key by key: one bad key spoils no other.

use serde_json::Value;

use super::jwk::{Unusable, public_members};
use super::key::VerifyingKey;

/// How many usable keys a set may have. More are no key set that anyone publishes.
const MOST_KEYS: usize = 100;

/// A document that is a key set.
#[derive(Debug)]
pub(super) struct ParsedSet {
    /// The usable keys, in the document's order; never empty.
    pub(super) keys: Vec<VerifyingKey>,
    /// The entries left out, by their index.
    pub(super) left_out: Vec<(usize, Unusable)>,
    /// The usable keys as a document of their own, without anything private.
    pub(super) document: Value,
}

/// Why a document is not used as a key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The text is not JSON.
    #[error("the answer is not JSON")]
    NotJson,
    /// There is no `keys` list.
    #[error("the document has no list `keys`")]
    NoList,
    /// There is no key that signatures could be verified with.
    #[error("no usable key among {0} entries")]
    NoUsableKey(usize),
    /// There are too many keys.
    #[error("more than {MOST_KEYS} usable keys")]
    TooManyKeys,
}

impl ParsedSet {
    /// Reads the text of a document.
    pub(super) fn parse(text: &[u8]) -> Result<Self, SetError> {
        Self::from_json(&serde_json::from_slice(text).map_err(|_| SetError::NotJson)?)
    }

    /// Reads a document.
    pub(super) fn from_json(document: &Value) -> Result<Self, SetError> {
        let entries = document.get("keys").and_then(Value::as_array);
        let entries = entries.ok_or(SetError::NoList)?;
        let (mut keys, mut left_out, mut public) = (Vec::new(), Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            match VerifyingKey::from_jwk(entry) {
                Ok(key) if keys.iter().any(|known| key.is_same(known)) => {}
                Ok(_) if keys.len() == MOST_KEYS => return Err(SetError::TooManyKeys),
                Ok(key) => {
                    keys.push(key);
                    public.extend(entry.as_object().map(public_members).map(Value::from));
                }
                Err(why) => left_out.push((index, why)),
            }
        }
        if keys.is_empty() {
            return Err(SetError::NoUsableKey(entries.len()));
        }
        Ok(Self {
            keys,
            left_out,
            document: serde_json::json!({ "keys": public }),
        })
    }
}
