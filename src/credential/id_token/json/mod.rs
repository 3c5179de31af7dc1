//! JSON with one reading: no member name may appear twice in an object.
//!
//! RFC 7519 section 4 lets a reader take the last of two equal names; another reader behind us may
//! take the first. So such a document is refused, at any depth.
//!
//! Most of what is read is not kept, so texts stay where they stand and are copied only when they
//! outlive the token.
//!
//! Straight line: [`object`] -> [`Strict`] -> [`Object::get`], [`Object::at`] -> [`Object::to_claims`].
//!
//! Always: a document is refused or means what serde_json says it means; the tests hold both against
//! each other.

mod strict;

use std::borrow::Cow;

use serde::de::DeserializeSeed as _;
use serde_json::{Deserializer, Number, Value};

use crate::model::{ClaimPath, Claims};

use strict::Strict;

/// Up to so many names are compared each with each; more are put in order first, so that a long object
/// does not cost the square of its length.
const FEW: usize = 16;

/// A value, whose texts are those of the document unless an escape stands in them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'t> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'t, str>),
    List(Vec<Json<'t>>),
    Object(Object<'t>),
}

/// The members of an object, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Object<'t>(Vec<(Cow<'t, str>, Json<'t>)>);

/// Parses exactly one JSON object. serde_json bounds the depth and refuses broken UTF-8, lone surrogates
/// and numbers out of range.
pub(super) fn object(text: &[u8]) -> Option<Object<'_>> {
    // Once for the whole, instead of once for each text in it.
    let text = std::str::from_utf8(text).ok()?;
    let mut reader = Deserializer::from_str(text);
    let value = Strict::OUTERMOST.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    match value {
        Json::Object(members) => Some(members),
        _ => None,
    }
}

impl<'t> Object<'t> {
    /// The member of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Json<'t>> {
        let mut members = self.0.iter();
        members.find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The value at a path, or nothing if any step is missing or not an object.
    pub(super) fn at(&self, path: &ClaimPath) -> Option<&Json<'t>> {
        let mut steps = path.steps();
        let first = self.get(steps.next()?)?;
        steps.try_fold(first, |value, step| match value {
            Json::Object(members) => members.get(step),
            _ => None,
        })
    }

    /// Whether there is no member.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Copies of the members of these names, or of all.
    pub(super) fn to_claims(&self, names: Option<&[Box<str>]>) -> Claims {
        let wanted = |name: &str| names.is_none_or(|names| names.iter().any(|one| **one == *name));
        let members = self.0.iter().filter(|(name, _)| wanted(name));
        Claims::new(members.map(copied).collect())
    }

    /// Whether two members have one name.
    fn has_twins(&self) -> bool {
        let mut rest = self.0.as_slice();
        if rest.len() > FEW {
            let mut names: Vec<&str> = rest.iter().map(|(name, _)| name.as_ref()).collect();
            names.sort_unstable();
            return names
                .windows(2)
                .any(|pair| matches!(pair, [one, next] if one == next));
        }
        while let Some(((name, _), others)) = rest.split_first() {
            if others.iter().any(|(other, _)| other == name) {
                return true;
            }
            rest = others;
        }
        false
    }
}

fn copied((name, value): &(Cow<'_, str>, Json<'_>)) -> (String, Value) {
    (name.as_ref().to_owned(), value.into())
}

impl From<&Json<'_>> for Value {
    fn from(value: &Json<'_>) -> Self {
        match value {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(number.clone()),
            Json::Text(text) => text.as_ref().into(),
            Json::List(items) => items.iter().collect(),
            Json::Object(members) => Self::Object(members.0.iter().map(copied).collect()),
        }
    }
}

impl Json<'_> {
    /// The text, if it is one.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub(super) fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
