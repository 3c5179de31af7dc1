//! Where signatures stand, and how they are taken from there.

use std::borrow::Cow;

use http::HeaderName;

use crate::webhook::{Refusal, Why};

use super::codec::Encoding;
use super::place::{Parts, Place, malformed};

/// The most signatures of a message.
const MOST_SIGNATURES: usize = 16;

/// Where signatures stand, and how they are written.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub(super) spots: Spots,
    pub(super) list: Option<Box<List>>,
    /// What stands before each; nothing else is one.
    pub(super) prefix: Box<str>,
    pub(super) encoding: Encoding,
}

/// The places where signatures may stand.
#[derive(Debug, Clone)]
pub(super) enum Spots {
    /// This one.
    One(Place),
    /// Exactly one of these header fields.
    OneOf(Box<[HeaderName]>),
    /// Any of these header fields: each that is there holds some.
    Each(Box<[HeaderName]>),
}

/// Several signatures in one value.
#[derive(Debug, Clone)]
pub(super) struct List {
    /// What stands between items.
    pub(super) sep: Box<str>,
    /// What stands between sets of items, where there may be several: one for each secret of the sender's.
    pub(super) sets: Option<Box<str>>,
    pub(super) items: Items,
}

/// How the items of a list are told apart.
#[derive(Debug, Clone)]
pub(super) enum Items {
    /// Each is a signature.
    Plain,
    /// Those with this label are signatures: what stands between label and value, and the label.
    Labelled { kv: Box<str>, key: Box<str> },
    /// The first is the timestamp, all others are signatures.
    Positional,
}

/// What was taken from a message.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Signatures as bytes, of those that could be decoded.
    pub(super) signatures: Vec<Vec<u8>>,
    /// The timestamp, where it stands in the list.
    pub(super) timestamp: Option<String>,
}

impl Spots {
    /// Whether they are in the head of a message.
    pub(super) fn are_in_head(&self) -> bool {
        match self {
            Self::One(place) => place.is_in_head(),
            Self::OneOf(_) | Self::Each(_) => true,
        }
    }

    /// The values that stand there; none if there is no signature.
    fn values<'v>(&self, parts: &'v Parts<'_>) -> Result<Vec<Cow<'v, [u8]>>, Refusal> {
        let of = |names: &[HeaderName]| {
            let values = names.iter().map(|name| parts.header(name).transpose());
            let values: Result<Vec<_>, _> = values.flatten().collect();
            Ok::<_, Refusal>(values?.into_iter().map(Cow::Borrowed).collect())
        };
        match self {
            Self::One(place) => Ok(parts.value(place)?.into_iter().collect()),
            Self::Each(names) => of(names),
            Self::OneOf(names) => {
                let values: Vec<_> = of(names)?;
                match values.len() {
                    0 | 1 => Ok(values),
                    _ => Err(malformed("two header fields hold a signature, and one may")),
                }
            }
        }
    }

    fn most(&self) -> usize {
        match self {
            Self::Each(names) => names.len().max(MOST_SIGNATURES),
            Self::One(_) | Self::OneOf(_) => MOST_SIGNATURES,
        }
    }
}

impl Signature {
    /// Takes the signatures, and the timestamp of this label where it stands among them. Nothing if no signature
    /// stands where one would. Entries that cannot be decoded, or are not as long as signatures are, do not count.
    pub(super) fn take(
        &self,
        parts: &Parts<'_>,
        label: Option<&str>,
        length: Option<usize>,
    ) -> Result<Option<Taken>, Refusal> {
        let values = self.spots.values(parts)?;
        if values.is_empty() {
            return Ok(None);
        }
        let mut taken = Taken::default();
        let mut entries = 0;
        for value in &values {
            let text = std::str::from_utf8(value).map_err(|_| malformed("not text"))?;
            for entry in self.entries(text, label, &mut taken)? {
                entries += 1;
                let decoded = entry.strip_prefix(&*self.prefix);
                let decoded = decoded.and_then(|text| self.encoding.decode(text.as_bytes()));
                let fits = |bytes: &Vec<u8>| length.is_none_or(|length| bytes.len() == length);
                taken.signatures.extend(decoded.filter(fits));
            }
        }
        match (entries > self.spots.most(), taken.signatures.is_empty()) {
            (true, _) => Err(malformed("more signatures than are looked at")),
            (_, true) => Err(Refusal::new(Why::Malformed, "no signature can be decoded")),
            _ => Ok(Some(taken)),
        }
    }

    fn entries<'t>(
        &self,
        text: &'t str,
        label: Option<&str>,
        taken: &mut Taken,
    ) -> Result<Vec<&'t str>, Refusal> {
        let Some(list) = &self.list else {
            return Ok(vec![text]);
        };
        let blank = |c: char| matches!(c, ' ' | '\t');
        let sets: Vec<&str> = match &list.sets {
            Some(sets) => text.split(&**sets).take(MOST_SIGNATURES + 1).collect(),
            None => vec![text],
        };
        let items = sets.iter().flat_map(|set| set.split(&*list.sep));
        let mut items = items.map(|item| item.trim_matches(blank));
        match &list.items {
            Items::Plain => Ok(items.take(MOST_SIGNATURES + 1).collect()),
            Items::Positional => {
                taken.timestamp = items.next().map(str::to_owned);
                Ok(items.take(MOST_SIGNATURES + 1).collect())
            }
            Items::Labelled { kv, key } => {
                let mut entries = Vec::new();
                for item in items {
                    if let Some(value) = labelled(item, key, kv) {
                        entries.push(value);
                    } else if let Some(value) = label.and_then(|label| labelled(item, label, kv))
                        && let Some(other) = taken.timestamp.replace(value.to_owned())
                        && (list.sets.is_none() || other != value)
                    {
                        return Err(malformed("the timestamp stands there twice"));
                    }
                    if entries.len() > MOST_SIGNATURES {
                        break;
                    }
                }
                Ok(entries)
            }
        }
    }
}

/// The value of an item with exactly this label.
fn labelled<'t>(item: &'t str, label: &str, kv: &str) -> Option<&'t str> {
    item.strip_prefix(label)?.strip_prefix(kv)
}
