//! Whose credentials a policy knows.

use std::collections::BTreeSet;

use crate::model::{PrincipalKind, Reason};
use crate::policy::Access;

/// Whose credentials a policy knows, by their names.
pub(super) struct Holders {
    pub(super) issuers: BTreeSet<String>,
    /// The sets of API keys.
    pub(super) sets: BTreeSet<String>,
    pub(super) webhooks: BTreeSet<String>,
}

impl Holders {
    /// Whether somebody of this name vouches for callers of a kind.
    pub(super) fn has(&self, kind: PrincipalKind, name: &str) -> bool {
        match kind {
            PrincipalKind::ApiKey => self.sets.contains(name),
            PrincipalKind::Webhook => self.webhooks.contains(name),
            PrincipalKind::User | PrincipalKind::Machine => self.issuers.contains(name),
        }
    }

    /// Whether there is one only, so that every route that asks who calls accepts that one.
    pub(super) fn is_alone(&self) -> bool {
        self.issuers.len() + self.sets.len() + self.webhooks.len() == 1
    }

    /// Whether API keys of some set count on a route.
    pub(super) fn accepts_keys(&self, access: &Access) -> bool {
        accepts_any(access, &self.sets)
    }

    /// Whether a route takes deliveries of a webhook, alone or beside a credential, that another does not.
    pub(super) fn takes_more_deliveries(&self, now: &Access, before: Option<&Access>) -> bool {
        let mut webhooks = self.webhooks.iter();
        webhooks.any(|webhook| {
            let before = before.is_some_and(|before| before.takes_deliveries_of(webhook));
            now.takes_deliveries_of(webhook) && !before
        })
    }

    /// What is said where there is no credential.
    pub(super) fn missed(&self, access: &Access) -> Reason {
        let (tokens, keys) = (
            accepts_any(access, &self.issuers),
            self.accepts_keys(access),
        );
        match (tokens, keys, accepts_any(access, &self.webhooks)) {
            (true, _, _) | (false, false, false) => Reason::TokenMissing,
            (false, true, _) => Reason::KeyMissing,
            (false, false, true) => Reason::SignatureMissing,
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
    names.iter().any(|name| access.accepts(name))
}
