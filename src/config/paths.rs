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
    &["upstreams", "*", "ca_file"],
    &["upstreams", "*", "client_certificate"],
    &["upstreams", "*", "client_key"],
    &["log", "decisions", "file"],
    &["key_sets", "cache_dir"],
    &["key_sets", "ca_file"],
    &["store", "url", "file"],
    &["admin", "token", "file"],
];

/// Makes the file's relative paths start from its folder.
pub(super) fn anchor(top: &mut Node, folder: &Path) {
    for keys in FILES {
        walk(top, keys, folder, &beside);
    }
    walk(top, &["store", "url"], folder, &database);
}

/// Where a file is that is named by its path.
fn beside(path: &str, folder: &Path) -> Option<String> {
    folder.join(path).to_str().map(str::to_owned)
}

/// The same for the address of a database, which leads to a file when it is SQLite's.
fn database(url: &str, folder: &Path) -> Option<String> {
    let path = url
        .strip_prefix("sqlite:")
        .filter(|path| !path.is_empty())?;
    beside(path, folder).map(|path| format!("sqlite:{path}"))
}

/// Says where something is that is named from a folder; nothing when that makes no difference.
type Join = dyn Fn(&str, &Path) -> Option<String>;

fn walk(node: &mut Node, keys: &[&str], folder: &Path, join: &Join) {
    let Some((first, rest)) = keys.split_first() else {
        if let Value::Text(text) = &mut node.value
            && !text.is_empty()
            && let Some(joined) = join(text, folder)
        {
            *text = joined;
        }
        return;
    };
    match &mut node.value {
        Value::Map(entries) => entries
            .iter_mut()
            .filter(|(key, _)| *first == "*" || key.name == *first)
            .for_each(|(_, child)| walk(child, rest, folder, join)),
        Value::List(items) if *first == "*" => {
            items
                .iter_mut()
                .for_each(|child| walk(child, rest, folder, join));
        }
        _ => {}
    }
}
