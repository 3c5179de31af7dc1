//! Who holds a permission, a scope, or everything: what a request looks up of a caller's rights.
//!
//! A scope of an API key may be a pattern (`alerts:*`, `*:read`), and `*` is whatever its owner may. Of any
//! other credential a scope is a name: what an issuer writes into a token is no pattern of this file.

use crate::model::{Principal, PrincipalKind};

use super::permission::{EVERYTHING, Permission};
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

    /// The scopes that grant it, in alphabetical order; its own text is one of them. Patterns of API
    /// keys are not among them.
    pub(super) fn scopes(&self) -> Vec<&str> {
        self.scopes.sorted()
    }

    /// Whether a principal with these roles holds the permission.
    ///
    /// A person holds it by any role or any scope. A program holds what a scope grants; if it has
    /// roles, one of them must grant it as well.
    pub(super) fn holds(&self, principal: &Principal, roles: &[Box<str>]) -> bool {
        match principal.kind {
            PrincipalKind::User => self.by_role(roles) || self.by_scope(principal),
            PrincipalKind::Machine | PrincipalKind::ApiKey | PrincipalKind::Webhook => {
                self.by_scope(principal) && (roles.is_empty() || self.by_role(roles))
            }
        }
    }

    /// Whether one of these roles grants it.
    pub(super) fn by_role(&self, roles: &[Box<str>]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }

    /// Whether a scope of the principal grants it.
    pub(super) fn by_scope(&self, principal: &Principal) -> bool {
        let mut scopes = principal.scopes.iter();
        match principal.kind {
            PrincipalKind::User | PrincipalKind::Machine | PrincipalKind::Webhook => {
                scopes.any(|scope| self.scopes.contains(scope))
            }
            PrincipalKind::ApiKey => scopes.any(|scope| self.by_key_scope(scope)),
        }
    }

    /// Whether this scope of an API key grants it.
    pub(super) fn by_key_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope) || self.permission.is_covered_by(scope)
    }
}

/// Whether the principal is an API key whose scopes bound nothing.
pub(super) fn has_every_scope(principal: &Principal) -> bool {
    principal.kind == PrincipalKind::ApiKey
        && principal.scopes.iter().any(|scope| **scope == *EVERYTHING)
}

/// Whether a scope that a route asks for is the principal's.
pub(super) fn has_scope(principal: &Principal, scope: &str) -> bool {
    principal.scopes.iter().any(|own| **own == *scope) || has_every_scope(principal)
}
