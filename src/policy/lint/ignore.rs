//! `ignore`: lints that a file silences in place, each with a reason.

use std::cell::Cell;
use std::sync::Arc;

use crate::document::{Key, Named, Node, Place, Problem, Problems, Severity, Value, closest};

use super::names::{LINTS, known};
use super::{Cases, IGNORE, UNTESTED};

/// What says that nothing was silenced; it cannot be silenced itself.
const UNUSED: &str = "unused-ignore";

/// What a file silences, and where.
#[derive(Debug, Default)]
pub struct Ignores {
    all: Vec<Ignored>,
    /// What the lints looked for, once they did.
    looked: Cell<Option<Cases>>,
}

/// One lint that is silenced in one section.
#[derive(Debug)]
struct Ignored {
    lint: &'static str,
    /// The key path of the section; empty for the whole file.
    section: Arc<str>,
    place: Place,
    path: Arc<str>,
    used: Cell<bool>,
}

impl Ignores {
    /// Reads `ignore` at the top of a policy file, in its issuers, its routes and its groups of routes.
    /// A lint that does not exist is a mistake, and so is silence without a reason.
    pub fn read(top: &Node, problems: &Problems) -> Self {
        let mut ignores = Self::default();
        ignores.section(top, problems);
        if let Some(Value::Map(issuers)) = top.at("issuers").map(|node| &node.value) {
            for (_, issuer) in issuers {
                ignores.section(issuer, problems);
            }
        }
        ignores.routes(top, problems);
        ignores
    }

    fn routes(&mut self, above: &Node, problems: &Problems) {
        if let Some(Value::List(entries)) = above.at("routes").map(|node| &node.value) {
            for entry in entries {
                self.section(entry, problems);
                self.routes(entry, problems);
            }
        }
    }

    fn section(&mut self, section: &Node, problems: &Problems) {
        let Some(node) = section.at(IGNORE) else {
            return;
        };
        let ignored = Named::of(node, "lints to reasons", problems);
        for (key, reason) in ignored.into_iter().flatten() {
            let Some(lint) = name(key, reason, problems) else {
                continue;
            };
            if !matches!(&reason.value, Value::Text(text) if !text.trim().is_empty()) {
                let message = format!("`{lint}` is silenced without a reason");
                let help = "write in a few words why this is right here";
                problems.error_with(reason, message, help);
            }
            self.all.push(Ignored {
                lint,
                section: Arc::clone(&section.path),
                place: key.place.clone(),
                path: Arc::clone(&reason.path),
                used: Cell::new(false),
            });
        }
    }

    /// Whether a warning about the value at this key path is silenced.
    pub(super) fn covers(&self, lint: &str, path: &str) -> bool {
        let mut covered = false;
        for ignored in self.all.iter().filter(|ignored| ignored.lint == lint) {
            if is_within(path, &ignored.section) {
                ignored.used.set(true);
                covered = true;
            }
        }
        covered
    }

    /// Notes that all lints were looked for, as far as is known about cases.
    pub(super) fn looked(&self, cases: Cases) {
        self.looked.set(Some(cases));
    }

    /// Takes out what is silenced and adds what silenced nothing, if all lints were looked for.
    pub fn settle(&self, found: Vec<Problem>) -> Vec<Problem> {
        let silenced = |problem: &Problem| {
            let lint = problem.lint.filter(|lint| *lint != UNUSED);
            lint.is_some_and(|lint| self.covers(lint, &problem.path))
        };
        let mut found = found;
        found.retain(|problem| !silenced(problem));
        let Some(cases) = self.looked.get() else {
            return found;
        };
        let unused = self.all.iter().filter(|ignored| !ignored.used.get());
        let looked = |ignored: &&Ignored| ignored.lint != UNTESTED || cases != Cases::Unknown;
        let before = found.len();
        found.extend(unused.filter(looked).map(Ignored::unused));
        if found.len() > before {
            found.sort_by(|a, b| a.place.cmp(&b.place));
        }
        found
    }
}

impl Ignored {
    fn unused(&self) -> Problem {
        Problem {
            severity: Severity::Warning,
            lint: Some(UNUSED),
            place: self.place.clone(),
            path: self.path.to_string(),
            message: format!("there is no `{}` here to silence", self.lint),
            help: Some("take it out, so that it cannot hide one that comes later".to_owned()),
        }
    }
}

/// The lint that a key names.
fn name(key: &Key, reason: &Node, problems: &Problems) -> Option<&'static str> {
    let found = known(&key.name).filter(|lint| *lint != UNUSED);
    if found.is_none() {
        let names = LINTS.iter().map(|lint| lint.name);
        let (message, help) = match closest(&key.name, names.clone()) {
            _ if key.name == UNUSED => (
                format!("`{UNUSED}` cannot be silenced"),
                "take out what silences nothing instead".to_owned(),
            ),
            Some(near) => (unknown(key), format!("did you mean `{near}`?")),
            None => {
                let names: Vec<_> = names.collect();
                (unknown(key), format!("lints: {}", names.join(", ")))
            }
        };
        problems.add(Problem {
            severity: Severity::Error,
            lint: None,
            place: key.place.clone(),
            path: reason.path.to_string(),
            message,
            help: Some(help),
        });
    }
    found
}

fn unknown(key: &Key) -> String {
    format!("there is no lint `{}`", key.name)
}

/// Whether a key path leads into a section or to it.
fn is_within(path: &str, section: &str) -> bool {
    match path.strip_prefix(section) {
        Some(rest) => section.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']),
        None => false,
    }
}
