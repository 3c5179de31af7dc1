//! Where API keys open more than their author may have meant, or nothing at all.

use std::collections::BTreeSet;

use crate::document::Node;

use super::super::route::{Access, PermissionRule, SourceRule};
use super::Subject;
use super::file::{Entry, items, keys, shown};

/// What `principal.kind` may be.
const KINDS: [&str; 4] = ["user", "machine", "api_key", "webhook"];

impl Subject<'_> {
    /// `key-needs-everything`, `open-key-service`, `unbound-source` and `unknown-kind`.
    pub(super) fn api_keys(&self) {
        for entry in &self.file.routes {
            self.roles_alone(entry);
            self.open_service(entry);
        }
        self.unbound_sources();
        self.unknown_kinds();
    }

    /// Keys beside tokens where roles alone are asked for: whoever narrows a key by its scopes shuts it out.
    fn roles_alone(&self, entry: &Entry<'_>) {
        let rules = &entry.route.rules;
        if rules.roles.is_none() || !rules.key_roles.matter() || self.takes_keys_alone(entry) {
            return;
        }
        let message =
            "the route asks for roles alone, so of API keys only those with the scope `*` pass";
        let help = "ask for a `permission` or a scope as well, which a key can have without the rest of its \
                    owner's rights; or say with `authenticate` that keys do not count here";
        let node = entry.node.at("roles").unwrap_or(entry.node);
        self.warn("key-needs-everything", node, message.to_owned(), help);
    }

    fn takes_keys_alone(&self, entry: &Entry<'_>) -> bool {
        match entry.route.access() {
            Access::Authenticated {
                accepted: Some(accepted),
                ..
            } => accepted
                .iter()
                .all(|name| self.file.key_sets.contains(&name.as_ref())),
            _ => self.file.issuers.is_empty(),
        }
    }

    /// A place where keys are made, and no right is asked for.
    fn open_service(&self, entry: &Entry<'_>) {
        let rules = &entry.route.rules;
        let unasked = rules.roles.is_none() && matches!(rules.permission, PermissionRule::Nothing);
        let Some(node) = entry.node.at("api_keys").filter(|_| unasked) else {
            return;
        };
        let message = "every caller of a tenant may make keys here, and revoke those of all others";
        let help = "ask for `roles` or a `permission`";
        self.warn("open-key-service", node, message.to_owned(), help);
    }

    /// Keys of this file that are for some sources only, and no route that accepts them names a source.
    fn unbound_sources(&self) {
        for (key, set) in keys(self.file.top.at("api_keys")) {
            let bound = |entry: &Entry<'_>| {
                entry.route.access().accepts(&key.name)
                    && entry.route.rules.source != SourceRule::Unbound
            };
            if self.file.routes.iter().any(bound) {
                continue;
            }
            for node in of_keys(set, "allowed_sources") {
                let message = "no route that accepts this key names a source, so the key is refused everywhere";
                let help = "call the capture that names it `{source}`, or write `source` on the route, which may be the name itself";
                self.warn("unbound-source", node, message.to_owned(), help);
            }
        }
    }

    /// Comparisons of `principal.kind` with what is no kind: one is never true, its opposite always.
    fn unknown_kinds(&self) {
        for node in &self.file.expressions {
            let Some(text) = node.text() else { continue };
            for wrong in compared(text).filter(|word| !KINDS.contains(word)) {
                let message = format!("no principal is of the kind {}", shown(node, wrong));
                let help = "the kinds are `user`, `machine`, `api_key` and `webhook`";
                self.warn("unknown-kind", node, message, help);
            }
        }
    }
}

/// What each key of a set says under a name, and what its defaults do.
pub(super) fn of_keys<'n>(set: &'n Node, name: &'static str) -> impl Iterator<Item = &'n Node> {
    let own = items(set.at("keys")).iter();
    let defaults = set.at("defaults").into_iter();
    own.chain(defaults).filter_map(move |key| key.at(name))
}

/// The texts that an expression compares `principal.kind` with, by `==` or `!=`.
fn compared(text: &str) -> impl Iterator<Item = &str> {
    let mut found = BTreeSet::new();
    for after in text.split("principal.kind").skip(1) {
        let after = after.trim_start();
        let operand = after.strip_prefix("==").or(after.strip_prefix("!="));
        found.extend(operand.and_then(|operand| quoted(operand.trim_start())));
    }
    found.into_iter()
}

fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (word, _) = text.strip_prefix(quote)?.split_once(quote)?;
    Some(word)
}
