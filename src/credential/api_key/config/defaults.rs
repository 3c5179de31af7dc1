//! What listed keys have that do not say it themselves.

use crate::document::{Fields, Node, OneOrMany, Problems};
use crate::model::ApiKey;

use super::words::{Word, texts};

/// The section `defaults` of a set. Keys in the store have none of it: what they may do was settled when
/// they were made.
#[derive(Debug, Clone, Default)]
pub(in crate::credential) struct Defaults {
    subject: Option<Box<str>>,
    tenant: Option<Box<str>>,
    roles: Option<Vec<Box<str>>>,
    scopes: Option<Vec<Box<str>>>,
}

impl Defaults {
    pub(super) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "key defaults", problems)?;
        fields.refuse_blanks();
        let mut names = |key| {
            let OneOrMany(names) = fields.optional::<OneOrMany<Word>>(key)?;
            Some(texts(names))
        };
        let (roles, scopes) = (names("roles"), names("scopes"));
        let mut word = |key| fields.optional::<Word>(key).map(|word| word.0);
        let defaults = Self {
            subject: word("subject"),
            tenant: word("tenant"),
            roles,
            scopes,
        };
        fields.finish();
        Some(defaults)
    }

    /// Fills in what a key does not say. `says_scopes` tells a key without scopes from one that says nothing
    /// of them.
    pub(in crate::credential) fn fill(&self, key: &mut ApiKey, says_scopes: bool) {
        key.owner = key.owner.take().or_else(|| self.subject.clone());
        key.tenant = key.tenant.take().or_else(|| self.tenant.clone());
        key.roles = key.roles.take().or_else(|| self.roles.clone());
        if let Some(scopes) = self.scopes.as_ref().filter(|_| !says_scopes) {
            key.scopes.clone_from(scopes);
        }
    }
}
