//! A key as an entry for `keys:` of a policy or for a file of keys: YAML, with the hash and without the text.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::cli::trial;
use crate::model::{ApiKey, KeyHash};

/// What stands in an entry, in the order in which it does.
pub(super) fn fields(key: &ApiKey) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    put("name", json!(key.name));
    put("id", json!(key.id));
    if let Some(generation) = key.generations.first() {
        put("hash", json!(hash(&generation.hash)));
        put("start", json!(generation.start));
    }
    for (name, value) in [("tenant", &key.tenant), ("owner", &key.owner)] {
        if let Some(value) = value {
            put(name, json!(value));
        }
    }
    if let Some(roles) = &key.roles {
        put("roles", json!(roles));
    }
    put("scopes", json!(key.scopes));
    if let Some(sources) = &key.sources {
        put("sources", json!(sources));
    }
    if let Some(networks) = &key.networks {
        put("networks", networks.iter().map(ToString::to_string).collect());
    }
    for (name, moment) in [("not_before", key.not_before), ("expires_at", key.expires_at)] {
        if let Some(moment) = moment {
            put(name, json!(trial::shown(moment)));
        }
    }
    if !key.metadata.is_empty() {
        put("metadata", Value::Object(key.metadata.clone()));
    }
    fields
}

/// The fields as an item of a YAML list, each on a line. JSON is YAML as well, but for what a policy takes
/// from the environment.
pub(super) fn yaml(fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (position, (name, value)) in fields.iter().enumerate() {
        let begin = if position == 0 { "- " } else { "  " };
        let value = value.to_string().replace("${", "$${");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{begin}{name}: {value}");
    }
    text.truncate(text.trim_end().len());
    text
}

/// A hash as files spell it.
pub(super) fn hash(hash: &KeyHash) -> String {
    match hash {
        KeyHash::Sha256(digest) => {
            let mut text = "sha256:".to_owned();
            for byte in digest {
                // Writing to a string cannot fail.
                let _ = write!(text, "{byte:02x}");
            }
            text
        }
        KeyHash::Bcrypt(text) | KeyHash::Argon2(text) => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Problems, parse};
    use crate::keys::{digest, parse_hash};

    #[test]
    fn entry_is_yaml_that_says_the_same() {
        let fields = json!({
            "name": "ci: \"main\" # ${HOME}",
            "hash": hash(&KeyHash::Sha256(digest(b"abc"))),
            "scopes": ["alerts:read", "*"],
            "metadata": { "plan": "gold" },
        });
        let fields = fields.as_object().unwrap();
        let text = yaml(fields);
        assert!(text.starts_with("- ") && text.lines().count() == 4, "{text}");
        let problems = Problems::new();
        let top = parse("keys.yaml", &text, &|_| None, &problems).unwrap();
        assert!(problems.is_empty(), "{:?}", problems.into_sorted());
        assert_eq!(top.to_json()[0], Value::Object(fields.clone()));
    }

    #[test]
    fn hashes_are_spelled_as_they_are_read() {
        let kept = KeyHash::Sha256(digest(b"abc"));
        assert_eq!(parse_hash(&hash(&kept)).unwrap(), kept);
    }
}
