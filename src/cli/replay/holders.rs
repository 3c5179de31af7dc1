//! Whose credentials a policy knows.

use std::collections::BTreeSet;

use crate::model::{PrincipalKind, Reason};
use crate::policy::Access;

/// Whose credentials a policy knows, by their names.
pub(super) struct Holders {
    pub(super) issuers: BTreeSet<String>,
    /// The sets of API keys.
    pub(super) sets: BTreeSet<String>,
}

impl Holders {
    /// Whether somebody of this name vouches for callers of a kind.
    pub(super) fn has(&self, kind: PrincipalKind, name: &str) -> bool {
        match kind {
            PrincipalKind::ApiKey => self.sets.contains(name),
            PrincipalKind::User | PrincipalKind::Machine | PrincipalKind::Webhook => {
                self.issuers.contains(name)
            }
        }
    }

    /// Whether there is one only, so that every route that asks who calls accepts that one.
    pub(super) fn is_alone(&self) -> bool {
        self.issuers.len() + self.sets.len() == 1
    }

    /// Whether API keys of some set count on a route.
    pub(super) fn accepts_keys(&self, access: &Access) -> bool {
        accepts_any(access, &self.sets)
    }

    /// What is said where there is no credential.
    pub(super) fn missed(&self, access: &Access) -> Reason {
        match accepts_any(access, &self.issuers) || !self.accepts_keys(access) {
            true => Reason::TokenMissing,
            false => Reason::KeyMissing,
        }
    }
}

/// What is said of a credential of somebody whose credentials do not count.
pub(super) fn stranger(kind: PrincipalKind) -> Reason {
    match kind {
        PrincipalKind::ApiKey => Reason::KeyUnknown,
        PrincipalKind::Webhook => Reason::SignatureInvalid,
        PrincipalKind::User | PrincipalKind::Machine => Reason::TokenIssuerUnknown,
    }
}

fn accepts_any(access: &Access, names: &BTreeSet<String>) -> bool {
    match access {
        Access::Public => false,
        Access::Authenticated { accepted: None, .. } => !names.is_empty(),
        Access::Authenticated {
            accepted: Some(accepted),
            ..
        } => accepted.iter().any(|name| names.contains(&**name)),
    }
}
