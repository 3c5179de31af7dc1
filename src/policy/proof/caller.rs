//! Callers: the most powerful ones that a question speaks of, and the plainest that still pass.

use std::sync::Arc;
use std::time::SystemTime;

use crate::model::{Claims, Memo, Principal, PrincipalKind, Request, WebhookFacts};

use super::super::Policy;
use super::super::binding::Binding;
use super::super::permission::EVERYTHING;
use super::super::quick::Names;
use super::super::route::Match;
use super::demand::{Demand, Verdict};
use super::space::{Ground, Win};

/// The callers that a question is about.
#[derive(Debug, Default, Clone)]
pub(super) struct Callers<'q> {
    pub(super) sort: Sort<'q>,
    /// Roles that none of them has, by default either.
    pub(super) without: Option<&'q Names>,
}

/// A sort of callers.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Sort<'q> {
    /// Whoever calls.
    #[default]
    Anybody,
    /// Those of a kind.
    Kind(PrincipalKind),
    /// Those of an issuer, or of a set of API keys.
    Of(&'q str),
    /// Whoever sends what a webhook's sender has signed, this one's or any, with another credential or without.
    Signed(Option<&'q str>),
}

impl Sort<'_> {
    fn includes(self, principal: &Principal) -> bool {
        match self {
            Self::Anybody => true,
            Self::Kind(kind) => principal.kind == kind,
            Self::Of(name) => *principal.issuer == *name,
            Self::Signed(name) => principal
                .webhook
                .as_deref()
                .is_some_and(|facts| name.is_none_or(|name| *facts.name == *name)),
        }
    }
}

/// A caller who passes.
#[derive(Debug)]
pub(super) struct Witness {
    pub(super) principal: Principal,
    pub(super) verdict: Verdict,
}

/// What is known of a delivery of a webhook.
pub(super) fn signed_by(webhook: &Arc<str>) -> Arc<WebhookFacts> {
    Arc::new(WebhookFacts {
        name: Arc::clone(webhook),
        secret: "any".into(),
        event_id: None,
        signed_at: None,
    })
}

/// A principal of which nothing is known but its kind.
pub(super) fn nobody_in_particular(kind: PrincipalKind, issuer: Arc<str>) -> Principal {
    let delivery = kind == PrincipalKind::Webhook;
    Principal {
        webhook: delivery.then(|| signed_by(&issuer)),
        kind,
        subject: "anyone".into(),
        tenant: None,
        email: None,
        roles: Vec::new(),
        scopes: Vec::new(),
        issuer,
        claims: Claims::default(),
        expires_at: SystemTime::UNIX_EPOCH,
        key: None,
        memo: Memo::default(),
    }
}

/// The kinds of callers, in the order in which they are spoken of.
pub(super) const KINDS: [PrincipalKind; 4] = [
    PrincipalKind::User,
    PrincipalKind::Machine,
    PrincipalKind::ApiKey,
    PrincipalKind::Webhook,
];

/// The request with the header in place that names its tenant, or its source, unless it has a spelling of
/// it.
pub(super) fn naming(binding: Option<&Binding>, request: &mut Request, ground: &Ground) {
    let Some(Binding::Header(name, folded)) = binding else {
        return;
    };
    let spelled = request
        .headers
        .iter()
        .any(|field| folded.matches(field.name()));
    if let (false, Some(value)) = (spelled, ground.named_by(name)) {
        request.headers.append(name, &value);
    }
}

/// What a request names for a route that asks for its tenant, or for its source.
pub(super) fn named(binding: &Binding, matched: &Match<'_>, request: &Request) -> Option<Box<str>> {
    let value = binding.value(matched, request)?;
    (!value.is_empty()).then(|| value.into())
}

impl Callers<'_> {
    /// One of these callers who passes, with as few roles and scopes as can be; nothing when none
    /// does. `tenant` may refuse the tenant that the route asks for.
    pub(super) fn passing(
        &self,
        policy: &Policy,
        demand: &Demand<'_>,
        win: &Win<'_>,
        ground: &Ground,
        tenant: impl Fn(&str) -> bool,
    ) -> Option<Witness> {
        let matched = &win.matched;
        let mut request = win.spot.request.clone();
        naming(demand.tenant, &mut request, ground);
        naming(demand.source, &mut request, ground);
        let own: Box<str> = match demand.tenant {
            None => ground.foreigner().into(),
            Some(binding) => named(binding, matched, &request).filter(|own| tenant(own))?,
        };
        let judge = |principal: &Principal| {
            let barred = |without: &Names| {
                let roles = policy.roles_of(principal);
                roles.iter().any(|role| without.contains(role))
            };
            match self.without.is_some_and(barred) {
                true => Verdict::Refused,
                false => demand.judge(policy, matched, &request, principal),
            }
        };
        let candidates = self.most_powerful(policy, demand);
        let mut candidates = candidates.into_iter().map(|mut principal| {
            principal.tenant = Some(own.clone());
            principal
        });
        let strong = candidates.find(|principal| judge(principal) > Verdict::Refused)?;
        let principal = plainest(strong, |principal| judge(principal) > Verdict::Refused);
        Some(Witness {
            verdict: judge(&principal),
            principal,
        })
    }

    /// One of these callers, of a kind, whose credential counts here; with the signature that is asked for.
    fn vouched(
        &self,
        policy: &Policy,
        demand: &Demand<'_>,
        kind: PrincipalKind,
    ) -> Option<Principal> {
        let known = policy.vocabulary.vouching(kind).iter();
        let mut accepted = known.filter(|name| demand.accepts(name)).map(|name| {
            let mut principal = nobody_in_particular(kind, Arc::clone(name));
            if let Some(signed) = demand.signed {
                principal.webhook = Some(signed_by(signed));
            }
            principal
        });
        accepted.find(|principal| self.sort.includes(principal))
    }

    /// What any of these callers may do, one of those may do. A person's rights grow with every role
    /// and scope, but one without roles has the default role; a program's grow likewise, but one
    /// without roles is bounded by its scopes alone. Sources and networks only bound an API key, and `*`
    /// is all that scopes can open for one.
    fn most_powerful(&self, policy: &Policy, demand: &Demand<'_>) -> Vec<Principal> {
        let barred = |role: &&str| self.without.is_none_or(|without| !without.contains(role));
        let roles = demand.helpful_roles().into_iter().filter(barred);
        let mut roles: Vec<Box<str>> = roles.map(Into::into).collect();
        if roles.is_empty() {
            roles.push(self.unnamed_role());
        }
        let all: Vec<Box<str>> = demand
            .helpful_scopes()
            .into_iter()
            .map(Into::into)
            .collect();
        let everything = [Box::from(EVERYTHING)];
        let mut found = Vec::new();
        for kind in KINDS {
            let Some(plain) = self.vouched(policy, demand, kind) else {
                continue;
            };
            // Without the scopes that only help, an example speaks of roles where it can.
            let scopes: &[&[Box<str>]] = match kind {
                PrincipalKind::ApiKey => &[demand.scopes, &all, &everything],
                _ => &[demand.scopes, &all],
            };
            for scopes in scopes {
                found.extend([&[], &*roles].map(|roles: &[Box<str>]| Principal {
                    roles: roles.to_vec(),
                    scopes: scopes.to_vec(),
                    ..plain.clone()
                }));
            }
        }
        found
    }

    /// A role that the policy does not know, for callers who have some role.
    fn unnamed_role(&self) -> Box<str> {
        let taken = |name: &String| self.without.is_some_and(|without| without.contains(name));
        let more = (1..usize::MAX).map(|number| format!("other{number}"));
        let mut names = std::iter::once("other".to_owned()).chain(more);
        names.find(|name| !taken(name)).unwrap_or_default().into()
    }
}

fn scopes(principal: &mut Principal) -> &mut Vec<Box<str>> {
    &mut principal.scopes
}

fn roles(principal: &mut Principal) -> &mut Vec<Box<str>> {
    &mut principal.roles
}

/// Takes away scopes and roles as long as the caller still passes.
fn plainest(mut principal: Principal, passes: impl Fn(&Principal) -> bool) -> Principal {
    let single = principal.roles.iter().map(|role| vec![role.clone()]);
    for roles in std::iter::once(Vec::new()).chain(single) {
        let simpler = Principal {
            roles,
            ..principal.clone()
        };
        if passes(&simpler) {
            principal = simpler;
            break;
        }
    }
    for list in [scopes as fn(&mut Principal) -> &mut Vec<Box<str>>, roles] {
        let mut at = 0;
        while at < list(&mut principal).len() {
            let mut simpler = principal.clone();
            list(&mut simpler).remove(at);
            match passes(&simpler) {
                true => principal = simpler,
                false => at += 1,
            }
        }
    }
    principal
}
