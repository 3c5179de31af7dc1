//! From nodes to values: numbers, durations, sizes, lists.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::problem::closest;
use super::{Node, Problems, Value};

/// A value that can be read from a node. Failing to read it adds a problem and gives nothing.
pub trait Read: Sized {
    /// Reads the node's value.
    fn read(node: &Node, problems: &Problems) -> Option<Self>;
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
}

/// A number of bytes: `64 KiB`, `10 MiB`, `1000`, `1 kB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// The size as a count in memory.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
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

fn unexpected<T>(node: &Node, problems: &Problems, wanted: &str) -> Option<T> {
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
}

impl Read for u32 {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        integer(node, problems, "a whole number that is not negative")
    }
}

impl Read for usize {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        integer(node, problems, "a whole number that is not negative")
    }
}

impl Read for PathBuf {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        String::read(node, problems).map(Self::from)
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
}

impl Read for Duration {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        match node.text().and_then(duration) {
            Some(duration) => Some(duration),
            None => unexpected(
                node,
                problems,
                "a duration such as `500ms`, `30s`, `5m` or `24h`",
            ),
        }
    }
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    Some((digits.parse().ok()?, unit.trim()))
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    let seconds = match unit {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    // A century is beyond any setting and within every clock's arithmetic.
    number
        .checked_mul(seconds)
        .filter(|total| *total <= 3_155_760_000)
        .map(Duration::from_secs)
}

impl Read for ByteSize {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let size = match &node.value {
            Value::Integer(value) => u64::try_from(*value).ok(),
            Value::Text(text) => size(text),
            _ => None,
        };
        match size {
            Some(bytes) => Some(Self(bytes)),
            None => unexpected(
                node,
                problems,
                "a size such as `64 KiB`, `10 MiB` or a number of bytes",
            ),
        }
    }
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text)?;
    let factor = match unit {
        "" | "B" => 1,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
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
