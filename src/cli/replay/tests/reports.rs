//! What is counted, and what is shown of it.

use std::path::PathBuf;

use super::super::report::Report;
use super::super::{document, stream};
use super::*;

const CLOSED: &str =
    "roles: { viewer: [], admin: [] }\nroutes: [ { path: /**, name: all, roles: [admin] } ]\n";

fn reported(new: &Loaded, tally: &Tally, only: &[Change]) -> Value {
    let logs = [PathBuf::from("a log")];
    document::of(&Report {
        tally,
        new,
        old: None,
        logs: &logs,
        differences: None,
        only,
    })
}

#[test]
fn flips_are_grouped_by_route_and_reason_with_examples() {
    let new = policy(CLOSED);
    let of = |subject: &str| record(json!({ "subject": subject, "request_id": "r-1" }));
    let records = [of("bob"), of("bob"), of("eve")];
    let report = reported(&new, &tally(&new, None, &records), &[]);
    let flip = &report["flips"][0];
    assert_eq!(report["flips"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&flip["change"], &flip["records"], &flip["subjects"]),
        (&json!("allow_to_deny"), &json!(3), &json!(2))
    );
    assert_eq!(flip["before"]["route"], "/**");
    assert_eq!(
        flip["after"],
        json!({ "decision": "deny", "reason": "INSUFFICIENT_ROLE", "status": 403, "route": "all" })
    );
    assert_eq!(flip["examples"].as_array().unwrap().len(), 2);
    let example = &flip["examples"][1];
    assert_eq!(
        (&example["line"], &example["log"]),
        (&json!(2), &json!("a log"))
    );
    assert_eq!(
        (&example["check"]["asks"], &example["check"]["has"]),
        (&json!("admin"), &json!("viewer"))
    );
    let explain = example["explain"].as_str().unwrap();
    assert!(explain.starts_with("sed -n 2p 'a log' | sidegate explain --policy "));
    assert_eq!(report["schema"], 1);
}

#[test]
fn only_what_is_asked_for_is_shown() {
    let new = policy(CLOSED);
    let records = [record(json!({})), record(json!({ "path": "[redacted]" }))];
    let tally = tally(&new, None, &records);
    let report = reported(&new, &tally, &[Change::Unknown]);
    assert_eq!(report["flips"], json!([]));
    assert_eq!(report["unknown"][0]["fact"], "path");
    let report = reported(&new, &tally, &[Change::AllowToDeny]);
    assert_eq!(report["unknown"], json!([]));
    assert_eq!(report["changes"]["unknown"]["records"], 1);
}

#[test]
fn sampled_record_stands_for_several_requests() {
    let new = policy(CLOSED);
    let sampled = record(json!({ "sample": 0.1 }));
    let report = reported(&new, &tally(&new, None, &[sampled, record(json!({}))]), &[]);
    let both = json!({ "records": 2, "requests": 11 });
    assert_eq!(report["records"], both);
    assert_eq!(report["changes"]["allow_to_deny"], both);
}

#[test]
fn broken_line_is_counted_and_named_and_never_quoted() {
    let new = policy(CLOSED);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let good = record(json!({})).to_string();
    let broken = "{\"event\":\"decision\",\"schema\":1,\"secret";
    let text = format!("{good}\n\nnot a record\n{broken}\n{{\"level\":\"info\"}}\n{good}");
    std::fs::write(&log, text).unwrap();
    let comparison = Comparison {
        new: new.side(Trust::Assumed),
        old: None,
        examples: 3,
    };
    let Ok(tally) = stream::run(&[log], &comparison) else {
        panic!("the log can be read");
    };
    assert_eq!(
        (tally.records.records, tally.others, tally.broken),
        (2, 3, 1)
    );
    let (at, problem) = &tally.broken_lines[0];
    assert_eq!(at.line, 4);
    assert!(problem.starts_with("the line breaks off"), "{problem}");
    assert!(!reported(&new, &tally, &[]).to_string().contains("secret"));
}

/// Several chunks for several threads give what one pass gives, in the order of the lines.
#[test]
fn large_log_is_counted_in_the_order_of_its_lines() {
    let new = policy(CLOSED);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let line = |number: usize| {
        let roles = if number.is_multiple_of(3) {
            "admin"
        } else {
            "viewer"
        };
        record(json!({ "subject": format!("u{number}"), "roles": [roles] })).to_string()
    };
    let lines: Vec<String> = (1..=9000).map(line).collect();
    std::fs::write(&log, lines.join("\n")).unwrap();
    let comparison = Comparison {
        new: new.side(Trust::Assumed),
        old: None,
        examples: 3,
    };
    let Ok(tally) = stream::run(&[log.clone(), log], &comparison) else {
        panic!("the log can be read");
    };
    assert_eq!(tally.records.records, 18_000);
    assert_eq!(tally.count(Change::Same).records, 6000);
    let group = tally.groups.values().next().unwrap();
    assert_eq!((group.count.records, group.subjects()), (12_000, 6000));
    let lines: Vec<u64> = group.examples.iter().map(|found| found.at.line).collect();
    assert_eq!(lines, [1, 2, 4]);
}
