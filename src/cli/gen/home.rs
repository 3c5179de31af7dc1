//! What a platform that runs us has to bring along: variables, files, memory, a place for API keys.
//!
//! Read from the text of the two files, for their values are nobody's business here: a variable is known by
//! its name, a secret by where it stands.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::facts::Facts;
use crate::cli::exit::Failure;
use crate::document::{Node, Problems, Value, parse};

/// What the process file of a platform says itself, whatever another one said.
const OWN: [&str; 6] = ["listen", "listeners", "policy", "admin", "workers", "drain"];
/// What a gate takes with 10,000 connections and 64 MiB of known API keys, in bytes: the README, "What it costs".
const MEMORY: usize = 160 << 20;
/// What it asks for to begin with, in bytes.
const LEAST_MEMORY: usize = 32 << 20;
/// `limits.held_bodies`, unless the process file says otherwise.
const HELD: usize = 64 << 20;

/// What the two files need around them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Home {
    /// The policy file, as it stands.
    pub(super) policy: String,
    /// The sections of the process file that are taken over, as they stand.
    pub(super) process: String,
    /// Variables that either file takes values from, in order.
    pub(super) variables: Vec<String>,
    /// Files that the policy names, inside its own folder.
    pub(super) files: Vec<String>,
    /// Files and folders that it names elsewhere, or whose content is not known.
    pub(super) elsewhere: Vec<String>,
    /// Whether API keys are kept in a store.
    pub(super) stored_keys: bool,
    /// Whether the process file says where.
    pub(super) has_store: bool,
    /// Whether the process file says where replicas share what was seen.
    pub(super) has_redis: bool,
}

impl Home {
    /// Reads the policy file and, where there is one, the process file.
    pub(super) fn read(policy: &Path, config: Option<&Path>) -> Result<Self, Failure> {
        let text = read(policy)?;
        let process = config.map(read).transpose()?.unwrap_or_default();
        Ok(Self::of(text, &process))
    }

    fn of(policy: String, process: &str) -> Self {
        let process = kept(process);
        let variables = RefCell::new(BTreeSet::new());
        let mut home = Self::default();
        if let Some(top) = tree(&policy, &variables) {
            home.look(&top);
            home.stored_keys = sets(&top).any(is_stored);
        }
        if let Some(top) = tree(&process, &variables) {
            home.has_store = top.at("store").is_some();
            home.has_redis = top
                .at("replay")
                .is_some_and(|replay| replay.at("redis").is_some());
        }
        home.variables.extend(variables.into_inner());
        home.variables.sort();
        home.variables.dedup();
        Self {
            policy,
            process,
            ..home
        }
    }

    /// Notes what is named by a key that names files.
    fn look(&mut self, node: &Node) {
        match &node.value {
            Value::Map(entries) => {
                for (key, below) in entries {
                    match (key.name.as_str(), below.text()) {
                        ("file" | "jwks_file", Some(file)) => self.note(file),
                        ("folder", Some(folder)) => push(&mut self.elsewhere, folder),
                        ("environment", Some(name)) => push(&mut self.variables, name),
                        _ => self.look(below),
                    }
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.look(item)),
            _ => {}
        }
    }

    fn note(&mut self, file: &str) {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
        let plain = Path::new(file).components().all(inside) && is_plain(file);
        push(
            if plain {
                &mut self.files
            } else {
                &mut self.elsewhere
            },
            file,
        );
    }

    /// The most memory it may take, and what it asks for to begin with, in MiB.
    pub(super) fn memory(&self, facts: &Facts) -> (usize, usize) {
        let held = if facts.bodies.is_empty() { 0 } else { HELD };
        let mebibytes = |bytes: usize| bytes >> 20;
        (mebibytes(MEMORY + held), mebibytes(LEAST_MEMORY + held))
    }

    /// What is said of files that are not where a platform could put them, a line each.
    pub(super) fn elsewhere(&self) -> String {
        let lines = self.elsewhere.iter();
        let lines = lines.map(|path| {
            format!("# The policy names {path:?}: it has to be mounted where that is.")
        });
        lines.collect::<Vec<String>>().join("\n")
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::environment(format_args!("cannot read `{}`: {error}", path.display()))
    })
}

/// The tree of a file whose variables have some value, which is nobody's business.
fn tree(text: &str, variables: &RefCell<BTreeSet<String>>) -> Option<Node> {
    let note = |name: &str| {
        variables.borrow_mut().insert(name.to_owned());
        Some(name.to_owned())
    };
    parse("", text, &note, &Problems::new())
}

/// The sections of a process file that a platform does not write itself.
fn kept(process: &str) -> String {
    let (mut kept, mut keeps) = (String::new(), false);
    for line in process.lines() {
        if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let key = line.split(':').next().unwrap_or_default();
            keeps = !OWN.contains(&key);
        }
        if keeps {
            kept.extend([line, "\n"]);
        }
    }
    kept
}

fn sets(top: &Node) -> impl Iterator<Item = &Node> {
    let entries = match top.at("api_keys").map(|keys| &keys.value) {
        Some(Value::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|(_, set)| set)
}

/// Whether a set of API keys is kept in the store: what it says, or that it names no other place.
fn is_stored(set: &Node) -> bool {
    let listed = ["keys", "file", "environment", "folder"];
    match set.at("store").map(|store| &store.value) {
        Some(Value::Bool(stored)) => *stored,
        _ => listed.iter().all(|place| set.at(place).is_none()),
    }
}

/// Whether a path can stand in any file as it is.
fn is_plain(path: &str) -> bool {
    path.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}

fn push(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}

/// A text as a scalar of YAML behind a key, `depth` spaces in: a block where it can be one.
pub(super) fn block(text: &str, depth: usize) -> String {
    let plain = |letter: char| letter == '\n' || !letter.is_control() && letter != '\u{feff}';
    let at_once = text
        .lines()
        .next()
        .is_some_and(|line| !line.starts_with(' ') && !line.is_empty());
    if !at_once || !text.chars().all(plain) {
        return format!(" {}", serde_json::Value::from(text));
    }
    let indent = " ".repeat(depth);
    let lines = text.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("\n{indent}{line}"),
    });
    let ending = if text.ends_with('\n') { "" } else { "-" };
    format!(" |{ending}{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_files_are_known_by_their_names() {
        let policy = "issuers:\n  a: { issuer: a, audience: b, secret: \"${SECRET}\" }\n  \
                      b: { issuer: b, audience: b, jwks_file: keys.json }\n\
                      api_keys:\n  k: { environment: KEYS }\n  l: { prefix: a_ }\n\
                      webhooks:\n  w: { preset: github, secrets: { file: ../secrets/w } }\n  \
                      v: { preset: github, secrets: { file: github.secret } }\n";
        let process = "listen: ${LISTEN}\n# of listen\nstore: ${DATABASE_URL}\n";
        let home = Home::of(policy.to_owned(), process);
        assert_eq!(home.variables, ["DATABASE_URL", "KEYS", "SECRET"]);
        assert_eq!(home.files, ["keys.json", "github.secret"]);
        assert_eq!(home.elsewhere, ["../secrets/w"]);
        assert_eq!(home.process, "store: ${DATABASE_URL}\n");
        assert!(home.stored_keys && home.has_store && !home.has_redis);
    }

    #[test]
    fn keys_that_are_listed_need_no_store() {
        let stored = |set: &str| {
            let home = Home::of(format!("api_keys:\n  k: {set}\n"), "");
            home.stored_keys
        };
        assert!(!stored("{ file: keys.yaml }"));
        assert!(stored("{ file: keys.yaml, store: true }"));
        assert!(stored("{}"));
    }

    #[test]
    fn text_stays_what_it_is_inside_another_file() {
        for text in [
            "a: 1\n\nb:\n  - c\n",
            "no end",
            "  begins late\n",
            "\n",
            "tab\there\r\n",
            "# é\n",
        ] {
            let whole = format!("data:\n  it:{}\n  more: 1\n", block(text, 4));
            let node = parse("it", &whole, &|_| None, &Problems::new()).unwrap();
            let read = node
                .at("data")
                .and_then(|data| data.at("it"))
                .and_then(Node::text);
            assert_eq!(read, Some(text), "{whole}");
        }
    }
}
