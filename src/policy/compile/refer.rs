//! What routes name that stands elsewhere: roles, scopes, upstreams.

use std::sync::Arc;

use crate::document::{Node, Placed, Problems};

use super::super::complaint::{complain, suggestion};
use super::super::config::{RouteConfig, Texts};
use super::super::route::RoleRule;
use super::super::step_up::is_scope_token;
use super::layer::{Scopes, Way, names, value};
use super::{Compiler, DEFAULT_UPSTREAM};

/// The longest list of scopes that callers are told in a header, in bytes.
const MOST_CHALLENGED: usize = 1024;

impl Compiler<'_> {
    pub(super) fn role_rule(&mut self, roles: &Texts) -> Option<Arc<RoleRule>> {
        Some(Arc::new(RoleRule {
            wanted: names(roles).into(),
            satisfying: self.rights.satisfying(&roles.value.0, self.problems),
        }))
    }

    pub(super) fn scope_rule(&mut self, scopes: &Texts) -> Option<Scopes> {
        for scope in &scopes.value.0 {
            check_scope(scope, self.problems);
        }
        let wanted = names(scopes);
        let listed = wanted.join(" ");
        // Other formats than OAuth know scopes that could not stand in a challenge as they are.
        let sendable =
            listed.len() <= MOST_CHALLENGED && wanted.iter().all(|scope| is_scope_token(scope));
        Some(Scopes {
            wanted: wanted.into(),
            challenge: sendable.then(|| format!(r#", scope="{listed}""#).into()),
        })
    }

    /// An upstream that a route, a group or the file names, by its name in the process file.
    pub(super) fn upstream(&mut self, asked: &Placed<String>) -> Arc<str> {
        let Some(known) = self.known.upstreams else {
            return asked.value.as_str().into();
        };
        if let Some(found) = known.iter().find(|known| known.as_ref() == asked.value) {
            return Arc::clone(found);
        }
        let names = known.iter().map(AsRef::as_ref);
        let help = suggestion(asked, names, "upstreams");
        complain(
            asked,
            "is no upstream of the process file",
            &help,
            self.problems,
        );
        asked.value.as_str().into()
    }

    /// Where requests go that are forwarded.
    pub(super) fn upstream_of(&mut self, config: &RouteConfig, way: &Way) -> Arc<str> {
        match value(&way.upstream) {
            Some(named) => Arc::clone(named),
            None if config.api_keys.is_some() => Arc::clone(&self.default_upstream),
            None => self.unnamed_upstream(&config.node),
        }
    }

    /// The upstream of a route for which nobody names one.
    fn unnamed_upstream(&mut self, route: &Node) -> Arc<str> {
        let known = self.known.upstreams.unwrap_or_default();
        let missing = self.known.upstreams.is_some()
            && !known.iter().any(|known| known.as_ref() == DEFAULT_UPSTREAM);
        if missing && !std::mem::replace(&mut self.default_missed, true) {
            let message = "the route names no upstream, and none is called `default`";
            let names: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
            let help = format!("write `upstream:` with one of: {}", names.join(", "));
            self.problems.error_with(route, message, help);
        }
        Arc::clone(&self.default_upstream)
    }
}

/// A scope is one word (RFC 6749 section 3.3); another could not be in a token.
fn check_scope(scope: &Placed<String>, problems: &Problems) {
    if scope
        .value
        .contains(|c: char| c.is_whitespace() || c.is_control())
    {
        let help = "a scope is one word; several are a list: `[a, b]`";
        complain(scope, "is not a scope", help, problems);
    }
}
