//! A parsed file: values with places.

use std::fmt;
use std::sync::Arc;

use super::shown::harmless;

/// Where something stands: a file with line and column, both counted from one.
///
/// A value that came from a flag or an environment variable has that for a file and no line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file as the operator named it, or `environment variable X`, or `flag --x`.
    pub file: Arc<str>,
    /// Line, from one; zero when the source has no lines.
    pub line: u32,
    /// Column in characters, from one; zero when the source has no lines.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = harmless(&*self.file);
        match self.line {
            0 => f.write_str(&file),
            line => write!(f, "{file}:{line}:{}", self.column),
        }
    }
}

/// One value of a file, its place, and the key path that leads to it.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub place: Place,
    /// The way to it from the top of the file: `routes[2].roles`; empty for the top itself.
    pub path: Arc<str>,
    /// Whether part of the value was taken from the environment, and so must not be printed.
    pub from_environment: bool,
    /// Whether the value is one variable's text and nothing else: nothing of it stands in a file.
    pub is_variable: bool,
    /// How a text's characters stand in the file.
    pub layout: Layout,
}

/// How a text's characters stand in the file, as far as that is simple.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// Folded, escaped, or not in a file: only where it begins is known.
    #[default]
    Opaque,
    /// On one line, as it is, behind so many characters: a quotation mark, or nothing.
    Line(u32),
    /// As a literal block (YAML 1.2.2 section 8.1.2), whose first line that is not empty begins at the
    /// place, and all others below it.
    Block,
}

/// A value of the YAML core schema (YAML 1.2.2 section 10.3).
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing was written.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file; keys are unique.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key's text.
    pub name: String,
    /// Where the key stands.
    pub place: Place,
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX >> 1)
}

impl Value {
    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl Node {
    /// The text, when the value is text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where the text's byte at `offset` stands, or else where the text begins.
    pub fn place_of(&self, offset: usize) -> Place {
        let before = self.text().and_then(|text| text.get(..offset));
        let Some(before) = before else {
            return self.place.clone();
        };
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        let columns = number(last_line.chars().count());
        let Place { line, column, .. } = self.place;
        let (line, column) = match self.layout {
            Layout::Opaque => (line, column),
            Layout::Line(skipped) => (line, column.saturating_add(skipped + columns)),
            Layout::Block => {
                let lines = before.trim_start_matches('\n').matches('\n').count();
                let line = line.saturating_add(number(lines));
                (line, column.saturating_add(columns))
            }
        };
        Place {
            line,
            column,
            ..self.place.clone()
        }
    }

    /// The value of a key, when the value is a map that has it.
    pub fn at(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .find(|(key, _)| key.name == name)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    /// The value as JSON, for sections that embed another format's document.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Integer(value) => (*value).into(),
            Value::Float(value) => (*value).into(),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => serde_json::Value::Object(
                entries
                    .iter()
                    .map(|(key, node)| (key.name.clone(), node.to_json()))
                    .collect(),
            ),
        }
    }
}
