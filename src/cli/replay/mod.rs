//! `replay`: recorded decisions under another policy.
//!
//! Straight line: arguments -> both policies ([`load`]) -> lines ([`stream`]) -> each record as a request and
//! a caller ([`evidence`]) -> verdicts ([`side`]) -> what differs ([`compare`]) -> sums ([`tally`]) -> text
//! or JSON.
//!
//! Always: what decides are the rules that serve, check by check; a fact that was not recorded makes
//! whatever depends on it unknown, never a guess; what was said of a credential is a recorded fact, for a
//! record holds no credential; nobody on the network is asked.

mod change;
mod compare;
mod document;
mod evidence;
mod holders;
mod load;
mod missing;
mod needs;
mod progress;
mod refusal;
mod report;
mod sections;
mod show;
mod side;
mod signed;
mod stream;
mod tally;
#[cfg(test)]
mod tests;
mod trust;
mod verdict;
mod words;

use std::path::PathBuf;

use super::exit::{Exit, Failure};
use super::files::Files;
use super::output::Output;

use change::Change;
use compare::Comparison;
use load::Named;
use report::Report;
use trust::{Differences, Trust};

pub(in crate::cli) use progress::Progress;
pub(in crate::cli) use words::{number, quoted};

const EXAMPLES: &str = "\
Examples:
  What a changed policy would do to yesterday's callers:
    sidegate replay decisions.log.1 decisions.log --policy new.yaml

  The two policies held against each other on the same requests:
    sidegate replay decisions.log --against policy.yaml --policy new.yaml

  For a pipeline: nobody may lose access, and nothing may be left open:
    sidegate replay decisions.log --policy new.yaml --fail-on allow-to-deny,unknown --json

Ends with 0 when nothing of --fail-on was found, with 1 when something was, with 3 when a policy has
mistakes, when the logs have no decision record, or with --strict when a line is broken, with 4 when a log
cannot be read. Logs are read in JSON (`log.decisions.format: json`). Nobody on the network is asked.";

/// Hold recorded decisions against another policy
///
/// Says which decisions of a log would turn around, by route and reason, with examples. Where the log does
/// not say what a rule reads, the answer is `unknown`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Decision logs, oldest first; `-` reads stdin
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
    #[command(flatten)]
    files: Files,
    /// Policy to compare with, instead of what was recorded
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Examples of each group
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    examples: usize,
    /// Show only these changes; the exit code is not concerned
    #[arg(long, value_name = "CHANGE", value_delimiter = ',')]
    only: Vec<Change>,
    /// What ends with exit code 1
    #[arg(
        long,
        value_name = "CHANGE",
        value_delimiter = ',',
        default_value = "allow-to-deny,deny-to-allow"
    )]
    fail_on: Vec<Change>,
    /// End with exit code 3 when a line of a log is broken
    #[arg(long)]
    strict: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let stdin = arguments.logs.iter().filter(|log| log.as_os_str() == "-");
    if stdin.count() > 1 {
        return Err(Failure::usage("stdin can be read once"));
    }
    let named = Named::by(&arguments.files)?;
    let new = named.load()?;
    let old = arguments.against.as_deref();
    let old = old.map(|file| load::load(file, None)).transpose()?;
    let differences = old
        .as_ref()
        .map(|old| Differences::between(&old.file, &new.file));
    let trust = differences.clone().map(Box::new);
    let trust = trust.map_or(Trust::Assumed, Trust::Compared);
    let comparison = Comparison {
        new: new.side(trust),
        old: old.as_ref().map(|old| old.side(Trust::Assumed)),
        examples: arguments.examples,
    };
    let tally = stream::run(&arguments.logs, &comparison)?;
    let report = Report {
        tally: &tally,
        new: &new,
        old: old.as_ref(),
        logs: &arguments.logs,
        differences: differences.as_ref(),
        only: &arguments.only,
    };
    match arguments.json {
        true => output.line(document::of(&report))?,
        false => show::report(&report, output)?,
    }
    ended(arguments, &report)
}

/// How it ends. Who reads the wrong file must not hear that nothing flips.
fn ended(arguments: &Arguments, report: &Report<'_>) -> Result<Exit, Failure> {
    let tally = report.tally;
    if tally.records.records == 0 {
        return Err(Failure::invalid("there is no decision record to replay"));
    }
    if arguments.strict && tally.broken > 0 {
        return Ok(Exit::Invalid);
    }
    let mut found = arguments.fail_on.iter();
    Ok(match found.any(|change| tally.count(*change).records > 0) {
        true => Exit::Negative,
        false => Exit::Success,
    })
}
