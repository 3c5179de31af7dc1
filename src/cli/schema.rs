//! `schema`: what may stand in the two files, for editors.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use super::exit::{Exit, Failure};
use super::output::Output;
use crate::config::ProcessConfig;
use crate::credential;
use crate::document::{Fields, Notes, Problems, Subject, parse};
use crate::policy;

const EXAMPLES: &str = "\
Examples:
  sidegate schema --out policy.schema.json
  sidegate schema process --out sidegate.schema.json

An editor with a YAML language server completes and checks a file whose first line is
  # yaml-language-server: $schema=policy.schema.json

Ends with 0, or with 4 when the file cannot be written.";

/// Print a JSON Schema of the policy file or the process file
///
/// With it an editor completes keys, says what they mean, and marks mistakes while a file is written.
/// It says what may stand where; `check` knows more, such as whether a role exists.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Which file
    #[arg(value_enum, default_value_t = File::Policy)]
    file: File,
    /// Write it to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum File {
    /// Who may do what
    Policy,
    /// Listeners, upstreams, limits
    Process,
}

/// Files that use every key, by name: readers show what they take when they read them.
type References = [(&'static str, &'static str)];

const POLICY: &References = &[(
    "reference.policy.yaml",
    include_str!("../../config/reference.policy.yaml"),
)];

const PROCESS: &References = &[
    (
        "reference.sidegate.yaml",
        include_str!("../../config/reference.sidegate.yaml"),
    ),
    ("the short forms", SHORT_FORMS),
];

/// What cannot stand beside its long form in one file.
const SHORT_FORMS: &str = "\
# Short for one of `listeners`: an address, or a listener.
listen: 0.0.0.0:8080
# Short for `door` in the one listener that `listen` is short for.
door: proxy
# Short for `upstreams.default.url`, or for `upstreams.default`.
upstream: http://127.0.0.1:9000
trusted_proxies:
  # How many proxies in a row are believed, instead of `cidrs`; at most 16.
  count: 1
";

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{:#}", arguments.file.schema());
    let Some(path) = &arguments.out else {
        output.line(text)?;
        return Ok(Exit::Success);
    };
    std::fs::write(path, text + "\n").map_err(|error| {
        Failure::environment(format_args!("cannot write `{}`: {error}", path.display()))
    })?;
    Ok(Exit::Success)
}

impl File {
    fn schema(self) -> Value {
        self.notes().schema(self.subject())
    }

    fn subject(self) -> Subject<'static> {
        let (title, references) = match self {
            Self::Policy => ("sidegate policy file", POLICY),
            Self::Process => ("sidegate process file", PROCESS),
        };
        Subject {
            top: self.top(),
            title,
            references,
            alike: &[("defaults", "route")],
            // The environment and flags may say what the file does not.
            layered: self == Self::Process,
        }
    }

    /// The section that the file is.
    fn top(self) -> &'static str {
        match self {
            Self::Policy => "policy file",
            Self::Process => "process file",
        }
    }

    fn notes(self) -> Notes {
        let problems = Problems::recording();
        match self {
            Self::Policy => POLICY.iter().for_each(|one| read_policy(*one, &problems)),
            Self::Process => PROCESS.iter().for_each(|one| read_process(*one, &problems)),
        }
        problems.into_notes()
    }
}

/// A variable stands for itself, so that examples show it as it is written.
fn verbatim(name: &str) -> Option<String> {
    Some(format!("${{{name}}}"))
}

fn read_policy((name, text): (&str, &str), problems: &Problems) {
    let top = parse(name, text, &verbatim, problems);
    let fields = top
        .as_ref()
        .and_then(|top| Fields::of(top, File::Policy.top(), problems));
    if let Some(mut fields) = fields {
        credential::Config::read(&mut fields, problems);
        policy::Config::read(&mut fields, problems);
        fields.finish();
    }
}

fn read_process((name, text): (&str, &str), problems: &Problems) {
    if let Some(top) = parse(name, text, &verbatim, problems) {
        ProcessConfig::read(&top, problems);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_shape_and_every_section_a_key_that_leads_to_it() {
        for file in [File::Policy, File::Process] {
            let gaps = file.notes().gaps(file.top());
            assert!(gaps.is_empty(), "{file:?}:\n{}", gaps.join("\n"));
        }
    }

    #[test]
    fn every_key_is_described_by_a_comment_above_it() {
        for file in [File::Policy, File::Process] {
            let missing = file.notes().undescribed_keys(file.subject());
            let what = "write a comment above one of their places in config/reference.*.yaml";
            assert!(missing.is_empty(), "{file:?}: {missing:?}: {what}");
        }
    }

    #[test]
    fn every_key_of_the_reference_files_is_asked_for() {
        let problems = Problems::recording();
        POLICY.iter().for_each(|one| read_policy(*one, &problems));
        PROCESS.iter().for_each(|one| read_process(*one, &problems));
        let found = problems.into_sorted();
        let unknown = found
            .iter()
            .filter(|problem| problem.message.starts_with("unknown key"));
        let unknown: Vec<String> = unknown.map(ToString::to_string).collect();
        assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    }
}
