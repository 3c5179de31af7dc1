//! Whether what was said of credentials still holds under the new policy.
//!
//! A record has no credential, so what a verifier would say under other settings cannot be known. What it
//! said is taken over where the settings are the same.

use std::collections::BTreeSet;

use crate::model::{PrincipalKind, Reason};

use super::missing::{Missing, What};

/// How the new policy's settings of credentials compare with those that judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// They are taken to be the same, for nobody knows the others.
    Assumed,
    /// They were compared.
    Compared(Box<Differences>),
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Differences {
    /// Where tokens are looked for.
    pub(super) places: bool,
    /// Where API keys are looked for, and what tells them from other texts.
    pub(super) key_places: bool,
    /// Who signs tokens.
    pub(super) issuers: Changes,
    /// The sets of API keys.
    pub(super) sets: Changes,
    /// The webhooks.
    pub(super) webhooks: Changes,
    /// Sets that differ only in keys that the new policy lists and the old one did not.
    pub(super) grown: BTreeSet<String>,
}

/// What differs among the entries of one section, by their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Changes {
    /// Only the new policy has them.
    pub(super) added: BTreeSet<String>,
    /// It does not have them any more.
    pub(super) removed: BTreeSet<String>,
    /// Both have them, with other settings.
    pub(super) changed: BTreeSet<String>,
}

/// What becomes of the credentials of an issuer, or of a set of API keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// What it was.
    Same,
    /// The issuer is gone, and nobody else could be meant.
    Gone,
    /// That cannot be known.
    Unknown(Missing),
}

impl Changes {
    fn any(&self) -> bool {
        !(self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty())
    }

    fn standing(&self, name: &str, known: bool, unsure: Missing) -> Standing {
        if self.removed.contains(name) && self.added.is_empty() && self.changed.is_empty() {
            return Standing::Gone;
        }
        match known && !self.changed.contains(name) {
            true => Standing::Same,
            false => Standing::Unknown(unsure),
        }
    }
}

impl Differences {
    /// Whether nothing differs.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Trust {
    /// What becomes of a genuine credential of this issuer, or of this set. `known` says whether the new
    /// policy has one of that name.
    pub(super) fn caller(&self, kind: PrincipalKind, name: &str, known: bool) -> Standing {
        let unsure = match kind {
            PrincipalKind::ApiKey => of_sets(),
            PrincipalKind::Webhook => of_webhooks(),
            PrincipalKind::User | PrincipalKind::Machine => of_issuers(),
        };
        let Self::Compared(found) = self else {
            return match known {
                true => Standing::Same,
                false => Standing::Unknown(unsure),
            };
        };
        match kind {
            // Where it is read is a setting of the set.
            PrincipalKind::ApiKey => found.sets.standing(name, known, unsure),
            // So it is of the webhook.
            PrincipalKind::Webhook => found.webhooks.standing(name, known, unsure),
            _ if found.places => Standing::Unknown(of_places()),
            _ => found.issuers.standing(name, known, unsure),
        }
    }

    /// What keeps a refusal of a credential from being taken over, if something does.
    pub(super) fn refusal(&self, reason: Reason) -> Option<Missing> {
        let Self::Compared(found) = self else {
            return None;
        };
        match reason {
            // Which credentials are found, and whether they are any at all, is no issuer's business.
            Reason::TokenMissing
            | Reason::KeyMissing
            | Reason::CredentialAmbiguous
            | Reason::TokenMalformed => found.of_places(),
            Reason::KeyUnknown => {
                let more = found.sets.any() || !found.grown.is_empty();
                found.of_places().or_else(|| more.then(of_sets))
            }
            Reason::SignatureMissing
            | Reason::SignatureInvalid
            | Reason::SignatureExpired
            | Reason::SignatureReplayed
            | Reason::BodyTooLarge
            | Reason::ContentEncoded => found.webhooks.any().then(of_webhooks),
            Reason::KeyExpired | Reason::KeyNotYetValid | Reason::KeyRevoked => {
                found.sets.any().then(of_sets)
            }
            _ if found.places => Some(of_places()),
            _ => found.issuers.any().then(of_issuers),
        }
    }
}

impl Differences {
    fn of_places(&self) -> Option<Missing> {
        match (self.places, self.key_places) {
            (true, _) => Some(of_places()),
            (false, true) => Some(of_key_places()),
            (false, false) => None,
        }
    }
}

fn of_places() -> Missing {
    Missing::before_rules(What::TokenPlaces, "`tokens.from` differs")
}

fn of_key_places() -> Missing {
    Missing::before_rules(What::KeyPlaces, "places of API keys differ")
}

fn of_issuers() -> Missing {
    Missing::before_rules(What::IssuerSettings, "issuers differ")
}

fn of_sets() -> Missing {
    Missing::before_rules(What::KeySettings, "sets of API keys differ")
}

fn of_webhooks() -> Missing {
    Missing::before_rules(What::WebhookSettings, "webhooks differ")
}
