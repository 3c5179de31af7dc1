//! Callers in words.

use std::sync::Arc;

use crate::model::PrincipalKind;

use super::super::caller::KINDS;
use super::super::described::listed;

/// Kinds of callers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kinds([bool; KINDS.len()]);

impl Kinds {
    pub(super) fn add(&mut self, kind: PrincipalKind) {
        for (known, is_there) in KINDS.iter().zip(&mut self.0) {
            *is_there |= *known == kind;
        }
    }

    /// These kinds in words: `callers` where there are no others.
    fn words(self, everybody: Self) -> String {
        let named = ["users", "machines", "API keys", "signed deliveries"];
        let named = named.into_iter().zip(self.0);
        let named = named.filter_map(|(name, is_there)| is_there.then_some(name));
        match named.collect::<Vec<_>>().as_slice() {
            [one] => (*one).to_owned(),
            _ if self == everybody => CALLERS.to_owned(),
            several => several.join(" and "),
        }
    }
}

const CALLERS: &str = "callers";

/// What the sources of an API key have to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sources {
    Whatever,
    /// It is for the source that the request names, and for no other.
    This,
    Another,
}

/// What a caller's tenant has to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tenant {
    Whatever,
    Another,
    Missing,
}

/// What a signature beside a caller's credential has to do with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signature {
    Whatever,
    /// There is one of this webhook, which is asked for.
    With(Arc<str>),
    /// There is none of this webhook, where one is asked for.
    Without(Arc<str>),
}

/// What is said of callers, but for their kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tail {
    pub(super) roles: Roles,
    pub(super) scopes: Vec<Box<str>>,
    pub(super) issuers: Option<Vec<Arc<str>>>,
    pub(super) tenant: Tenant,
    pub(super) sources: Sources,
    pub(super) signature: Signature,
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
        let mut scopes = self.scopes.iter();
        scopes.all(|scope| other.scopes.contains(scope)) && self.says_with_other_scopes(other)
    }

    /// Whether it is the same of whoever this is said of, with whatever scopes.
    pub(super) fn says_with_other_scopes(&self, other: &Self) -> bool {
        let tenant = self.tenant == Tenant::Whatever || self.tenant == other.tenant;
        let issuers = self.issuers.is_none() || self.issuers == other.issuers;
        let sources = self.sources == Sources::Whatever || self.sources == other.sources;
        let signed = self.signature == Signature::Whatever || self.signature == other.signature;
        tenant && sources && issuers && signed && self.roles == other.roles
    }

    /// The callers of these kinds in words.
    pub(super) fn words(&self, kinds: Kinds, everybody: Kinds) -> String {
        let who = kinds.words(everybody);
        let quoted = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(" or ")
        };
        let mut text = match &self.roles {
            Roles::AllBut(names) if names.is_empty() => who.clone(),
            Roles::AllBut(names) => format!("{who} without role {}", quoted(names)),
            Roles::None => format!("{who} without a role"),
            Roles::Unnamed => format!("{who} with a role that the policy does not name"),
            Roles::Of(classes) => {
                let classes: Vec<String> = classes.iter().map(|names| quoted(names)).collect();
                let role = format!("role {}", classes.join(" and role "));
                match who == CALLERS {
                    true => role,
                    false => format!("{who} with {role}"),
                }
            }
        };
        if !self.scopes.is_empty() {
            let comma = if text == who { "" } else { "," };
            text += &format!("{comma} with {}", listed("scope", &self.scopes));
        }
        if let Some(issuers) = &self.issuers {
            let what = match who.as_str() {
                "API keys" => "set",
                "signed deliveries" => "webhook",
                _ => "issuer",
            };
            text += &format!(" of {}", listed(what, issuers));
        }
        text += match self.tenant {
            Tenant::Whatever => "",
            Tenant::Another => " of another tenant",
            Tenant::Missing => " without a tenant",
        };
        text += match self.sources {
            Sources::Whatever => "",
            Sources::This => " that are for this source alone",
            Sources::Another => " that are for other sources",
        };
        match &self.signature {
            Signature::Whatever => text,
            Signature::With(webhook) => text + &format!(" with a signature of `{webhook}`"),
            Signature::Without(webhook) => text + &format!(" without a signature of `{webhook}`"),
        }
    }
}
