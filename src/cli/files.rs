//! The two files, as several commands name them.

use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::output::Tone;
use crate::document::{Problem, Severity};

/// The process file and the policy file.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Files {
    /// Process file: listeners, upstreams, limits [env: SIDEGATE_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Policy file: who may do what [env: SIDEGATE_POLICY]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) policy: Option<PathBuf>,
}

impl Files {
    /// The process file, from the command line or the environment.
    pub(in crate::cli) fn config(&self) -> Option<PathBuf> {
        let named = super::variable("SIDEGATE_CONFIG").filter(|path| !path.is_empty());
        self.config.clone().or(named.map(PathBuf::from))
    }
}

/// Fails when a file cannot be opened: that is the environment's fault, not the file's.
pub(in crate::cli) fn readable(path: &Path) -> Result<(), Failure> {
    match std::fs::File::open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::environment(format_args!(
            "cannot read `{}`: {error}",
            path.display()
        ))),
    }
}

/// The environment, as far as it is text.
pub(in crate::cli) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// A problem with its severity in colour, which `tint` gives.
pub(in crate::cli) fn shown(problem: &Problem, tint: impl Fn(Tone, &str) -> String) -> String {
    let (word, tone) = match problem.severity {
        Severity::Error => ("error", Tone::Bad),
        Severity::Warning => ("warning", Tone::Strong),
    };
    let word = match problem.lint {
        Some(lint) => format!("{word}[{lint}]:"),
        None => format!("{word}:"),
    };
    problem.to_string().replacen(&word, &tint(tone, &word), 1)
}

/// How many of the problems are errors, and how many warnings.
pub(in crate::cli) fn counted(problems: &[Problem]) -> (usize, usize) {
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    (errors, problems.len() - errors)
}

/// Counts of errors and warnings in words.
pub(in crate::cli) fn tally((errors, warnings): (usize, usize)) -> String {
    let count = |number: usize, word: &str| match number {
        1 => format!("1 {word}"),
        many => format!("{many} {word}s"),
    };
    match (errors, warnings) {
        (0, warnings) => count(warnings, "warning"),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => {
            format!("{}, {}", count(errors, "error"), count(warnings, "warning"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tally_counts_in_words() {
        assert_eq!(tally((1, 0)), "1 error");
        assert_eq!(tally((2, 1)), "2 errors, 1 warning");
        assert_eq!(tally((0, 2)), "2 warnings");
    }
}
