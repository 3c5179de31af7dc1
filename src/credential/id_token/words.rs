//! The small values of an issuer's section.

use serde_json::Value as Json;

use crate::document::{Named, Node, OneOrMany, Problems, Read, Shape, Value};
use crate::model::ClaimPath;

use super::claims::{Expectation, Names};
use super::mapping::Alternatives;

/// Part of an address: letters, digits and `-._:`.
pub(super) struct PlainWord(pub(super) String);

impl Read for PlainWord {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
        if !text.bytes().all(plain) {
            problems.error_with(
                node,
                "expected a plain name",
                "letters, digits, `-`, `.`, `_` and `:` only; no `https://` and no slashes",
            );
            return None;
        }
        Some(Self(text))
    }

    fn shape() -> Shape {
        Shape::Form("[A-Za-z0-9._:-]+")
    }
}

/// One name, a list of names, or `any`.
pub(super) struct NamesText(pub(super) Names);

impl Read for NamesText {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        if node.text() == Some("any") {
            return Some(Self(Names::Any));
        }
        let OneOrMany(names) = OneOrMany::<String>::read(node, problems)?;
        if names.is_empty() {
            problems.error(
                node,
                "an empty list accepts nothing; write `any` to accept everything",
            );
            return None;
        }
        if names.iter().any(|name| name == "any") {
            problems.error(node, "`any` stands alone, not in a list");
            return None;
        }
        Some(Self(Names::Only(
            names.into_iter().map(Into::into).collect(),
        )))
    }

    fn shape() -> Shape {
        Shape::Text.or(Shape::filled_list(Shape::Text))
    }
}

/// The path to a claim.
#[derive(Clone)]
pub(super) struct Path(pub(super) ClaimPath);

impl Read for Path {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        match ClaimPath::parse(&text) {
            Ok(path) => Some(Self(path)),
            Err(error) => {
                problems.error(node, error.to_string());
                None
            }
        }
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

/// One claim path, or a list of alternatives.
pub(super) struct Paths(pub(super) Alternatives);

impl Read for Paths {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let OneOrMany(paths) = OneOrMany::<Path>::read(node, problems)?;
        Some(Self(paths.into_iter().map(|path| path.0).collect()))
    }

    fn shape() -> Shape {
        Shape::one_or_many(Path::shape())
    }
}

/// A map from claims to the values they must have.
pub(super) struct Expectations(pub(super) Box<[Expectation]>);

impl Read for Expectations {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let named = Named::of(node, "claims to the values they must have", problems)?;
        let expectations = named.into_iter().filter_map(|(key, node)| {
            let path = match ClaimPath::parse(&key.name) {
                Ok(path) => path,
                Err(error) => {
                    problems.error(node, error.to_string());
                    return None;
                }
            };
            let accepted = accepted(node, problems)?;
            Some(Expectation { path, accepted })
        });
        Some(Self(expectations.collect()))
    }

    fn shape() -> Shape {
        Shape::named(Shape::Scalar.or(Shape::filled_list(Shape::Scalar)))
    }
}

fn accepted(node: &Node, problems: &Problems) -> Option<Box<[Json]>> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let plain = |item: &Node| {
        matches!(
            item.value,
            Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Bool(_)
        )
    };
    if items.is_empty() || !items.iter().all(plain) {
        problems.error(
            node,
            "expected text, a number, true or false, or a list of them",
        );
        return None;
    }
    Some(items.iter().map(Node::to_json).collect())
}
