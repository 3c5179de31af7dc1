//! The names that a policy uses, for whoever asks which of them a set of cases leaves out.

use std::collections::BTreeSet;

use crate::document::Placed;

use super::config::{Config, PermissionConfig, RouteConfig, Texts};

/// Names of roles, scopes and permissions: those that the file defines and those that its routes ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Roles.
    pub roles: BTreeSet<Box<str>>,
    /// Scopes.
    pub scopes: BTreeSet<Box<str>>,
    /// The permissions that routes ask for.
    pub permissions: BTreeSet<Box<str>>,
}

impl Vocabulary {
    pub(super) fn of(config: &Config) -> Self {
        let roles = config.roles.iter().flatten().map(|role| &role.name);
        let scopes = config.scopes.iter().flatten().map(|scope| &scope.name);
        let asked = |texts: fn(&RouteConfig) -> Option<&Texts>| {
            let lists = config.routes.iter().filter_map(texts);
            lists.flat_map(|list| &list.value.0)
        };
        let permissions = config.routes.iter().flat_map(permissions);
        Self {
            roles: names(
                roles
                    .chain(&config.default_role)
                    .chain(asked(|route| route.roles.as_ref())),
            ),
            scopes: names(scopes.chain(asked(|route| route.scopes.as_ref()))),
            permissions: names(permissions),
        }
    }
}

fn permissions(route: &RouteConfig) -> Vec<&Placed<String>> {
    match &route.permission {
        None => Vec::new(),
        Some(PermissionConfig::One(permission)) => vec![permission],
        Some(PermissionConfig::PerMethod(_, entries)) => {
            entries.iter().map(|(_, permission)| permission).collect()
        }
    }
}

fn names<'a>(texts: impl Iterator<Item = &'a Placed<String>>) -> BTreeSet<Box<str>> {
    texts.map(|text| text.value.as_str().into()).collect()
}
