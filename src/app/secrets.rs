//! Where the secrets of a policy file stand in it.

use std::path::Path;

use crate::document::{Node, Value};

/// The files of secrets are looked for beside the policy file, as its key files are.
pub(super) fn anchor_secrets(top: &mut Node, folder: &Path) {
    each_secret(top, &|_, secret| anchor(secret, "file", folder));
    if let Some(webhooks) = below(top, "webhooks") {
        anchor_all(webhooks, folder);
    }
}

/// Anchors whatever is named below this by `file` or `folder`: secrets and public keys stand in many places there,
/// and nothing else is called like this.
fn anchor_all(node: &mut Node, folder: &Path) {
    anchor(node, "file", folder);
    anchor(node, "folder", folder);
    match &mut node.value {
        Value::Map(entries) => entries
            .iter_mut()
            .for_each(|(_, below)| anchor_all(below, folder)),
        Value::List(items) => items.iter_mut().for_each(|item| anchor_all(item, folder)),
        _ => {}
    }
}

fn anchor(node: &mut Node, key: &str, folder: &Path) {
    let named = below(node, key);
    if let Some(Value::Text(path)) = named.map(|named| &mut named.value)
        && !path.is_empty()
        && let Some(joined) = folder.join(&*path).to_str()
    {
        *path = joined.to_owned();
    }
}

/// The secrets of issuers, each with the issuer's name.
pub(super) fn each_secret(top: &mut Node, change: &dyn Fn(&str, &mut Node)) {
    let Some(Value::Map(issuers)) = below(top, "issuers").map(|issuers| &mut issuers.value) else {
        return;
    };
    for (key, issuer) in issuers {
        if let Some(secret) = below(issuer, "secret") {
            change(&key.name, secret);
        }
    }
}

/// The webhooks, each with its name.
pub(super) fn each_webhook(top: &mut Node, change: &dyn Fn(&str, &mut Node)) {
    if let Some(Value::Map(webhooks)) = below(top, "webhooks").map(|webhooks| &mut webhooks.value) {
        for (key, webhook) in webhooks {
            change(&key.name, webhook);
        }
    }
}

fn below<'n>(node: &'n mut Node, name: &str) -> Option<&'n mut Node> {
    let Value::Map(entries) = &mut node.value else {
        return None;
    };
    let found = entries.iter_mut().find(|(key, _)| key.name == name);
    found.map(|(_, node)| node)
}
