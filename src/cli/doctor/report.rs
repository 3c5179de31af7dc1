//! What is said of the checks: before, and after.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};

use super::checks::ALL;
use super::finding::{Check, Finding, Outcome};
use super::probe::To;
use super::site::Site;

/// How wide the names are.
const NAMES: usize = 20;

/// What would be sent, and nothing is.
pub(super) fn planned(checks: &[Check], site: &Site, output: Output) -> std::io::Result<()> {
    for check in checks {
        let name = output.tint(Tone::Strong, check.kind.name);
        match &check.unable {
            Some(why) => output.line(format_args!("{name}: not checked: {why}"))?,
            None => output.line(format_args!("{name}: {}", check.kind.asks))?,
        }
        for probe in &check.probes {
            let to = match probe.to {
                To::Front => &site.front,
                To::Door => site.door.as_ref().unwrap_or(&site.front),
                To::App => site.app.as_ref().unwrap_or(&site.front),
            };
            output.line(format_args!("  {to}  {}", probe.shown()))?;
        }
    }
    let all: usize = checks.iter().map(|check| check.probes.len()).sum();
    output.line(format_args!("{all} requests would be sent; nothing was"))
}

/// One line for each check, and what to do about holes.
pub(super) fn show(findings: &[Finding], output: Output) -> std::io::Result<()> {
    for finding in findings {
        output.line(line(finding, output))?;
        if let Outcome::Hole(seen) = &finding.outcome {
            let rows = [
                ("seen", seen.as_str()),
                ("right", finding.kind.right),
                ("missing", finding.kind.missing),
            ];
            for (what, text) in rows {
                let what = output.tint(Tone::Faint, format!("{what:<8}"));
                output.line(format_args!("      {what} {text}"))?;
            }
        }
    }
    output.line(summary(findings, output))
}

fn line(finding: &Finding, output: Output) -> String {
    let (mark, tone, remark) = match &finding.outcome {
        Outcome::Ok(remark) => ("ok", Tone::Good, remark.as_str()),
        Outcome::Hole(_) => ("HOLE", Tone::Bad, ""),
        Outcome::NotChecked(why) => ("not checked", Tone::Faint, why.as_str()),
    };
    let mark = output.tint(tone, format!("{mark:<11}"));
    let (name, asks) = (finding.kind.name, finding.kind.asks);
    let mut line = format!("{mark} {name:<NAMES$} {asks}");
    if !remark.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(line, " ({remark})");
    }
    line
}

/// How many of each kind.
fn counts(findings: &[Finding]) -> (usize, usize, usize) {
    let count = |kind: fn(&Outcome) -> bool| {
        let outcomes = findings.iter().map(|finding| &finding.outcome);
        outcomes.filter(|outcome| kind(outcome)).count()
    };
    (
        count(|outcome| matches!(outcome, Outcome::Ok(_))),
        count(|outcome| matches!(outcome, Outcome::Hole(_))),
        count(|outcome| matches!(outcome, Outcome::NotChecked(_))),
    )
}

fn summary(findings: &[Finding], output: Output) -> String {
    let (well, holes, unknown) = counts(findings);
    let sent: usize = findings.iter().map(|finding| finding.exchanges.len()).sum();
    let verdict = match holes {
        0 => output.tint(Tone::Good, "no hole found"),
        1 => output.tint(Tone::Bad, "1 hole"),
        holes => output.tint(Tone::Bad, format!("{holes} holes")),
    };
    format!("{verdict}; {well} ok, {unknown} not checked; {sent} requests were sent")
}

/// The same for machines.
pub(super) fn json(findings: &[Finding], site: &Site) -> Value {
    let (well, holes, unknown) = counts(findings);
    json!({
        "schema": 1,
        "front": site.front.to_string(),
        "ok": holes == 0,
        "counts": { "ok": well, "holes": holes, "not_checked": unknown },
        "checks": findings.iter().map(as_json).collect::<Vec<_>>(),
    })
}

fn as_json(finding: &Finding) -> Value {
    let (result, said) = match &finding.outcome {
        Outcome::Ok(remark) => ("ok", remark),
        Outcome::Hole(seen) => ("hole", seen),
        Outcome::NotChecked(why) => ("not_checked", why),
    };
    let sent = finding.exchanges.iter().map(|exchange| {
        json!({
            "request": exchange.probe.shown(),
            "answer": exchange.answer.as_ref().map(super::fate::shown).unwrap_or_else(ToString::to_string),
            "arrived": exchange.arrived.iter().map(|arrival| &arrival.line).collect::<Vec<_>>(),
        })
    });
    json!({
        "name": finding.kind.name,
        "asks": finding.kind.asks,
        "result": result,
        "detail": said,
        "right": finding.kind.right,
        "missing": finding.kind.missing,
        "requests": sent.collect::<Vec<_>>(),
    })
}

/// A set-up with a hole is not as it should be.
pub(super) fn exit(findings: &[Finding]) -> Exit {
    match counts(findings).1 {
        0 => Exit::Success,
        _ => Exit::Negative,
    }
}

/// The names of all checks, and what each says, for `--help`.
pub(super) fn listed() -> String {
    let lines = ALL
        .iter()
        .map(|kind| format!("  {:<NAMES$} {}", kind.name, kind.asks));
    let lines: Vec<String> = lines.collect();
    format!("Checks:\n{}", lines.join("\n"))
}
