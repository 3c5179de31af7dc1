//! The names that callers may have, as far as a policy speaks of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::compile::Known;
use super::super::config::Config;

/// The issuers that may vouch for callers, and the roles and scopes that a policy file names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The issuers of the file.
    pub issuers: Box<[Arc<str>]>,
    /// Every role that something in the file asks for or defines.
    pub roles: BTreeSet<Box<str>>,
    /// Every scope that something in the file asks for or defines.
    pub scopes: BTreeSet<Box<str>>,
}

impl Vocabulary {
    pub(in crate::policy) fn of(config: &Config, known: &Known<'_>) -> Self {
        let defined = config.roles.iter().flatten().map(|role| &role.name);
        let asked = config
            .routes
            .iter()
            .filter_map(|route| route.roles.as_ref());
        let asked = asked.flat_map(|roles| &roles.value.0);
        let roles = defined.chain(asked).chain(&config.default_role);
        let mapped = config.scopes.iter().flatten().map(|scope| &scope.name);
        let wanted = config
            .routes
            .iter()
            .filter_map(|route| route.scopes.as_ref());
        let wanted = wanted.flat_map(|scopes| &scopes.value.0);
        Self {
            issuers: known.issuers.into(),
            roles: roles.map(|role| role.value.as_str().into()).collect(),
            scopes: mapped
                .chain(wanted)
                .map(|scope| scope.value.as_str().into())
                .collect(),
        }
    }
}

impl super::super::Policy {
    /// The names that callers may have, as far as this policy speaks of them.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }
}
