//! An API key as a set lists it, so that a harness can give it to a gate.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::cli::trial::shown;
use crate::model::{ApiKey, KeyHash};

/// The entry of `api_keys.NAME.keys` that is this key: without its text. Lists know one text of a key, and
/// of a rotated key that is the one that is over.
pub(super) fn listed(key: &ApiKey) -> Value {
    let mut entry = Map::new();
    let mut say = |name: &str, value: Value| {
        if !value.is_null() {
            entry.insert(name.to_owned(), value);
        }
    };
    let oldest = key.generations.last();
    let ends_at = oldest.and_then(|generation| generation.ends_at);
    say("id", json!(key.id));
    say("name", json!(key.name));
    say(
        "hash",
        json!(oldest.and_then(|generation| hash(&generation.hash))),
    );
    say("tenant", json!(key.tenant));
    say("owner", json!(key.owner));
    say("roles", json!(key.roles));
    say("scopes", json!(key.scopes));
    say("allowed_sources", json!(key.sources));
    let networks = key.networks.as_ref().map(|networks| {
        let networks = networks.iter().map(ToString::to_string);
        networks.collect::<Vec<_>>()
    });
    say("networks", json!(networks));
    say("not_before", date(key.not_before));
    say("expires_at", date(ends_at.or(key.expires_at)));
    if key.revoked_at.is_some() {
        say("revoked", json!(true));
    }
    if !key.metadata.is_empty() {
        say("metadata", Value::Object(key.metadata.clone()));
    }
    Value::Object(entry)
}

/// `sha256:` and the digest; nothing for a slow hash, which no trial makes.
fn hash(hash: &KeyHash) -> Option<String> {
    match hash {
        KeyHash::Sha256(digest) => {
            let digits = digest.iter().map(|byte| format!("{byte:02x}"));
            Some(format!("sha256:{}", digits.collect::<String>()))
        }
        KeyHash::Bcrypt(_) | KeyHash::Argon2(_) => None,
    }
}

fn date(moment: Option<SystemTime>) -> Value {
    // What lies before 1970 is over since then.
    moment.map_or(Value::Null, |moment| json!(shown(moment.max(UNIX_EPOCH))))
}
