//! What a route asks of a caller: one thing at a time, in a fixed order.
//!
//! Serving stops at the first check that fails. Whoever explains, replays or proves goes through all
//! of them, by the same functions.

mod rights;

use std::collections::BTreeSet;

use http::HeaderName;

use crate::model::{Denied, Principal, Reason, Request};

use super::Policy;
use super::binding::{Binding, check_network, check_source, check_tenant};
use super::condition::Condition;
use super::render::Facts;
use super::route::{Access, KeyRoles, Match, PermissionRule, RoleRule, Route, Rules, SourceRule};
use super::step_up::StepUp;

use rights::{check_permission, check_roles, check_scopes};

/// What a check is about. The order is that in which checks are judged: first whether the credential may be
/// used from there at all, for one that is used from elsewhere is likely stolen and learns nothing else;
/// then whose data the request is about, and of which source; then how the caller signed in; then rights,
/// the coarse ones before the fine ones; and last the condition, which may cost most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The client is in a network that the caller's API key may be presented from.
    Network,
    /// The request concerns the caller's own tenant.
    Tenant,
    /// The request is for a source of the caller's API key.
    Source,
    /// The caller signed in strongly enough, and not too long ago.
    Authentication,
    /// The caller has one of some roles.
    Roles,
    /// The caller's credential carries scopes.
    Scopes,
    /// A role or a scope of the caller grants a permission.
    Permission,
    /// An expression over the request and its caller is true.
    Condition,
}

impl Rule {
    /// The name of the key in the policy file; `authentication` stands for `acr` and `max_age`, and `network`
    /// for what an API key says itself.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Tenant => "tenant",
            Self::Source => "source",
            Self::Authentication => "authentication",
            Self::Roles => "roles",
            Self::Scopes => "scopes",
            Self::Permission => "permission",
            Self::Condition => "when",
        }
    }
}

/// A fact that a rule may depend on, beyond those that a decision record always has: method, scheme,
/// host, path, client address and time of the request; kind, subject, tenant, issuer, roles and scopes
/// of the principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// A header of the request, by its name in lower case.
    Header(Box<str>),
    /// A parameter of the query, by its name.
    Query(Box<str>),
    /// A claim of the credential, by its name at the top level.
    Claim(Box<str>),
    /// The principal's e-mail address.
    Email,
}

/// One thing that a route asks.
#[derive(Debug, Clone, Copy)]
pub struct Check<'p>(pub(super) Asked<'p>);

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'p> {
    Network,
    Tenant(&'p Binding),
    /// Nothing where the route names no source.
    Source(Option<&'p Binding>),
    Authentication(&'p StepUp),
    Roles(&'p RoleRule, KeyRoles),
    Scopes(&'p [Box<str>]),
    Permission(&'p PermissionRule),
    Condition(&'p Condition),
}

/// Who asks for what, and by what right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'c> {
    pub(super) matched: &'c Match<'c>,
    pub(super) request: &'c Request,
    /// Nobody on a public route.
    pub(super) principal: Option<&'c Principal>,
    /// The roles that count: the principal's, or the default role in their place.
    pub(super) roles: &'c [Box<str>],
}

impl<'c> Case<'c> {
    fn facts(self) -> Facts<'c> {
        Facts {
            asked: Some((self.request, self.matched)),
            principal: self.principal,
            roles: self.roles,
        }
    }
}

/// What an API key bounds beyond its route: nothing of any other caller.
#[derive(Debug, Clone, Copy, Default)]
struct Bounds {
    networks: bool,
    sources: bool,
}

impl Bounds {
    fn of(principal: &Principal) -> Self {
        principal
            .key
            .as_deref()
            .map_or(Self::default(), |key| Self {
                networks: key.networks.is_some(),
                sources: key.sources.is_some(),
            })
    }
}

impl Rules {
    /// What is asked, in the order in which it is judged.
    fn checks<'p>(
        &'p self,
        network: bool,
        source: Option<Option<&'p Binding>>,
    ) -> impl Iterator<Item = Check<'p>> {
        let scopes = (!self.scopes.is_empty()).then_some(&*self.scopes);
        let permission = match &self.permission {
            PermissionRule::Nothing => None,
            asked => Some(asked),
        };
        let roles = self.roles.as_deref();
        let asked = [
            network.then_some(Asked::Network),
            self.tenant.as_ref().map(Asked::Tenant),
            source.map(Asked::Source),
            self.step_up.as_deref().map(Asked::Authentication),
            roles.map(|rule| Asked::Roles(rule, self.key_roles)),
            scopes.map(Asked::Scopes),
            permission.map(Asked::Permission),
            self.condition.as_ref().map(Asked::Condition),
        ];
        asked.into_iter().flatten().map(Check)
    }
}

impl Route {
    /// What the route asks, in the order in which it is judged; a public route has at most a condition.
    /// What it asks of a caller's API key alone is among it if the file says so.
    pub fn checks(&self) -> impl Iterator<Item = Check<'_>> {
        let source = match &self.rules.source {
            SourceRule::Bound(binding) => Some(Some(binding)),
            SourceRule::Unbound | SourceRule::Lifted => None,
        };
        self.rules.checks(false, source)
    }

    /// What the route asks of this caller: less where a rule is for keys that are for some sources only,
    /// and more where the caller's key says from where it may be presented. Serving goes through these.
    pub fn checks_of<'p>(
        &'p self,
        principal: Option<&Principal>,
    ) -> impl Iterator<Item = Check<'p>> + use<'p> {
        let bounds = principal.map_or(Bounds::default(), Bounds::of);
        let asked = bounds.sources && *self.access() != Access::Public;
        let source = match &self.rules.source {
            SourceRule::Bound(binding) if asked => Some(Some(binding)),
            SourceRule::Unbound if asked => Some(None),
            SourceRule::Bound(_) | SourceRule::Unbound | SourceRule::Lifted => None,
        };
        self.rules.checks(bounds.networks, source)
    }
}

impl<'p> Check<'p> {
    /// What the check is about.
    pub fn rule(&self) -> Rule {
        match self.0 {
            Asked::Network => Rule::Network,
            Asked::Tenant(_) => Rule::Tenant,
            Asked::Source(_) => Rule::Source,
            Asked::Authentication(_) => Rule::Authentication,
            Asked::Roles(..) => Rule::Roles,
            Asked::Scopes(_) => Rule::Scopes,
            Asked::Permission(_) => Rule::Permission,
            Asked::Condition(_) => Rule::Condition,
        }
    }

    /// The condition as it is written, when the check is one.
    pub fn condition(&self) -> Option<&'p str> {
        match self.0 {
            Asked::Condition(condition) => Some(condition.expression().text()),
            _ => None,
        }
    }

    /// The facts that the answer depends on, beyond those that every decision record has.
    pub fn reads(&self) -> BTreeSet<Fact> {
        match self.0 {
            Asked::Tenant(Binding::Header(name, _))
            | Asked::Source(Some(Binding::Header(name, _))) => BTreeSet::from([header(name)]),
            Asked::Authentication(step_up) => {
                let claims = step_up.claims();
                claims.map(|name| Fact::Claim(name.into())).collect()
            }
            Asked::Condition(condition) => condition.expression().facts().clone(),
            Asked::Network
            | Asked::Tenant(_)
            | Asked::Source(_)
            | Asked::Roles(..)
            | Asked::Scopes(_)
            | Asked::Permission(_) => BTreeSet::new(),
        }
    }

    pub(super) fn judge(&self, case: Case<'_>) -> Result<(), Denied> {
        // Whoever is not there has nothing that a rule could find.
        let caller = || {
            case.principal
                .ok_or_else(|| Denied::from(Reason::TokenMissing))
        };
        match self.0 {
            Asked::Network => check_network(case.request, caller()?),
            Asked::Tenant(binding) => check_tenant(binding, case.matched, case.request, caller()?),
            Asked::Source(binding) => check_source(binding, case.matched, case.request, caller()?),
            Asked::Authentication(step_up) => step_up.check(case.request, caller()?),
            Asked::Roles(rule, of_keys) => check_roles(rule, of_keys, case),
            Asked::Scopes(wanted) => check_scopes(wanted, caller()?),
            Asked::Permission(rule) => check_permission(rule, case, caller()?),
            Asked::Condition(condition) => condition.check(case.facts()),
        }
    }
}

impl Policy {
    /// Judges one thing that a route asks; of a public route, without a principal.
    pub fn judge(
        &self,
        check: Check<'_>,
        matched: &Match<'_>,
        request: &Request,
        principal: Option<&Principal>,
    ) -> Result<(), Denied> {
        check.judge(Case {
            matched,
            request,
            principal,
            roles: principal.map_or(&[], |principal| self.roles_of(principal)),
        })
    }

    /// The facts that any rule of this policy depends on, beyond those that every decision record
    /// has. What only identity headers show is not among them.
    pub fn facts_read(&self) -> BTreeSet<Fact> {
        let checks = self.routes.iter().flat_map(|route| route.checks());
        checks.flat_map(|check| check.reads()).collect()
    }
}

fn header(name: &HeaderName) -> Fact {
    Fact::Header(name.as_str().into())
}
