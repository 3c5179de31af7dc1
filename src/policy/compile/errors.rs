//! The answers to refusals, of the file and of single routes.

use std::collections::HashSet;
use std::sync::Arc;

use http::Method;

use crate::document::{Node, Placed};

use super::super::config::{Entry, RouteConfig};
use super::super::errors::{Answers, Errors, Pages};
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
        let own = &config.own.errors;
        let answers = self.shared_errors(above, own);
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
        Arc::clone(answers.errors())
    }

    /// The answers that a group's routes share: those of the level above, overridden and joined by the
    /// group's.
    pub(super) fn shared_errors(&mut self, above: &Answers, own: &Pages) -> Answers {
        let answers = above.under(own, self.problems);
        self.redirects |= answers.errors().redirects();
        answers
    }

    /// Whether any of the routes has a capture that the answers they share name.
    pub(super) fn check_error_captures(&self, shared: &Pages, routes: &[Arc<Route>]) {
        let names = routes.iter().flat_map(|route| &route.captures);
        let known: HashSet<&str> = names.map(|(name, _)| name.as_ref()).collect();
        for (name, node) in shared.captures() {
            if !known.contains(name) {
                let known = known.iter().copied();
                self.report_capture(&quoting(node), name, known, "no route's path has");
            }
        }
    }

    /// What only the sum of all routes can tell: whether any has a capture that the file's answers name,
    /// and whether browsers are sent where they are refused again.
    pub(super) fn check_errors(&self) {
        self.check_error_captures(&self.config.errors, &self.routes);
        self.check_error_captures(&self.config.defaults.errors, &self.routes);
        self.check_sign_in(&self.config.errors);
        self.check_sign_in(&self.config.defaults.errors);
        self.check_sign_ins(&self.config.routes);
    }

    fn check_sign_ins(&self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Route(route) => self.check_sign_in(&route.own.errors),
                Entry::Group(group) => {
                    self.check_sign_in(&group.defaults.errors);
                    self.check_sign_ins(&group.entries);
                }
            }
        }
    }

    fn check_sign_in(&self, pages: &Pages) {
        for (path, node) in pages.sign_in_paths() {
            // Without a host: routes of named hosts are not looked at.
            let found = self.router.find("", path, &Method::GET);
            let found = found.and_then(|index| self.routes.get(index));
            let open = |route: &Arc<Route>| *route.access() == Access::Public;
            let hosts = || self.routes.iter().any(|route| route.hosts().next().is_some());
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
