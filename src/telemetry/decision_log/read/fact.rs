//! One value of a record, and what a record can say of it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::telemetry::line::{MAX_TEXT, REDACTED, TOO_LONG};

/// What a record says of one fact.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Recorded<T> {
    /// This is the fact.
    Known(T),
    /// It was looked for and was not there.
    Absent,
    /// It was there, and the record does not show it: the word says why (`credential`, `redacted`,
    /// `too long`, `ambiguous`, `not UTF-8`, `null`, `cut`).
    Omitted(Box<str>),
    /// The record says nothing of it.
    #[default]
    NotRecorded,
}

impl<T> Recorded<T> {
    /// The fact, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Omitted(_) | Self::NotRecorded => None,
        }
    }

    /// Makes another fact of a known one; a fact of which nothing can be made is a mistake.
    pub(super) fn try_map<U, E>(
        self,
        make: impl FnOnce(T) -> Result<U, E>,
    ) -> Result<Recorded<U>, E> {
        Ok(match self {
            Self::Known(value) => Recorded::Known(make(value)?),
            Self::Absent => Recorded::Absent,
            Self::Omitted(why) => Recorded::Omitted(why),
            Self::NotRecorded => Recorded::NotRecorded,
        })
    }

    /// The same, but absent where nothing was said.
    pub(super) fn or_absent(self) -> Self {
        match self {
            Self::NotRecorded => Self::Absent,
            said => said,
        }
    }
}

/// A text that is borrowed where it can be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text<'l>(pub(super) Cow<'l, str>);

impl<'de: 'l, 'l> Deserialize<'de> for Text<'l> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Said::deserialize(deserializer)? {
            Said::Text(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("expected a text")),
        }
    }
}

/// What stands in the place of a text or a list of them.
enum Said<'l> {
    Nothing,
    Text(Cow<'l, str>),
    List(Vec<Cow<'l, str>>),
    Omitted(Box<str>),
}

impl<'de: 'l, 'l> Deserialize<'de> for Said<'l> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SaidVisitor(PhantomData))
    }
}

struct SaidVisitor<'l>(PhantomData<Said<'l>>);

impl<'de: 'l, 'l> Visitor<'de> for SaidVisitor<'l> {
    type Value = Said<'l>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list of texts, null or {\"omitted\":\"...\"}")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Said::Nothing)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Said::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Said::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Text(text)) = items.next_element()? {
            all.push(text);
        }
        Ok(Said::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut why = None;
        while let Some(Text(key)) = entries.next_key()? {
            match &*key {
                "omitted" => why = Some(entries.next_value::<Text<'_>>()?.0.into()),
                _ => drop(entries.next_value::<serde::de::IgnoredAny>()?),
            }
        }
        Ok(Said::Omitted(why.unwrap_or_else(|| "unknown".into())))
    }
}

/// Whether a text was longer than records show. One that only looks so counts as cut: it is then not
/// known, which is never wrong.
fn is_cut(text: &str) -> bool {
    text.len() >= MAX_TEXT && text.ends_with("...")
}

impl<'de: 'l, 'l> Deserialize<'de> for Recorded<Cow<'l, str>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Said::deserialize(deserializer)? {
            Said::Nothing => Self::Absent,
            Said::Text(text) if text == REDACTED => Self::Omitted("redacted".into()),
            Said::Text(text) if is_cut(&text) => Self::Omitted("cut".into()),
            Said::Text(text) => Self::Known(text),
            Said::Omitted(why) => Self::Omitted(why),
            Said::List(_) => return Err(D::Error::custom("expected a text, found a list")),
        })
    }
}

impl<'de: 'l, 'l> Deserialize<'de> for Recorded<Vec<Cow<'l, str>>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = match Said::deserialize(deserializer)? {
            Said::Nothing => return Ok(Self::Absent),
            Said::Omitted(why) => return Ok(Self::Omitted(why)),
            Said::Text(text) => vec![text],
            Said::List(all) => all,
        };
        Ok(match all.as_slice() {
            [only] if only == REDACTED => Self::Omitted("redacted".into()),
            [only] if only == TOO_LONG => Self::Omitted("too long".into()),
            all if all.iter().any(|text| is_cut(text)) => Self::Omitted("cut".into()),
            _ => Self::Known(all),
        })
    }
}

impl<'de> Deserialize<'de> for Recorded<Value> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let why = match &value {
            Value::Null => return Ok(Self::Absent),
            Value::Object(members) if members.len() == 1 => members.get("omitted"),
            _ => None,
        };
        Ok(match why.and_then(Value::as_str) {
            Some(why) => Self::Omitted(why.into()),
            None => Self::Known(value),
        })
    }
}

/// Facts of one kind, by their names.
#[derive(Debug, Clone)]
pub(super) struct Named<'l, T>(Vec<(Cow<'l, str>, Recorded<T>)>);

impl Recorded<Cow<'_, str>> {
    /// The same, but nothing said where an empty text stands: of a request that could not be read, host and
    /// path are not known.
    pub(super) fn unless_empty(self) -> Self {
        match self {
            Self::Known(text) if text.is_empty() => Self::NotRecorded,
            said => said,
        }
    }
}

impl<T> Default for Named<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<'_, T> {
    pub(super) fn find(&self, name: &str) -> &Recorded<T> {
        let mut all = self.0.iter();
        let found = all.find(|(known, _)| known == name);
        found.map_or(&Recorded::NotRecorded, |(_, fact)| fact)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Recorded<T>)> {
        self.0.iter().map(|(name, fact)| (&**name, fact))
    }
}

impl<'de: 'l, 'l, T> Deserialize<'de> for Named<'l, T>
where
    Recorded<T>: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamedVisitor(PhantomData))
    }
}

struct NamedVisitor<'l, T>(PhantomData<Named<'l, T>>);

impl<'de: 'l, 'l, T> Visitor<'de> for NamedVisitor<'l, T>
where
    Recorded<T>: Deserialize<'de>,
{
    type Value = Named<'l, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("facts by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Text(name)) = entries.next_key()? {
            all.push((name, entries.next_value()?));
        }
        Ok(Named(all))
    }
}
