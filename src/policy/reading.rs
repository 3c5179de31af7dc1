//! What a check depends on of the facts that every decision record has, unless its operator hides them.
//!
//! Whoever judges a request by its record asks here what must be known.

use std::collections::BTreeSet;

use http::Method;

use crate::model::Request;

use super::Policy;
use super::binding::Binding;
use super::check::{Asked, Check};
use super::route::{Match, PermissionRule};

/// A fact that every decision record has, unless its operator hides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CoreFact {
    /// The request's method.
    Method,
    /// The scheme it came by.
    Scheme,
    /// The host it is for.
    Host,
    /// Its path, and so what the path captured.
    Path,
    /// The client's address.
    Client,
    /// When it arrived.
    Time,
    /// What kind of principal calls.
    Kind,
    /// The principal's subject.
    Subject,
    /// The principal's tenant.
    Tenant,
    /// The principal's issuer.
    Issuer,
    /// The principal's roles.
    Roles,
    /// The principal's scopes.
    Scopes,
    /// What bounds an API key beside its rights: its sources and networks. Known to be nothing of any
    /// other principal.
    Bounds,
}

impl CoreFact {
    /// The key of a decision record that has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Scheme => "scheme",
            Self::Host => "host",
            Self::Path => "path",
            Self::Client => "client",
            Self::Time => "time",
            Self::Kind => "kind",
            Self::Subject => "subject",
            Self::Tenant => "tenant",
            Self::Issuer => "issuer",
            Self::Roles => "roles",
            Self::Scopes => "scopes",
            Self::Bounds => "key",
        }
    }

    /// Whether it is a fact of the caller, and not of the request.
    pub const fn is_of_caller(self) -> bool {
        match self {
            Self::Kind
            | Self::Subject
            | Self::Tenant
            | Self::Issuer
            | Self::Roles
            | Self::Scopes
            | Self::Bounds => true,
            Self::Method | Self::Scheme | Self::Host | Self::Path | Self::Client | Self::Time => {
                false
            }
        }
    }
}

impl Check<'_> {
    /// The facts that the answer depends on, of those that every decision record has.
    pub fn core_facts(&self) -> BTreeSet<CoreFact> {
        use CoreFact::{Bounds, Client, Kind, Method, Roles, Scopes, Tenant, Time};
        let named = |binding: &Binding, with: CoreFact| match binding {
            Binding::Capture(_) => [with, CoreFact::Path].into(),
            Binding::Header(..) | Binding::Constant { .. } => [with].into(),
            Binding::HostLabel(_) => [with, CoreFact::Host].into(),
        };
        match self.0 {
            Asked::Network => [Bounds, Client].into(),
            Asked::Tenant(binding) => named(binding, Tenant),
            Asked::Source(Some(binding)) => named(binding, Bounds),
            Asked::Source(None) => [Bounds].into(),
            Asked::Authentication(_) => [Time].into(),
            Asked::Roles(_, of_keys) if of_keys.matter() => [Kind, Roles, Scopes].into(),
            Asked::Roles(..) => [Kind, Roles].into(),
            Asked::Scopes(_) => [Kind, Scopes].into(),
            Asked::Permission(_) => [Method, Kind, Roles, Scopes].into(),
            Asked::Condition(condition) => condition.expression().core_facts().clone(),
        }
    }
}

impl Policy {
    /// Whether a check refuses this request whoever calls. Asks nothing of a caller.
    pub fn refuses_everybody(
        &self,
        check: Check<'_>,
        matched: &Match<'_>,
        request: &Request,
    ) -> bool {
        match check.0 {
            Asked::Tenant(binding) => binding.value(matched, request).is_none(),
            Asked::Permission(PermissionRule::PerMethod(methods)) => {
                let named = |(method, _): &(Method, _)| *method == request.method;
                !methods.iter().any(named)
            }
            Asked::Condition(condition) if !condition.expression().needs_principal() => {
                self.judge(check, matched, request, None).is_err()
            }
            Asked::Network
            | Asked::Source(_)
            | Asked::Authentication(_)
            | Asked::Roles(..)
            | Asked::Scopes(_)
            | Asked::Permission(_)
            | Asked::Condition(_) => false,
        }
    }
}
