//! Who passes one door and not the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{KeyFacts, Principal, PrincipalKind, Request};

use super::super::super::permission::EVERYTHING;
use super::super::caller::{KINDS, named, naming, nobody_in_particular};
use super::super::demand::{Demand, Verdict};
use super::super::space::{Ground, Spot};
use super::Door;
use super::words::{Kinds, Roles, Sources, Tail, Tenant};

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
struct Pair<'p> {
    first: &'p Door<'p>,
    second: &'p Door<'p>,
    demand: Demand<'p>,
    other: Option<Demand<'p>>,
    request: Request,
    tenants: Vec<(Option<Box<str>>, Tenant)>,
    /// What API keys may be for.
    sources: Vec<(Option<Box<str>>, Sources)>,
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
            first,
            second,
            demand,
            other,
            request,
        };
        pair.tenants = pair.tenants_told_apart(ground);
        pair.sources = pair.sources_told_apart(ground);
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

    /// The tenants that the doors tell apart; first the one that suits both, if there is one.
    fn tenants_told_apart(&self, ground: &Ground) -> Vec<(Option<Box<str>>, Tenant)> {
        let asked = |door: &Door<'_>, demand: Option<&Demand<'_>>| {
            let (matched, binding) = (door.matched.as_ref()?, demand?.tenant?);
            Some(named(binding, matched, &self.request))
        };
        let foreigner: Box<str> = ground.foreigner().into();
        let (ours, theirs) = (
            asked(self.first, Some(&self.demand)),
            asked(self.second, self.other.as_ref()),
        );
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours == theirs => vec![(ours, Tenant::Whatever)],
            (Some(ours), Some(_)) => vec![(ours, Tenant::Another)],
            (Some(ours), None) => vec![(ours, Tenant::Whatever)],
            (None, Some(theirs)) => vec![
                (theirs, Tenant::Whatever),
                (Some(foreigner), Tenant::Another),
                (None, Tenant::Missing),
            ],
            (None, None) => vec![(Some(foreigner), Tenant::Whatever)],
        }
    }

    /// What API keys may be for that the doors tell apart: any source, the one that the first asks for, and
    /// one that nobody names.
    fn sources_told_apart(&self, ground: &Ground) -> Vec<(Option<Box<str>>, Sources)> {
        let named = match (self.demand.source, &self.first.matched) {
            (Some(binding), Some(matched)) => named(binding, matched, &self.request),
            _ => None,
        };
        let foreign = Some(ground.foreigner().into());
        let mut told = vec![(None, Sources::Whatever), (foreign, Sources::Another)];
        told.extend(named.map(|named| (Some(named), Sources::This)));
        told
    }

    /// Whether a caller passes the first door and not the second.
    fn only(&self, principal: &Principal) -> bool {
        let judge = |door: &Door<'_>, demand: Option<&Demand<'_>>| match (&door.matched, demand) {
            (Some(matched), Some(demand)) => {
                demand.judge(door.policy, matched, &self.request, principal) > Verdict::Refused
            }
            _ => false,
        };
        judge(self.first, Some(&self.demand)) && !judge(self.second, self.other.as_ref())
    }

    fn of_kind(&self, kind: PrincipalKind) -> Vec<Tail> {
        let is_key = kind == PrincipalKind::ApiKey;
        let anywhere = [(None, Sources::Whatever)];
        let sources = if is_key { &*self.sources } else { &anywhere };
        let more = if is_key { &*self.key_scopes } else { &[] };
        let mut tails: Vec<Tail> = Vec::new();
        for (issuer, issuers) in &self.vouching(kind) {
            for (tenant, relation) in &self.tenants {
                for (source, related) in sources {
                    for scopes in self.scopes.iter().chain(more) {
                        let caller = Principal {
                            scopes: scopes.clone(),
                            tenant: tenant.clone(),
                            key: source.clone().map(for_source),
                            ..nobody_in_particular(kind, Arc::clone(issuer))
                        };
                        for roles in self.roles_of_those(&caller) {
                            let tail = Tail {
                                roles,
                                scopes: scopes.clone(),
                                issuers: issuers.clone(),
                                tenant: *relation,
                                sources: *related,
                            };
                            if !tails.iter().any(|known| known.says(&tail)) {
                                tails.push(tail);
                            }
                        }
                    }
                }
            }
        }
        tails
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

/// What is known of an API key that is for one source.
fn for_source(source: Box<str>) -> Arc<KeyFacts> {
    Arc::new(KeyFacts {
        id: "any".into(),
        sources: Some([source].into()),
        networks: None,
    })
}

/// The scopes that help an API key to pass the first door as no others do: a pattern that grants the
/// permission, beside the scopes that are asked for, and `*`, which is all of it.
fn key_scopes(demand: &Demand<'_>) -> Vec<Vec<Box<str>>> {
    let patterns = demand.helpful_patterns().into_iter();
    let with = patterns.map(|pattern| {
        let own = demand.scopes.iter().cloned();
        own.chain([pattern.into()]).collect()
    });
    with.chain([vec![EVERYTHING.into()]]).collect()
}

/// The roles that matter to either door, those together that matter alike.
fn roles_told_apart<'p>(a: &Demand<'p>, b: Option<&Demand<'p>>) -> Vec<Vec<&'p str>> {
    let demands = [Some(a), b];
    let mut names = BTreeSet::new();
    names.extend(
        demands
            .iter()
            .flatten()
            .flat_map(|demand| demand.helpful_roles()),
    );
    let mut classes: BTreeMap<Vec<bool>, Vec<&'p str>> = BTreeMap::new();
    for name in names {
        let matters = |demand: &&Demand<'p>| {
            let granting = demand.permission.flatten();
            [
                demand.roles.is_some_and(|roles| roles.contains(name)),
                granting.is_some_and(|granting| granting.roles.contains(name)),
            ]
        };
        let marks = demands.iter().flatten().flat_map(matters).collect();
        classes.entry(marks).or_default().push(name);
    }
    classes.into_values().collect()
}

/// The fewest scopes that help to pass the first door: those it asks for, and any one beside them
/// that matters in a way of its own.
fn scopes_told_apart(a: &Demand<'_>, b: Option<&Demand<'_>>) -> Vec<Vec<Box<str>>> {
    let mut sets = vec![a.scopes.to_vec()];
    let mut seen = BTreeSet::new();
    for name in a.helpful_scopes() {
        let grants = |demand: &Demand<'_>| {
            let granting = demand.permission.flatten();
            granting.is_some_and(|granting| granting.scopes.contains(name))
        };
        let asked = |demand: &Demand<'_>| demand.scopes.iter().any(|scope| **scope == *name);
        let marks = (grants(a), b.is_some_and(grants), b.is_some_and(asked));
        if !asked(a) && seen.insert(marks) {
            let mut with = a.scopes.to_vec();
            with.push(name.into());
            sets.push(with);
        }
    }
    sets
}
