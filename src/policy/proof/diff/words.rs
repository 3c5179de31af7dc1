//! Callers in words.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::caller::listed;

/// What a caller's tenant has to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tenant {
    Whatever,
    Another,
    Missing,
}

/// What is said of callers, but for their kind.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tail {
    pub(super) roles: Roles,
    pub(super) scopes: Vec<Box<str>>,
    pub(super) issuers: Option<Vec<Arc<str>>>,
    pub(super) tenant: Tenant,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Roles {
    /// Any roles or none, but not these, who pass both doors.
    AllBut(Vec<String>),
    None,
    Unnamed,
    /// One of each of these.
    Of(Vec<Vec<String>>),
}

impl Tail {
    /// Whether whoever this is said of includes those that the other is said of.
    pub(super) fn says(&self, other: &Self) -> bool {
        let scopes = self.scopes.iter().all(|scope| other.scopes.contains(scope));
        let tenant = self.tenant == Tenant::Whatever || self.tenant == other.tenant;
        let issuers = self.issuers.is_none() || self.issuers == other.issuers;
        scopes && tenant && issuers && self.roles == other.roles
    }

    /// The callers of these kinds, `true` for users, in words.
    pub(super) fn words(&self, kinds: &BTreeSet<bool>) -> String {
        let who = match (kinds.contains(&true), kinds.contains(&false)) {
            (true, true) => "callers",
            (true, false) => "users",
            _ => "machines",
        };
        let quoted = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(" or ")
        };
        let mut text = match &self.roles {
            Roles::AllBut(names) if names.is_empty() => who.to_owned(),
            Roles::AllBut(names) => format!("{who} without role {}", quoted(names)),
            Roles::None => format!("{who} without a role"),
            Roles::Unnamed => format!("{who} with a role that the policy does not name"),
            Roles::Of(classes) => {
                let classes: Vec<String> = classes.iter().map(|names| quoted(names)).collect();
                let role = format!("role {}", classes.join(" and role "));
                match who {
                    "callers" => role,
                    who => format!("{who} with {role}"),
                }
            }
        };
        if !self.scopes.is_empty() {
            let comma = if text == who { "" } else { "," };
            text += &format!("{comma} with {}", listed("scope", &self.scopes));
        }
        if let Some(issuers) = &self.issuers {
            text += &format!(" of {}", listed("issuer", issuers));
        }
        text += match self.tenant {
            Tenant::Whatever => "",
            Tenant::Another => " of another tenant",
            Tenant::Missing => " without a tenant",
        };
        text
    }
}
