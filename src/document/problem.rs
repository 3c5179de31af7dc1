//! What is wrong with a file, and what would be right.

use std::cell::{Cell, RefCell};
use std::fmt;

use super::notes::{Notes, Question};
use super::shown::{harmless, short};
use super::{Node, Place};

/// The most errors that are kept, and the most warnings: nobody reads more, and a file may be made of
/// nothing else.
const MOST_KEPT: usize = 1_000;
/// The most candidates that a misspelled word is compared with.
const MOST_COMPARED: usize = 500;

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
/// them all. The first thousand errors and the first thousand warnings are kept, the others counted.
#[derive(Debug, Default)]
pub struct Problems {
    found: RefCell<Vec<Problem>>,
    errors: Cell<usize>,
    warnings: Cell<usize>,
    notes: Option<RefCell<Notes>>,
}

impl Problems {
    /// No problems yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// No problems yet, and notes of everything that readers ask for.
    pub fn recording() -> Self {
        Self {
            notes: Some(RefCell::default()),
            ..Self::default()
        }
    }

    /// Adds one. Its texts are shortened, and characters that could drive a terminal are spelled out.
    pub fn add(&self, problem: Problem) {
        let count = match problem.severity {
            Severity::Error => &self.errors,
            Severity::Warning => &self.warnings,
        };
        count.set(count.get() + 1);
        if count.get() <= MOST_KEPT {
            self.found.borrow_mut().push(Problem {
                path: harmless(short(problem.path)),
                message: harmless(short(problem.message)),
                help: problem.help.map(|help| harmless(short(help))),
                ..problem
            });
        }
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
        self.errors.get() > 0
    }

    /// Whether no further error is kept, so that work which only words one better can be spared.
    pub fn is_full(&self) -> bool {
        self.errors.get() >= MOST_KEPT
    }

    /// How many were found, of either severity.
    pub fn len(&self) -> usize {
        self.errors.get() + self.warnings.get()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All that were kept, in the order of the files' lines, and at the end how many there are beside
    /// them.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by(|a, b| a.place.cmp(&b.place));
        for (severity, count, word) in [
            (Severity::Error, self.errors, "errors"),
            (Severity::Warning, self.warnings, "warnings"),
        ] {
            let more = count.get().saturating_sub(MOST_KEPT);
            let last = found.last().map(|last| last.place.clone());
            if let (Some(last), 1..) = (last, more) {
                let place = Place {
                    line: 0,
                    column: 0,
                    ..last
                };
                found.push(Problem {
                    lint: None,
                    severity,
                    place,
                    path: String::new(),
                    message: format!("... and {more} more {word}"),
                    help: None,
                });
            }
        }
        found
    }

    /// What readers asked for; nothing unless it was to be recorded.
    pub fn into_notes(self) -> Notes {
        self.notes.map(RefCell::into_inner).unwrap_or_default()
    }

    /// Whether what readers ask for is recorded.
    pub(super) fn is_recording(&self) -> bool {
        self.notes.is_some()
    }

    pub(super) fn note_section(&self, section: &'static str, refuses_blanks: bool) {
        if let Some(notes) = &self.notes {
            notes.borrow_mut().opened(section).refuses_blanks |= refuses_blanks;
        }
    }

    pub(super) fn note_blank(&self, section: &'static str, key: &'static str) {
        if let Some(notes) = &self.notes {
            notes.borrow_mut().refuses_blank(section, key);
        }
    }

    pub(super) fn note_key(&self, question: Question<'_>) {
        if let Some(notes) = &self.notes {
            notes.borrow_mut().asked(question);
        }
    }

    /// Keys that the code knows and that no file read so far has used, as `section.key`; only of
    /// recorded ones. This is how a test holds the reference files against the code.
    pub fn unused_keys(&self) -> Vec<String> {
        let notes = self.notes.as_ref();
        notes.map_or_else(Vec::new, |notes| notes.borrow().unused_keys())
    }
}

/// The candidate most like `given`, if one is near enough to be what the author meant. Only the first
/// few hundred candidates are looked at.
pub fn closest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = given.chars().count();
    candidates
        .into_iter()
        .take(MOST_COMPARED)
        .filter_map(|candidate| {
            let most = 1 + candidate.len() / 4;
            // No two texts are closer than their lengths.
            if candidate.chars().count().abs_diff(length) > most {
                return None;
            }
            let distance = strsim::damerau_levenshtein(given, candidate);
            (distance <= most).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(count: usize) -> Problems {
        let problems = Problems::new();
        for line in 0..count {
            problems.add(Problem {
                lint: None,
                severity: Severity::Error,
                place: Place {
                    file: "policy.yaml".into(),
                    line: 1 + u32::try_from(line).unwrap(),
                    column: 1,
                },
                path: String::new(),
                message: format!("\x1b[2J{}", "x".repeat(100_000)),
                help: None,
            });
        }
        problems
    }

    #[test]
    fn problems_beyond_a_thousand_are_counted() {
        let many = problems(MOST_KEPT + 5);
        assert!(many.is_full() && many.len() == MOST_KEPT + 5);
        let shown = many.into_sorted();
        assert_eq!(shown.len(), MOST_KEPT + 1);
        let last = shown.last().unwrap().to_string();
        assert_eq!(last, "policy.yaml: error: ... and 5 more errors");
        assert_eq!(problems(MOST_KEPT).into_sorted().len(), MOST_KEPT);
    }

    #[test]
    fn problems_are_short_and_harmless() {
        let shown = problems(1).into_sorted()[0].to_string();
        assert!(shown.len() < 2_000 && shown.contains("\\u{1b}[2J") && !shown.contains('\x1b'));
    }

    #[test]
    fn closest_looks_at_lengths_before_letters() {
        assert_eq!(closest("rols", ["path", "roles"]), Some("roles"));
        assert_eq!(closest(&"x".repeat(1_000_000), ["path", "roles"]), None);
        assert_eq!(closest("größe", ["grösse"]), Some("grösse"));
    }
}
