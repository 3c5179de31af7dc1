//! The short forms: `listen` and `door` for one listener, `upstream` for the upstream `default`, a word for
//! `log.decisions.record`, a file for `shadow.policy`, an address for `store.url`.
//!
//! They are written out in each layer before layers are merged, so that `--upstream` replaces the
//! address in `upstreams.default` of a file and nothing else, and `log.decisions=denied` leaves a file's
//! list of what is redacted in force. The first two stay where they are, for readers that list the keys
//! they know.

use super::tree;
use crate::document::{Layout, Node, Problems, Value};

/// Writes the short forms of a layer out in full.
pub(super) fn expand(top: &mut Node, problems: &Problems) {
    expand_listen(top, problems);
    if let Some(upstream) = given(top, "upstream") {
        expand_upstream(top, upstream, problems);
    }
    expand_decisions(top);
    expand_text(top, "shadow", "policy");
    expand_text(top, "store", "url");
}

fn given(top: &Node, name: &str) -> Option<Node> {
    let node = top.at(name)?;
    (!matches!(node.value, Value::Null)).then(|| node.clone())
}

fn expand_listen(top: &mut Node, problems: &Problems) {
    let door = given(top, "door");
    let Some(listen) = given(top, "listen") else {
        if let Some(door) = door {
            let message = "`door` says what stands behind `listen`, which is not written";
            let help = "write `listen: 127.0.0.1:8081` too, or `door` in one of `listeners`";
            problems.error_with(&door, message, help);
        }
        return;
    };
    if given(top, "listeners").is_some() {
        let message = "`listen` is short for one of `listeners`, which is written too";
        problems.error_with(&listen, message, "keep one of the two");
        return;
    }
    let (place, path) = (listen.place.clone(), listen.path.clone());
    let node = Node {
        from_environment: listen.from_environment,
        is_variable: listen.is_variable,
        layout: Layout::Opaque,
        value: Value::List(vec![with_door(listen, door)]),
        place,
        path,
    };
    set(top, "listeners", node);
}

/// A listener with the door that is written beside it.
fn with_door(listen: Node, door: Option<Node>) -> Node {
    let Some(door) = door else {
        return listen;
    };
    let mut whole = match listen.value {
        Value::Map(_) => listen,
        _ => {
            let mut whole = tree::map(listen.place.clone(), &listen.path, listen.from_environment);
            set(&mut whole, "address", listen);
            whole
        }
    };
    set(&mut whole, "door", door);
    whole
}

fn expand_upstream(top: &mut Node, upstream: Node, problems: &Problems) {
    if top
        .at("upstreams")
        .is_some_and(|all| given(all, "default").is_some())
    {
        let message = "`upstream` is short for `upstreams.default`, which is written too";
        problems.error_with(&upstream, message, "keep one of the two");
        return;
    }
    let (place, path) = (upstream.place.clone(), upstream.path.clone());
    let mut all = given(top, "upstreams")
        .unwrap_or_else(|| tree::map(place.clone(), "upstreams", upstream.from_environment));
    let mut default = tree::map(place, &path, upstream.from_environment);
    match upstream.value {
        Value::Map(_) => default = upstream,
        _ => set(&mut default, "url", upstream),
    }
    set(&mut all, "default", default);
    set(top, "upstreams", all);
}

fn expand_decisions(top: &mut Node) {
    let Value::Map(entries) = &mut top.value else {
        return;
    };
    let log = entries.iter_mut().find(|(key, _)| key.name == "log");
    let Some((_, log)) = log else { return };
    if let Some(word) = given(log, "decisions").filter(|node| node.text().is_some()) {
        let mut decisions = tree::map(word.place.clone(), &word.path, word.from_environment);
        set(&mut decisions, "record", word);
        set(log, "decisions", decisions);
    }
}

/// A text in the place of a section is one of its keys.
fn expand_text(top: &mut Node, section: &str, key: &str) {
    if let Some(text) = given(top, section).filter(|node| node.text().is_some()) {
        let mut whole = tree::map(text.place.clone(), &text.path, text.from_environment);
        set(&mut whole, key, text);
        set(top, section, whole);
    }
}

/// Sets a key of a map, in place of what was there.
fn set(map: &mut Node, name: &str, node: Node) {
    if let Value::Map(entries) = &mut map.value {
        entries.retain(|(key, _)| key.name != name);
        entries.push((tree::key(name, &node.place), node));
    }
}
