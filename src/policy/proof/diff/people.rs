//! Who passes one door and not the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Principal, PrincipalKind, Request};

use super::super::caller::{KINDS, naming, nobody_in_particular, signed_by};
use super::super::demand::{Demand, Verdict};
use super::super::space::{Ground, Spot};
use super::Door;
use super::apart::{for_source, key_scopes, roles_told_apart, scopes_told_apart};
use super::words::{Kinds, Roles, Signature, Sources, Tail, Tenant};

/// A role that no policy names.
const UNNAMED: &str = "\u{0}";

/// The callers who pass the first and not the second, in words; the fewest words that say it all.
pub(super) fn passing_one_only(
    first: &Door<'_>,
    second: &Door<'_>,
    spot: &Spot,
    ground: &Ground,
) -> Vec<String> {
    let open = |door: &Door<'_>| door.matched.is_some() && door.demand(spot).is_none();
    if first.matched.is_none() || open(second) {
        return Vec::new();
    }
    let Some(demand) = first.demand(spot) else {
        return vec!["everybody".to_owned()];
    };
    let pair = Pair::new(first, second, demand, spot, ground);
    let mut found: BTreeMap<Tail, Kinds> = BTreeMap::new();
    let mut everybody = Kinds::default();
    for kind in KINDS {
        if !pair.vouching(kind).is_empty() {
            everybody.add(kind);
        }
        for tail in pair.of_kind(kind) {
            found.entry(tail).or_default().add(kind);
        }
    }
    let lines = found.iter();
    lines
        .map(|(tail, kinds)| tail.words(*kinds, everybody))
        .collect()
}

/// Two doors that one request stands before.
#[derive(Debug)]
pub(super) struct Pair<'p> {
    pub(super) first: &'p Door<'p>,
    pub(super) second: &'p Door<'p>,
    pub(super) demand: Demand<'p>,
    pub(super) other: Option<Demand<'p>>,
    pub(super) request: Request,
    tenants: Vec<(Option<Box<str>>, Tenant)>,
    /// What API keys may be for.
    sources: Vec<(Option<Box<str>>, Sources)>,
    /// The signatures that may be beside a credential.
    signatures: Vec<(Option<Arc<str>>, Signature)>,
    /// Roles that neither door tells apart.
    roles: Vec<Vec<&'p str>>,
    scopes: Vec<Vec<Box<str>>>,
    /// What scopes API keys may have beside those.
    key_scopes: Vec<Vec<Box<str>>>,
}

/// An issuer or a set of API keys, and all it stands for where its name matters.
type Vouching = (Arc<str>, Option<Vec<Arc<str>>>);

impl<'p> Pair<'p> {
    fn new(
        first: &'p Door<'p>,
        second: &'p Door<'p>,
        demand: Demand<'p>,
        spot: &Spot,
        ground: &Ground,
    ) -> Self {
        let other = second.demand(spot);
        let mut request = spot.request.clone();
        for demand in [Some(&demand), other.as_ref()].into_iter().flatten() {
            naming(demand.tenant, &mut request, ground);
            naming(demand.source, &mut request, ground);
        }
        let mut pair = Self {
            roles: roles_told_apart(&demand, other.as_ref()),
            scopes: scopes_told_apart(&demand, other.as_ref()),
            key_scopes: key_scopes(&demand),
            tenants: Vec::new(),
            sources: Vec::new(),
            signatures: Vec::new(),
            first,
            second,
            demand,
            other,
            request,
        };
        pair.tenants = pair.tenants_told_apart(ground);
        pair.sources = pair.sources_told_apart(ground);
        pair.signatures = pair.signatures_told_apart();
        pair
    }

    /// Those who vouch for callers of a kind at the first door: those that only the first accepts, if any,
    /// and one that both do.
    fn vouching(&self, kind: PrincipalKind) -> Vec<Vouching> {
        let ours = self.first.policy.vocabulary.vouching(kind).iter();
        let ours = ours.filter(|issuer| self.demand.accepts(issuer)).cloned();
        let theirs = self.second.policy.vocabulary.vouching(kind);
        let (both, alone): (Vec<_>, Vec<_>) = ours.partition(|issuer| {
            let known = theirs.contains(issuer);
            let accepted = self.other.as_ref().map(|other| other.accepts(issuer));
            accepted.is_none_or(|accepted| accepted && known)
        });
        let mut told = Vec::new();
        told.extend(both.first().map(|issuer| (Arc::clone(issuer), None)));
        told.extend(
            alone
                .first()
                .map(|issuer| (Arc::clone(issuer), Some(alone.clone()))),
        );
        told
    }

    /// Whether a caller passes the first door and not the second, also not by its signature alone.
    fn only(&self, principal: &Principal) -> bool {
        let judge = |door: &Door<'_>, demand: Option<&Demand<'_>>, principal: &Principal| {
            let (Some(matched), Some(demand)) = (&door.matched, demand) else {
                return false;
            };
            demand.judge(door.policy, matched, &self.request, principal) > Verdict::Refused
        };
        let other = self.other.as_ref();
        let signed = principal.webhook.as_deref();
        let delivery = signed.map(|facts| Principal {
            tenant: principal.tenant.clone(),
            ..nobody_in_particular(PrincipalKind::Webhook, Arc::clone(&facts.name))
        });
        judge(self.first, Some(&self.demand), principal)
            && !judge(self.second, other, principal)
            && !delivery.is_some_and(|delivery| judge(self.second, other, &delivery))
    }

    fn of_kind(&self, kind: PrincipalKind) -> Vec<Tail> {
        let mut tails: Vec<Tail> = Vec::new();
        for (caller, like, by_pattern) in self.callers(kind) {
            for roles in self.roles_of_those(&caller) {
                let tail = Tail {
                    roles,
                    ..like.clone()
                };
                // What patterns open is said of them only where no name does.
                let said = |known: &Tail| match by_pattern {
                    true => known.says_with_other_scopes(&tail),
                    false => known.says(&tail),
                };
                if !tails.iter().any(said) {
                    tails.push(tail);
                }
            }
        }
        tails
    }

    /// Callers of a kind that the doors tell apart, but for their roles: each with what is said of it, and
    /// whether its scopes are patterns.
    fn callers(&self, kind: PrincipalKind) -> Vec<(Principal, Tail, bool)> {
        let anywhere = [(None, Sources::Whatever)];
        let (sources, patterns) = match kind {
            PrincipalKind::ApiKey => (&*self.sources, &*self.key_scopes),
            PrincipalKind::User | PrincipalKind::Machine | PrincipalKind::Webhook => {
                (&anywhere[..], &[][..])
            }
        };
        let named = self.scopes.iter().map(|scopes| (scopes, false));
        let scopes: Vec<_> = named
            .chain(patterns.iter().map(|scopes| (scopes, true)))
            .collect();
        let unsigned = [(None, Signature::Whatever)];
        let signatures = match kind {
            PrincipalKind::Webhook => &unsigned[..],
            _ => &*self.signatures,
        };
        let mut callers = Vec::new();
        for (issuer, issuers) in &self.vouching(kind) {
            let told = apart(&self.tenants, sources, signatures);
            for ((tenant, relation), (source, related), (signed, said)) in told {
                let plain = nobody_in_particular(kind, Arc::clone(issuer));
                let signed = signed.as_ref().map(signed_by);
                let webhook = signed.or_else(|| plain.webhook.clone());
                callers.extend(scopes.iter().map(|(scopes, by_pattern)| {
                    let caller = Principal {
                        scopes: scopes.to_vec(),
                        tenant: tenant.clone(),
                        key: source.clone().map(for_source),
                        webhook: webhook.clone(),
                        ..plain.clone()
                    };
                    let like = Tail {
                        roles: Roles::None,
                        scopes: scopes.to_vec(),
                        issuers: issuers.clone(),
                        tenant: *relation,
                        sources: *related,
                        signature: said.clone(),
                    };
                    (caller, like, *by_pattern)
                }));
            }
        }
        callers
    }

    /// What the roles are of those callers like this one who pass the first door alone.
    fn roles_of_those(&self, caller: &Principal) -> Vec<Roles> {
        let only = |roles: &[&str]| {
            self.only(&Principal {
                roles: roles.iter().map(|role| (*role).into()).collect(),
                ..caller.clone()
            })
        };
        let first = |class: &Vec<&'p str>| class.first().copied().unwrap_or_default();
        let names = |class: &Vec<&str>| class.iter().map(|name| (*name).to_owned()).collect();
        let (none, unnamed) = (only(&[]), only(&[UNNAMED]));
        let (alone, not): (Vec<_>, Vec<_>) =
            self.roles.iter().partition(|class| only(&[first(class)]));
        if none && unnamed {
            let pass_both = not
                .iter()
                .flat_map(|class| class.iter().map(|name| (*name).to_owned()));
            return vec![Roles::AllBut(pass_both.collect())];
        }
        let mut said = Vec::new();
        said.extend(none.then_some(Roles::None));
        said.extend(unnamed.then_some(Roles::Unnamed));
        if !alone.is_empty() {
            let together = alone.iter().flat_map(|class| names(class)).collect();
            said.push(Roles::Of(vec![together]));
        }
        for (at, one) in not.iter().enumerate() {
            for other in not.iter().skip(at + 1) {
                if only(&[first(one), first(other)]) {
                    said.push(Roles::Of(vec![names(one), names(other)]));
                }
            }
        }
        said
    }
}

/// Each of three with each of the others.
fn apart<'a, A, B, C>(
    ones: &'a [A],
    others: &'a [B],
    more: &'a [C],
) -> impl Iterator<Item = (&'a A, &'a B, &'a C)> {
    let pairs = ones
        .iter()
        .flat_map(move |one| others.iter().map(move |other| (one, other)));
    pairs.flat_map(move |(one, other)| more.iter().map(move |third| (one, other, third)))
}
