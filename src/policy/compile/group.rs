//! From the tree of groups to one list of routes.

use std::sync::Arc;

use crate::document::{Layout, Node, Placed};

use super::super::complaint::complain_quoting;
use super::super::config::{Entry, GroupConfig};
use super::super::errors::Answers;
use super::super::origin::Level;
use super::super::pattern::Pattern;
use super::Compiler;
use super::headers::Inherited;
use super::layer::Layer;

/// How deep groups may nest.
const MOST_NESTED: usize = 8;
/// The longest that the prefixes of a route's groups may be together, in bytes: every route below
/// them has a copy.
const MOST_PREFIX: usize = 256;

/// What the routes of one list inherit.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope<'a> {
    pub(super) layer: Layer<'a>,
    pub(super) headers: Inherited,
    pub(super) answers: Answers,
    prefix: Prefix,
    depth: usize,
}

/// What stands before the paths of routes.
#[derive(Debug, Clone, Default)]
struct Prefix {
    /// Without a slash at its end.
    text: String,
    from_environment: bool,
    /// It could not be read, so nothing is known about paths below it.
    broken: bool,
}

impl Scope<'_> {
    /// The whole path of a route, at the place of its own part.
    pub(super) fn path(&self, own: &Placed<String>) -> Option<Placed<String>> {
        let prefix = &self.prefix;
        if prefix.broken {
            return None;
        }
        // Without its slash it would be joined with the last segment of the prefix; it is reported as
        // it stands.
        if prefix.text.is_empty() || !own.value.starts_with('/') {
            return Some(own.clone());
        }
        let node = Node {
            from_environment: own.node.from_environment || prefix.from_environment,
            layout: Layout::Opaque,
            ..own.node.clone()
        };
        let value = match own.value.as_str() {
            "/" => prefix.text.clone(),
            below => format!("{}{below}", prefix.text),
        };
        Some(Placed { value, node })
    }

    /// Whether there is a prefix.
    pub(super) fn has_prefix(&self) -> bool {
        !self.prefix.text.is_empty()
    }
}

impl<'a> Compiler<'a> {
    /// What all routes of the file inherit.
    pub(super) fn base(&mut self) -> Scope<'a> {
        let own = &self.config.defaults;
        let answers = self.answers.clone();
        let answers = self.answers_under(&answers, &own.errors);
        Scope {
            layer: self.layer(&Layer::default(), own, &Level::File),
            headers: self.headers_over(&Inherited::default(), &own.identity_headers, &Level::File),
            answers,
            ..Scope::default()
        }
    }

    pub(super) fn entries(&mut self, entries: &'a [Entry], scope: &Scope<'a>) {
        for entry in entries {
            match entry {
                Entry::Route(route) => self.route(route, scope),
                Entry::Group(group) => self.group(group, scope),
            }
        }
    }

    fn group(&mut self, group: &'a GroupConfig, outer: &Scope<'a>) {
        if outer.depth >= MOST_NESTED {
            let message = format!("groups nest deeper than {MOST_NESTED} levels");
            let help = "write the inner group's path and defaults where they are needed";
            self.problems.error_with(&group.node, message, help);
            return;
        }
        if let Some(name) = &group.name {
            self.check_name(&name.value, &name.node);
        }
        let prefix = self.prefix(group, &outer.prefix);
        let level = Level::Group(label(group, &prefix));
        let scope = Scope {
            layer: self.layer(&outer.layer, &group.defaults, &level),
            headers: self.headers_over(&outer.headers, &group.defaults.identity_headers, &level),
            answers: self.answers_under(&outer.answers, &group.defaults.errors),
            prefix,
            depth: outer.depth + 1,
        };
        let first = self.routes.len();
        self.entries(&group.entries, &scope);
        if self.is_complete() {
            let routes = self.routes.get(first..).unwrap_or_default();
            self.check_captures(&group.defaults.identity_headers, routes);
            self.check_answer_captures(&group.defaults.errors, routes);
        }
    }

    /// The prefix of a group's routes, judged where it stands, so that a mistake in it is named once.
    fn prefix(&self, group: &GroupConfig, outer: &Prefix) -> Prefix {
        let Some(path) = group.path.as_ref().filter(|_| !outer.broken) else {
            return outer.clone();
        };
        let own = path.value.strip_suffix('/').unwrap_or(&path.value);
        let prefix = Prefix {
            text: format!("{}{own}", outer.text),
            from_environment: outer.from_environment || path.node.from_environment,
            broken: false,
        };
        match self.prefix_mistake(&path.value, &prefix) {
            None => prefix,
            Some((message, help)) => {
                complain_quoting(path, &message, &help, self.problems);
                Prefix {
                    broken: true,
                    ..prefix
                }
            }
        }
    }

    fn prefix_mistake(&self, own: &str, prefix: &Prefix) -> Option<(String, String)> {
        if prefix.text.len() > MOST_PREFIX {
            let message = format!("the prefix is longer than {MOST_PREFIX} bytes");
            return Some((message, "write what is special in the routes".into()));
        }
        if let Err(error) = Pattern::parse(own, self.config.allowed) {
            return Some((error.message, error.help));
        }
        match Pattern::parse(&prefix.text, self.config.allowed) {
            // A slash and nothing else.
            _ if prefix.text.is_empty() => None,
            Err(error) => Some((error.message, error.help)),
            Ok(pattern) if pattern.open => Some((
                "a group's path is a prefix, so it cannot end in `**`".into(),
                "leave `/**` out; its routes say what follows".into(),
            )),
            Ok(_) => None,
        }
    }
}

/// What messages call a group.
fn label(group: &GroupConfig, prefix: &Prefix) -> Option<Arc<str>> {
    let named = group.name.as_ref();
    let named = named.filter(|name| !name.node.from_environment);
    let named = named.map(|name| name.value.as_str());
    let path = (!prefix.text.is_empty() && !prefix.from_environment).then_some(&*prefix.text);
    named.or(path).map(Arc::from)
}
