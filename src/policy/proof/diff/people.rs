//! Who passes one door and not the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Principal, PrincipalKind, Request};

use super::super::caller::{named, nobody_in_particular, tenanted};
use super::super::demand::{Demand, Verdict};
use super::super::space::{Ground, Spot};
use super::Door;
use super::words::{Roles, Tail, Tenant};

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
    let mut found: BTreeMap<Tail, BTreeSet<bool>> = BTreeMap::new();
    for kind in [PrincipalKind::User, PrincipalKind::Machine] {
        for tail in pair.of_kind(kind) {
            found
                .entry(tail)
                .or_default()
                .insert(kind == PrincipalKind::User);
        }
    }
    found
        .iter()
        .map(|(tail, kinds)| tail.words(kinds))
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
    /// Issuers that only the first accepts, if any, and one that both do.
    issuers: Vec<Vouching>,
    tenants: Vec<(Option<Box<str>>, Tenant)>,
    /// Roles that neither door tells apart.
    roles: Vec<Vec<&'p str>>,
    scopes: Vec<Vec<Box<str>>>,
}

/// An issuer, and all it stands for where its name matters.
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
        tenanted(demand.tenant, &mut request, ground);
        tenanted(
            other.as_ref().and_then(|other| other.tenant),
            &mut request,
            ground,
        );
        let mut pair = Self {
            roles: roles_told_apart(&demand, other.as_ref()),
            scopes: scopes_told_apart(&demand, other.as_ref()),
            issuers: Vec::new(),
            tenants: Vec::new(),
            first,
            second,
            demand,
            other,
            request,
        };
        pair.issuers = pair.issuers_told_apart();
        pair.tenants = pair.tenants_told_apart(ground);
        pair
    }

    fn issuers_told_apart(&self) -> Vec<Vouching> {
        let ours = self.first.policy.vocabulary.issuers.iter();
        let ours = ours.filter(|issuer| self.demand.accepts(issuer)).cloned();
        let (both, alone): (Vec<_>, Vec<_>) = ours.partition(|issuer| {
            let known = self.second.policy.vocabulary.issuers.contains(issuer);
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
        let mut tails: Vec<Tail> = Vec::new();
        for (issuer, issuers) in &self.issuers {
            for (tenant, relation) in &self.tenants {
                for scopes in &self.scopes {
                    let only = |roles: &[&str]| {
                        self.only(&Principal {
                            roles: roles.iter().map(|role| (*role).into()).collect(),
                            scopes: scopes.clone(),
                            tenant: tenant.clone(),
                            ..nobody_in_particular(kind, Arc::clone(issuer))
                        })
                    };
                    for roles in self.roles_of_those(only) {
                        let tail = Tail {
                            roles,
                            scopes: scopes.clone(),
                            issuers: issuers.clone(),
                            tenant: *relation,
                        };
                        if !tails.iter().any(|known| known.says(&tail)) {
                            tails.push(tail);
                        }
                    }
                }
            }
        }
        tails
    }

    /// What the roles of those callers are for whom `only` is true.
    fn roles_of_those(&self, only: impl Fn(&[&str]) -> bool) -> Vec<Roles> {
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
