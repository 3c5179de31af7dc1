//! What a route asks, as far as callers can be told apart by it.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::Method;

use crate::model::{Principal, PrincipalKind};

use super::super::Policy;
use super::super::binding::Binding;
use super::super::check::{Asked, Case};
use super::super::granting::Granting;
use super::super::quick::Names;
use super::super::route::{Access, Match, PermissionRule, Route};
use super::caller::KINDS;
use crate::model::Request;

/// Whether a caller passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Never.
    Refused,
    /// If a condition holds, which is not known.
    Perhaps,
    /// Always.
    Allowed,
}

/// What one route asks of callers who use one method.
#[derive(Debug, Default)]
pub(super) struct Demand<'p> {
    /// Issuers, sets of API keys and webhooks; nothing stands for all of the file.
    pub(super) issuers: Option<&'p [Arc<str>]>,
    /// The webhook whose signature must be there as well.
    pub(super) signed: Option<&'p Arc<str>>,
    pub(super) tenant: Option<&'p Binding>,
    /// Where a request names the source that keys for some sources only must be for.
    pub(super) source: Option<&'p Binding>,
    pub(super) roles: Option<&'p Names>,
    pub(super) scopes: &'p [Box<str>],
    /// The permission, or the fact that none is named for this method, so that nobody passes.
    pub(super) permission: Option<Option<&'p Granting>>,
    /// What may hold and may not: rules over facts that a proof knows nothing of, as they are written.
    pub(super) conditions: Vec<String>,
}

/// The conditions of a public route, which asks nobody and may still refuse.
pub(super) fn of_public(route: &Route) -> Vec<String> {
    let conditions = route.checks().filter_map(|check| check.condition());
    conditions.map(str::to_owned).collect()
}

impl<'p> Demand<'p> {
    /// Nothing for a public route, which asks nobody.
    pub(super) fn of(route: &'p Route, method: &Method) -> Option<Self> {
        let Access::Authenticated { accepted, signed } = &route.access else {
            return None;
        };
        let mut demand = Self {
            issuers: accepted.as_deref(),
            signed: signed.as_ref(),
            ..Self::default()
        };
        for check in route.checks() {
            if route.observes(check.rule()) {
                let rule = check.rule().as_str();
                demand.conditions.push(format!("`{rule}` is only observed"));
                continue;
            }
            match check.0 {
                Asked::Network => {}
                Asked::Tenant(binding) => demand.tenant = Some(binding),
                Asked::Source(binding) => demand.source = binding,
                Asked::Authentication(step_up) => demand.conditions.push(step_up.to_string()),
                Asked::Condition(condition) => {
                    demand
                        .conditions
                        .push(condition.expression().text().to_owned());
                }
                Asked::Roles(rule, _) => demand.roles = Some(&rule.satisfying),
                Asked::Scopes(scopes) => demand.scopes = scopes,
                Asked::Permission(PermissionRule::Nothing) => {}
                Asked::Permission(PermissionRule::One(granting)) => {
                    demand.permission = Some(Some(granting));
                }
                Asked::Permission(PermissionRule::PerMethod(rules)) => {
                    let found = rules.iter().find(|(known, _)| known == method);
                    demand.permission = Some(found.map(|(_, granting)| granting.as_ref()));
                }
            }
        }
        Some(demand)
    }

    /// Every role that helps a caller to pass, in order.
    pub(super) fn helpful_roles(&self) -> BTreeSet<&'p str> {
        let granting = self.permission.flatten();
        let names = self
            .roles
            .into_iter()
            .chain(granting.map(|granting| &granting.roles));
        names.flat_map(Names::iter).map(|(name, ())| name).collect()
    }

    /// Every scope that helps a caller to pass, in order.
    pub(super) fn helpful_scopes(&self) -> BTreeSet<&'p str> {
        let granting = self.permission.flatten();
        let granting = granting
            .into_iter()
            .flat_map(|granting| granting.scopes.iter());
        let wanted = self.scopes.iter().map(AsRef::as_ref);
        granting.map(|(name, ())| name).chain(wanted).collect()
    }

    /// Patterns that help an API key to pass where no other scope may do: each grants the permission, and
    /// is the name of nothing else.
    pub(super) fn helpful_patterns(&self) -> Vec<String> {
        let granting = self.permission.flatten();
        let patterns = granting.map(|granting| {
            let permission = &granting.permission;
            let (resource, action) = (permission.resource(), permission.action());
            [format!("{resource}:*"), format!("*:{action}"), "*:*".into()]
        });
        patterns.into_iter().flatten().collect()
    }

    pub(super) fn accepts(&self, issuer: &str) -> bool {
        self.issuers
            .is_none_or(|known| known.iter().any(|known| **known == *issuer))
    }

    /// Whether whoever passes has a credential of this kind: an API key, or a signature.
    pub(super) fn takes_only(&self, kind: PrincipalKind, policy: &Policy) -> bool {
        let ours = policy.vocabulary.vouching(kind);
        KINDS
            .into_iter()
            .flat_map(|kind| policy.vocabulary.vouching(kind))
            .all(|name| ours.contains(name) || !self.accepts(name))
    }

    /// Whether a caller has the signature that is asked for beside its credential, if one is.
    fn is_signed(&self, principal: &Principal) -> bool {
        let facts = principal.webhook.as_deref();
        self.signed
            .is_none_or(|signed| facts.is_some_and(|facts| facts.name == *signed))
    }

    /// Judges a caller by every check that depends on facts a proof knows.
    pub(super) fn judge(
        &self,
        policy: &Policy,
        matched: &Match<'_>,
        request: &Request,
        principal: &Principal,
    ) -> Verdict {
        let known = policy.vocabulary.vouching(principal.kind);
        let known = known.contains(&principal.issuer);
        if !known || !self.accepts(&principal.issuer) || !self.is_signed(principal) {
            return Verdict::Refused;
        }
        let case = Case {
            matched,
            request,
            principal: Some(principal),
            roles: policy.roles_of(principal),
        };
        for check in matched.route.checks_of(Some(principal)) {
            let certain = match check.0 {
                Asked::Network
                | Asked::Tenant(_)
                | Asked::Source(_)
                | Asked::Roles(..)
                | Asked::Scopes(_)
                | Asked::Permission(_) => true,
                Asked::Authentication(_) | Asked::Condition(_) => false,
            };
            // Before its day it refuses nothing.
            let certain = certain && !matched.route.observes(check.rule());
            if certain && check.judge(case).is_err() {
                return Verdict::Refused;
            }
        }
        match self.conditions.is_empty() {
            true => Verdict::Allowed,
            false => Verdict::Perhaps,
        }
    }
}
