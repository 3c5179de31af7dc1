//! What must never be printed, and where it may come from.
//!
//! A [`Secret`] has no text form: formatting one says `[secret]`, and there is no way to serialise
//! it. It is compared in constant time and wiped when dropped.
//!
//! A secret is named in a file, never written there: `${NAME}` takes it from the environment and
//! `{ file: path }` from a file. Literal text is refused, because files end up in repositories.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::document::{Fields, Node, Problems, Read, Shape, Value};

/// Bytes that cannot be printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes bytes into custody.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the one place that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Compares in a time that does not depend on where the first difference is. Lengths are not
    /// secret.
    pub fn matches(&self, presented: &[u8]) -> bool {
        self.0.as_slice().ct_eq(presented).into()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Read for Secret {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let help = "write `${NAME}` to take it from the environment, or `{ file: path }`";
        match &node.value {
            Value::Text(text) if node.is_variable => Some(Self::new(text.clone().into_bytes())),
            // Has been reported as a variable that is not set.
            Value::Text(text) if node.from_environment && text.is_empty() => None,
            Value::Map(_) => from_file(node, problems),
            Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Bool(_) => {
                problems.error_with(node, "a secret must not be written into the file", help);
                None
            }
            other => {
                problems.error_with(
                    node,
                    format!("expected a secret, found {}", other.kind()),
                    help,
                );
                None
            }
        }
    }

    fn shape() -> Shape {
        // A variable alone, with nothing around it that would stand in the file.
        Shape::Form(r"\$\{[^}]+\}").or(Shape::OneKey("file", Shape::Text.into()))
    }
}

/// Reads `{ file: path }`; one line end at the end of the file is not part of the secret.
fn from_file(node: &Node, problems: &Problems) -> Option<Secret> {
    let mut fields = Fields::of(node, "secret", problems)?;
    let path: Option<String> = fields.required("file");
    fields.finish();
    match std::fs::read(path.as_deref()?) {
        Ok(mut bytes) => {
            let end = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            let end = end.strip_suffix(b"\r").unwrap_or(end).len();
            bytes.truncate(end);
            Some(Secret::new(bytes))
                .filter(|secret| !secret.is_empty())
                .or_else(|| {
                    problems.error(node, "the secret's file is empty");
                    None
                })
        }
        Err(error) => {
            let help = "name a file that is there and that this process may read; a path that does not begin with \
                `/` begins beside this file";
            let message = format!("the secret's file cannot be read: {error}");
            problems.error_with(node, message, help);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    fn read(text: &str) -> (Option<Secret>, Vec<String>) {
        let problems = Problems::new();
        let environment = |name: &str| (name == "KEY").then(|| "hunter2".to_owned());
        let node = parse("policy.yaml", text, &environment, &problems).unwrap();
        let secret = Secret::read(node.at("secret").unwrap(), &problems);
        (
            secret,
            problems
                .into_sorted()
                .iter()
                .map(ToString::to_string)
                .collect(),
        )
    }

    #[test]
    fn secret_cannot_be_printed() {
        let secret = Secret::new(b"hunter2".to_vec());
        assert_eq!(format!("{secret:?}"), "[secret]");
    }

    #[test]
    fn secret_matches_only_itself() {
        let secret = Secret::new(b"hunter2".to_vec());
        assert!(secret.matches(b"hunter2"));
        assert!(!secret.matches(b"hunter3"));
        assert!(!secret.matches(b"hunter"));
        assert!(!secret.matches(b""));
    }

    #[test]
    fn secret_comes_from_the_environment_or_a_file() {
        let (secret, problems) = read("secret: ${KEY}");
        assert!(secret.unwrap().matches(b"hunter2"), "{problems:?}");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let (secret, _) = read(&format!("secret: {{ file: {} }}", file.path().display()));
        assert!(secret.unwrap().matches(b"s3cret"));
    }

    #[test]
    fn literal_secret_is_refused_without_quoting_it() {
        // A default counts as soon as the variable is missing, and stands in the repository.
        for text in [
            "hunter2",
            "${NONE:-hunter2}",
            "hunter2${KEY}",
            "${KEY}${KEY}",
        ] {
            let (secret, problems) = read(&format!("secret: {text}"));
            assert!(secret.is_none(), "{text}");
            assert!(
                problems[0].starts_with("policy.yaml:1:9: error: `secret`"),
                "{problems:?}"
            );
            assert!(!problems[0].contains("hunter2"));
        }
        let (secret, _) = read("secret: ${KEY:-something}");
        assert!(secret.unwrap().matches(b"hunter2"));
    }

    #[test]
    fn variable_that_is_not_set_is_one_mistake() {
        let (secret, problems) = read("secret: ${NONE}");
        assert!(secret.is_none());
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}
