//! The names of routes, and what tells routes apart.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::document::{Node, Placed};

use super::super::config::RouteConfig;
use super::super::host::HostPattern;
use super::super::router::Overlap;
use super::Compiler;

impl Compiler<'_> {
    /// The route's own name, or one made of what it matches. No two routes share one.
    pub(super) fn name(
        &mut self,
        config: &RouteConfig,
        hosts: &[HostPattern],
        methods: Option<&str>,
        path: Option<&Placed<String>>,
    ) -> Arc<str> {
        let (name, node): (Arc<str>, &Node) = match &config.name {
            Some(name) => (name.value.as_str().into(), &name.node),
            None => (default_name(hosts, methods, path).into(), &config.node),
        };
        self.check_name(&name, node);
        let written = config.name.is_some();
        match self.taken.entry(Arc::clone(&name)) {
            Entry::Vacant(free) => {
                free.insert((node.place.clone(), written));
            }
            Entry::Occupied(first) => {
                let (first, first_written) = first.get();
                // Routes with the same made-up name also overlap, which says more.
                if written || *first_written {
                    let message = format!("the route at {first} has this route's name already");
                    let help = "names tell routes apart in logs and metrics; write another `name`";
                    self.problems.error_with(node, message, help);
                }
            }
        }
        name
    }

    /// A name is shown wherever routes are.
    pub(super) fn check_name(&self, name: &str, node: &Node) {
        if name.chars().any(char::is_control) {
            let help = "names stand in logs and metrics; write one line of text";
            self.problems
                .error_with(node, "the name has a control character", help);
        }
    }

    pub(super) fn report_overlap(&self, config: &RouteConfig, overlap: &Overlap) {
        let first = self.places.get(overlap.with);
        let first = first.map(ToString::to_string).unwrap_or_default();
        let method = match &overlap.method {
            Some(method) => format!("a `{method}` request"),
            None => "a request".to_owned(),
        };
        let message = format!("{method} could be for this route or for the one at {first}");
        let help = "both have the same host and the same path, whatever their captures are called; \
                    give them different methods, or make them one";
        self.problems.error_with(&config.node, message, help);
    }
}

fn default_name(
    hosts: &[HostPattern],
    methods: Option<&str>,
    path: Option<&Placed<String>>,
) -> String {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let path = path.map_or("", |path| path.value.as_str());
    let methods = methods.map(|written| format!("{written} "));
    format!("{}{}{path}", methods.unwrap_or_default(), hosts.join(","))
}
