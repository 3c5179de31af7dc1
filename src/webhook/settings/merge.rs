//! A preset, and what the file changes of it.

use crate::document::{Key, Node, Value};

/// Keys of which one takes the others' place: who writes one does not mean the preset's others.
const INSTEAD: &[&[&str]] = &[
    &["name", "names", "each", "numbered"],
    &["key", "positional"],
];

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
