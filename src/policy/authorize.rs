//! May this caller do this? And what is the upstream told about it?

use std::sync::Arc;

use crate::model::{Denied, Principal, PrincipalKind, Reason, Request};

use super::route::{Match, PermissionRule, RoleRule};
use super::{Grant, Policy};

impl Policy {
    /// Judges a verified caller: tenant first, then roles, scopes and permission.
    pub fn authorize(
        &self,
        matched: &Match<'_>,
        request: &Request,
        principal: &Arc<Principal>,
    ) -> Result<Grant, Denied> {
        let rules = &matched.route.rules;
        let roles = self.roles_of(principal);
        if let Some(binding) = &rules.tenant {
            binding.check(matched, request, principal)?;
        }
        if let Some(rule) = &rules.roles {
            check_roles(rule, roles)?;
        }
        check_scopes(&rules.scopes, principal)?;
        check_permission(&rules.permission, request, principal, roles)?;
        Ok(self.grant(matched, request, Some(principal)))
    }

    /// What the upstream is told about a request on a public route: headers that say nothing of a
    /// caller, for there is none.
    pub fn admit(&self, matched: &Match<'_>, request: &Request) -> Grant {
        self.grant(matched, request, None)
    }

    /// The roles that count: the principal's own, or the default for a person who has none.
    pub(super) fn roles_of<'a>(&'a self, principal: &'a Principal) -> &'a [Box<str>] {
        match principal.kind {
            PrincipalKind::User if principal.roles.is_empty() => &self.default_roles,
            _ => &principal.roles,
        }
    }
}

fn check_roles(rule: &RoleRule, roles: &[Box<str>]) -> Result<(), Denied> {
    if roles.iter().any(|role| rule.satisfying.contains(role)) {
        return Ok(());
    }
    let detail = format!("the route asks for one of the roles {}", rule.wanted);
    Err(Denied::new(Reason::InsufficientRole, detail))
}

fn check_scopes(wanted: &[Box<str>], principal: &Principal) -> Result<(), Denied> {
    let missing = wanted
        .iter()
        .find(|scope| !principal.scopes.contains(scope));
    match missing {
        None => Ok(()),
        Some(scope) => {
            let detail = format!("the route asks for the scope {scope}");
            Err(Denied::new(Reason::InsufficientScope, detail))
        }
    }
}

fn check_permission(
    rule: &PermissionRule,
    request: &Request,
    principal: &Principal,
    roles: &[Box<str>],
) -> Result<(), Denied> {
    let granting = match rule {
        PermissionRule::Nothing => return Ok(()),
        PermissionRule::One(granting) => granting,
        PermissionRule::PerMethod(methods) => {
            let found = methods.iter().find(|(method, _)| *method == request.method);
            let Some((_, granting)) = found else {
                let detail = "the route names no permission for this method";
                return Err(Denied::new(Reason::PermissionDenied, detail));
            };
            granting
        }
    };
    if granting.holds(principal, roles) {
        return Ok(());
    }
    let detail = format!("the route asks for the permission {}", granting.permission);
    Err(Denied::new(Reason::PermissionDenied, detail))
}
