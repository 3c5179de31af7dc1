//! What is kept of a change besides the change: who made it, when, and what it was.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::model::ApiKey;
use crate::store::AuditEntry;

use super::super::shown::document;
use super::check::MOST_TEXT;

/// How many ids an entry names.
const MOST_IDS: usize = 100;
/// What of a key's document is said of a new one. What the metadata says is in the key.
const SAID: [&str; 9] = [
    "set",
    "name",
    "start",
    "owner",
    "roles",
    "scopes",
    "sources",
    "networks",
    "not_before",
];

/// A key was made.
pub(super) fn created(key: &ApiKey, by: &str, now: SystemTime) -> AuditEntry {
    let Value::Object(mut said) = document(key, now) else {
        return entry("create", key, by, now, Map::new());
    };
    said.retain(|name, _| SAID.contains(&name.as_str()) || name == "expires_at");
    if !key.metadata.is_empty() {
        let names: Vec<&String> = key.metadata.keys().collect();
        said.insert("metadata".into(), json!(names));
    }
    entry("create", key, by, now, said)
}

/// A key has a new text.
pub(super) fn rotated(key: &ApiKey, grace: Duration, by: &str, now: SystemTime) -> AuditEntry {
    let mut said = Map::new();
    said.insert("set".into(), json!(key.set));
    said.insert("grace_seconds".into(), json!(grace.as_secs()));
    if let Some(newest) = key.generations.first() {
        said.insert("generation".into(), json!(newest.number));
        said.insert("start".into(), json!(newest.start));
    }
    entry("rotate", key, by, now, said)
}

/// A key was ended.
pub(super) fn revoked(key: &ApiKey, by: &str, now: SystemTime) -> AuditEntry {
    let said = [("set", json!(key.set)), ("name", json!(key.name))];
    let said = said.map(|(name, value)| (name.to_owned(), value));
    entry("revoke", key, by, now, said.into_iter().collect())
}

/// Keys of another system were added.
pub(super) fn imported(keys: &[ApiKey], by: &str, now: SystemTime) -> AuditEntry {
    let mut sets: Vec<&str> = keys.iter().map(|key| &*key.set).collect();
    sets.sort_unstable();
    sets.dedup();
    let ids: Vec<&str> = keys.iter().take(MOST_IDS).map(|key| &*key.id).collect();
    let said = [
        ("count", json!(keys.len())),
        ("sets", json!(sets)),
        ("ids", json!(ids)),
    ];
    let one = match keys {
        [only] => Some(only),
        _ => None,
    };
    AuditEntry {
        at: now,
        by: by.into(),
        action: "import".into(),
        key: one.map(|key| key.id.clone()),
        tenant: one.and_then(|key| key.tenant.clone()),
        detail: said
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
    }
}

/// Says in the log that a change was made.
pub(super) fn tell(entry: &AuditEntry) {
    let said = |name| entry.detail.get(name).map(tracing::field::display);
    tracing::info!(
        target: "audit",
        action = &*entry.action,
        by = &*entry.by,
        key = entry.key.as_deref(),
        tenant = entry.tenant.as_deref(),
        set = said("set"),
        generation = said("generation"),
        count = said("count"),
        "API keys were changed"
    );
}

/// Somebody's name as it is kept: not long, without control characters.
pub(super) fn named(by: &str) -> String {
    let mut name = String::new();
    for c in by.chars() {
        if name.len() + c.len_utf8() > MOST_TEXT {
            break;
        }
        name.push(if c.is_control() { '\u{fffd}' } else { c });
    }
    // A replaced character may be longer than what it replaces.
    while name.len() > MOST_TEXT {
        name.pop();
    }
    name
}

fn entry(
    action: &str,
    key: &ApiKey,
    by: &str,
    now: SystemTime,
    detail: Map<String, Value>,
) -> AuditEntry {
    AuditEntry {
        at: now,
        by: by.into(),
        action: action.into(),
        key: Some(key.id.clone()),
        tenant: key.tenant.clone(),
        detail,
    }
}
