//! What the process file may ask for.

use super::*;
use crate::document::{Problems, parse};

fn read(text: &str) -> (LogSettings, Vec<String>) {
    let problems = Problems::new();
    let text = format!("log: {{ decisions: {text} }}");
    let node = parse("sidegate.yaml", &text, &|_| None, &problems).unwrap();
    let settings = LogSettings::read(node.at("log"), &problems);
    let problems = problems.into_sorted();
    (settings, problems.iter().map(ToString::to_string).collect())
}

fn fine(text: &str) -> LogSettings {
    let (settings, problems) = read(text);
    assert!(problems.is_empty(), "{problems:?}");
    settings
}

#[track_caller]
fn refused(text: &str, wanted: &[&str]) {
    let (_, problems) = read(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    for part in wanted {
        assert!(problems[0].contains(part), "{}", problems[0]);
    }
}

#[test]
fn word_and_map_say_the_same() {
    for word in ["all", "denied", "off"] {
        assert_eq!(fine(word), fine(&format!("{{ record: {word} }}")));
    }
    assert_eq!(fine("{}"), LogSettings::default());
}

#[test]
fn every_key_of_the_map_is_read() {
    let decisions = fine(
        "{ record: denied, format: text, file: /x.log, rotate: { size: 1 MiB, keep: 2 }, \
         sample_allowed: 0.25, redact: [subject, headers.X-Org, claims.a.b] }",
    )
    .decisions;
    assert_eq!(decisions.record, Decisions::Denied);
    assert_eq!(decisions.format, Some(LogFormat::Text));
    assert_eq!(decisions.file.as_deref(), Some("/x.log".as_ref()));
    let rotation = Rotation {
        size: 1 << 20,
        keep: 2,
    };
    assert_eq!(decisions.rotation, Some(rotation));
    assert_eq!(decisions.sample_allowed, Share::of(0.25).unwrap());
    let redaction = &decisions.redaction;
    assert!(redaction.hidden.has(Redactable::Subject));
    assert!(!redaction.hidden.has(Redactable::Path));
    assert!(redaction.headers.contains("x-org") && !redaction.headers.contains("x"));
    assert!(redaction.claims.contains("a") && !redaction.claims.contains("a.b"));
    assert!(!redaction.query.contains("q"));
}

#[test]
fn file_is_for_programs_and_rotated_unless_it_says_otherwise() {
    let file = fine("{ file: x.log }");
    assert_eq!(file.format_of_decisions(), LogFormat::Json);
    assert_eq!(file.decisions.rotation, Some(Rotation::default()));
    let text = fine("{ file: x.log, format: text, rotate: off }");
    assert_eq!(text.format_of_decisions(), LogFormat::Text);
    assert_eq!(text.decisions.rotation, None);
    assert_eq!(fine("all").format_of_decisions(), LogFormat::Text);
}

#[test]
fn share_is_a_fraction_or_a_percentage() {
    for (text, wanted) in [
        ("0.1", "0.1"),
        ("10%", "0.1"),
        ("'2.5 %'", "0.025"),
        ("0.000001", "0.000001"),
        ("1", "1"),
        ("100%", "1"),
        ("0", "0"),
        ("0%", "0"),
        ("'0.5'", "0.5"),
    ] {
        let share = fine(&format!("{{ sample_allowed: {text} }}"))
            .decisions
            .sample_allowed;
        assert_eq!(share.to_string(), wanted, "{text}");
    }
    for text in [
        "2",
        "-0.1",
        "1.5",
        "110%",
        "often",
        ".nan",
        "0.0000001",
        "[1]",
    ] {
        let wanted = [
            "`log.decisions.sample_allowed`",
            "a share from 0 to 1",
            "`10%`",
        ];
        refused(&format!("{{ sample_allowed: {text} }}"), &wanted);
    }
}

#[test]
fn what_no_record_has_cannot_be_redacted() {
    refused(
        "{ redact: [subjet] }",
        &["redact[0]", "no `subjet`", "did you mean `subject`?"],
    );
    refused(
        "{ redact: header.x-org }",
        &["did you mean `headers.x-org`?"],
    );
    refused("{ redact: headers.a b }", &["the name of a header"]);
    refused("{ redact: claims.a..b }", &["the name of a claim"]);
    refused(
        "{ redact: query. }",
        &["did you mean `query`?", "Known: host, path"],
    );
    refused("{ redact: token }", &["known: host, path"]);
}

#[test]
fn mistakes_are_named_with_their_place() {
    refused(
        "some",
        &["`log.decisions`", "known: `all`, `denied`, `off`"],
    );
    refused(
        "{ recrod: all }",
        &["unknown key `recrod`", "did you mean `record`?"],
    );
    refused("{ record: }", &["without a value"]);
    refused(
        "{ rotate: { size: 1 MiB } }",
        &["standard output cannot be rotated"],
    );
    refused("{ file: x, rotate: { size: 1 KiB } }", &["at least 64 KiB"]);
    refused("{ file: x, rotate: { keep: 0 } }", &["from 1 to 1000"]);
    refused("{ file: x, rotate: on }", &["known: `off`"]);
}
