//! Reading maps strictly: every key is asked for by name, and what nobody asked for is a mistake.

use super::notes::Question;
use super::problem::closest;
use super::{Key, Node, Problem, Problems, Read, Severity, Shape, Value, choice};

/// The fields of one section.
///
/// Ask for each key that the section knows, then call [`Fields::finish`]. A section's name is fixed
/// and lower case (`issuer`, `route`); messages use it.
#[derive(Debug)]
pub struct Fields<'a> {
    section: &'static str,
    node: &'a Node,
    entries: &'a [(Key, Node)],
    known: Vec<&'static str>,
    problems: &'a Problems,
}

impl<'a> Fields<'a> {
    /// Opens a map; anything else is a problem. Nothing written counts as an empty map.
    pub fn of(node: &'a Node, section: &'static str, problems: &'a Problems) -> Option<Self> {
        let entries: &[(Key, Node)] = match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            other => {
                problems.error(
                    node,
                    format!("expected a map of {section} keys, found {}", other.kind()),
                );
                return None;
            }
        };
        problems.note_section(section, false);
        Some(Self {
            section,
            node,
            entries,
            known: Vec::new(),
            problems,
        })
    }

    /// Reports every key without a value. Taken for absent, it would ask for nothing where its author
    /// meant to ask for something.
    pub fn refuse_blanks(&self) {
        self.problems.note_section(self.section, true);
        self.report_blanks(|_| true);
    }

    /// Reports one key, if it is written without a value.
    pub fn refuse_blank(&self, key: &'static str) {
        self.problems.note_blank(self.section, key);
        self.report_blanks(|name| name == key);
    }

    fn report_blanks(&self, concerns: impl Fn(&str) -> bool) {
        for (Key { name, .. }, node) in self.entries {
            if matches!(node.value, Value::Null) && concerns(name) {
                let message = format!("`{name}` is written without a value");
                let help = format!("give it a value, or leave `{name}` out");
                self.problems.error_with(node, message, help);
            }
        }
    }

    /// The section as a node, for problems that concern the whole of it.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// The node under a key, unread. A key written without a value counts as absent.
    ///
    /// Who reads it says what it takes with [`Fields::shaped`], so that the JSON Schema knows.
    pub fn raw(&mut self, key: &'static str) -> Option<&'a Node> {
        self.ask(key, false, || Shape::Unknown("the value"))
    }

    /// The node under a key, unread, which its reader takes when it has this shape.
    pub fn shaped(&mut self, key: &'static str, shape: impl FnOnce() -> Shape) -> Option<&'a Node> {
        self.ask(key, false, shape)
    }

    /// Like [`Fields::shaped`], for a key without which the section is a mistake. It is the reader
    /// who reports that.
    pub fn needed(&mut self, key: &'static str, shape: impl FnOnce() -> Shape) -> Option<&'a Node> {
        self.ask(key, true, shape)
    }

    fn ask(
        &mut self,
        key: &'static str,
        required: bool,
        shape: impl FnOnce() -> Shape,
    ) -> Option<&'a Node> {
        self.known.push(key);
        let found = self.entries.iter().find(|(entry, _)| entry.name == key);
        let found = found.filter(|(_, node)| !matches!(node.value, Value::Null));
        if self.problems.is_recording() {
            self.problems.note_key(Question {
                section: self.section,
                key,
                shape: shape(),
                required,
                found,
            });
        }
        found.map(|(_, node)| node)
    }

    /// The value under a key, if the key is there and its value can be read.
    pub fn optional<T: Read>(&mut self, key: &'static str) -> Option<T> {
        let node = self.shaped(key, T::shape)?;
        T::read(node, self.problems)
    }

    /// The value under a key, or a default.
    pub fn or<T: Read>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// The value under a key that must be there.
    pub fn required<T: Read>(&mut self, key: &'static str) -> Option<T> {
        match self.needed(key, T::shape) {
            Some(node) => T::read(node, self.problems),
            None => {
                self.problems
                    .error(self.node, format!("{} needs the key `{key}`", self.section));
                None
            }
        }
    }

    /// The word under a key, which must be one of a table's.
    pub fn choice<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let node = self.shaped(key, || Shape::words(words))?;
        choice(node, self.problems, words)
    }

    /// Whether a key was written with a value, without asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.entries
            .iter()
            .any(|(entry, node)| entry.name == key && !matches!(node.value, Value::Null))
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        for (key, node) in self.entries {
            if self.known.contains(&key.name.as_str()) {
                continue;
            }
            let help = match closest(&key.name, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{} knows: {}", self.section, self.known.join(", ")),
            };
            self.problems.add(Problem {
                severity: Severity::Error,
                lint: None,
                place: key.place.clone(),
                path: node.path.to_string(),
                message: format!("unknown key `{}` in {}", key.name, self.section),
                help: Some(help),
            });
        }
    }
}

/// A map whose keys the operator chose, such as `issuers`, in the order of the file.
#[derive(Debug)]
pub struct Named<'a>(Vec<(&'a Key, &'a Node)>);

impl<'a> Named<'a> {
    /// Opens a map of named things; anything else is a problem.
    pub fn of(node: &'a Node, what: &str, problems: &Problems) -> Option<Self> {
        match &node.value {
            Value::Map(entries) => Some(Self(
                entries.iter().map(|(key, node)| (key, node)).collect(),
            )),
            Value::Null => Some(Self(Vec::new())),
            other => {
                problems.error(
                    node,
                    format!("expected a map from {what}, found {}", other.kind()),
                );
                None
            }
        }
    }
}

impl<'a> IntoIterator for Named<'a> {
    type Item = (&'a Key, &'a Node);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
