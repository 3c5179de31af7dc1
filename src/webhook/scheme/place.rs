//! Where a value stands in a message, and how it is taken from there: once, or not at all.

use std::borrow::Cow;
use std::cell::OnceCell;

use http::{HeaderName, Method};

use crate::document::{Fields as Section, Node, Problems, Read, Shape, choice};
use crate::model::Fields;
use crate::webhook::whole::Whole;
use crate::webhook::{Refusal, Why};

use super::hash::Hash;
use super::json::{Found, Pointers};
use super::query::{Pair, only, pairs};

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::webhook) enum Place {
    /// In a header field.
    Header(HeaderName),
    /// In the query.
    Query(Box<str>),
    /// In a JSON body, at the way of this number.
    Json(usize),
    /// In a body that is a form.
    Form(Box<str>),
}

/// Which sort of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Header,
    Query,
    Json,
    Form,
}

impl Sort {
    pub(super) const WORDS: &'static [(&'static str, Self)] = &[
        ("header", Self::Header),
        ("query", Self::Query),
        ("json", Self::Json),
        ("form", Self::Form),
    ];
}

impl Place {
    /// Reads the keys `from` and `name` of a section, of which these sorts may be.
    pub(super) fn read(
        section: &mut Section<'_>,
        sorts: &[(&'static str, Sort)],
        pointers: &mut Pointers,
        problems: &Problems,
    ) -> Option<Self> {
        let from = required(section, "from", || Shape::words(sorts), problems);
        let sort = from.and_then(|node| choice(node, problems, sorts));
        let node = required(section, "name", || Shape::Text, problems)?;
        let name = String::read(node, problems)?;
        Self::of(sort?, &name, node, pointers, problems)
    }

    /// The place of a name.
    pub(super) fn of(
        sort: Sort,
        name: &str,
        node: &Node,
        pointers: &mut Pointers,
        problems: &Problems,
    ) -> Option<Self> {
        match sort {
            Sort::Header => header(name, node, problems).map(Self::Header),
            Sort::Query => Some(Self::Query(name.into())),
            Sort::Form => Some(Self::Form(name.into())),
            Sort::Json => {
                let number = pointers.add(name);
                if number.is_none() {
                    let help = "write the way from the top, as in `/data/id` (RFC 6901)";
                    problems.error_with(node, "not a JSON pointer", help);
                }
                number.map(Self::Json)
            }
        }
    }

    /// Whether it stands in the head of a message.
    pub(super) const fn is_in_head(&self) -> bool {
        matches!(self, Self::Header(_) | Self::Query(_))
    }
}

/// The name of a header field.
pub(super) fn header(name: &str, node: &Node, problems: &Problems) -> Option<HeaderName> {
    let header = HeaderName::from_bytes(name.as_bytes()).ok();
    if header.is_none() {
        problems.error(node, "not the name of a header field");
    }
    header
}

/// A key that must be there. The file may leave it out where a preset has it, and so the schema does not need it.
pub(in crate::webhook) fn required<'n>(
    section: &mut Section<'n>,
    key: &'static str,
    shape: impl FnOnce() -> Shape,
    problems: &Problems,
) -> Option<&'n Node> {
    let node = section.shaped(key, shape);
    if node.is_none() {
        problems.error(section.node(), format!("the key `{key}` is missing here"));
    }
    node
}

/// A message in its parts. What stands in a body is read when it is first asked for.
pub(in crate::webhook) struct Parts<'p> {
    pub(super) method: &'p Method,
    /// Path and query exactly as they were received.
    pub(super) target: &'p str,
    pub(super) headers: &'p Fields,
    pub(super) body: &'p [u8],
    pub(super) pointers: &'p Pointers,
    pub(super) json: OnceCell<Option<Vec<Found>>>,
    pub(super) form: OnceCell<Result<Vec<Pair<'p>>, Refusal>>,
    /// The body with what was computed of it while it came.
    whole: Option<&'p Whole>,
}

impl<'p> Parts<'p> {
    pub(super) fn new(
        method: &'p Method,
        target: &'p str,
        headers: &'p Fields,
        body: &'p [u8],
        pointers: &'p Pointers,
    ) -> Self {
        Self {
            method,
            target,
            headers,
            body,
            pointers,
            json: OnceCell::new(),
            form: OnceCell::new(),
            whole: None,
        }
    }

    /// The same, knowing what was computed of the body while it came.
    pub(super) fn of(self, whole: &'p Whole) -> Self {
        Self {
            body: &whole.bytes,
            whole: Some(whole),
            ..self
        }
    }

    /// The digest of the body.
    pub(super) fn digest(&self, hash: Hash) -> Cow<'p, [u8]> {
        match self.whole {
            Some(whole) => whole.digest(hash),
            None => Cow::Owned(hash.digest(&[self.body])),
        }
    }

    /// The CRC-32 of the body.
    pub(super) fn crc32(&self) -> u32 {
        self.whole
            .map_or_else(|| crc32fast::hash(self.body), Whole::crc32)
    }

    /// The value at a place, if there is one.
    pub(super) fn value(&self, place: &Place) -> Result<Option<Cow<'_, [u8]>>, Refusal> {
        match place {
            Place::Header(name) => Ok(self.header(name)?.map(Cow::Borrowed)),
            Place::Query(name) => only(&pairs(self.query().as_bytes())?, name),
            Place::Form(name) => only(self.form()?, name),
            Place::Json(number) => self.json(*number),
        }
    }

    /// Whether nothing stands at a place of a JSON body, and no `null` either: of a list that holds one, the next
    /// item may be there again.
    pub(super) fn lacks(&self, place: &Place) -> bool {
        match place {
            Place::Json(number) => {
                let found = self.found().map(|found| found.get(*number));
                matches!(found, Some(Some(Found::Absent)))
            }
            _ => matches!(self.value(place), Ok(None)),
        }
    }

    /// The value of a header field that stands there at most once: two are a mistake also when they are equal.
    pub(super) fn header(&self, name: &HeaderName) -> Result<Option<&'p [u8]>, Refusal> {
        let mut values = self.headers.get_all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(malformed("a header field stands there twice")),
        }
    }

    pub(super) fn path(&self) -> &'p str {
        self.target
            .split_once('?')
            .map_or(self.target, |(path, _)| path)
    }

    pub(super) fn query(&self) -> &'p str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// All fields of a body that is a form; none of an empty body.
    pub(super) fn form(&self) -> Result<&[Pair<'p>], Refusal> {
        let read = self.form.get_or_init(|| {
            if self.body.is_empty() {
                return Ok(Vec::new());
            }
            let kind = self.header(&http::header::CONTENT_TYPE)?;
            let kind = kind.and_then(|kind| kind.split(|byte| *byte == b';').next());
            let is_form = kind.is_some_and(|kind| {
                kind.trim_ascii()
                    .eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
            });
            match is_form {
                true => pairs(self.body),
                false => Err(malformed("the body is not a form")),
            }
        });
        read.as_deref().map_err(Clone::clone)
    }

    /// What stands at the ways into a JSON body; nothing if it cannot be read exactly.
    fn found(&self) -> Option<&[Found]> {
        let read = self.json.get_or_init(|| self.pointers.find(self.body).ok());
        read.as_deref()
    }

    fn json(&self, number: usize) -> Result<Option<Cow<'_, [u8]>>, Refusal> {
        let found = self.found().map(|found| found.get(number));
        match found {
            Some(Some(Found::Text(text) | Found::Number(text))) => {
                Ok(Some(Cow::Borrowed(text.as_bytes())))
            }
            Some(Some(Found::Other)) => Err(malformed("a value in the body has no one spelling")),
            Some(_) => Ok(None),
            None => Err(malformed("the body cannot be read as JSON, exactly")),
        }
    }
}

/// What cannot be read exactly.
pub(super) fn malformed(detail: &'static str) -> Refusal {
    Refusal::new(Why::Malformed, detail)
}
