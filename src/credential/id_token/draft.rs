//! An issuer's settings while they are put together: what a preset says, then what the file says.

use std::time::Duration;

use super::claims::{Clock, Expectation, Names};
use super::mapping::{Alternatives, Mapping, top_level};
use super::rules::{Machine, Rules, Types};
use crate::model::ClaimPath;

/// Half a minute of difference between clocks is forgiven unless the file says otherwise.
pub(super) const LEEWAY: Duration = Duration::from_secs(30);

/// Settings that may still lack something.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The expected `iss`.
    pub(super) issuer: Option<String>,
    /// Where keys are when the file does not say.
    pub(super) jwks_url: Option<String>,
    /// Where discovery begins when there is no `jwks_url`.
    pub(super) url: Option<String>,
    pub(super) audience: Option<Names>,
    pub(super) parties: Option<Names>,
    pub(super) typ: Types,
    pub(super) token_type: Box<[Expectation]>,
    pub(super) require: Box<[ClaimPath]>,
    pub(super) past: &'static [&'static str],
    pub(super) mapping: Mapping,
    pub(super) machine: Option<MachineDraft>,
}

/// A machine profile that may still lack something.
#[derive(Debug, Clone)]
pub(super) struct MachineDraft {
    pub(super) marks: Box<[Expectation]>,
    pub(super) absent: Box<[ClaimPath]>,
    pub(super) client: Alternatives,
    pub(super) clients: Option<Names>,
    pub(super) audience: Option<Names>,
    pub(super) typ: Types,
    pub(super) expect: Option<Box<[Expectation]>>,
    pub(super) scopes: Alternatives,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            issuer: None,
            jwks_url: None,
            url: None,
            audience: None,
            parties: None,
            typ: types(&["jwt"]),
            token_type: Box::default(),
            require: Box::default(),
            past: &[],
            mapping: Mapping::default(),
            machine: None,
        }
    }
}

impl Default for MachineDraft {
    fn default() -> Self {
        Self {
            marks: Box::default(),
            absent: Box::default(),
            client: top_level(&["client_id", "azp"]),
            clients: None,
            audience: None,
            typ: types(&["jwt", "at+jwt"]),
            expect: None,
            scopes: top_level(&["scope", "scp"]),
        }
    }
}

impl Draft {
    /// The rules without anything the file adds.
    pub(super) fn rules(self, audience: Names) -> Rules {
        Rules {
            clock: Clock {
                leeway: LEEWAY,
                max_lifetime: None,
            },
            audience,
            parties: self.parties,
            typ: self.typ,
            token_type: self.token_type,
            require: self.require,
            expect: Box::default(),
            past: self.past,
            mapping: self.mapping,
            machine: None,
        }
    }
}

impl MachineDraft {
    /// The profile, with the roles that the file gives to programs.
    pub(super) fn machine(self, roles: Box<[Box<str>]>) -> Machine {
        Machine {
            marks: self.marks,
            absent: self.absent,
            client: self.client,
            clients: self.clients,
            audience: self.audience,
            typ: self.typ,
            expect: self.expect,
            roles,
            scopes: self.scopes,
        }
    }
}

/// `typ` values, already in lower case.
pub(super) fn types(names: &[&str]) -> Types {
    names.iter().map(|name| (*name).into()).collect()
}

/// One accepted name.
pub(super) fn only(name: impl Into<Box<str>>) -> Names {
    Names::Only(Box::new([name.into()]))
}
