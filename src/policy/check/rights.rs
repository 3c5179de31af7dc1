//! Whether a caller has the rights that a route asks for.

use crate::model::{Denied, Principal, PrincipalKind, Reason};

use super::super::granting::{has_every_scope, has_scope};
use super::super::route::{KeyRoles, PermissionRule, RoleRule};
use super::Case;

pub(super) fn check_roles(
    rule: &RoleRule,
    of_keys: KeyRoles,
    case: Case<'_>,
) -> Result<(), Denied> {
    if !case.roles.iter().any(|role| rule.satisfying.contains(role)) {
        let wanted = rule.wanted.join(", ");
        let detail = format!("the route asks for one of the roles {wanted}");
        return Err(Denied::new(Reason::InsufficientRole, detail));
    }
    match case.principal {
        Some(principal) if !of_keys.count_for(principal) => {
            let detail = "the route asks for roles alone, which a key has only with the scope *";
            Err(Denied::new(Reason::InsufficientScope, detail))
        }
        _ => Ok(()),
    }
}

impl KeyRoles {
    /// Whether the roles of a caller count. Those of an API key are its owner's, so where nothing else
    /// bounds what the key opens, they count only if it was made to be able to do whatever its owner can.
    pub(in crate::policy) fn count_for(self, principal: &Principal) -> bool {
        self.bounded || principal.kind != PrincipalKind::ApiKey || has_every_scope(principal)
    }
}

pub(super) fn check_scopes(wanted: &[Box<str>], principal: &Principal) -> Result<(), Denied> {
    let missing = wanted.iter().find(|scope| !has_scope(principal, scope));
    match missing {
        None => Ok(()),
        Some(scope) => {
            let detail = format!("the route asks for the scope {scope}");
            Err(Denied::new(Reason::InsufficientScope, detail))
        }
    }
}

pub(super) fn check_permission(
    rule: &PermissionRule,
    case: Case<'_>,
    principal: &Principal,
) -> Result<(), Denied> {
    let granting = match rule {
        PermissionRule::Nothing => return Ok(()),
        PermissionRule::One(granting) => granting,
        PermissionRule::PerMethod(methods) => {
            let method = &case.request.method;
            let found = methods.iter().find(|(known, _)| known == method);
            let Some((_, granting)) = found else {
                let detail = "the route names no permission for this method";
                return Err(Denied::new(Reason::PermissionDenied, detail));
            };
            granting
        }
    };
    if granting.holds(principal, case.roles) {
        return Ok(());
    }
    let detail = format!("the route asks for the permission {}", granting.permission);
    Err(Denied::new(Reason::PermissionDenied, detail))
}
