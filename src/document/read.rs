//! From nodes to values: numbers, durations, sizes, lists.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::problem::closest;
use super::{Node, Problems, Shape, Value};

/// A value that can be read from a node. Failing to read it adds a problem and gives nothing.
pub trait Read: Sized {
    /// Reads the node's value.
    fn read(node: &Node, problems: &Problems) -> Option<Self>;

    /// The shape of the values that can be read; it may take more than [`Read::read`], never less.
    fn shape() -> Shape {
        Shape::Unknown(std::any::type_name::<Self>())
    }
}

/// A value with the node it was read from, for checks that come later.
#[derive(Debug, Clone)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// The node, for its place and key path.
    pub node: Node,
}

impl<T: Read> Read for Placed<T> {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        T::read(node, problems).map(|value| Self {
            value,
            node: node.clone(),
        })
    }

    fn shape() -> Shape {
        T::shape()
    }
}

/// One value, or a list of them.
#[derive(Debug, Clone, Default)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: Read> Read for OneOrMany<T> {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        match &node.value {
            Value::List(_) => Vec::read(node, problems).map(Self),
            _ => T::read(node, problems).map(|one| Self(vec![one])),
        }
    }

    fn shape() -> Shape {
        Shape::one_or_many(T::shape())
    }
}

/// What a message may show of a value: nothing of what came from the environment.
fn shown(node: &Node, text: &str) -> String {
    if node.from_environment {
        "this value from the environment".into()
    } else {
        format!("`{text}`")
    }
}

pub(super) fn unexpected<T>(node: &Node, problems: &Problems, wanted: &str) -> Option<T> {
    let found = match &node.value {
        Value::Text(text) => shown(node, text),
        Value::Bool(value) => shown(node, &value.to_string()),
        Value::Integer(value) => shown(node, &value.to_string()),
        Value::Float(value) => shown(node, &value.to_string()),
        other => other.kind().to_owned(),
    };
    problems.error(node, format!("expected {wanted}, found {found}"));
    None
}

impl Read for String {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text.is_empty() => {
                problems.error(node, "expected text, found an empty one");
                None
            }
            Value::Text(text) => Some(text.clone()),
            Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {
                unexpected::<()>(
                    node,
                    problems,
                    "text (in quotes, if it looks like something else)",
                );
                None
            }
            _ => unexpected(node, problems, "text"),
        }
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

impl Read for bool {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::Text(text) if node.from_environment && text == "true" => Some(true),
            Value::Text(text) if node.from_environment && text == "false" => Some(false),
            _ => unexpected(node, problems, "true or false"),
        }
    }

    fn shape() -> Shape {
        Shape::Bool
    }
}

fn integer<T: TryFrom<i64>>(node: &Node, problems: &Problems, wanted: &str) -> Option<T> {
    let value = match &node.value {
        Value::Integer(value) => Some(*value),
        Value::Text(text) if node.from_environment => text.parse().ok(),
        _ => None,
    };
    match value.and_then(|value| T::try_from(value).ok()) {
        Some(value) => Some(value),
        None => unexpected(node, problems, wanted),
    }
}

impl Read for u16 {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        integer(node, problems, "a whole number from 0 to 65535")
    }

    fn shape() -> Shape {
        Shape::Integer(0, i64::from(u16::MAX))
    }
}

impl Read for u32 {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        integer(node, problems, "a whole number that is not negative")
    }

    fn shape() -> Shape {
        Shape::Integer(0, i64::from(u32::MAX))
    }
}

impl Read for usize {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        integer(node, problems, "a whole number that is not negative")
    }

    fn shape() -> Shape {
        Shape::Integer(0, i64::MAX)
    }
}

impl Read for PathBuf {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        String::read(node, problems).map(Self::from)
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

impl Read for SocketAddr {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        match node.text().and_then(|text| text.parse().ok()) {
            Some(address) => Some(address),
            None => unexpected(
                node,
                problems,
                "an address with a port, such as `127.0.0.1:8080`",
            ),
        }
    }

    fn shape() -> Shape {
        Shape::Form(r"[0-9A-Fa-f.:%\[\]]+:[0-9]{1,5}")
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        match &node.value {
            Value::List(items) => Some(
                items
                    .iter()
                    .filter_map(|item| T::read(item, problems))
                    .collect(),
            ),
            _ => unexpected(node, problems, "a list"),
        }
    }

    fn shape() -> Shape {
        Shape::list(T::shape())
    }
}

/// Reads text that must be one of a few words. The problem names them all.
pub fn choice<T: Copy>(node: &Node, problems: &Problems, words: &[(&str, T)]) -> Option<T> {
    let given = String::read(node, problems)?;
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == given) {
        return Some(*value);
    }
    let list = words
        .iter()
        .map(|(word, _)| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let help = match closest(&given, words.iter().map(|(word, _)| *word)) {
        Some(near) if !node.from_environment => format!("did you mean `{near}`? Known: {list}"),
        _ => format!("known: {list}"),
    };
    problems.error_with(
        node,
        format!("{} is not known here", shown(node, &given)),
        help,
    );
    None
}
