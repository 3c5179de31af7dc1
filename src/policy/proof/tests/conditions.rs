//! A condition may hold and may not: proofs say so, and never take it for a lock.

use std::sync::Arc;

use super::super::{Asker, Difference, Reached, WhoCan};
use super::{compile, policy};
use crate::model::PrincipalKind;

const GUARDED: &str = "
roles: { admin: ['*'], viewer: ['*:read'] }
routes:
  - path: /admin/**
    when: principal.claims.staff == true
  - path: /open/**
    public: true
    when: request.client_ip == '10.0.0.1'
  - path: /fresh/**
    max_age: 5m
";

fn guarded(sentence: &str) -> Vec<String> {
    let (found, problems) = compile(&format!("{GUARDED}invariants: ['{sentence}']\n"));
    assert_eq!(found.is_none(), !problems.is_empty());
    problems
}

#[test]
fn condition_is_no_proof_that_others_stay_out() {
    for sentence in [
        "only role admin reaches /admin/**",
        "nobody reaches /fresh/**",
        "no public route under /open/**",
    ] {
        assert_eq!(guarded(sentence).len(), 1, "{sentence}");
    }
    let problems = guarded("only role admin reaches /admin/**");
    assert!(
        problems[0].contains("if its condition holds"),
        "{problems:?}"
    );
    assert!(
        problems[0].contains("principal.claims.staff"),
        "{problems:?}"
    );
}

/// Up to its day an observed rule lets everybody pass, so no sentence may lean on it.
#[test]
fn observed_rule_is_no_proof_that_others_stay_out() {
    let text = "roles: { admin: ['*'] }\nroutes:\n  - path: /admin/**\n    roles: [admin]\n    observe: { until: 2026-12-31 }\ninvariants: [only role admin reaches /admin/**]\n";
    let (found, problems) = compile(text);
    assert!(found.is_none());
    assert!(problems[0].contains("only observed"), "{problems:?}");
    let (found, problems) = compile(&text.replace("    observe: { until: 2026-12-31 }\n", ""));
    assert!(found.is_some(), "{problems:?}");
}

#[test]
fn route_can_be_held_to_have_a_condition() {
    assert_eq!(
        guarded("every route under /admin/** asks for a condition"),
        Vec::<String>::new()
    );
    assert_eq!(
        guarded("every route under /fresh/** asks for a condition").len(),
        1
    );
}

#[test]
fn questions_show_conditions_as_they_are_written() {
    let policy = policy(GUARDED);
    let asker = Asker {
        kind: PrincipalKind::User,
        roles: vec!["admin".into()],
        scopes: Vec::new(),
        tenant: None,
        issuer: None,
        sources: None,
    };
    let reached = asker.reaches(&policy).unwrap();
    let only_if = |path: &str| {
        let found = reached
            .iter()
            .find(|reach| reach.pattern.contains(path))
            .unwrap();
        match &found.reached {
            Reached::Perhaps(conditions) => conditions.join(" and "),
            other => panic!("{path}: {other:?}"),
        }
    };
    assert_eq!(only_if("/admin"), "principal.claims.staff == true");
    assert_eq!(only_if("/open"), "request.client_ip == '10.0.0.1'");
    assert!(only_if("/fresh").contains("300 s"));
    let request = super::super::super::tests::get("/open/a");
    let opening = WhoCan::make(&policy, &request).opening.unwrap();
    assert!(opening.public);
    assert_eq!(opening.conditions, ["request.client_ip == '10.0.0.1'"]);
}

fn told(old: &str, new: &str) -> String {
    let difference = Difference::between(&policy(old), &policy(new)).unwrap();
    let what = difference
        .changes
        .iter()
        .flat_map(|change| change.what.iter());
    what.map(String::as_str).collect::<Vec<_>>().join("; ")
}

#[test]
fn difference_of_conditions_is_told_and_not_judged() {
    let new = GUARDED.replace("staff == true", "staff == false");
    assert!(told(GUARDED, &new).contains("the condition changed"));
    let new = GUARDED.replace("'10.0.0.1'", "'10.0.0.2'");
    assert!(told(GUARDED, &new).contains("the condition changed"));
    assert_eq!(told(GUARDED, GUARDED), "");
}

/// The same words can mean something else.
#[test]
fn condition_that_reads_otherwise_is_a_difference() {
    let route = |path: &str| format!("routes:\n  - path: {path}\n    when: path.a == 'x'\n");
    assert!(told(&route("/{a}/{b}"), &route("/{b}/{a}")).contains("reads other parts"));
    let granted = |roles: &str| {
        format!(
            "roles: {roles}\nroutes:\n  - path: /**\n    when: \"'users:read' in principal.permissions\"\n"
        )
    };
    let (old, new) = (
        "{ a: ['users:read'], b: [] }",
        "{ a: [], b: ['users:read'] }",
    );
    assert!(told(&granted(old), &granted(new)).contains("others hold the permissions"));
}

#[test]
fn issuers_of_a_policy_are_known_to_questions() {
    let issuers: Vec<Arc<str>> = policy(GUARDED).vocabulary().issuers.to_vec();
    assert_eq!(issuers.len(), 2);
}
