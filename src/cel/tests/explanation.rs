//! Why a condition said no.

use super::super::{EvalErrorKind, Outcome, Step};
use super::compile;
use super::facts::{CLAIMS, METHOD, ORG, ROLES, Request};

fn explain(text: &str) -> Vec<Step> {
    compile(text).unwrap().explain(&Request::default())
}

fn rendered(text: &str) -> Vec<String> {
    explain(text)
        .into_iter()
        .map(|step| {
            let shown = |outcome: &Outcome| match outcome {
                Outcome::Value(value) => value.clone(),
                Outcome::Error(error) => format!("{error}"),
            };
            let operands: Vec<_> = step
                .operands
                .iter()
                .map(|operand| {
                    format!(
                        "{}={}",
                        text.get(operand.span.clone()).unwrap(),
                        shown(&operand.outcome)
                    )
                })
                .collect();
            format!(
                "{}: {} is {}",
                text.get(step.span.clone()).unwrap(),
                operands.join(", "),
                shown(&step.outcome)
            )
        })
        .collect()
}

#[test]
fn the_parts_that_decided_are_shown_with_their_operands() {
    assert_eq!(
        rendered(
            "request.method == 'GET' && path.org == path['tenant-id'] && 'owner' in principal.roles"
        ),
        [
            "path.org == path['tenant-id']: path.org=\"acme\", path['tenant-id']=\"t-1\" is false",
            "'owner' in principal.roles: principal.roles=[\"admin\", \"reader\"] is false",
        ]
    );
}

#[test]
fn all_alternatives_of_a_false_one_are_shown() {
    assert_eq!(
        rendered("(request.method == 'PUT' || request.method == 'POST') && path.org == 'acme'"),
        [
            "request.method == 'PUT': request.method=\"GET\" is false",
            "request.method == 'POST': request.method=\"GET\" is false",
        ]
    );
    assert_eq!(
        rendered("!(path.org == 'acme' || path.org == 'b')"),
        ["path.org == 'acme': path.org=\"acme\" is true"]
    );
}

#[test]
fn what_failed_is_shown_without_a_value() {
    let steps = explain("path.org == 'acme' && principal.email == 'a'");
    assert_eq!(steps.len(), 1);
    let Outcome::Error(error) = &steps[0].outcome else {
        panic!("{steps:?}")
    };
    assert_eq!(
        (error.kind, error.offset),
        (EvalErrorKind::MissingField, 22)
    );
}

#[test]
fn every_operand_names_the_facts_it_is_made_of() {
    let steps = explain(
        "principal.roles.exists(r, r == path.org) || request.method == principal.claims.plan",
    );
    assert_eq!(steps[0].slots, [ROLES, ORG]);
    assert_eq!(steps[1].slots, [METHOD, CLAIMS]);
    assert_eq!(steps[1].operands[1].slots, [CLAIMS]);
}

#[test]
fn a_choice_shows_its_condition_and_what_was_chosen() {
    assert_eq!(
        rendered("request.method == 'GET' ? path.org == 'b' : path.org == 'c'"),
        [
            "request.method == 'GET': request.method=\"GET\" is true",
            "path.org == 'b': path.org=\"acme\" is false"
        ]
    );
}

#[test]
fn values_are_cut_to_64_characters() {
    let text = format!("path.org + '{}' == ''", "é".repeat(200));
    let steps = explain(&text);
    let Outcome::Value(value) = &steps[0].operands[0].outcome else {
        panic!()
    };
    assert_eq!(value.chars().count(), 64 + 3);
    assert!(value.ends_with("..."));
}

#[test]
fn values_stand_in_the_place_of_their_operands() {
    let text = "path.org == principal.claims.plan";
    let steps = explain(text);
    assert_eq!(steps[0].with_values(text, |_| true), r#""acme" == "gold""#);
    let hidden = steps[0].with_values(text, |slots| !slots.contains(&CLAIMS));
    assert_eq!(hidden, r#""acme" == principal.claims.plan"#);
    let text = "(request.method.startsWith('P')) && true";
    assert_eq!(
        explain(text)[0].with_values(text, |_| true),
        "(\"GET\".startsWith('P'))"
    );
}
