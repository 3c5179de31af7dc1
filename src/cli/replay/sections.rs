//! The sections of two policy files that say whose credentials count, as they are written.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::document::{Node, Problems, Value, parse};

use super::trust::{Changes, Differences};

/// What of a set tells its keys from other texts.
const FORM: [&str; 3] = ["from", "prefix", "format"];
/// What of a set concerns new keys only.
const OF_NEW_KEYS: [&str; 2] = ["lifetime", "most"];

/// Entries by their names, with their settings.
type Entries = Vec<(String, Json)>;

/// What one policy file says.
#[derive(Default)]
struct Sections {
    places: Option<Json>,
    issuers: Entries,
    sets: Entries,
    webhooks: Entries,
}

impl Differences {
    /// Compares the texts of two policy files as they are written, and with the defaults of variables.
    pub(super) fn between(old: &Path, new: &Path) -> Self {
        let named = |name: &str| Some(format!("${{{name}}}"));
        let mut all = Self::default();
        for environment in [&named as &dyn Fn(&str) -> Option<String>, &|_| None] {
            let (old, new) = (
                Sections::of(old, environment),
                Sections::of(new, environment),
            );
            all.places |= old.places != new.places;
            all.key_places |= forms(&old.sets) != forms(&new.sets);
            all.issuers.add(&old.issuers, &new.issuers, PartialEq::eq);
            all.sets.add(&old.sets, &new.sets, |old, new| {
                old == new || is_grown(old, new)
            });
            all.webhooks
                .add(&old.webhooks, &new.webhooks, PartialEq::eq);
            let grown = old.sets.iter().filter(|(name, settings)| {
                let now = new.sets.iter().find(|(other, _)| other == name);
                now.is_some_and(|(_, now)| now != settings && is_grown(settings, now))
            });
            all.grown.extend(grown.map(|(name, _)| name.clone()));
        }
        all
    }
}

impl Changes {
    fn add(&mut self, old: &Entries, new: &Entries, alike: impl Fn(&Json, &Json) -> bool) {
        let lacks = |all: &Entries, name: &str| all.iter().all(|(n, _)| n != name);
        let only = |these: &Entries, those: &Entries| {
            let names = these.iter().map(|(name, _)| name.clone());
            names.filter(|name| lacks(those, name)).collect::<Vec<_>>()
        };
        self.removed.extend(only(old, new));
        self.added.extend(only(new, old));
        let differs = |(name, settings): &&(String, Json)| {
            let mut others = new.iter();
            others.any(|(other, its)| other == name && !alike(settings, its))
        };
        let changed = old.iter().filter(differs);
        self.changed.extend(changed.map(|(name, _)| name.clone()));
    }
}

impl Sections {
    fn of(file: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        // What is wrong with the file was said when it was loaded.
        let problems = Problems::new();
        let Some(top) = parse("", &text, environment, &problems) else {
            return Self::default();
        };
        let places = top.at("tokens").and_then(|tokens| tokens.at("from"));
        let mut sets = entries(&top, "api_keys");
        for set in sets.iter_mut().filter_map(|(_, set)| set.as_object_mut()) {
            set.retain(|key, _| !OF_NEW_KEYS.contains(&key.as_str()));
        }
        Self {
            places: places.map(Node::to_json),
            issuers: entries(&top, "issuers"),
            webhooks: entries(&top, "webhooks"),
            sets,
        }
    }
}

fn entries(top: &Node, section: &str) -> Entries {
    match top.at(section).map(|section| &section.value) {
        Some(Value::Map(entries)) => entries
            .iter()
            .map(|(key, settings)| (key.name.to_string(), settings.to_json()))
            .collect(),
        _ => Vec::new(),
    }
}

/// How the keys of each set are told from other texts.
fn forms(sets: &Entries) -> BTreeSet<String> {
    let form = |(name, set): &(String, Json)| {
        let form = FORM.map(|key| set.get(key).cloned().unwrap_or_default());
        format!("{name} {form:?}")
    };
    sets.iter().map(form).collect()
}

/// Whether a set has all it had, and more keys of its list.
fn is_grown(old: &Json, new: &Json) -> bool {
    let keys = |set: &Json| {
        let keys = set.get("keys").and_then(Json::as_array);
        keys.cloned().unwrap_or_default()
    };
    let rest = |set: &Json| {
        let mut set = set.clone();
        if let Some(settings) = set.as_object_mut() {
            settings.remove("keys");
        }
        set
    };
    let now = keys(new);
    rest(old) == rest(new) && keys(old).iter().all(|key| now.contains(key))
}
