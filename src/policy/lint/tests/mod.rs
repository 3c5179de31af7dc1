//! The lints' tests: each by a policy that it warns of and one like it that it leaves alone.

mod exact;
mod falls;
mod ignoring;
mod keys;
mod reach;
mod scale;
mod texts;
mod webhooks;
mod words;

use std::sync::Arc;

use super::super::tests::webhook;
use super::super::{Config, Known, Policy};
use super::file::{items, keys};
use super::{Cases, Ignores, run};
use crate::document::{Fields, Key, Named, Node, Problem, Problems, parse};
use crate::model::{Coverage, WebhookProfile};

/// Everything that is found in a policy; its issuers are not asked for more than their names.
fn problems(text: &str) -> Vec<Problem> {
    problems_with(text, Cases::Unknown).1
}

fn problems_with(text: &str, cases: Cases) -> (Option<Policy>, Vec<Problem>) {
    let problems = Problems::new();
    let environment = |name: &str| (name == "VALUE").then(|| "s3cretpart".to_owned());
    let top = parse("policy.yaml", text, &environment, &problems).unwrap();
    let ignores = Ignores::read(&top, &problems);
    let mut fields = Fields::of(&top, "policy file", &problems).unwrap();
    let mut names = |section: &'static str| -> Vec<Arc<str>> {
        let named = fields.raw(section);
        let named = named.and_then(|node| Named::of(node, section, &problems));
        let named = named.into_iter().flatten();
        named.map(|(key, _)| key.name.as_str().into()).collect()
    };
    let (issuers, key_sets) = (names("issuers"), names("api_keys"));
    let hooks = fields.raw("webhooks").map(hooks).unwrap_or_default();
    fields.raw("tokens");
    let config = Config::read(&mut fields, &problems);
    fields.finish();
    let known = Known {
        webhooks: &hooks,
        issuers: &issuers,
        key_sets: &key_sets,
        stored_key_sets: &key_sets,
        upstreams: None,
    };
    let policy = config.compile(&known, &problems);
    if let Some(policy) = &policy {
        run(policy, &top, cases, &ignores, &problems);
    }
    (policy, ignores.settle(problems.into_sorted()))
}

/// Webhooks, which are only asked what they cover and by which methods they are tried.
fn hooks(section: &Node) -> Vec<WebhookProfile> {
    let hook = |(key, node): (&Key, &Node)| WebhookProfile {
        covers: match node.at("covers").and_then(Node::text) {
            Some("part") => Coverage::Part,
            Some("origin") => Coverage::Origin,
            _ => Coverage::Body,
        },
        challenges: items(node.at("challenges"))
            .iter()
            .filter_map(|method| method.text()?.parse().ok())
            .collect(),
        ..webhook(&key.name)
    };
    keys(Some(section)).map(hook).collect()
}

/// A policy of one issuer with these routes and whatever else.
fn with_issuer(rest: &str) -> String {
    format!("issuers: {{ main: {{ url: https://a.test, audience: b }} }}\n{rest}")
}

/// The lints that warn of a policy, each with its line.
fn warned(rest: &str) -> Vec<(&'static str, u32)> {
    let problems = problems(&with_issuer(rest));
    problems
        .iter()
        .map(|problem| match problem.lint {
            Some(lint) => (lint, problem.place.line),
            None => panic!("{problem}"),
        })
        .collect()
}

/// The messages of a policy.
fn said(rest: &str) -> String {
    let problems = problems(&with_issuer(rest));
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
