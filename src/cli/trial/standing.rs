//! What stands in the place of secrets and of keys that are not here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use jsonwebtoken::Algorithm;
use serde_json::Value as Json;

use crate::cli::token::KeyError;
use crate::cli::webhook::{Form, each};
use crate::credential::{FurtherKey, KeyProfile, Profile};
use crate::document::{Key, Node, Problems, Value, parse};
use crate::keys::FormatError;

use crate::secret::Secret;

use super::api_key::{KeyDraft, KeyRack};
use super::keys::{Keyring, made_up, preferred};
use super::senders::Senders;
use super::token::TokenDraft;
use super::world::Setting;

/// A variable of the environment; an empty one counts as not set.
pub(super) fn variable(name: &str) -> Option<String> {
    crate::cli::variable(name).filter(|value| !value.is_empty())
}

/// Secrets for the variables that a policy takes secrets from, and that are not set.
pub(super) fn missing_secrets(
    setting: &Setting<'_>,
    senders: &Senders,
) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(setting.policy).unwrap_or_default();
    // What is wrong with the file is said when it is loaded.
    let problems = Problems::new();
    let itself = |name: &str| Some(format!("${{{name}}}"));
    let top = parse("", &text, &itself, &problems);
    let mut missing = BTreeMap::new();
    for (issuer, node) in entries(top.as_ref(), "issuers") {
        if let Some(name) = node.at("secret").and_then(|secret| unset(secret, setting)) {
            missing.insert(name, made_up(&issuer.name));
        }
    }
    for (_, webhook) in entries(top.as_ref(), "webhooks") {
        let form = Form::of(webhook);
        each(&mut webhook.clone(), &mut |_, key| {
            if let Some(name) = unset(key, setting)
                && !missing.contains_key(&name)
                && let Some(made) = senders.make_up(&form)
            {
                missing.insert(name, made);
            }
        });
    }
    missing
}

/// The entries of a section.
fn entries<'t>(top: Option<&'t Node>, section: &str) -> &'t [(Key, Node)] {
    match top.and_then(|top| top.at(section)).map(|node| &node.value) {
        Some(Value::Map(entries)) => entries,
        _ => &[],
    }
}

/// The variable that a secret is taken from, if it is not set.
fn unset(secret: &Node, setting: &Setting<'_>) -> Option<String> {
    let name = secret.text()?.strip_prefix("${")?.strip_suffix('}')?;
    let set = variable(name).is_some() || setting.environment.contains_key(name);
    (!set).then(|| name.to_owned())
}

/// Keeps an issuer's secret. One whose file cannot be read is made up.
pub(super) fn keep_secret(ring: &Keyring, issuer: &str, node: &mut Node) {
    let file = node.at("file").and_then(Node::text);
    if file.is_some_and(|file| std::fs::File::open(file).is_err()) {
        node.value = Value::Text(made_up(issuer));
        node.from_environment = true;
        node.is_variable = true;
    }
    // A mistake in it is said when the policy is loaded.
    if let Some(secret) = <Secret as crate::document::Read>::read(node, &Problems::new()) {
        ring.keep(issuer, secret);
    }
}

/// The keys that an issuer publishes here: for each algorithm that one of its tokens is signed with.
pub(super) fn key_set(
    profile: &Profile,
    tokens: &[&TokenDraft],
    every: bool,
    ring: &Keyring,
) -> Result<Json, KeyError> {
    let own = |token: &&&TokenDraft| {
        let named =
            |name: &Option<String>| name.as_deref().is_none_or(|name| **profile.name() == *name);
        named(&token.issuer)
            || token
                .key
                .as_deref()
                .is_some_and(|key| *key == **profile.name())
    };
    let mut needed: BTreeSet<String> = BTreeSet::new();
    let mut algorithms: Vec<Algorithm> = Vec::new();
    for token in tokens.iter().filter(own) {
        let algorithm = token.algorithm(profile);
        if needed.insert(format!("{algorithm:?}")) {
            algorithms.push(algorithm);
        }
    }
    if every {
        let algorithm = preferred(profile.algorithms());
        if needed.insert(format!("{algorithm:?}")) {
            algorithms.push(algorithm);
        }
    }
    if algorithms.is_empty() {
        // A set must not be empty; this key is made in no time, and nobody signs with it.
        algorithms.push(Algorithm::ES256);
    }
    ring.key_set(profile.name(), &algorithms)
}

/// The API keys of a set: one for each that will be presented. Those that do not say whose they are, are of
/// every set.
pub(super) fn make_keys(
    set: &KeyProfile,
    drafts: &[(&KeyDraft, SystemTime)],
    rack: &RefCell<KeyRack>,
) -> Result<Vec<FurtherKey>, FormatError> {
    let mut rack = rack.borrow_mut();
    let name = &set.set().name;
    let own = drafts.iter().filter(|(draft, _)| {
        let named = draft.set.as_deref();
        named.is_none_or(|named| *named == **name)
    });
    for (draft, now) in own {
        rack.make(draft, set, *now)?;
    }
    Ok(rack.of(name))
}
