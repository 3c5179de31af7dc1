//! A report for machines: one object, schema 1.

use serde_json::{Map, Value, json};

use crate::cli::trial::shown;

use super::change::Change;
use super::load::Loaded;
use super::report::{Report, rounded};
use super::tally::{Count, Example, Group, Key, Lack};
use super::verdict::Verdict;

/// The whole report.
pub(super) fn of(report: &Report<'_>) -> Value {
    let tally = report.tally;
    let changes = Change::ALL.iter();
    let changes = changes.map(|change| {
        let found = count(tally.count(*change));
        (change.as_str().to_owned(), found)
    });
    let logs = report.logs.iter().map(|log| log.display().to_string());
    let groups = report.groups();
    let drift = report.drift();
    json!({
        "schema": 1,
        "policy": policy(report.new),
        "against": report.old.map(policy),
        "logs": logs.collect::<Vec<_>>(),
        "records": count(tally.records),
        "other_lines": tally.others,
        "no_decision": count(tally.skipped),
        "changes": changes.collect::<Map<_, _>>(),
        "policies": tally.policies,
        "flips": groups.iter().map(|group| flip(report, group)).collect::<Vec<_>>(),
        "unknown": report.lacks().iter().map(|lack| unknown(report, lack)).collect::<Vec<_>>(),
        "drift": drift.iter().map(|group| flip(report, group)).collect::<Vec<_>>(),
        "broken": {
            "lines": tally.broken,
            "first": tally.broken_lines.iter().map(|(at, problem)| json!({
                "log": report.log(*at),
                "line": at.line,
                "problem": problem,
            })).collect::<Vec<_>>(),
        },
        "notes": report.notes(),
    })
}

fn policy(loaded: &Loaded) -> Value {
    json!({
        "file": loaded.file.display().to_string(),
        "version": loaded.world.engine.version().as_ref(),
    })
}

/// Both what was recorded and what that stands for.
fn count(count: Count) -> Value {
    json!({ "records": count.records, "requests": rounded(count) })
}

fn verdict(verdict: Verdict, route: Option<&str>) -> Value {
    let reason = verdict.reason();
    json!({
        "decision": verdict.word(),
        "reason": reason.map(|reason| reason.code()),
        "status": reason.map(|reason| reason.status().as_u16()),
        "route": route,
    })
}

fn flip(report: &Report<'_>, (key, group): &(&Key, &Group)) -> Value {
    json!({
        "change": key.change.as_str(),
        "before": verdict(key.before, key.route_before.as_deref()),
        "after": verdict(key.after, key.route_after.as_deref()),
        "records": group.count.records,
        "requests": rounded(group.count),
        "subjects": group.subjects(),
        "examples": examples(report, group),
    })
}

fn unknown(
    report: &Report<'_>,
    ((what, why), lack): &(
        &(super::missing::What, std::borrow::Cow<'static, str>),
        &Lack,
    ),
) -> Value {
    let readers = lack.readers.iter();
    let readers = readers
        .map(|(route, rule)| json!({ "route": route, "rule": rule.map(|rule| rule.as_str()) }));
    json!({
        "fact": what.to_string(),
        "why": why,
        "advice": what.advice(why),
        "readers": readers.collect::<Vec<_>>(),
        "records": lack.group.count.records,
        "requests": rounded(lack.group.count),
        "examples": examples(report, &lack.group),
    })
}

fn examples(report: &Report<'_>, group: &Group) -> Vec<Value> {
    let examples = group.examples.iter();
    examples
        .map(|example| of_example(report, example))
        .collect()
}

fn of_example(report: &Report<'_>, example: &Example) -> Value {
    let check = example.told.as_ref().map(|(rule, told)| {
        json!({ "rule": rule.as_str(), "asks": told.asks, "has": told.has, "enough": told.enough })
    });
    json!({
        "log": report.log(example.at),
        "line": example.at.line,
        "time": example.time.map(shown),
        "method": example.method,
        "path": example.path,
        "subject": example.subject,
        "roles": example.roles,
        "request_id": example.request_id,
        "check": check,
        "detail": example.detail,
        "explain": report.hint(example.at),
    })
}
