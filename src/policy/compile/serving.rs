//! Routes that the gate answers itself: where the keys of a tenant are made, shown, rotated and revoked.

use std::sync::Arc;

use crate::document::{Node, Placed};

use super::super::complaint::{complain, suggestion};
use super::super::config::RouteConfig;
use super::super::pattern::Pattern;
use super::Compiler;

impl Compiler<'_> {
    /// The set whose keys a route serves.
    pub(super) fn served(
        &self,
        config: &RouteConfig,
        path: Option<&Placed<String>>,
        pattern: Option<&Pattern>,
    ) -> Option<Arc<str>> {
        let asked = config.api_keys.as_ref()?;
        self.refuse_beside(config);
        if let (Some(path), Some(false)) = (path, pattern.map(|pattern| pattern.open)) {
            let message = "keys are served below a path, and this one has nothing below it";
            let help = "end it with `/**`: below it are `/{id}` and `/{id}/rotate`";
            self.problems.error_with(&path.node, message, help);
        }
        self.stored_set(asked)
    }

    /// What means nothing where there is no app.
    fn refuse_beside(&self, config: &RouteConfig) {
        let refuse = |key: &str, node: &Node, why: &str| {
            let message = format!("`{key}` stands beside `api_keys`, and {why}");
            let help = format!("take `{key}` away, or `api_keys`");
            self.problems.error_with(node, message, help);
        };
        if config.public {
            let why = "nobody would be asked who may make keys";
            refuse("public", &config.node, why);
        }
        let own = &config.own;
        let why = "sidegate answers here itself: no app is asked, or told anything";
        if let Some(upstream) = &own.upstream {
            refuse("upstream", &upstream.node, why);
        }
        if let Some(header) = own.identity_headers.first() {
            refuse("identity_headers", &header.name.node, why);
        }
    }

    fn stored_set(&self, asked: &Placed<String>) -> Option<Arc<str>> {
        let sets = self.known.key_sets;
        let Some(found) = sets.iter().find(|set| ***set == *asked.value) else {
            let help = suggestion(asked, sets.iter().map(AsRef::as_ref), "sets of API keys");
            complain(asked, "is no set of `api_keys`", &help, self.problems);
            return None;
        };
        if !self.known.stored_key_sets.contains(found) {
            let help = "keys that stand in files are changed there; let the set have keys in the store, \
                        too: `store: true`";
            complain(asked, "has no keys in the store", help, self.problems);
        }
        Some(Arc::clone(found))
    }
}
