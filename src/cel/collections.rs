//! Lists and maps: those of the facts are read where they lie.

use std::sync::Arc;

use super::compare::scalars_equal;
use super::{EvalErrorKind, Value};

/// A map whose members are looked up one by one, so that nothing is copied: the fields of a request.
///
/// `Sync` because a program, whose constants are values too, is shared by threads.
pub trait Members: Sync {
    /// The value under a key; an error when there is something that has no single reading, which must
    /// pass neither for a value nor for the lack of one.
    fn get(&self, key: &str) -> Result<Option<Value<'_>>, EvalErrorKind>;

    /// Every key, each once.
    fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_>;

    /// About how many bytes a look-up goes through.
    fn weight(&self) -> usize;
}

/// A list.
#[derive(Clone)]
pub enum List<'a> {
    /// Texts of the facts.
    Texts(&'a [Box<str>]),
    /// A JSON array of the facts.
    Json(&'a [serde_json::Value]),
    /// Values that something else keeps.
    Slice(&'a [Value<'a>]),
    /// Values that an evaluation made.
    Shared(Arc<[Value<'a>]>),
}

/// A map.
#[derive(Clone)]
pub enum Map<'a> {
    /// Members looked up one by one.
    Lazy(&'a dyn Members),
    /// A JSON object of the facts.
    Json(&'a serde_json::Map<String, serde_json::Value>),
    /// Entries that something else keeps.
    Slice(&'a [(Value<'a>, Value<'a>)]),
    /// Entries that an evaluation made.
    Shared(Arc<[(Value<'a>, Value<'a>)]>),
}

impl<'a> List<'a> {
    /// How many elements it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Json(items) => items.len(),
            Self::Slice(items) => items.len(),
            Self::Shared(items) => items.len(),
        }
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at an index from zero.
    pub fn at(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Texts(texts) => texts.get(index).map(|text| Value::from(&**text)),
            Self::Json(items) => items.get(index).map(Value::from),
            Self::Slice(items) => items.get(index).map(Value::lend),
            Self::Shared(items) => items.get(index).cloned(),
        }
    }

    /// The elements in order.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.at(index))
    }

    pub(super) fn lend(&'a self) -> List<'a> {
        match self {
            Self::Shared(items) => Self::Slice(items),
            other => other.clone(),
        }
    }

    pub(super) fn into_owned(self) -> List<'static> {
        List::Shared(self.iter().map(Value::into_owned).collect())
    }
}

impl<'a> Map<'a> {
    /// How many entries it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Lazy(members) => members.keys().count(),
            Self::Json(members) => members.len(),
            Self::Slice(entries) => entries.len(),
            Self::Shared(entries) => entries.len(),
        }
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value under a text.
    pub fn member(&self, key: &str) -> Result<Option<Value<'a>>, EvalErrorKind> {
        Ok(match self {
            Self::Lazy(members) => return members.get(key),
            Self::Json(members) => members.get(key).map(Value::from),
            Self::Slice(entries) => named(entries, key).map(Value::lend),
            Self::Shared(entries) => named(entries, key).cloned(),
        })
    }

    /// The value under a key of any type; numbers that are equal are the same key.
    pub fn get(&self, key: &Value<'_>) -> Result<Option<Value<'a>>, EvalErrorKind> {
        if let Value::String(text) = key {
            return self.member(text);
        }
        Ok(match self {
            Self::Lazy(_) | Self::Json(_) => None,
            Self::Slice(entries) => found(entries, key).map(Value::lend),
            Self::Shared(entries) => found(entries, key).cloned(),
        })
    }

    /// The entries, in the order of the map they come from.
    pub fn entries(&self) -> Box<dyn Iterator<Item = (Value<'a>, Value<'a>)> + 'a> {
        match self {
            Self::Lazy(members) => {
                let members = *members;
                Box::new(members.keys().filter_map(move |key| {
                    let value = members.get(key).ok().flatten()?;
                    Some((Value::from(key), value))
                }))
            }
            Self::Json(members) => Box::new(
                members
                    .iter()
                    .map(|(key, value)| (Value::from(key.as_str()), Value::from(value))),
            ),
            Self::Slice(entries) => Box::new(
                entries
                    .iter()
                    .map(|(key, value)| (key.lend(), value.lend())),
            ),
            Self::Shared(entries) => {
                let entries = Arc::clone(entries);
                Box::new((0..entries.len()).filter_map(move |index| entries.get(index).cloned()))
            }
        }
    }

    pub(super) fn lend(&'a self) -> Map<'a> {
        match self {
            Self::Shared(entries) => Self::Slice(entries),
            other => other.clone(),
        }
    }

    pub(super) fn into_owned(self) -> Map<'static> {
        let entries = self.entries();
        Map::Shared(
            entries
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect(),
        )
    }
}

type Entry<'a> = (Value<'a>, Value<'a>);

fn named<'e, 'a>(entries: &'e [Entry<'a>], wanted: &str) -> Option<&'e Value<'a>> {
    let entry = entries.iter().find(|(key, _)| key.as_str() == Some(wanted));
    entry.map(|(_, value)| value)
}

fn found<'e, 'a>(entries: &'e [Entry<'a>], wanted: &Value<'_>) -> Option<&'e Value<'a>> {
    let entry = entries.iter().find(|(key, _)| scalars_equal(key, wanted));
    entry.map(|(_, value)| value)
}
