//! Trees of settings made from dotted keys and plain text.

use crate::document::{Key, Layout, Node, Place, Problem, Problems, Severity, Value, parse};

/// A value given as text. `[...]` and `{...}` are YAML; a variable's other text stays text, which
/// readers take for a number or a truth value where they want one; a flag's is typed as in a file.
pub(super) fn scalar(
    text: &str,
    path: &str,
    place: &Place,
    from_environment: bool,
    problems: &Problems,
) -> Node {
    let flow = [('[', ']'), ('{', '}')]
        .iter()
        .any(|(open, close)| text.starts_with(*open) && text.ends_with(*close));
    let value = if flow {
        let scratch = Problems::new();
        let parsed = parse("", text, &|_| None, &scratch).filter(|_| scratch.is_empty());
        match parsed {
            Some(node) => moved(node, path, place, from_environment).value,
            None => {
                let message = "begins like a list or a map in YAML, but is none".to_owned();
                problem(place.clone(), path, message, problems);
                Value::Null
            }
        }
    } else if from_environment {
        Value::Text(text.to_owned())
    } else {
        typed(text)
    };
    Node {
        value,
        place: place.clone(),
        path: path.into(),
        from_environment,
        is_variable: from_environment,
        layout: Layout::Opaque,
    }
}

fn typed(text: &str) -> Value {
    match (text.parse(), text.parse()) {
        (Ok(truth), _) => Value::Bool(truth),
        (_, Ok(number)) => Value::Integer(number),
        _ => Value::Text(text.to_owned()),
    }
}

/// A parsed value as if it stood at another place and path.
fn moved(node: Node, path: &str, place: &Place, from_environment: bool) -> Node {
    let value = match node.value {
        Value::List(items) => Value::List(
            items
                .into_iter()
                .enumerate()
                .map(|(index, item)| {
                    moved(item, &format!("{path}[{index}]"), place, from_environment)
                })
                .collect(),
        ),
        Value::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, item)| {
                    let item = moved(
                        item,
                        &format!("{path}.{}", key.name),
                        place,
                        from_environment,
                    );
                    (self::key(&key.name, place), item)
                })
                .collect(),
        ),
        other => other,
    };
    Node {
        value,
        place: place.clone(),
        path: path.into(),
        from_environment,
        is_variable: from_environment,
        layout: Layout::Opaque,
    }
}

/// Puts a value under dotted keys, making the maps on the way.
pub(super) fn put(top: &mut Node, keys: &str, node: Node, problems: &Problems) {
    let place = node.place.clone();
    if keys.split('.').any(str::is_empty) {
        let message = "names no key: `__` stands between two names".to_owned();
        problem(place, "", message, problems);
        return;
    }
    if let Err(taken) = insert(top, "", keys, node) {
        let message = format!("contradicts {taken}: one of them sets the whole, the other a part");
        problem(place, keys, message, problems);
    }
}

/// Inserts below `parent`; fails with the place of what is in the way.
fn insert(parent: &mut Node, path: &str, keys: &str, node: Node) -> Result<(), Place> {
    let (name, rest) = match keys.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (keys, None),
    };
    let path = if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    };
    let Value::Map(entries) = &mut parent.value else {
        return Err(parent.place.clone());
    };
    let found = entries.iter_mut().find(|(key, _)| key.name == name);
    match (found, rest) {
        (Some((_, child)), Some(rest)) => insert(child, &path, rest, node),
        (Some((_, child)), None) => Err(child.place.clone()),
        (None, None) => {
            entries.push((key(name, &node.place), node));
            Ok(())
        }
        (None, Some(rest)) => {
            let mut child = map(node.place.clone(), &path, node.from_environment);
            let key = key(name, &node.place);
            insert(&mut child, &path, rest, node)?;
            entries.push((key, child));
            Ok(())
        }
    }
}

/// A key that stands at a place.
pub(super) fn key(name: &str, place: &Place) -> Key {
    Key {
        name: name.to_owned(),
        place: place.clone(),
    }
}

/// An empty map.
pub(super) fn map(place: Place, path: &str, from_environment: bool) -> Node {
    Node {
        value: Value::Map(Vec::new()),
        place,
        path: path.into(),
        from_environment,
        is_variable: from_environment,
        layout: Layout::Opaque,
    }
}

/// Reports an error.
pub(super) fn problem(place: Place, path: &str, message: String, problems: &Problems) {
    let (severity, path) = (Severity::Error, path.to_owned());
    problems.add(Problem {
        severity,
        lint: None,
        place,
        path,
        message,
        help: None,
    });
}
