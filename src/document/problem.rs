//! What is wrong with a file, and what would be right.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use super::{Node, Place};

/// Whether a problem stops the file from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file works, but not as its author may think.
    Warning,
}

/// One mistake: where it stands, what it is, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// The name by which a warning can be silenced in the file; errors have none.
    pub lint: Option<&'static str>,
    /// File, line and column.
    pub place: Place,
    /// The key path, such as `routes[2].roles`; empty when the file as a whole is meant.
    pub path: String,
    /// What is wrong: lower case, without a full stop.
    pub message: String,
    /// What would be right, when that can be said.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}: {severity}", self.place)?;
        if let Some(lint) = self.lint {
            write!(f, "[{lint}]")?;
        }
        f.write_str(": ")?;
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// The mistakes found so far.
///
/// Readers share it by reference and go on after each mistake, so that one run of `check` names
/// them all.
#[derive(Debug, Default)]
pub struct Problems {
    found: RefCell<Vec<Problem>>,
    asked: RefCell<BTreeSet<(&'static str, &'static str)>>,
    given: RefCell<BTreeSet<(&'static str, &'static str)>>,
}

impl Problems {
    /// No problems yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn add(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    /// An error at a node.
    pub fn error(&self, node: &Node, message: impl Into<String>) {
        self.at(node, message.into(), None);
    }

    /// An error at a node, with what would be right.
    pub fn error_with(&self, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        self.at(node, message.into(), Some(help.into()));
    }

    /// A warning at a node, with what would be better. It has a name, by which a file can silence it.
    pub fn warn(
        &self,
        lint: &'static str,
        node: &Node,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Problem {
            severity: Severity::Warning,
            lint: Some(lint),
            place: node.place.clone(),
            path: node.path.to_string(),
            message: message.into(),
            help: Some(help.into()),
        });
    }

    fn at(&self, node: &Node, message: String, help: Option<String>) {
        self.add(Problem {
            severity: Severity::Error,
            lint: None,
            place: node.place.clone(),
            path: node.path.to_string(),
            message,
            help,
        });
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.found
            .borrow()
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// How many there are, of either severity.
    pub fn len(&self) -> usize {
        self.found.borrow().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// All of them, in the order of the files' lines.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by(|a, b| a.place.cmp(&b.place));
        found
    }

    pub(super) fn note_key(&self, section: &'static str, key: &'static str, given: bool) {
        self.asked.borrow_mut().insert((section, key));
        if given {
            self.given.borrow_mut().insert((section, key));
        }
    }

    /// Keys that the code knows and that no file read so far has used, as `section.key`. This is
    /// how a test holds the reference files against the code.
    pub fn unused_keys(&self) -> Vec<String> {
        let (asked, given) = (self.asked.borrow(), self.given.borrow());
        asked
            .difference(&given)
            .map(|(section, key)| format!("{section}.{key}"))
            .collect()
    }
}

/// The candidate most like `given`, if one is near enough to be what the author meant.
pub fn closest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(given, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
