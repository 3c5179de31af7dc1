//! What roles and scopes grant, worked out once so that a request only looks names up.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::document::{Place, Placed, Problems};

use super::complaint::{complain, shown, suggestion};
use super::config::{Config, RoleConfig};
use super::granting::Granting;
use super::includes::{Includes, TooMany};
use super::owners::Owners;
use super::permission::{Permission, PermissionPattern};
use super::quick::Names;

/// How many granted permissions are looked at for one that was meant.
const MOST_SUGGESTED: usize = 1_000;

/// The `roles` and `scopes` of a file.
#[derive(Debug, Default)]
pub(super) struct Rights {
    /// Whether the file has a `roles` section, so that every role must be in it.
    closed: bool,
    /// Whether the file says anywhere what grants what.
    mapped: bool,
    roles: Vec<Role>,
    index: HashMap<Box<str>, usize>,
    includes: Includes,
    scopes: Vec<(Box<str>, Vec<PermissionPattern>)>,
    scope_names: Names,
    role_owners: Owners,
    scope_owners: Owners,
    known: HashMap<String, Arc<Granting>>,
    /// Where a permission that nothing grants was reported: groups ask for one in many routes.
    reported: HashSet<(Place, String)>,
}

#[derive(Debug)]
struct Role {
    name: Box<str>,
    own: Vec<PermissionPattern>,
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
            rights.roles.push(Role {
                name: role.name.value.as_str().into(),
                own: patterns(&role.permissions, problems),
            });
        }
        let included = roles.iter().map(|role| rights.included(role, problems));
        let included = included.collect();
        rights.close(included, roles, problems);
        for scope in scopes {
            let granted = patterns(&scope.permissions, problems);
            rights
                .scopes
                .push((scope.name.value.as_str().into(), granted));
        }
        rights.scope_names = rights.scopes.iter().map(|(name, _)| name).collect();
        rights.role_owners = Owners::new(rights.roles.iter().map(|role| &role.own));
        rights.scope_owners = Owners::new(rights.scopes.iter().map(|(_, granted)| granted));
        rights
    }

    /// The roles that a role includes directly.
    fn included(&self, role: &RoleConfig, problems: &Problems) -> Vec<usize> {
        let included = role.includes.iter().filter_map(|name| {
            let found = self.index.get(name.value.as_str()).copied();
            if found.is_none() {
                self.unknown(name, problems);
            }
            found
        });
        included.collect()
    }

    fn unknown(&self, name: &Placed<String>, problems: &Problems) {
        let message = format!("the role {} is not defined in `roles`", shown(name));
        if problems.is_full() {
            return problems.error(&name.node, message);
        }
        let known = self.roles.iter().map(|role| role.name.as_ref());
        problems.error_with(&name.node, message, suggestion(name, known, "roles"));
    }

    /// Notes which roles include which. Roles that include themselves are mistakes.
    fn close(&mut self, includes: Vec<Vec<usize>>, configs: &[RoleConfig], problems: &Problems) {
        self.includes = Includes::new(includes);
        for position in self.includes.cycles() {
            if let Some(config) = configs.get(position) {
                let message = format!("the role {} includes itself", shown(&config.name));
                let help = "follow its `includes`: they lead back to it; take one out";
                problems.error_with(&config.name.node, message, help);
            }
        }
    }

    /// The names of these roles and of all that include one of them, at any distance.
    fn holders(&self, of: &[usize], asked: &Placed<String>, problems: &Problems) -> Names {
        let holders = self.includes.holders(of).unwrap_or_else(|TooMany| {
            let message =
                "too many roles include each other to say who has what each route asks for";
            let help = "roles of a file this large must include fewer others";
            problems.error_with(&asked.node, message, help);
            Vec::new()
        });
        let holders = holders.iter().filter_map(|holder| self.roles.get(*holder));
        holders.map(|role| &role.name).collect()
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
        let mut positions = Vec::new();
        for name in wanted {
            self.check_role(name, problems);
            names.extend([&name.value]);
            if let Some(position) = self.index.get(name.value.as_str()) {
                positions.push(*position);
            }
        }
        if let (false, Some(first)) = (positions.is_empty(), wanted.first()) {
            names.extend(
                self.holders(&positions, first, problems)
                    .iter()
                    .map(|(name, ())| name),
            );
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
        let mut granting = self.grants(permission, text, problems);
        let ungranted = granting.roles.is_empty() && granting.scopes.is_empty();
        granting.scopes.extend([&text.value]);
        let granting = Arc::new(granting);
        if self.mapped && ungranted && !self.includes.is_exhausted() {
            // Not remembered, so that every route that asks for it is named.
            self.ungranted(text, problems);
        } else {
            self.known.insert(text.value.clone(), Arc::clone(&granting));
        }
        Some(granting)
    }

    fn grants(
        &self,
        permission: Permission,
        asked: &Placed<String>,
        problems: &Problems,
    ) -> Granting {
        let patterns = permission.patterns();
        let count = self.role_owners.count(&patterns) + self.scope_owners.count(&patterns);
        let (mut roles, mut scopes) = (Vec::new(), Names::default());
        if self.includes.take_steps(count).is_ok() {
            roles.extend(self.role_owners.of(&patterns));
            let owners = self.scope_owners.of(&patterns);
            let owners = owners.filter_map(|scope| self.scopes.get(scope));
            scopes.extend(owners.map(|(name, _)| name));
        }
        let text = permission.to_string();
        if self.scope_names.contains(&text) {
            scopes.extend([&text]);
        }
        Granting {
            roles: self.holders(&roles, asked, problems),
            scopes,
            permission,
        }
    }

    fn ungranted(&mut self, text: &Placed<String>, problems: &Problems) {
        let here = (text.node.place.clone(), text.value.clone());
        if !self.reported.insert(here) {
            return;
        }
        let message = format!("no role and no scope grants {}", shown(text));
        if problems.is_full() {
            return problems.error(&text.node, message);
        }
        let own = self.roles.iter().flat_map(|role| &role.own);
        let mapped = self.scopes.iter().flat_map(|(_, granted)| granted);
        let granted = own.chain(mapped).take(MOST_SUGGESTED);
        let granted: BTreeSet<String> = granted.map(ToString::to_string).collect();
        let help = suggestion(
            text,
            granted.iter().map(String::as_str),
            "granted permissions",
        );
        let help = format!(
            "{help}; a permission that only tokens' scopes spell is listed under `scopes` without a value"
        );
        problems.error_with(&text.node, message, help);
    }
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
