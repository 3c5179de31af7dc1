//! Names of rights that nothing asks for.

use std::collections::{BTreeMap, HashSet};

use crate::document::{Key, Node, Value};

use super::super::granting::Granting;
use super::super::route::PermissionRule;
use super::Subject;
use super::api_keys::of_keys;
use super::file::{at_key, items, keys, shown};

/// Everything that some route asks for.
#[derive(Default)]
struct Asked<'a> {
    /// Roles that satisfy a demand for roles, or grant a permission that is asked for.
    roles: HashSet<&'a str>,
    /// Scopes that are asked for, or grant a permission that is asked for.
    scopes: HashSet<&'a str>,
    permissions: HashSet<String>,
    resources: HashSet<String>,
    actions: HashSet<String>,
}

impl<'a> Asked<'a> {
    fn of(subject: &Subject<'a>) -> Self {
        let mut asked = Self::default();
        for route in subject.policy.routes() {
            let rules = &route.rules;
            if let Some(roles) = &rules.roles {
                asked.roles.extend(roles.satisfying.sorted());
            }
            if let Some(condition) = &rules.condition {
                let granting = condition.expression().granting();
                granting.for_each(|granting| asked.add(granting));
            }
            asked.scopes.extend(rules.scopes.iter().map(AsRef::as_ref));
            match &rules.permission {
                PermissionRule::Nothing => {}
                PermissionRule::One(granting) => asked.add(granting),
                PermissionRule::PerMethod(rules) => {
                    rules.iter().for_each(|(_, granting)| asked.add(granting));
                }
            }
        }
        asked
    }

    fn add(&mut self, granting: &'a Granting) {
        let text = granting.permission.to_string();
        if self.permissions.contains(&text) {
            return;
        }
        self.roles.extend(granting.roles());
        self.scopes.extend(granting.scopes());
        if let Some((resource, action)) = text.split_once(':') {
            self.resources.insert(resource.to_owned());
            self.actions.insert(action.to_owned());
        }
        self.permissions.insert(text);
    }

    /// Whether a pattern such as `orders:*` covers a permission that is asked for. `*` alone is not
    /// meant to say what is asked for.
    fn covers(&self, pattern: &str) -> bool {
        match pattern.split_once(':') {
            None => true,
            Some(("*", "*")) => true,
            Some((resource, "*")) => self.resources.contains(resource),
            Some(("*", action)) => self.actions.contains(action),
            Some(_) => self.permissions.contains(pattern),
        }
    }
}

impl Subject<'_> {
    /// `role-never-asked`, `scope-never-asked`, `permission-never-asked` and `unknown-role`.
    pub(super) fn rights(&self) {
        let asked = Asked::of(self);
        let default = self.file.top.at("default_role").and_then(Node::text);
        let mut granted = BTreeMap::new();
        for (key, node) in keys(self.file.top.at("roles")) {
            let name = key.name.as_str();
            let used = asked.roles.contains(name) || default == Some(name);
            if used || self.file.is_in_an_expression(name) {
                let permissions = match &node.value {
                    Value::Map(_) => items(node.at("permissions")),
                    _ => items(Some(node)),
                };
                self.note(&asked, permissions, &mut granted);
            } else {
                self.never_asked("role-never-asked", "role", key, node);
            }
        }
        for (key, node) in keys(self.file.top.at("scopes")) {
            if asked.scopes.contains(&*key.name) || self.file.is_in_an_expression(&key.name) {
                self.note(&asked, items(Some(node)), &mut granted);
            } else {
                self.never_asked("scope-never-asked", "scope", key, node);
            }
        }
        for (text, node) in granted {
            let message = format!(
                "no route asks for {}, so it grants nothing",
                shown(node, text)
            );
            let help = "take it away, or ask for it with `permission`";
            self.warn("permission-never-asked", node, message, help);
        }
        self.unknown_roles();
    }

    /// Keeps the first place of every permission that nothing asks for.
    fn note<'n>(
        &self,
        asked: &Asked<'_>,
        permissions: &'n [Node],
        granted: &mut BTreeMap<&'n str, &'n Node>,
    ) {
        for node in permissions {
            let Some(text) = node.text() else { continue };
            if !asked.covers(text) && !self.file.is_in_an_expression(text) {
                granted.entry(text).or_insert(node);
            }
        }
    }

    fn never_asked(&self, lint: &'static str, what: &str, key: &Key, node: &Node) {
        let message = format!(
            "no route asks for the {what} `{}` or for a permission that it grants",
            key.name
        );
        let help = "take it away, or ask for it: with `roles`, `scopes` or `permission` on a route";
        self.warn(lint, &at_key(key, node), message, help);
    }

    /// Roles of programs and of keys that stand here are this file's word, so they can be misspelled only here.
    fn unknown_roles(&self) {
        let Some(roles) = self.file.top.at("roles") else {
            return;
        };
        let issuers = keys(self.file.top.at("issuers"));
        let machines = issuers.filter_map(|(_, issuer)| issuer.at("machine")?.at("roles"));
        let sets = keys(self.file.top.at("api_keys"));
        let of_keys = sets.flat_map(|(_, set)| of_keys(set, "roles"));
        for given in machines.chain(of_keys) {
            for node in items(Some(given)) {
                let Some(name) = node.text() else { continue };
                if roles.at(name).is_none() && !self.file.is_in_an_expression(name) {
                    let message =
                        format!("the role {} is not defined in `roles`", shown(node, name));
                    let help =
                        "programs that have it may do nothing by it; define it, or name another";
                    self.warn("unknown-role", node, message, help);
                }
            }
        }
    }
}
