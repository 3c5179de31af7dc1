//! `test`: cases that say what a policy must decide, held against what it decides.
//!
//! Straight line: arguments -> files ([`suite`]) -> cases ([`file`], one for each combination of a table) ->
//! decisions ([`run`]) -> report, coverage, JUnit, or the list of cases for another harness.
//!
//! Always: what decides is the engine that serves; nobody on the network is asked; a case that cannot be
//! read, or that names what the policy does not have, is a mistake in the file and no failing case.

mod answer;
mod api_key;
mod caller;
mod case;
mod coverage;
mod each;
mod expect;
mod file;
mod junit;
mod key;
mod list;
mod outcome;
mod report;
mod request;
mod suite;
mod table;
#[cfg(test)]
mod tests;
mod webhook;

use std::path::PathBuf;

use super::exit::{Exit, Failure};
use super::files::Files;
use super::output::Output;
use super::trial::flag_or_now;

use suite::Suite;

const EXAMPLES: &str = "\
Examples:
  The cases beside a policy (cases.yaml and *.cases.yaml):
    sidegate test --policy policy.yaml

  One file, which names its policy; every case; what no case touched:
    sidegate test cases.yaml --verbose --coverage

  For a pipeline: a report for machines, and a failure when something is left out:
    sidegate test --policy policy.yaml --junit report.xml --require-coverage

  The cases with their tokens, for a harness that sends them:
    sidegate test --policy policy.yaml --list --jwks-out keys/ --now now

Ends with 0 when every case passes, with 1 when one fails or there is none, with 3 when the policy or a
file of cases has mistakes, with 4 when a file cannot be read. Nobody on the network is asked.";

/// Hold cases against a policy
///
/// A case is a request, who sends it, and what must come of it. The engine that serves decides; keys and
/// missing secrets are made up on the spot.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Files of cases, or folders of them [default: cases.yaml and *.cases.yaml beside the policy]
    #[arg(value_name = "CASES")]
    cases: Vec<PathBuf>,
    #[command(flatten)]
    files: Files,
    /// List every case, not only those that fail
    #[arg(long, short)]
    verbose: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Write a JUnit report to this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// List what of the policy no case touched
    #[arg(long)]
    coverage: bool,
    /// The same, and fail when there is anything
    #[arg(long)]
    require_coverage: bool,
    /// Run only the cases whose names hold this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Judge nothing: print the cases as one JSON object, each with its request and its token
    #[arg(long)]
    list: bool,
    /// Write the key sets that verify the tokens into this folder, one file for each issuer
    #[arg(long, value_name = "FOLDER")]
    jwks_out: Option<PathBuf>,
    /// When cases happen that do not say: RFC 3339, seconds since 1970, or `now`
    /// [default: 2026-01-01T00:00:00Z]
    #[arg(long, value_name = "TIME", value_parser = flag_or_now)]
    now: Option<std::time::SystemTime>,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let suites = suite::load(arguments)?;
    let broken = suites.iter().any(Suite::is_broken);
    if broken {
        report::mistakes(&suites, arguments.json, output)?;
        return Ok(Exit::Invalid);
    }
    if let Some(folder) = &arguments.jwks_out {
        list::write_key_sets(folder, &suites)?;
    }
    if arguments.list {
        output.line(list::document(&suites, arguments.jwks_out.as_deref())?)?;
        return Ok(Exit::Success);
    }
    let results = outcome::run(&suites)?;
    if let (true, Some(text)) = (results.is_empty(), &arguments.filter) {
        output.note(format_args!("no case has `{text}` in its name"));
    }
    let coverage = arguments.coverage || arguments.require_coverage;
    let coverage = coverage.then(|| coverage::of(&suites, &results));
    if let Some(file) = &arguments.junit {
        let text = junit::document(&results);
        std::fs::write(file, text).map_err(|error| {
            Failure::environment(format_args!("cannot write `{}`: {error}", file.display()))
        })?;
    }
    let report = report::Report {
        results: &results,
        coverage: coverage.as_deref(),
        verbose: arguments.verbose,
    };
    match arguments.json {
        true => output.line(report.as_json())?,
        false => report.show(output)?,
    }
    let whole = !arguments.require_coverage || report.is_covered();
    Ok(match report.is_good() && whole {
        true => Exit::Success,
        false => Exit::Negative,
    })
}
