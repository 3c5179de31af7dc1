//! Which requests are a challenge.

use http::{HeaderName, Method};
use serde_json::Value as Json;

use crate::document::{Fields, Key, Named, Node, Problems, Read, Shape};
use crate::model::Request;

use super::place;

/// What stands for any value.
const PRESENT: &str = "*";

const METHODS: &[(&str, Word)] = &[
    ("GET", Word::Get),
    ("HEAD", Word::Head),
    ("POST", Word::Post),
    ("OPTIONS", Word::Options),
];

#[derive(Debug, Clone, Copy)]
enum Word {
    Get,
    Head,
    Post,
    Options,
}

/// Conditions that must all hold.
#[derive(Debug)]
pub(super) struct When {
    /// The request's method.
    pub(super) method: Method,
    query: Vec<(Box<str>, Wanted<Box<str>>)>,
    header: Vec<(HeaderName, Wanted<Box<str>>)>,
    json: Vec<(Box<str>, Wanted<Json>)>,
}

/// What a value must be.
#[derive(Debug)]
enum Wanted<T> {
    /// There, once.
    Present,
    /// Exactly this.
    Exactly(T),
}

impl When {
    pub(super) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "challenge condition", problems)?;
        fields.refuse_blanks();
        if !fields.has("method") {
            problems.error(node, "a challenge condition needs the key `method`");
        }
        let method = match fields.choice("method", METHODS) {
            Some(Word::Get) => Some(Method::GET),
            Some(Word::Head) => Some(Method::HEAD),
            Some(Word::Post) => Some(Method::POST),
            Some(Word::Options) => Some(Method::OPTIONS),
            None => None,
        };
        let query = named(&mut fields, "query", problems, |key, value| {
            Some((key.name.as_str().into(), Wanted::text(value, problems)?))
        });
        let header = named(&mut fields, "header", problems, |key, value| {
            let name = place::header_name(value, Some(&key.name), problems)?;
            Some((name, Wanted::text(value, problems)?))
        });
        let json = named(&mut fields, "json", problems, |key, value| {
            let pointer = place::pointer(value, Some(&key.name), problems)?;
            Some((pointer, Wanted::json(value)))
        });
        fields.finish();
        Some(Self {
            method: method?,
            query: query?,
            header: header?,
            json: json?,
        })
    }

    pub(super) fn shape() -> Shape {
        Shape::Section("challenge condition")
    }

    /// Whether nothing but the body can say.
    pub(super) fn needs_body(&self) -> bool {
        !self.json.is_empty()
    }

    /// Whether every condition on the head holds.
    pub(super) fn fits_head(&self, request: &Request) -> bool {
        self.method == request.method
            && self.query.iter().all(|(name, wanted)| {
                place::parameter(request, name).is_some_and(|value| wanted.takes(&value))
            })
            && self.header.iter().all(|(name, wanted)| {
                place::field(request, name).is_some_and(|value| wanted.takes(value))
            })
    }

    /// Whether every condition on the body holds.
    pub(super) fn fits_body(&self, body: &Json) -> bool {
        self.json.iter().all(|(pointer, wanted)| {
            let value = body.pointer(pointer);
            value.is_some_and(|value| match wanted {
                Wanted::Present => !value.is_null(),
                Wanted::Exactly(json) => json == value,
            })
        })
    }
}

impl Wanted<Box<str>> {
    fn text(node: &Node, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        Some(match text.as_str() {
            PRESENT => Self::Present,
            text => Self::Exactly(text.into()),
        })
    }

    fn takes(&self, value: &str) -> bool {
        match self {
            Self::Present => !value.is_empty(),
            Self::Exactly(text) => **text == *value,
        }
    }
}

impl Wanted<Json> {
    fn json(node: &Node) -> Self {
        match node.text() {
            Some(PRESENT) => Self::Present,
            _ => Self::Exactly(node.to_json()),
        }
    }
}

/// The entries of a map; nothing if one of them is a mistake.
fn named<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    problems: &Problems,
    entry: impl Fn(&Key, &Node) -> Option<T>,
) -> Option<Vec<T>> {
    let shape = || match key {
        "json" => Shape::named(Shape::Anything),
        _ => Shape::named(Shape::Text),
    };
    let Some(node) = fields.shaped(key, shape) else {
        return Some(Vec::new());
    };
    let entries = Named::of(node, "names to values", problems)?.into_iter();
    let read: Vec<Option<T>> = entries.map(|(key, node)| entry(key, node)).collect();
    read.into_iter().collect()
}
