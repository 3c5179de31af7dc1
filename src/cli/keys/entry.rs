//! A key as an entry for `keys:` of a policy or for a file of keys: YAML, with the hash and without the text.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::trial;
use crate::model::{ApiKey, KeyHash};

/// What stands in an entry, in the order in which it does.
pub(super) fn fields(key: &ApiKey) -> Vec<(&'static str, Value)> {
    let mut fields = vec![("name", json!(key.name)), ("id", json!(key.id))];
    let mut put = |name, value: Option<Value>| fields.extend(value.map(|value| (name, value)));
    let newest = key.generations.first();
    put("hash", newest.map(|newest| json!(hash(&newest.hash))));
    put("start", newest.map(|newest| json!(newest.start)));
    put("tenant", key.tenant.as_ref().map(|tenant| json!(tenant)));
    put("owner", key.owner.as_ref().map(|owner| json!(owner)));
    put("roles", key.roles.as_ref().map(|roles| json!(roles)));
    // Those that say nothing have what the set says for all.
    put(
        "scopes",
        (!key.scopes.is_empty()).then(|| json!(key.scopes)),
    );
    put(
        "allowed_sources",
        key.sources.as_ref().map(|sources| json!(sources)),
    );
    let networks = key.networks.as_ref();
    put(
        "networks",
        networks.map(|networks| networks.iter().map(ToString::to_string).collect()),
    );
    put(
        "not_before",
        key.not_before.map(|moment| json!(trial::shown(moment))),
    );
    put(
        "expires_at",
        key.expires_at.map(|moment| json!(trial::shown(moment))),
    );
    let metadata = Some(&key.metadata).filter(|metadata| !metadata.is_empty());
    put(
        "metadata",
        metadata.map(|metadata| Value::Object(metadata.clone())),
    );
    fields
}

/// The fields as an item of a YAML list, each on a line. JSON is YAML as well, but for what a policy takes
/// from the environment.
pub(super) fn yaml(fields: &[(&'static str, Value)]) -> String {
    let lines = fields.iter().enumerate().map(|(position, (name, value))| {
        let begin = if position == 0 { "- " } else { "  " };
        format!("{begin}{name}: {}", value.to_string().replace("${", "$${"))
    });
    lines.collect::<Vec<_>>().join("\n")
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
        let fields = [
            ("name", json!("ci: \"main\" # ${HOME}")),
            ("hash", json!(hash(&KeyHash::Sha256(digest(b"abc"))))),
            ("scopes", json!(["alerts:read", "*"])),
            ("metadata", json!({ "plan": "gold" })),
        ];
        let text = yaml(&fields);
        assert!(
            text.starts_with("- ") && text.lines().count() == 4,
            "{text}"
        );
        let problems = Problems::new();
        let top = parse("keys.yaml", &text, &|_| None, &problems).unwrap();
        assert!(problems.is_empty(), "{:?}", problems.into_sorted());
        for (name, value) in fields {
            assert_eq!(top.to_json()[0][name], value);
        }
    }

    #[test]
    fn hashes_are_spelled_as_they_are_read() {
        let kept = KeyHash::Sha256(digest(b"abc"));
        assert_eq!(parse_hash(&hash(&kept)).unwrap(), kept);
    }
}
