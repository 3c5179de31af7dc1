//! What two doors tell callers apart by: roles, scopes, and of API keys patterns and sources.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::KeyFacts;

use super::super::super::permission::EVERYTHING;
use super::super::demand::Demand;

/// What is known of an API key that is for one source.
pub(super) fn for_source(source: Box<str>) -> Arc<KeyFacts> {
    Arc::new(KeyFacts {
        id: "any".into(),
        sources: Some([source].into()),
        networks: None,
    })
}

/// The scopes that help an API key to pass the first door as no others do: a pattern that grants the
/// permission, beside the scopes that are asked for, and `*`, which is all of it.
pub(super) fn key_scopes(demand: &Demand<'_>) -> Vec<Vec<Box<str>>> {
    let patterns = demand.helpful_patterns().into_iter();
    let with = patterns.map(|pattern| {
        let own = demand.scopes.iter().cloned();
        own.chain([pattern.into()]).collect()
    });
    with.chain([vec![EVERYTHING.into()]]).collect()
}

/// The roles that matter to either door, those together that matter alike.
pub(super) fn roles_told_apart<'p>(a: &Demand<'p>, b: Option<&Demand<'p>>) -> Vec<Vec<&'p str>> {
    let demands = [Some(a), b];
    let mut names = BTreeSet::new();
    names.extend(
        demands
            .iter()
            .flatten()
            .flat_map(|demand| demand.helpful_roles()),
    );
    let mut classes: BTreeMap<Vec<bool>, Vec<&'p str>> = BTreeMap::new();
    for name in names {
        let matters = |demand: &&Demand<'p>| {
            let granting = demand.permission.flatten();
            [
                demand.roles.is_some_and(|roles| roles.contains(name)),
                granting.is_some_and(|granting| granting.roles.contains(name)),
            ]
        };
        let marks = demands.iter().flatten().flat_map(matters).collect();
        classes.entry(marks).or_default().push(name);
    }
    classes.into_values().collect()
}

/// The fewest scopes that help to pass the first door: those it asks for, and any one beside them
/// that matters in a way of its own.
pub(super) fn scopes_told_apart(a: &Demand<'_>, b: Option<&Demand<'_>>) -> Vec<Vec<Box<str>>> {
    let mut sets = vec![a.scopes.to_vec()];
    let mut seen = BTreeSet::new();
    for name in a.helpful_scopes() {
        let grants = |demand: &Demand<'_>| {
            let granting = demand.permission.flatten();
            granting.is_some_and(|granting| granting.scopes.contains(name))
        };
        let asked = |demand: &Demand<'_>| demand.scopes.iter().any(|scope| **scope == *name);
        let marks = (grants(a), b.is_some_and(grants), b.is_some_and(asked));
        if !asked(a) && seen.insert(marks) {
            let mut with = a.scopes.to_vec();
            with.push(name.into());
            sets.push(with);
        }
    }
    sets
}
