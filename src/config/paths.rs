//! Files that the process file names are looked for beside it.
//!
//! What a variable or a flag names is looked for where the process runs, as for any command.

use std::path::Path;

use crate::document::{Node, Value};

/// The keys that name files or folders; `*` is any name, or any place in a list.
const FILES: &[&[&str]] = &[
    &["policy"],
    &["shadow", "policy"],
    &["listeners", "*", "tls", "certificate"],
    &["listeners", "*", "tls", "key"],
    &["listeners", "*", "tls", "client_ca"],
    &["upstreams", "*", "ca_file"],
    &["upstreams", "*", "client_certificate"],
    &["upstreams", "*", "client_key"],
    &["log", "decisions", "file"],
    &["key_sets", "cache_dir"],
    &["key_sets", "ca_file"],
    &["store", "url", "file"],
    &["store", "ca_file"],
    &["replay", "redis", "file"],
    &["replay", "ca_file"],
    &["admin", "token", "file"],
];

/// Makes the file's relative paths start from its folder.
pub(super) fn anchor(top: &mut Node, folder: &Path) {
    for keys in FILES {
        walk(top, keys, folder);
    }
}

fn walk(node: &mut Node, keys: &[&str], folder: &Path) {
    let Some((first, rest)) = keys.split_first() else {
        if let Value::Text(text) = &mut node.value
            && !text.is_empty()
            && let Some(joined) = folder.join(&*text).to_str()
        {
            *text = joined.to_owned();
        }
        return;
    };
    match &mut node.value {
        Value::Map(entries) => entries
            .iter_mut()
            .filter(|(key, _)| *first == "*" || key.name == *first)
            .for_each(|(_, child)| walk(child, rest, folder)),
        Value::List(items) if *first == "*" => {
            items.iter_mut().for_each(|child| walk(child, rest, folder));
        }
        _ => {}
    }
}
