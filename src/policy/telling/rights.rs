//! What is asked of a caller's roles and scopes, and which it has, in words.

use crate::model::{Principal, PrincipalKind, Request};

use super::super::granting::{Granting, has_scope};
use super::super::permission::EVERYTHING;
use super::super::route::{KeyRoles, PermissionRule, RoleRule};
use super::Told;

pub(super) fn told_roles(
    rule: &RoleRule,
    of_keys: KeyRoles,
    roles: &[Box<str>],
    principal: &Principal,
) -> Told {
    let wanted = texts(&rule.wanted);
    let mut told = Told {
        asks: match wanted.as_slice() {
            [one] => (*one).to_owned(),
            many => format!("one of {}", many.join(", ")),
        },
        has: listed(roles, "no role"),
        enough: one_of("role", &wanted),
    };
    if !of_keys.count_for(principal) {
        let held = roles.iter().any(|role| rule.satisfying.contains(role));
        told.asks += &format!(", and of a key the scope {EVERYTHING} as no scope is asked for");
        told.has = with_scopes(told.has, principal);
        told.enough = match held {
            true => format!("also the scope {EVERYTHING}"),
            false => format!("{} and the scope {EVERYTHING}", told.enough),
        };
    }
    told
}

pub(super) fn texts(names: &[Box<str>]) -> Vec<&str> {
    names.iter().map(AsRef::as_ref).collect()
}

/// `viewer, and the scopes a, b`.
fn with_scopes(roles: String, principal: &Principal) -> String {
    match principal.scopes.is_empty() {
        true => roles,
        false => format!("{roles}, and the scopes {}", listed(&principal.scopes, "")),
    }
}

/// `the role admin`, `one of the roles admin, editor`.
pub(super) fn one_of(what: &str, names: &[&str]) -> String {
    match names {
        [one] => format!("the {what} {one}"),
        many => format!("one of the {what}s {}", many.join(", ")),
    }
}

pub(super) fn told_scopes(wanted: &[Box<str>], principal: &Principal) -> Told {
    let missing = wanted.iter().filter(|scope| !has_scope(principal, scope));
    let missing: Vec<Box<str>> = missing.cloned().collect();
    Told {
        asks: match wanted {
            [one] => one.to_string(),
            many => format!("all of {}", listed(many, "")),
        },
        has: listed(&principal.scopes, "no scope"),
        enough: match missing.as_slice() {
            [one] => format!("also the scope {one}"),
            many => format!("also the scopes {}", listed(many, "")),
        },
    }
}

pub(super) fn granting<'r>(rule: &'r PermissionRule, request: &Request) -> Option<&'r Granting> {
    match rule {
        PermissionRule::Nothing => None,
        PermissionRule::One(granting) => Some(granting),
        PermissionRule::PerMethod(methods) => {
            let mut methods = methods.iter();
            let found = methods.find(|(method, _)| *method == request.method);
            found.map(|(_, granting)| granting.as_ref())
        }
    }
}

pub(super) fn told_permission(
    rule: &PermissionRule,
    request: &Request,
    principal: &Principal,
    roles: &[Box<str>],
) -> Told {
    let has = with_scopes(listed(roles, "no role"), principal);
    let Some(granting) = granting(rule, request) else {
        return Told {
            asks: format!("a permission that is named for `{}`", request.method),
            has,
            enough: methods_of(rule),
        };
    };
    Told {
        asks: granting.permission.to_string(),
        has,
        enough: grantors(granting, principal, roles),
    }
}

fn methods_of(rule: &PermissionRule) -> String {
    let methods = match rule {
        PermissionRule::PerMethod(methods) => methods.as_ref(),
        PermissionRule::Nothing | PermissionRule::One(_) => &[],
    };
    let names: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
    one_of("method", &names)
}

/// Whose grant is missing. A program needs a scope, and a role if it has any.
fn grantors(granting: &Granting, principal: &Principal, roles: &[Box<str>]) -> String {
    let permission = &granting.permission;
    let by = |what: &str, names: Vec<&str>| match names.is_empty() {
        true => None,
        false => Some(one_of(what, &names)),
    };
    let by_role = || by("role", granting.roles());
    let by_scope = || by("scope", granting.scopes());
    let ways: Vec<String> = match principal.kind {
        PrincipalKind::User => by_role().into_iter().chain(by_scope()).collect(),
        PrincipalKind::Machine | PrincipalKind::ApiKey | PrincipalKind::Webhook => {
            if granting.by_scope(principal) {
                by_role().into_iter().collect()
            } else if roles.is_empty() || granting.by_role(roles) {
                by_scope().into_iter().collect()
            } else {
                let both: Vec<String> = by_role().into_iter().chain(by_scope()).collect();
                vec![both.join(" and ")]
            }
        }
    };
    match ways.is_empty() {
        true => format!("the permission {permission}, which nothing grants"),
        false => format!("the permission {permission}: {}", ways.join(", or ")),
    }
}

fn listed(names: &[Box<str>], nothing: &str) -> String {
    match names.is_empty() {
        true => nothing.to_owned(),
        false => names.join(", "),
    }
}
