//! The file beside the policy that was made from it: places, key paths, and what rules are not made of.

use std::sync::Arc;

use crate::document::{Key, Layout, Node, Value};

use super::super::Policy;
use super::super::host::HostPattern;
use super::super::pattern::Pattern;
use super::super::route::{Access, Route};

/// A policy file and its routes.
pub(super) struct File<'a> {
    pub(super) top: &'a Node,
    /// In the order of the file, as the policy has them.
    pub(super) routes: Vec<Entry<'a>>,
    /// The names of the issuers.
    pub(super) issuers: Vec<&'a str>,
    /// The names of the sets of API keys.
    pub(super) key_sets: Vec<&'a str>,
    /// All conditions and all values that have expressions in them.
    pub(super) expressions: Vec<&'a Node>,
}

/// One route: what it means and where it stands.
pub(super) struct Entry<'a> {
    pub(super) route: &'a Route,
    pub(super) node: &'a Node,
    pub(super) pattern: Pattern,
    /// Whether nothing of its path came from the environment.
    pub(super) quotable: bool,
}

impl<'a> File<'a> {
    /// Gives nothing if the policy was not made from this file.
    pub(super) fn of(policy: &'a Policy, top: &'a Node) -> Option<Self> {
        let mut nodes = Vec::new();
        collect(top, true, &mut nodes);
        let routes = policy.routes().iter();
        let routes: Option<Vec<_>> = routes
            .zip(&nodes)
            .map(|(route, (node, quotable))| {
                let pattern = Pattern::parse(route.path(), policy.allowed_oddities()).ok()?;
                Some(Entry {
                    route,
                    node,
                    pattern,
                    quotable: *quotable,
                })
            })
            .collect();
        let routes = routes.filter(|routes| routes.len() == nodes.len())?;
        let mut expressions = Vec::new();
        collect_expressions(top, &mut expressions);
        Some(Self {
            top,
            routes,
            issuers: names(top.at("issuers")),
            key_sets: names(top.at("api_keys")),
            expressions,
        })
    }

    pub(super) fn entry(&self, index: usize) -> Option<&Entry<'a>> {
        self.routes.get(index)
    }

    /// Whether an expression has this name in it, whatever it is there.
    pub(super) fn is_in_an_expression(&self, name: &str) -> bool {
        let mut texts = self.expressions.iter().filter_map(|node| node.text());
        texts.any(|text| text.contains(name))
    }
}

impl Entry<'_> {
    pub(super) fn is_public(&self) -> bool {
        *self.route.access() == Access::Public
    }

    pub(super) fn hosts(&self) -> &Arc<[HostPattern]> {
        &self.route.hosts
    }

    /// Where the route stands, for messages about another.
    pub(super) fn at(&self) -> String {
        self.route.place().to_string()
    }

    /// The path's own node, or else the route's.
    pub(super) fn path_node(&self) -> &Node {
        self.node.at("path").unwrap_or(self.node)
    }
}

/// Routes in the order in which they are compiled, each with whether its path may be quoted.
fn collect<'a>(above: &'a Node, quotable: bool, found: &mut Vec<(&'a Node, bool)>) {
    let Some(Value::List(entries)) = above.at("routes").map(|node| &node.value) else {
        return;
    };
    for entry in entries {
        let path = entry.at("path");
        let quotable = quotable && path.is_none_or(|path| !path.from_environment);
        match entry.at("routes") {
            Some(_) => collect(entry, quotable, found),
            None => found.push((entry, quotable)),
        }
    }
}

/// Conditions, and texts with `{{ }}` in them.
fn collect_expressions<'a>(node: &'a Node, found: &mut Vec<&'a Node>) {
    match &node.value {
        Value::Text(text) if text.contains("{{") => found.push(node),
        Value::List(items) => items
            .iter()
            .for_each(|item| collect_expressions(item, found)),
        Value::Map(entries) => {
            for (key, value) in entries {
                match value.text() {
                    Some(_) if key.name == "when" => found.push(value),
                    _ => collect_expressions(value, found),
                }
            }
        }
        _ => {}
    }
}

fn names(node: Option<&Node>) -> Vec<&str> {
    keys(node).map(|(key, _)| &*key.name).collect()
}

/// The entries of a map, if it is one.
pub(super) fn keys(node: Option<&Node>) -> impl Iterator<Item = (&Key, &Node)> {
    let entries = node.map_or(&[][..], |node| match &node.value {
        Value::Map(entries) => entries.as_slice(),
        _ => &[],
    });
    entries.iter().map(|(key, node)| (key, node))
}

/// The items of a list, or the one value that stands in its place.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    match node {
        None => &[],
        Some(node) => match &node.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(node),
        },
    }
}

/// A key's own place, under the key path of its value.
pub(super) fn at_key(key: &Key, node: &Node) -> Node {
    Node {
        value: Value::Null,
        place: key.place.clone(),
        path: Arc::clone(&node.path),
        from_environment: false,
        is_variable: false,
        layout: Layout::Opaque,
    }
}

/// A text in quotation marks, unless it came from the environment.
pub(super) fn shown(node: &Node, text: &str) -> String {
    match node.from_environment {
        true => "this value from the environment".to_owned(),
        false => format!("`{text}`"),
    }
}
