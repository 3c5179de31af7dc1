//! Windows as files say them.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Method;

use crate::document::Severity;
use crate::webhook::staged::Staged;
use crate::webhook::{Look, Proved};

use super::{END, First, MADE, NOW, UNTIL, read, run, window};

#[test]
fn tenant_has_its_own_window() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.secret");
    let (hook, mistakes) = read(&format!(
        "{{ preset: asana, secrets_by: {{ query: t }}, secrets: {{ acme: {{ file: {}, enrol: {{ until: {UNTIL} }} }}, globex: \"${{OTHER}}\" }} }}",
        file.display()
    ));
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let hook = hook.unwrap();
    let first = First::of_asana(MADE);
    for (target, taken) in [
        ("/in?t=globex", false),
        ("/in?t=nobody", false),
        ("/in", false),
        ("/in?t=acme", true),
    ] {
        let staged = Staged::new(Method::POST, target, &[("x-hook-secret", MADE)]).at(NOW);
        let message = staged.message();
        assert_eq!(
            matches!(hook.look(&message), Look::Enrolment),
            taken,
            "{target}"
        );
        let proved = run(hook.verify(&message, &Bytes::from(first.body.clone())));
        match proved {
            Ok(Proved::Enrolment(enrolling)) if taken => {
                assert_eq!(enrolling.genuine.tenant.as_deref(), Some("acme"));
                assert!(run(enrolling.keep(|| {})).is_ok());
            }
            Err(_) if !taken => {}
            other => panic!("{target}: {other:?}"),
        }
    }
    assert!(file.exists());
}

#[test]
fn mistakes_of_windows_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(at("there"), MADE).unwrap();
    symlink(at("nowhere"), at("link")).unwrap();
    let (there, link, missing, deep) = (at("there"), at("link"), at("new"), at("no/new"));
    let enrol = format!("enrol: {{ until: {UNTIL} }}");
    for (text, wanted) in [
        (
            format!("preset: asana, secrets: {{ file: {missing} }}"),
            "the secret's file cannot be read",
        ),
        (
            format!("preset: github, secrets: {{ file: {missing}, {enrol} }}"),
            "nothing says how the sender would bring its secret",
        ),
        (
            format!("preset: asana, secrets: {{ file: {link}, {enrol} }}"),
            "a link that leads nowhere",
        ),
        (
            format!("preset: asana, secrets: {{ file: {deep}, {enrol} }}"),
            "there is no such folder",
        ),
        (
            format!("preset: asana, secrets: {{ file: {missing}, enrol: {{ until: soon }} }}"),
            "not a point in time",
        ),
        (
            format!("preset: asana, secrets: {{ file: {missing}, enrol: {{}} }}"),
            "until",
        ),
        (format!("preset: asana, secrets: {{ {enrol} }}"), "file"),
        (
            format!("preset: asana, secrets: {{ file: {missing}, {enrol}, mode: 0600 }}"),
            "mode",
        ),
        (
            format!(
                "preset: asana, secrets: [{{ file: {missing}, {enrol} }}, {{ file: {deep}2, {enrol} }}]"
            ),
            "there is no such folder",
        ),
        (
            format!(
                "preset: asana, secrets: [{{ file: {missing}, {enrol} }}, {{ file: {missing}2, {enrol} }}]"
            ),
            "two secrets are to come",
        ),
        (
            format!(
                "preset: asana, secrets: [{{ id: a, secret: {{ file: {missing}, {enrol} }} }}, {{ id: a, secret: \"${{OTHER}}\" }}]"
            ),
            "two are called `a`",
        ),
        (
            format!(
                "preset: asana, secrets: {{ file: {missing}, {enrol} }}, enrolment: {{ input: {{ allow: text }} }}"
            ),
            "a secret that a sender makes has no blanks",
        ),
        (
            format!(
                "preset: asana, secrets: {{ file: {missing}, {enrol} }}, enrolment: {{ input: {{ least: 8 }} }}"
            ),
            "the lengths leave nothing, or too much",
        ),
    ] {
        let (_, mistakes) = read(&format!("{{ {text} }}"));
        let errors = mistakes.iter().filter(|line| line.contains(" error: "));
        let errors: Vec<&String> = errors.collect();
        assert!(
            errors.iter().any(|line| line.contains(wanted)),
            "{text}\n{mistakes:?}"
        );
    }
    let (hook, mistakes) = read(&format!(
        "{{ preset: notion, secrets: {{ file: {there}, {enrol} }} }}"
    ));
    assert!(
        matches!(&mistakes[..], [one] if one.contains("warning[webhook-enrolled]")),
        "{mistakes:?}"
    );
    assert!(hook.is_some_and(|hook| !hook.may_reply()));
}

#[test]
fn window_that_is_over_or_too_long_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let hook = window("asana", folder.path());
    let amiss = |at: u64| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
        let found = hook.amiss(now, Severity::Warning);
        found
            .into_iter()
            .next()
            .map(|problem| (problem.severity, problem.to_string()))
    };
    assert_eq!(amiss(NOW), None);
    assert_eq!(amiss(END - 24 * 3_600), None);
    let (severity, text) = amiss(END - 24 * 3_600 - 1).unwrap();
    assert_eq!(severity, Severity::Error);
    assert!(text.contains("more than 24 hours ahead"), "{text}");
    let (severity, text) = amiss(END).unwrap();
    assert_eq!(severity, Severity::Warning);
    assert!(text.contains("no secret has come"), "{text}");
}
