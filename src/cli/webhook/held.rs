//! The keys that the file gives a webhook: where each stands, whose it is, what it is called.

use std::path::Path;
use std::time::SystemTime;

use crate::cli::trial::moment;
use crate::document::{Node, Problems, Read as _, Value};
use crate::secret::Secret;

/// A secret of a webhook, or a public key.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Held {
    /// Whose it is, where secrets are told apart by tenant.
    pub(in crate::cli) tenant: Option<String>,
    /// What it is called.
    pub(in crate::cli) id: String,
    /// Its text; nothing when it cannot be had.
    pub(in crate::cli) text: Option<Secret>,
    not_before: Option<SystemTime>,
    not_after: Option<SystemTime>,
}

impl Held {
    /// Whether it counts at a moment.
    pub(in crate::cli) fn counts(&self, now: SystemTime) -> bool {
        let begun = self.not_before.is_none_or(|begin| begin <= now);
        begun && self.not_after.is_none_or(|end| now < end)
    }
}

/// All keys of a webhook as it is written, in their order.
pub(in crate::cli) fn all(webhook: &Node) -> Vec<Held> {
    let mut webhook = webhook.clone();
    let mut found = Vec::new();
    each(&mut webhook, &mut |place, key| {
        found.push(Held {
            tenant: place.tenant.map(str::to_owned),
            id: place.id.to_owned(),
            text: text_of(key),
            not_before: place.not_before,
            not_after: place.not_after,
        });
    });
    found
}

/// The text of a key, also of one that its sender brought; what is wrong with it is said when the policy is loaded.
fn text_of(key: &mut Node) -> Option<Secret> {
    if let Value::Map(entries) = &mut key.value {
        entries.retain(|(key, _)| key.name != "enrol");
    }
    Secret::read(key, &Problems::new())
}

/// What stands around a key.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Surroundings<'k> {
    pub(in crate::cli) tenant: Option<&'k str>,
    pub(in crate::cli) id: &'k str,
    not_before: Option<SystemTime>,
    not_after: Option<SystemTime>,
}

/// Gives every key of a webhook, which may be changed.
pub(in crate::cli) fn each(
    webhook: &mut Node,
    change: &mut dyn FnMut(Surroundings<'_>, &mut Node),
) {
    let by_tenant = webhook.at("secrets_by").is_some();
    for name in ["secrets", "public_keys"] {
        let Some(keys) = below(webhook, name) else {
            continue;
        };
        match &mut keys.value {
            Value::Map(entries) if by_tenant && !is_folder(entries) => {
                for (tenant, keys) in entries {
                    several(Some(&tenant.name), keys, change);
                }
            }
            Value::Map(entries) if is_folder(entries) => {}
            _ => several(None, keys, change),
        }
    }
}

/// The folder that the secrets of tenants are in.
pub(in crate::cli) fn folder(webhook: &mut Node) -> Option<&mut Node> {
    let secrets = below(webhook, "secrets")?;
    matches!(&secrets.value, Value::Map(entries) if is_folder(entries)).then_some(secrets)
}

fn is_folder(entries: &[(crate::document::Key, Node)]) -> bool {
    matches!(entries, [(key, _)] if key.name == "folder")
}

fn several(
    tenant: Option<&str>,
    keys: &mut Node,
    change: &mut dyn FnMut(Surroundings<'_>, &mut Node),
) {
    match &mut keys.value {
        Value::List(items) => {
            for (position, item) in items.iter_mut().enumerate() {
                one(tenant, position, item, change);
            }
        }
        _ => one(tenant, 0, keys, change),
    }
}

fn one(
    tenant: Option<&str>,
    position: usize,
    entry: &mut Node,
    change: &mut dyn FnMut(Surroundings<'_>, &mut Node),
) {
    let text = |name: &str| entry.at(name).and_then(Node::text).map(str::to_owned);
    let number = (position + 1).to_string();
    let id = text("id").unwrap_or(number);
    let date = |name: &str| moment(&text(name)?);
    let place = Surroundings {
        tenant,
        id: &id,
        not_before: date("not_before"),
        not_after: date("not_after"),
    };
    for name in ["secret", "key"] {
        if let Some(inner) = below(entry, name) {
            return change(place, inner);
        }
    }
    change(place, entry);
}

/// The value of a key of a map.
pub(in crate::cli) fn below<'n>(node: &'n mut Node, name: &str) -> Option<&'n mut Node> {
    let Value::Map(entries) = &mut node.value else {
        return None;
    };
    let found = entries.iter_mut().find(|(key, _)| key.name == name);
    found.map(|(_, node)| node)
}

/// Looks for a file beside another, where it is named without its folder.
pub(in crate::cli) fn anchor(node: &mut Node, name: &str, folder: &Path) {
    if let Some(Value::Text(path)) = below(node, name).map(|inner| &mut inner.value)
        && !path.is_empty()
        && let Some(joined) = folder.join(&*path).to_str()
    {
        *path = joined.to_owned();
    }
}

/// Puts text in the place of a value, as if a variable had held it.
pub(in crate::cli) fn put(node: &mut Node, text: String) {
    node.value = Value::Text(text);
    node.from_environment = true;
    node.is_variable = true;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    fn read(text: &str) -> Vec<(Option<String>, String, Option<String>)> {
        let environment = |name: &str| Some(format!("value of {name}"));
        let node = parse("policy.yaml", text, &environment, &Problems::new()).unwrap();
        let shown = |held: Held| {
            let text = held.text.as_ref().map(Secret::expose);
            let text = text.map(|text| String::from_utf8_lossy(text).into_owned());
            (held.tenant, held.id, text)
        };
        all(&node).into_iter().map(shown).collect()
    }

    #[test]
    fn every_way_to_write_keys_is_found() {
        let one = |id: &str, name: &str| (None, id.to_owned(), Some(format!("value of {name}")));
        assert_eq!(read("secrets: '${A}'"), [one("1", "A")]);
        assert_eq!(
            read("secrets: ['${A}', { id: old, secret: '${B}' }, { file: /nowhere }]"),
            [one("1", "A"), one("old", "B"), (None, "3".into(), None)]
        );
        let of = |tenant: &str, id: &str, name: &str| {
            let (_, id, text) = one(id, name);
            (Some(tenant.to_owned()), id, text)
        };
        assert_eq!(
            read("secrets_by: { path: t }\nsecrets: { acme: '${A}', globex: ['${B}', '${C}'] }"),
            [
                of("acme", "1", "A"),
                of("globex", "1", "B"),
                of("globex", "2", "C")
            ]
        );
        assert_eq!(read("secrets: { folder: /etc/hooks }"), []);
        assert_eq!(
            read("public_keys: ['${K}', { id: next, key: '${L}' }]"),
            [one("1", "K"), one("next", "L")]
        );
    }

    #[test]
    fn key_counts_within_its_dates() {
        let text = "secrets: { id: a, secret: '${A}', not_before: 2026-01-01T00:00:00Z, not_after: 2026-02-01T00:00:00Z }";
        let node = parse("", text, &|_| Some("x".into()), &Problems::new()).unwrap();
        let held = all(&node);
        let at = |text| held[0].counts(moment(text).unwrap());
        assert!(at("2026-01-01T00:00:00Z") && at("2026-01-31T00:00:00Z"));
        assert!(!at("2025-12-31T00:00:00Z") && !at("2026-02-01T00:00:00Z"));
    }
}
