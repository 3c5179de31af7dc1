//! A folder of mounted Secrets: a file is a key, and so is a folder with a file for each of its fields.
//!
//! A file holds the text of a key, or a hash of it. Everything in here is taken for secret: no message
//! quotes it.

use std::path::Path;
use std::sync::Arc;

use crate::document::{Key, Layout, Node, Place, Problems, Value};
use crate::keys::parse_hash;

use super::Gathering;
use super::entry::{Entry, Text};
use super::listed::Context;
use super::source::{Found, KeySource};

/// The most keys of one folder.
const MOST_KEYS: usize = 10_000;
/// The most fields of one key.
const MOST_FIELDS: usize = 32;
/// The most bytes of one field.
const MOST_BYTES: usize = 64 << 10;
/// Fields that are lists, one value a line.
const LISTS: [&str; 4] = ["roles", "scopes", "allowed_sources", "networks"];

/// What is being read.
struct Mounted<'m> {
    context: &'m Context<'m>,
    /// The key path of the folder.
    node: &'m Node,
    problems: &'m Problems,
}

/// The keys of a folder.
pub(super) fn read(
    path: &Path,
    node: &Node,
    context: &Context<'_>,
    gathering: &mut Gathering<'_>,
    problems: &Problems,
) -> Vec<Entry> {
    let mounted = Mounted {
        context,
        node,
        problems,
    };
    let names = match KeySource::read(path, gathering.sources) {
        Ok(Found::Folder(names)) => names,
        _ if gathering.is_trial => return Vec::new(),
        Ok(Found::File(_)) => {
            let help = "write `file` for a file with a list of keys";
            problems.error_with(node, "this is a file, not a folder", help);
            return Vec::new();
        }
        Err(error) => {
            problems.error(node, format!("the folder of keys cannot be read: {error}"));
            return Vec::new();
        }
    };
    if names.len() > MOST_KEYS {
        let message = format!("the folder has more than {MOST_KEYS} keys");
        problems.error_with(node, message, "keep so many keys in the store");
        return Vec::new();
    }
    let keys = names
        .iter()
        .filter_map(|name| mounted.key(&path.join(name), name, gathering));
    keys.collect()
}

impl Mounted<'_> {
    fn key(&self, path: &Path, name: &str, gathering: &mut Gathering<'_>) -> Option<Entry> {
        let node = self.place(path, name, Value::Null);
        match KeySource::read(path, gathering.sources) {
            Ok(Found::File(bytes)) => {
                let text = self.content(&node, bytes)?;
                let text = self.alone(&node, &text)?;
                Some(Entry::of(name, text, &node, self.context))
            }
            Ok(Found::Folder(names)) => self.fields(path, name, &names, gathering),
            Err(error) => self.unreadable(&node, &error),
        }
    }

    /// A file that is a key: its text, or a hash that is found by nothing but the text.
    fn alone(&self, node: &Node, content: &str) -> Option<Text> {
        if content.starts_with("$2") || content.starts_with("$argon2") {
            self.problems.error_with(
                node,
                "a slow hash needs to be told how the key begins",
                "make a folder of it, with the files `hash` and `start`",
            );
            return None;
        }
        match content.strip_prefix("sha256:") {
            Some(_) => self.hash(node, content),
            None => self
                .context
                .text(node, "this", content.as_bytes(), self.problems),
        }
    }

    fn hash(&self, node: &Node, content: &str) -> Option<Text> {
        let hash = parse_hash(content);
        let hash = hash.map_err(|error| self.problems.error_with(node, error.message, error.help));
        hash.ok().map(|hash| Text {
            hash,
            start: Box::default(),
        })
    }

    /// A folder that is a key.
    fn fields(
        &self,
        path: &Path,
        name: &str,
        names: &[String],
        gathering: &mut Gathering<'_>,
    ) -> Option<Entry> {
        if names.len() > MOST_FIELDS {
            let node = self.place(path, name, Value::Null);
            self.problems.error(&node, "no key has so many fields");
            return None;
        }
        let (mut text, mut members) = (None, Vec::new());
        for field in names {
            let path = path.join(field);
            let node = self.place(&path, &format!("{name}.{field}"), Value::Null);
            let content = match KeySource::read(&path, gathering.sources) {
                Ok(Found::File(bytes)) => self.content(&node, bytes)?,
                Ok(Found::Folder(_)) => {
                    self.problems.error(&node, "a field of a key is a file");
                    return None;
                }
                Err(error) => return self.unreadable(&node, &error),
            };
            if field == "key" {
                let found = self
                    .context
                    .text(&node, "this", content.as_bytes(), self.problems);
                text = Some((found?, node));
            } else {
                members.push((self.named(&node, field), self.value(node, field, &content)));
            }
        }
        let has = |wanted: &str| members.iter().any(|(key, _)| key.name == wanted);
        if let Some((_, node)) = text.as_ref().filter(|_| has("hash")) {
            let message = "a key has a file `key` or a file `hash`, not both";
            self.problems.error(node, message);
            return None;
        }
        if !has("name") {
            let node = self.place(path, name, Value::Text(name.to_owned()));
            members.push((self.named(&node, "name"), node));
        }
        let node = self.place(path, name, Value::Map(members));
        let text = text.map(|(text, _)| text);
        Entry::read(&node, text, self.context, self.problems)
    }

    /// What a file holds, without the line end behind it.
    fn content(&self, node: &Node, bytes: Vec<u8>) -> Option<String> {
        let wrong = match String::from_utf8(bytes) {
            Err(_) => "the file is not UTF-8 text",
            Ok(text) if text.len() > MOST_BYTES => "the file is larger than 64 KiB",
            Ok(mut text) => {
                let end = text.strip_suffix('\n').unwrap_or(&text);
                let end = end.strip_suffix('\r').unwrap_or(end).len();
                text.truncate(end);
                match text.is_empty() {
                    true => "the file is empty",
                    false => return Some(text),
                }
            }
        };
        self.problems.error(node, wrong);
        None
    }

    fn unreadable(&self, node: &Node, error: &std::io::Error) -> Option<Entry> {
        let message = format!("the file cannot be read: {error}");
        self.problems.error(node, message);
        None
    }

    fn named(&self, node: &Node, name: &str) -> Key {
        Key {
            name: name.to_owned(),
            place: node.place.clone(),
        }
    }

    fn value(&self, node: Node, field: &str, content: &str) -> Node {
        let value = match LISTS.contains(&field) {
            true => {
                let lines = content.lines().map(str::trim);
                let lines = lines.filter(|line| !line.is_empty());
                let item = |line: &str| Node {
                    value: Value::Text(line.to_owned()),
                    ..node.clone()
                };
                Value::List(lines.map(item).collect())
            }
            false => Value::Text(content.to_owned()),
        };
        Node { value, ..node }
    }

    /// A value that stands in a file of the folder.
    fn place(&self, path: &Path, name: &str, value: Value) -> Node {
        Node {
            value,
            place: Place {
                file: path.display().to_string().into(),
                line: 0,
                column: 0,
            },
            path: Arc::from(format!("{}.{name}", self.node.path)),
            from_environment: true,
            is_variable: true,
            layout: Layout::Opaque,
        }
    }
}
