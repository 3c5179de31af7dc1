//! A preset, and what the file changes of it.

use crate::document::{Key, Layout, Node, Place, Value};

/// Keys of which one takes the others' place: who writes one does not mean the preset's others.
const INSTEAD: &[&[&str]] = &[
    &["name", "names", "each", "numbered"],
    &["key", "positional"],
];

/// A preset's text with another place, below another path: what is wrong with it is wrong with one webhook of the
/// file, and of several with this preset nobody could say which.
pub(super) fn standing(node: Node, place: &Place, above: &str) -> Node {
    let path = match &*node.path {
        "" => above.to_owned(),
        path => format!("{above}.{path}"),
    };
    let moved = |node: Node| standing(node, place, above);
    let value = match node.value {
        Value::List(items) => Value::List(items.into_iter().map(moved).collect()),
        Value::Map(entries) => {
            let place = |name| Key {
                name,
                place: place.clone(),
            };
            let entries = entries.into_iter();
            Value::Map(
                entries
                    .map(|(key, node)| (place(key.name), moved(node)))
                    .collect(),
            )
        }
        other => other,
    };
    Node {
        value,
        path: path.into(),
        place: place.clone(),
        layout: Layout::Opaque,
        ..node
    }
}

/// The file's text over the preset's, map by map. What is no map on both sides is replaced.
pub(super) fn merged(preset: Node, own: &Node) -> Node {
    match (preset.value, &own.value) {
        (Value::Map(below), Value::Map(over)) => Node {
            value: Value::Map(maps(below, over)),
            ..own.clone()
        },
        _ => own.clone(),
    }
}

fn maps(below: Vec<(Key, Node)>, over: &[(Key, Node)]) -> Vec<(Key, Node)> {
    let mut all = Vec::with_capacity(below.len() + over.len());
    for (key, node) in below {
        let same = over.iter().find(|(own, _)| own.name == key.name);
        match same {
            Some((own, value)) => all.push((own.clone(), merged(node, value))),
            None if is_replaced(&key.name, over) => {}
            None => all.push((key, node)),
        }
    }
    for (key, node) in over {
        if all.iter().all(|(known, _)| known.name != key.name) {
            all.push((key.clone(), node.clone()));
        }
    }
    all
}

fn is_replaced(name: &str, over: &[(Key, Node)]) -> bool {
    let mut groups = INSTEAD.iter().filter(|group| group.contains(&name));
    groups.any(|group| {
        over.iter()
            .any(|(key, _)| group.contains(&key.name.as_str()))
    })
}
