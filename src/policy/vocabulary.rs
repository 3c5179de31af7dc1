//! The names that a policy uses, for whoever asks which of them a set of cases leaves out.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::document::Placed;
use crate::model::PrincipalKind;

use super::compile::Known;
use super::config::Config;
use super::route::Route;

/// Names of roles, scopes and permissions: those that the file defines and those that its routes ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The issuers of the file.
    pub issuers: Box<[Arc<str>]>,
    /// The sets of API keys of the file.
    pub key_sets: Box<[Arc<str>]>,
    /// The names of the webhooks.
    pub webhooks: Box<[Arc<str>]>,
    /// Roles.
    pub roles: BTreeSet<Box<str>>,
    /// Scopes.
    pub scopes: BTreeSet<Box<str>>,
    /// The permissions that routes ask for.
    pub permissions: BTreeSet<Box<str>>,
}

impl Vocabulary {
    /// Those who vouch for callers of a kind: issuers, or of API keys the sets.
    pub fn vouching(&self, kind: PrincipalKind) -> &[Arc<str>] {
        match kind {
            PrincipalKind::User | PrincipalKind::Machine => &self.issuers,
            PrincipalKind::ApiKey => &self.key_sets,
            PrincipalKind::Webhook => &self.webhooks,
        }
    }

    pub(super) fn of(config: &Config, known: &Known<'_>, routes: &[Arc<Route>]) -> Self {
        let roles = config.roles.iter().flatten().map(|role| &role.name);
        let scopes = config.scopes.iter().flatten().map(|scope| &scope.name);
        let mut vocabulary = Self {
            issuers: known.issuers.into(),
            key_sets: known.key_sets.into(),
            webhooks: known
                .webhooks
                .iter()
                .map(|webhook| Arc::clone(&webhook.name))
                .collect(),
            roles: names(roles.chain(&config.default_role)),
            scopes: names(scopes),
            permissions: BTreeSet::new(),
        };
        for route in routes {
            vocabulary.roles.extend(route.roles().iter().cloned());
            vocabulary.scopes.extend(route.scopes().iter().cloned());
            let needed = route.permissions().into_iter();
            let permissions = needed.map(|needed| needed.permission().into());
            vocabulary.permissions.extend(permissions);
        }
        vocabulary
    }
}

fn names<'a>(texts: impl Iterator<Item = &'a Placed<String>>) -> BTreeSet<Box<str>> {
    texts.map(|text| text.value.as_str().into()).collect()
}
