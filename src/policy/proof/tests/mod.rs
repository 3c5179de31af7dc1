//! The proofs, held against an asking of every request and every caller of a small world.

mod bounds;
mod conditions;
mod differences;
mod invariants;
mod keys;
mod random;
mod sentences;
mod webhooks;
mod world;

use std::sync::Arc;

use super::super::tests::webhook;
use super::super::{Config, Known, Policy};
use crate::document::{Fields, Problems, parse};

/// Compiles a policy with the issuers `main` and `other`, and with the set of API keys `partners` and the webhooks
/// `gh` and `st` if the text names them; gives every problem as text.
fn compile(text: &str) -> (Option<Policy>, Vec<String>) {
    let issuers: [Arc<str>; 2] = ["main".into(), "other".into()];
    let sets: [Arc<str>; 1] = ["partners".into()];
    let sets = if text.contains("partners") {
        &sets[..]
    } else {
        &[]
    };
    let words = || text.split(|c: char| !c.is_alphanumeric());
    let webhooks = ["gh", "st"].into_iter();
    let webhooks = webhooks.filter(|name| words().any(|word| word == *name));
    let webhooks: Vec<_> = webhooks.map(webhook).collect();
    let known = Known {
        webhooks: &webhooks,
        issuers: &issuers,
        key_sets: sets,
        stored_key_sets: sets,
        upstreams: None,
    };
    let problems = Problems::new();
    let node = parse("policy.yaml", text, &|_| None, &problems).unwrap();
    let mut fields = Fields::of(&node, "policy", &problems).unwrap();
    let config = Config::read(&mut fields, &problems);
    fields.finish();
    let policy = config.compile(&known, &problems);
    let problems = problems.into_sorted();
    (policy, problems.iter().map(ToString::to_string).collect())
}

fn policy(text: &str) -> Policy {
    let (policy, problems) = compile(text);
    policy.unwrap_or_else(|| panic!("{text}\n{problems:#?}"))
}
