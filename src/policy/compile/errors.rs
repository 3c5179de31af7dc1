//! The answers to refusals, of the file and of single routes.

use std::collections::HashSet;
use std::sync::Arc;

use http::Method;

use crate::document::{Node, Placed};

use super::super::config::RouteConfig;
use super::super::errors::{Answers, Errors, Pages};
use super::super::host::HostPattern;
use super::super::pattern::Pattern;
use super::super::route::{Access, Route};
use super::Compiler;

impl<'a> Compiler<'a> {
    /// What a level says over the answers of the one above.
    pub(super) fn answers_under(&mut self, above: &Answers, own: &'a Pages) -> Answers {
        if own.is_empty() {
            return above.clone();
        }
        self.worded.push(own);
        let answers = above.under(own, self.problems);
        self.redirects |= answers.errors().redirects();
        answers
    }

    /// A route's answers: those of the level above, overridden and joined by its own.
    pub(super) fn route_errors(
        &mut self,
        config: &'a RouteConfig,
        above: &Answers,
        pattern: Option<&Pattern>,
    ) -> Arc<Errors> {
        let own = &config.own.errors;
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
        Arc::clone(self.answers_under(above, own).errors())
    }

    /// Captures that the answers of several routes name must be in the path of one of them; elsewhere
    /// they are empty.
    pub(super) fn check_answer_captures(&self, pages: &Pages, routes: &[Arc<Route>]) {
        let names = routes.iter().flat_map(|route| &route.captures);
        let known: HashSet<&str> = names.map(|(name, _)| name.as_ref()).collect();
        for (name, node) in pages.captures() {
            if !known.contains(name) {
                let known = known.iter().copied();
                self.report_capture(&quoting(node), name, known, "no route's path has");
            }
        }
    }

    /// What only the sum of all routes can tell: whether any has a capture that the file's answers name,
    /// and whether browsers are sent where they are refused again.
    pub(super) fn check_errors(&self, routes: &[Arc<Route>]) {
        self.check_answer_captures(&self.config.errors, routes);
        let levels = self.worded.iter().copied().chain([&self.config.errors]);
        for (path, node) in levels.flat_map(Pages::sign_in_paths) {
            // Without a host: routes of named hosts are not looked at.
            let found = self.router.find("", path, &Method::GET);
            let found = found.and_then(|index| routes.get(index));
            let any_host = |route: &Arc<Route>| route.hosts.contains(&HostPattern::Any);
            let message = match found {
                Some(route) if *route.access() != Access::Public => {
                    "browsers are sent to a path that asks for a credential too"
                }
                None if routes.iter().all(any_host) => {
                    "browsers are sent to a path that no route is for"
                }
                _ => continue,
            };
            let help = format!("make a route for `{path}` with `public: true`");
            self.problems.warn("closed-sign-in", node, message, help);
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
