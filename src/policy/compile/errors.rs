//! The answers to refusals, of the file and of single routes.

use std::collections::HashSet;
use std::sync::Arc;

use http::Method;

use crate::document::{Node, Placed};

use super::super::config::RouteConfig;
use super::super::errors::{Answers, Errors};
use super::super::pattern::Pattern;
use super::super::route::{Access, Route};
use super::Compiler;

impl Compiler<'_> {
    /// A route's answers: those of the level above, overridden and joined by its own.
    pub(super) fn route_errors(
        &mut self,
        config: &RouteConfig,
        above: &Answers,
        pattern: Option<&Pattern>,
    ) -> Arc<Errors> {
        let own = &config.errors;
        let answers = above.under(own, self.problems);
        if let (true, Some(node)) = (config.public, own.needing_principal()) {
            let help = "leave it out, or take `public: true` away";
            let message = "a public route has no principal to speak of";
            self.problems.error_with(node, message, help);
        }
        for (pattern, (name, node)) in pattern.into_iter().cycle().zip(own.captures()) {
            if !pattern.names().any(|known| known == name) {
                self.report_capture(&quoting(node), name, pattern.names(), "the path has");
            }
        }
        self.redirects |= answers.errors().redirects();
        Arc::clone(answers.errors())
    }

    /// What only the sum of all routes can tell: whether any has a capture that the file's answers name,
    /// and whether browsers are sent where they are refused again.
    pub(super) fn check_errors(&self, routes: &[Arc<Route>]) {
        let names = routes.iter().flat_map(|route| &route.captures);
        let known: HashSet<&str> = names.map(|(name, _)| name.as_ref()).collect();
        for (name, node) in self.config.errors.captures() {
            if !known.contains(name) {
                let known = known.iter().copied();
                self.report_capture(&quoting(node), name, known, "no route's path has");
            }
        }
        let of_routes = self.config.routes.iter().map(|route| &route.errors);
        let levels = of_routes.chain([&self.config.errors]);
        for (path, node) in levels.flat_map(|pages| pages.sign_in_paths()) {
            // Without a host: routes of named hosts are not looked at.
            let found = self.router.find("", path, &Method::GET);
            let found = found.and_then(|index| routes.get(index));
            let open = |route: &Arc<Route>| *route.access() == Access::Public;
            let hosts = || self.config.routes.iter().any(|route| route.hosts.is_some());
            let message = match found {
                Some(route) if !open(route) => {
                    "browsers are sent to a path that asks for a credential too"
                }
                None if !hosts() => "browsers are sent to a path that no route is for",
                _ => continue,
            };
            let help = format!("make a route for `{path}` with `public: true`");
            self.problems.warn(node, message, help);
        }
    }
}

/// A place whose text is not to be quoted if any of it came from the environment.
fn quoting(node: &Node) -> Placed<String> {
    Placed {
        value: String::new(),
        node: node.clone(),
    }
}
