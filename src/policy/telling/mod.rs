//! What a check asks and what there was, in words: for whoever explains a decision.
//!
//! Nothing here decides anything. What a caller sent is shown only where a rule of the policy reads it.

mod rights;

use crate::model::{Principal, Reason, Request};

use super::Policy;
use super::binding::Binding;
use super::check::{Asked, Check};
use super::condition::Condition;
use super::render::Facts;
use super::route::Match;
use super::step_up::StepUp;

use rights::{granting, one_of, texts, told_permission, told_roles, told_scopes};

/// One check of one request in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What is asked: `one of admin, editor`.
    pub asks: String,
    /// What there was: `viewer`.
    pub has: String,
    /// The nearest that would have been enough: `one of the roles admin, editor`.
    pub enough: String,
}

impl Check<'_> {
    /// Why the check may refuse a request.
    pub fn reasons(&self) -> &'static [Reason] {
        match self.0 {
            Asked::Network | Asked::Source(_) => &[Reason::SourceNotAllowed],
            Asked::Tenant(_) => &[Reason::TenantMismatch],
            Asked::Roles(_, of_keys) if of_keys.matter() => {
                &[Reason::InsufficientRole, Reason::InsufficientScope]
            }
            Asked::Roles(..) => &[Reason::InsufficientRole],
            Asked::Scopes(_) => &[Reason::InsufficientScope],
            Asked::Permission(_) => &[Reason::PermissionDenied],
            Asked::Authentication(_) => &[Reason::StepUpRequired],
            Asked::Condition(_) => &[Reason::ConditionFalse, Reason::ConditionFailed],
        }
    }

    /// The permission that is asked of a request, if one is.
    pub fn permission(&self, request: &Request) -> Option<String> {
        match self.0 {
            Asked::Permission(rule) => Some(granting(rule, request)?.permission.to_string()),
            Asked::Network
            | Asked::Tenant(_)
            | Asked::Source(_)
            | Asked::Authentication(_)
            | Asked::Roles(..)
            | Asked::Scopes(_)
            | Asked::Condition(_) => None,
        }
    }
}

impl Policy {
    /// Says what a check asks and what this request and this caller have; on a public route there is
    /// no caller.
    pub fn tell(
        &self,
        check: Check<'_>,
        matched: &Match<'_>,
        request: &Request,
        principal: Option<&Principal>,
    ) -> Told {
        let roles = principal.map_or(&[][..], |principal| self.roles_of(principal));
        if let Asked::Condition(condition) = check.0 {
            let facts = Facts {
                asked: Some((request, matched)),
                principal,
                roles,
            };
            return told_condition(condition, facts);
        }
        let Some(principal) = principal else {
            return nobody();
        };
        match check.0 {
            Asked::Authentication(step_up) => told_sign_in(step_up, principal),
            Asked::Condition(_) => nobody(),
            Asked::Network => told_network(request, principal),
            Asked::Tenant(binding) => tenant(binding, matched, request, principal),
            Asked::Source(binding) => told_source(binding, matched, request, principal),
            Asked::Roles(rule, of_keys) => told_roles(rule, of_keys, roles, principal),
            Asked::Scopes(wanted) => told_scopes(wanted, principal),
            Asked::Permission(rule) => told_permission(rule, request, principal, roles),
        }
    }

    /// The roles that count: the principal's own, or the default for a person who has none.
    pub fn effective_roles<'a>(&'a self, principal: &'a Principal) -> &'a [Box<str>] {
        self.roles_of(principal)
    }
}

fn tenant(
    binding: &Binding,
    matched: &Match<'_>,
    request: &Request,
    principal: &Principal,
) -> Told {
    let named = binding.value(matched, request);
    let asks = match &named {
        Some(named) => format!("{binding}, here `{named}`, to be the caller's tenant"),
        None => format!("{binding} to be the caller's tenant, and the request names none"),
    };
    Told {
        asks,
        has: match &principal.tenant {
            Some(own) => format!("the tenant `{own}`"),
            None => "no tenant".to_owned(),
        },
        enough: match named {
            Some(named) => format!("the tenant `{named}`"),
            None => format!("a request whose {} names the tenant", bare(binding)),
        },
    }
}

/// Of a key that is for some sources only; whoever else calls is asked for nothing.
fn told_source(
    binding: Option<&Binding>,
    matched: &Match<'_>,
    request: &Request,
    principal: &Principal,
) -> Told {
    let key = principal.key.as_deref();
    let own = key.and_then(|key| key.sources.as_deref());
    let has = match own {
        None => "a credential for any source".to_owned(),
        Some([]) => "a key for no source".to_owned(),
        Some(own) => format!("a key for {}", one_of("source", &texts(own))),
    };
    let Some(binding) = binding else {
        return Told {
            asks: "a credential for any source, as the route names none".to_owned(),
            has,
            enough: "a key for any source, or a `source` on the route".to_owned(),
        };
    };
    if let Binding::Constant { quotable, .. } = binding {
        let named = binding.value(matched, request).filter(|_| *quotable);
        return Told {
            asks: format!("{binding} to be a source of the key"),
            has,
            enough: match named {
                Some(named) => format!("a key for the source `{named}`"),
                None => "a key for the route's source".to_owned(),
            },
        };
    }
    match binding.value(matched, request) {
        Some(named) => Told {
            asks: format!("{binding}, here `{named}`, to be a source of the key"),
            has,
            enough: format!("a key for the source `{named}`"),
        },
        None => Told {
            asks: format!("{binding} to be a source of the key, and the request names none"),
            has,
            enough: format!("a request whose {} names the source", bare(binding)),
        },
    }
}

fn told_network(request: &Request, principal: &Principal) -> Told {
    let key = principal.key.as_deref();
    let networks = key.and_then(|key| key.networks.as_deref());
    let networks = networks.unwrap_or_default();
    let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
    let wanted = match networks.as_slice() {
        [] => "no network".to_owned(),
        networks => networks.join(" or "),
    };
    Told {
        asks: format!("a client in {wanted}, as the key says"),
        has: format!("the client {}", request.client.address),
        enough: format!("a client in {wanted}"),
    }
}

/// A rule about callers where there is none.
fn nobody() -> Told {
    Told {
        asks: "a caller".to_owned(),
        has: "nobody".to_owned(),
        enough: "a credential".to_owned(),
    }
}

fn told_condition(condition: &Condition, facts: Facts<'_>) -> Told {
    let expression = condition.expression();
    Told {
        asks: format!("`{}`", expression.text()),
        has: expression.explain(facts).join("; "),
        enough: format!("a request for which `{}` is true", expression.text()),
    }
}

fn told_sign_in(step_up: &StepUp, principal: &Principal) -> Told {
    let stated = |name: &str| match principal.claims.get(name) {
        Some(value) => format!("`{name}` {value}"),
        None => format!("no `{name}`"),
    };
    let stated: Vec<String> = step_up.claims().map(stated).collect();
    Told {
        asks: step_up.to_string(),
        has: stated.join(", "),
        enough: format!("a sign-in with {step_up}"),
    }
}

fn bare(binding: &Binding) -> String {
    let text = binding.to_string();
    text.strip_prefix("the ").unwrap_or(&text).to_owned()
}
