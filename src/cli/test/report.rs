//! What a run says, to people and to programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::files;
use crate::cli::output::{Output, Tone};

use super::coverage::{Coverage, Covered};
use super::outcome::Outcome;
use super::suite::Suite;

/// What came of a run.
pub(super) struct Report<'r> {
    pub(super) results: &'r [Outcome<'r>],
    pub(super) coverage: Option<&'r [Coverage]>,
    pub(super) verbose: bool,
}

impl Report<'_> {
    /// Whether there are cases and all of them pass.
    pub(super) fn is_good(&self) -> bool {
        !self.results.is_empty() && self.failed() == 0
    }

    /// Whether the cases touch all there is.
    pub(super) fn is_covered(&self) -> bool {
        self.coverage.into_iter().flatten().all(Coverage::is_whole)
    }

    fn failed(&self) -> usize {
        self.results
            .iter()
            .filter(|outcome| !outcome.passed())
            .count()
    }

    pub(super) fn show(&self, output: Output) -> std::io::Result<()> {
        for outcome in self.results {
            if !outcome.passed() {
                show_failure(outcome, output)?;
            } else if self.verbose {
                let word = output.tint(Tone::Good, "ok  ");
                let actual = output.tint(Tone::Faint, outcome.actual());
                output.line(format_args!("{word} {}: {actual}", outcome.case.name))?;
            }
        }
        for coverage in self.coverage.into_iter().flatten() {
            show_coverage(coverage, output)?;
        }
        let (total, failed) = (self.results.len(), self.failed());
        let tone = if self.is_good() {
            Tone::Good
        } else {
            Tone::Bad
        };
        output.line(output.tint(tone, tally(total, failed)))
    }

    pub(super) fn as_json(&self) -> Value {
        let (total, failed) = (self.results.len(), self.failed());
        let cases: Vec<Value> = self.results.iter().map(as_json).collect();
        let mut report = json!({
            "schema": 1,
            "ok": self.is_good(),
            "cases": total,
            "passed": total - failed,
            "failed": failed,
            "results": cases,
        });
        if let (Some(coverage), Some(members)) = (self.coverage, report.as_object_mut()) {
            let coverage: Vec<Value> = coverage.iter().map(coverage_as_json).collect();
            members.insert("coverage".to_owned(), coverage.into());
        }
        report
    }
}

/// What was sent, what was expected of it, and what came of it.
fn show_failure(outcome: &Outcome<'_>, output: Output) -> std::io::Result<()> {
    let (word, case) = (output.tint(Tone::Bad, "FAIL"), outcome.case);
    output.line(format_args!("{word} {}: {}", case.place, case.name))?;
    output.line(format_args!("  sent      {}", outcome.sent()))?;
    for difference in &outcome.differences {
        let wanted = difference.trim_start_matches("expected ");
        output.line(format_args!("  expected  {wanted}"))?;
    }
    output.line(format_args!("  got       {}", outcome.actual()))?;
    let mut notes = outcome.notes().into_iter();
    notes.try_for_each(|note| output.line(format_args!("  note      {note}")))
}

/// `42 cases, 41 passed, 1 failed`.
pub(super) fn tally(total: usize, failed: usize) -> String {
    match total {
        0 => "no cases".to_owned(),
        1 => format!("1 case, {} passed, {failed} failed", total - failed),
        _ => format!("{total} cases, {} passed, {failed} failed", total - failed),
    }
}

fn show_coverage(coverage: &Coverage, output: Output) -> std::io::Result<()> {
    output.line(output.tint(Tone::Strong, coverage.policy.display()))?;
    for covered in &coverage.kinds {
        let touched = covered.total - covered.missing.len();
        let plural = if covered.total == 1 { "" } else { "s" };
        let count = format!("{touched} of {} {}{plural}", covered.total, covered.kind);
        match covered.missing.is_empty() {
            true if covered.total == 0 => {}
            true => output.line(format_args!("  {count}"))?,
            false => output.line(format_args!("  {}", output.tint(Tone::Bad, count)))?,
        }
        for name in &covered.missing {
            output.line(format_args!("    {}", untouched(covered, name)))?;
        }
    }
    Ok(())
}

fn untouched(covered: &Covered, name: &str) -> String {
    match covered.kind {
        "rule" => format!("no case is refused by {name}"),
        "reason" => format!("no case is refused with {name}"),
        "role" | "scope" => format!("no case has the {} {name}", covered.kind),
        "key set" => format!("no case is let in with an API key of {name}"),
        "permission" => format!("no case needs the permission {name}"),
        kind => format!("no case comes to the {kind} {name}"),
    }
}

fn as_json(outcome: &Outcome<'_>) -> Value {
    let verdict = &outcome.verdict;
    let decided_by = verdict.decided_by().map(|checked| checked.rule.as_str());
    json!({
        "name": outcome.case.name,
        "file": outcome.file.display().to_string(),
        "line": outcome.case.place.line,
        "key": outcome.key,
        "passed": outcome.passed(),
        "expected": outcome.case.expect.decision(),
        "differences": outcome.differences,
        "decision": if verdict.denied().is_none() { "allow" } else { "deny" },
        "reason": verdict.reason().map(|reason| reason.code()),
        "status": verdict.status(),
        "route": verdict.route().map(|route| route.name().to_string()),
        "rule": decided_by,
        "detail": verdict.denied().map(|denied| denied.detail.to_string()),
    })
}

fn coverage_as_json(coverage: &Coverage) -> Value {
    let mut kinds = serde_json::Map::new();
    for covered in &coverage.kinds {
        let counts = json!({ "total": covered.total, "missing": covered.missing });
        kinds.insert(format!("{}s", covered.kind.replace(' ', "_")), counts);
    }
    json!({
        "policy": coverage.policy.display().to_string(),
        "complete": coverage.is_whole(),
        "kinds": kinds,
    })
}

/// Says what is wrong with the files.
pub(super) fn mistakes(suites: &[Suite], as_json: bool, output: Output) -> std::io::Result<()> {
    let problems = || suites.iter().flat_map(|suite| &suite.problems);
    if as_json {
        let problems = problems().map(|problem| {
            json!({
                "file": &*problem.place.file,
                "line": problem.place.line,
                "column": problem.place.column,
                "path": problem.path,
                "message": problem.message,
                "help": problem.help,
            })
        });
        let problems: Vec<Value> = problems.collect();
        return output.line(json!({ "schema": 1, "ok": false, "problems": problems }));
    }
    let mut text = String::new();
    for problem in problems() {
        let shown = files::shown(problem, |tone, word| output.tint_note(tone, word));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{shown}");
    }
    output.note(text.trim_end());
    Ok(())
}
