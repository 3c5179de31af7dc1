//! What of a policy no case touched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::{PrincipalKind, Reason};
use crate::policy::{Access, Policy};

use super::outcome::Outcome;
use super::suite::Suite;

/// The kinds of what can be touched, each in the singular.
const KINDS: [&str; 8] = [
    "route",
    "key set",
    "webhook",
    "role",
    "scope",
    "permission",
    "rule",
    "reason",
];

/// What there is in one policy, and what of it the cases touched.
pub(super) struct Coverage {
    pub(super) policy: PathBuf,
    pub(super) kinds: Vec<Covered>,
}

/// What there is of one kind.
pub(super) struct Covered {
    pub(super) kind: &'static str,
    pub(super) total: usize,
    pub(super) missing: Vec<String>,
}

/// A kind and a name.
type Item = (&'static str, String);

impl Coverage {
    pub(super) fn is_whole(&self) -> bool {
        self.kinds.iter().all(|covered| covered.missing.is_empty())
    }
}

/// The coverage of each policy by all files that are held against it.
pub(super) fn of(suites: &[Suite], outcomes: &[Outcome<'_>]) -> Vec<Coverage> {
    let mut seen: BTreeSet<&Path> = BTreeSet::new();
    let first = suites.iter().filter(|suite| seen.insert(&suite.policy));
    let loaded = first.filter_map(|suite| Some((suite, suite.world.as_ref()?)));
    loaded
        .map(|(suite, world)| {
            let policy = world.engine.policy();
            let outcomes = outcomes
                .iter()
                .filter(|outcome| outcome.policy == suite.policy);
            let touched: BTreeSet<Item> = outcomes
                .flat_map(|outcome| touched(policy, outcome))
                .collect();
            compare(suite.policy.clone(), &present(policy), &touched)
        })
        .collect()
}

fn compare(policy: PathBuf, present: &BTreeSet<Item>, touched: &BTreeSet<Item>) -> Coverage {
    let covered = |kind| {
        let all = present.iter().filter(move |(of, _)| *of == kind);
        let missing = all.clone().filter(|item| !touched.contains(item));
        Covered {
            kind,
            total: all.count(),
            missing: missing.map(|(_, name)| name.clone()).collect(),
        }
    };
    Coverage {
        policy,
        kinds: KINDS.into_iter().map(covered).collect(),
    }
}

/// All that a policy has. A rule is touched by a case that it refuses: taking it away would go unnoticed
/// otherwise.
fn present(policy: &Policy) -> BTreeSet<Item> {
    let mut items = BTreeSet::from([("reason", Reason::NoRoute.to_string())]);
    let words = policy.vocabulary();
    for (kind, names) in [
        ("role", &words.roles),
        ("scope", &words.scopes),
        ("permission", &words.permissions),
    ] {
        items.extend(names.iter().map(|name| (kind, name.to_string())));
    }
    for route in policy.routes() {
        items.insert(("route", route.name().to_string()));
        let access = route.access();
        let of = |names: &[Arc<str>]| names.iter().any(|name| access.accepts(name));
        let (tokens, keys, signed) = (of(&words.issuers), of(&words.key_sets), of(&words.webhooks));
        let sets = words.key_sets.iter().filter(|set| access.accepts(set));
        items.extend(sets.map(|set| ("key set", set.to_string())));
        let webhooks = words.webhooks.iter();
        let webhooks = webhooks.filter(|webhook| access.takes_deliveries_of(webhook));
        items.extend(webhooks.map(|webhook| ("webhook", webhook.to_string())));
        if *access != Access::Public {
            let missing = match (tokens, keys, signed) {
                (false, true, _) => Reason::KeyMissing,
                (false, false, true) => Reason::SignatureMissing,
                _ => Reason::TokenMissing,
            };
            items.insert(("reason", missing.to_string()));
        }
        // Where a signature is asked for, one that is wrong is the case that counts.
        if signed || access.signed().is_some() {
            items.insert(("reason", Reason::SignatureInvalid.to_string()));
        }
        for check in route.checks() {
            items.insert(("rule", rule(route.name(), check.rule().as_str())));
            let reasons = check.reasons().iter();
            items.extend(reasons.map(|reason| ("reason", reason.to_string())));
        }
    }
    items
}

fn touched(policy: &Policy, outcome: &Outcome<'_>) -> Vec<Item> {
    let verdict = &outcome.verdict;
    let mut items = Vec::new();
    items.extend(
        verdict
            .reason()
            .map(|reason| ("reason", reason.to_string())),
    );
    let Some(route) = verdict.route() else {
        return items;
    };
    items.push(("route", route.name().to_string()));
    for checked in &verdict.checks {
        if let Err(denied) = &checked.outcome {
            items.push(("rule", rule(route.name(), checked.rule.as_str())));
            items.push(("reason", denied.reason.to_string()));
        }
        items.extend(checked.permission.clone().map(|name| ("permission", name)));
    }
    if let Some(principal) = verdict.principal() {
        if let Some(webhook) = &principal.webhook {
            items.push(("webhook", webhook.name.to_string()));
        }
        if principal.kind == PrincipalKind::ApiKey {
            items.push(("key set", principal.issuer.to_string()));
        }
        let roles = policy.effective_roles(principal).iter();
        items.extend(roles.map(|role| ("role", role.to_string())));
        items.extend(
            principal
                .scopes
                .iter()
                .map(|scope| ("scope", scope.to_string())),
        );
    }
    items
}

fn rule(route: &str, rule: &str) -> String {
    format!("{rule} of `{route}`")
}
