//! What roles and scopes grant, worked out once so that a request only looks names up.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::document::{Place, Placed, Problems};
use crate::model::{Principal, PrincipalKind};

use super::complaint::{complain, shown, suggestion};
use super::config::{Config, RoleConfig};
use super::permission::{Permission, PermissionPattern};
use super::quick::Names;

/// Who holds one permission.
#[derive(Debug)]
pub(super) struct Granting {
    pub(super) permission: Permission,
    pub(super) roles: Names,
    pub(super) scopes: Names,
}

impl Granting {
    /// The roles that grant it, in alphabetical order.
    pub(super) fn roles(&self) -> Vec<&str> {
        self.roles.sorted()
    }

    /// The scopes that grant it, in alphabetical order; its own text is one of them.
    pub(super) fn scopes(&self) -> Vec<&str> {
        self.scopes.sorted()
    }

    /// Whether a principal with these roles holds the permission.
    ///
    /// A person holds it by any role or any scope. A program holds what a scope grants; if it has
    /// roles, one of them must grant it as well.
    pub(super) fn holds(&self, principal: &Principal, roles: &[Box<str>]) -> bool {
        let by_role = roles.iter().any(|role| self.roles.contains(role));
        let scopes = &principal.scopes;
        let by_scope = scopes.iter().any(|scope| self.scopes.contains(scope));
        match principal.kind {
            PrincipalKind::User => by_role || by_scope,
            PrincipalKind::Machine => by_scope && (by_role || roles.is_empty()),
        }
    }
}

/// The `roles` and `scopes` of a file.
#[derive(Debug, Default)]
pub(super) struct Rights {
    /// Whether the file has a `roles` section, so that every role must be in it.
    closed: bool,
    /// Whether the file says anywhere what grants what.
    mapped: bool,
    roles: Vec<Role>,
    index: HashMap<Box<str>, usize>,
    scopes: Vec<(Box<str>, Vec<PermissionPattern>)>,
    known: HashMap<String, Arc<Granting>>,
    /// Where a permission that nothing grants was reported: groups ask for one in many routes.
    reported: HashSet<(Place, String)>,
}

#[derive(Debug)]
struct Role {
    name: Box<str>,
    own: Vec<PermissionPattern>,
    /// This role and all that it includes, directly or not.
    all: BTreeSet<usize>,
    /// This role and all that include it, directly or not.
    held_by: Vec<usize>,
}

impl Rights {
    pub(super) fn compile(config: &Config, problems: &Problems) -> Self {
        let roles = config.roles.as_deref().unwrap_or_default();
        let scopes = config.scopes.as_deref().unwrap_or_default();
        let mut rights = Self {
            closed: config.roles.is_some(),
            mapped: config.roles.is_some() || config.scopes.is_some(),
            ..Self::default()
        };
        let names = roles.iter().map(|role| &role.name);
        for name in names.chain(scopes.iter().map(|scope| &scope.name)) {
            if name.value.is_empty() {
                let help = "a role or a scope has a name of at least one character";
                complain(name, "is not a name", help, problems);
            }
        }
        for (position, role) in roles.iter().enumerate() {
            rights
                .index
                .insert(role.name.value.as_str().into(), position);
        }
        for role in roles {
            let role = rights.role(role, problems);
            rights.roles.push(role);
        }
        rights.close(roles, problems);
        for scope in scopes {
            let granted = patterns(&scope.permissions, problems);
            rights
                .scopes
                .push((scope.name.value.as_str().into(), granted));
        }
        rights
    }

    fn role(&self, role: &RoleConfig, problems: &Problems) -> Role {
        let included = role.includes.iter().filter_map(|name| {
            let found = self.index.get(name.value.as_str()).copied();
            if found.is_none() {
                self.unknown(name, problems);
            }
            found
        });
        Role {
            name: role.name.value.as_str().into(),
            own: patterns(&role.permissions, problems),
            all: included.collect(),
            held_by: Vec::new(),
        }
    }

    fn unknown(&self, name: &Placed<String>, problems: &Problems) {
        let message = format!("the role {} is not defined in `roles`", shown(name));
        let known = self.roles_in_file();
        problems.error_with(&name.node, message, suggestion(name, known, "roles"));
    }

    fn roles_in_file(&self) -> Vec<&str> {
        let mut known: Vec<_> = self.index.iter().collect();
        known.sort_unstable_by_key(|(_, position)| **position);
        known.into_iter().map(|(name, _)| name.as_ref()).collect()
    }

    /// Turns direct includes into all includes, and both ways round.
    fn close(&mut self, configs: &[RoleConfig], problems: &Problems) {
        let direct: Vec<_> = self.roles.iter().map(|role| role.all.clone()).collect();
        let mut in_reported_cycle = BTreeSet::new();
        for (position, config) in configs.iter().enumerate() {
            let mut all = reachable(position, &direct);
            if all.contains(&position) && !in_reported_cycle.contains(&position) {
                in_reported_cycle.extend(all.iter().copied());
                let message = format!("the role {} includes itself", shown(&config.name));
                let help = "follow its `includes`: they lead back to it; take one out";
                problems.error_with(&config.name.node, message, help);
            }
            all.insert(position);
            for included in &all {
                if let Some(role) = self.roles.get_mut(*included) {
                    role.held_by.push(position);
                }
            }
            if let Some(role) = self.roles.get_mut(position) {
                role.all = all;
            }
        }
    }

    /// Checks a role that the file mentions outside `roles`.
    pub(super) fn check_role(&self, name: &Placed<String>, problems: &Problems) {
        if self.index.contains_key(name.value.as_str()) {
            return;
        }
        if self.closed {
            self.unknown(name, problems);
        } else if name.value.contains('*') {
            let help = "roles are compared as they are written; leave `roles` out to ask for none";
            complain(name, "is not a role", help, problems);
        }
    }

    /// Every role name that satisfies a demand for any of `wanted`: those, and the roles that
    /// include one of them.
    pub(super) fn satisfying(&self, wanted: &[Placed<String>], problems: &Problems) -> Names {
        let mut names = Names::default();
        for name in wanted {
            self.check_role(name, problems);
            names.extend([&name.value]);
            let role = self.index.get(name.value.as_str());
            let role = role.and_then(|position| self.roles.get(*position));
            let holders = role.map_or(&[][..], |role| role.held_by.as_slice());
            let holders = holders.iter().filter_map(|holder| self.roles.get(*holder));
            names.extend(holders.map(|role| &role.name));
        }
        names
    }

    /// Who holds a permission. A permission that nothing in the file grants is a mistake, unless the
    /// file leaves all granting to tokens whose scopes spell permissions.
    pub(super) fn granting(
        &mut self,
        text: &Placed<String>,
        problems: &Problems,
    ) -> Option<Arc<Granting>> {
        if let Some(known) = self.known.get(&text.value) {
            return Some(Arc::clone(known));
        }
        let permission = parsed(text, &text.value, problems)?;
        let mut granting = self.grants(permission);
        let ungranted = granting.roles.is_empty() && granting.scopes.is_empty();
        granting.scopes.extend([&text.value]);
        let granting = Arc::new(granting);
        if self.mapped && ungranted {
            // Not remembered, so that every route that asks for it is named.
            self.ungranted(text, problems);
        } else {
            self.known.insert(text.value.clone(), Arc::clone(&granting));
        }
        Some(granting)
    }

    fn grants(&self, permission: Permission) -> Granting {
        let covers = |patterns: &[PermissionPattern]| {
            patterns.iter().any(|pattern| pattern.covers(&permission))
        };
        let owners: BTreeSet<usize> = (self.roles.iter().enumerate())
            .filter(|(_, role)| covers(&role.own))
            .map(|(position, _)| position)
            .collect();
        let roles = self
            .roles
            .iter()
            .filter(|role| !role.all.is_disjoint(&owners));
        let text = permission.to_string();
        let scopes = self.scopes.iter();
        let scopes = scopes.filter(|(name, granted)| **name == *text || covers(granted));
        Granting {
            roles: roles.map(|role| &role.name).collect(),
            scopes: scopes.map(|(name, _)| name).collect(),
            permission,
        }
    }

    fn ungranted(&mut self, text: &Placed<String>, problems: &Problems) {
        let here = (text.node.place.clone(), text.value.clone());
        if !self.reported.insert(here) {
            return;
        }
        let own = self.roles.iter().flat_map(|role| &role.own);
        let mapped = self.scopes.iter().flat_map(|(_, granted)| granted);
        let granted: BTreeSet<String> = own.chain(mapped).map(ToString::to_string).collect();
        let help = suggestion(
            text,
            granted.iter().map(String::as_str),
            "granted permissions",
        );
        let message = format!("no role and no scope grants {}", shown(text));
        let help = format!(
            "{help}; a permission that only tokens' scopes spell is listed under `scopes` without a value"
        );
        problems.error_with(&text.node, message, help);
    }
}

/// All positions that can be reached from `start` in one step or more.
fn reachable(start: usize, direct: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let (mut reached, mut pending) = (BTreeSet::new(), vec![start]);
    while let Some(position) = pending.pop() {
        for next in direct.get(position).into_iter().flatten() {
            if reached.insert(*next) {
                pending.push(*next);
            }
        }
    }
    reached
}

/// Reads a permission; `value` is what the text comes to.
fn parsed(text: &Placed<String>, value: &str, problems: &Problems) -> Option<Permission> {
    match Permission::parse(value) {
        Ok(permission) => Some(permission),
        Err(error) => {
            complain(text, "is not a permission", &error.to_string(), problems);
            None
        }
    }
}

/// Whether a text is a permission once it is `value`.
pub(super) fn check_permission(text: &Placed<String>, value: &str, problems: &Problems) -> bool {
    parsed(text, value, problems).is_some()
}

fn patterns(texts: &[Placed<String>], problems: &Problems) -> Vec<PermissionPattern> {
    let parse = |text: &Placed<String>| match PermissionPattern::parse(&text.value) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            complain(text, "is not a permission", &error.to_string(), problems);
            None
        }
    };
    texts.iter().filter_map(parse).collect()
}
