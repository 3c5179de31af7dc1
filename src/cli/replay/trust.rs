//! Whether what was said of credentials still holds under the new policy.
//!
//! A record has no token, so what a verifier would say under other settings cannot be known. What it said
//! is taken over where the settings are the same.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::document::{Node, Problems, Value, parse};
use crate::model::Reason;

use super::missing::{Missing, What};

/// How the new policy's settings of issuers and tokens compare with those that judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// They are taken to be the same, for nobody knows the others.
    Assumed,
    /// They were compared.
    Compared(Differences),
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Differences {
    /// Where tokens are looked for.
    pub(super) places: bool,
    /// Issuers that only the new policy has.
    pub(super) added: BTreeSet<String>,
    /// Issuers that it does not have any more.
    pub(super) removed: BTreeSet<String>,
    /// Issuers that both have, with other settings.
    pub(super) changed: BTreeSet<String>,
}

/// What becomes of the credentials of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// What it was.
    Same,
    /// The issuer is gone, and nobody else could be meant.
    Gone,
    /// That cannot be known.
    Unknown(Missing),
}

impl Differences {
    /// Compares the texts of two policy files as they are written, and with the defaults of variables.
    pub(super) fn between(old: &Path, new: &Path) -> Self {
        let named = |name: &str| Some(format!("${{{name}}}"));
        let mut all = Self::default();
        for environment in [&named as &dyn Fn(&str) -> Option<String>, &|_| None] {
            let (old, new) = (sections(old, environment), sections(new, environment));
            all.places |= old.0 != new.0;
            let (old, new) = (old.1, new.1);
            let lacks = |all: &[(String, Json)], name: &str| all.iter().all(|(n, _)| n != name);
            let only = |these: &[(String, Json)], those: &[(String, Json)]| {
                let names = these.iter().map(|(name, _)| name.clone());
                names.filter(|name| lacks(those, name)).collect::<Vec<_>>()
            };
            all.removed.extend(only(&old, &new));
            all.added.extend(only(&new, &old));
            let differs = |(name, settings): &&(String, Json)| {
                let mut others = new.iter();
                others.any(|(other, its)| other == name && its != settings)
            };
            let changed = old.iter().filter(differs);
            all.changed.extend(changed.map(|(name, _)| name.clone()));
        }
        all
    }

    fn any_issuer(&self) -> bool {
        !(self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty())
    }

    /// Whether nothing differs.
    pub(super) fn is_empty(&self) -> bool {
        !self.places && !self.any_issuer()
    }
}

/// Where tokens are looked for, and each issuer with its settings.
fn sections(
    file: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> (Option<Json>, Vec<(String, Json)>) {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    // What is wrong with the file was said when it was loaded.
    let problems = Problems::new();
    let Some(top) = parse("", &text, environment, &problems) else {
        return (None, Vec::new());
    };
    let places = top.at("tokens").and_then(|tokens| tokens.at("from"));
    let issuers = match top.at("issuers").map(|issuers| &issuers.value) {
        Some(Value::Map(issuers)) => issuers
            .iter()
            .map(|(key, settings)| (key.name.to_string(), settings.to_json()))
            .collect(),
        _ => Vec::new(),
    };
    (places.map(Node::to_json), issuers)
}

impl Trust {
    /// What becomes of a genuine credential of this issuer. `known` says whether the new policy has one of
    /// that name.
    pub(super) fn issuer(&self, name: &str, known: bool) -> Standing {
        let Self::Compared(found) = self else {
            return match known {
                true => Standing::Same,
                false => Standing::Unknown(of_issuers()),
            };
        };
        if found.places {
            return Standing::Unknown(of_places());
        }
        if found.removed.contains(name) && found.added.is_empty() && found.changed.is_empty() {
            return Standing::Gone;
        }
        match known && !found.changed.contains(name) {
            true => Standing::Same,
            false => Standing::Unknown(of_issuers()),
        }
    }

    /// What keeps a refusal of a credential from being taken over, if something does.
    pub(super) fn refusal(&self, reason: Reason) -> Option<Missing> {
        let Self::Compared(found) = self else {
            return None;
        };
        if found.places {
            return Some(of_places());
        }
        // Which tokens are found, and whether they are tokens at all, is no issuer's business.
        let of_any = matches!(
            reason,
            Reason::TokenMissing | Reason::CredentialAmbiguous | Reason::TokenMalformed
        );
        let unknown = !of_any && found.any_issuer();
        unknown.then(of_issuers)
    }
}

fn of_places() -> Missing {
    Missing::before_rules(What::TokenPlaces, "`tokens.from` differs")
}

fn of_issuers() -> Missing {
    Missing::before_rules(What::IssuerSettings, "issuers differ")
}
