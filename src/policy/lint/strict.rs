//! Whether one route asks for less than another.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use http::Method;

use super::super::check::Rule;
use super::super::granting::Granting;
use super::super::quick::Names;
use super::super::route::{Access, PermissionRule, Route, SourceRule};

/// How what one route asks in some respect compares with what another asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    Same,
    Less,
    /// More, or something else.
    Other,
}

use Compared::{Less, Other, Same};

/// Which routes ask for less than which others. Routes that ask alike are compared once.
pub(super) struct Strictness<'a> {
    issuers: Vec<&'a str>,
    routes: &'a [Arc<Route>],
    /// For each route a number that routes which ask alike share.
    kinds: Vec<usize>,
    known: RefCell<HashMap<(usize, usize, Method), bool>>,
}

impl<'a> Strictness<'a> {
    pub(super) fn new(routes: &'a [Arc<Route>], issuers: Vec<&'a str>) -> Self {
        let mut numbers = HashMap::new();
        let kinds = routes.iter().map(|route| {
            let next = numbers.len();
            *numbers.entry(asked(route)).or_insert(next)
        });
        Self {
            kinds: kinds.collect(),
            issuers,
            routes,
            known: RefCell::default(),
        }
    }

    /// Whether a request with this method meets less at one route than requests meet at a stricter one
    /// of the same app: less in some respect, and in no respect more or something else.
    pub(super) fn is_looser(&self, loose: usize, strict: usize, method: &Method) -> bool {
        let kind = |index: usize| self.kinds.get(index).copied().unwrap_or(index);
        let key = (kind(loose), kind(strict), method.clone());
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let found = match (self.routes.get(loose), self.routes.get(strict)) {
            (Some(loose), Some(strict)) => is_looser(loose, strict, method, &self.issuers),
            _ => false,
        };
        self.known.borrow_mut().insert(key, found);
        found
    }
}

/// Everything that a route is compared by.
fn asked(route: &Route) -> String {
    let rules = &route.rules;
    format!(
        "{:?}",
        (
            route.access(),
            (route.upstream(), route.serves()),
            (&rules.tenant, &rules.source, rules.key_roles),
            &rules.step_up,
            route.roles(),
            route.scopes(),
            route.permissions(),
            &rules.condition,
        )
    )
}

fn is_looser(loose: &Route, strict: &Route, method: &Method, issuers: &[&str]) -> bool {
    if *strict.access() == Access::Public || !loose.leads_where(strict) {
        return false;
    }
    let mut respects = vec![by_rule(Rule::Condition, loose, strict, method)];
    if *loose.access() == Access::Public {
        respects.push(Less);
    } else {
        respects.push(by_issuer(loose, strict, issuers));
        let rules = [
            Rule::Tenant,
            Rule::Source,
            Rule::Authentication,
            Rule::Roles,
            Rule::Scopes,
            Rule::Permission,
        ];
        respects.extend(rules.map(|rule| by_rule(rule, loose, strict, method)));
    }
    respects.contains(&Less) && !respects.contains(&Other)
}

fn by_rule(rule: Rule, loose: &Route, strict: &Route, method: &Method) -> Compared {
    let (less, more) = (&loose.rules, &strict.rules);
    match rule {
        // The key's own word, whatever the route.
        Rule::Network => Same,
        Rule::Source => by_source(loose, strict),
        Rule::Tenant => by_presence(less.tenant.as_ref(), more.tenant.as_ref(), same_or_other),
        Rule::Authentication => {
            by_presence(less.step_up.as_ref(), more.step_up.as_ref(), same_or_other)
        }
        Rule::Roles => by_presence(less.roles.as_ref(), more.roles.as_ref(), |less, more| {
            by_admitted(&names(&less.satisfying), &names(&more.satisfying))
        }),
        Rule::Scopes => by_scopes(loose, strict),
        Rule::Permission => by_permission(loose, strict, method),
        Rule::Condition => {
            let (less, more) = (less.condition.as_ref(), more.condition.as_ref());
            by_presence(less, more, same_or_other)
        }
    }
}

/// Only a route that lifts the rule asks for less than another: it lets keys pass that are for other sources.
/// One that names no source refuses such keys, and asks nobody else.
fn by_source(loose: &Route, strict: &Route) -> Compared {
    let lifted = |route: &Route| route.rules.source == SourceRule::Lifted;
    let expected = loose.rules.key_roles.expected && strict.rules.key_roles.expected;
    match expected && lifted(loose) && !lifted(strict) {
        true => Less,
        false => Same,
    }
}

/// Compares what admits callers: whoever admits more asks for less.
fn by_admitted<T: Ord>(loose: &BTreeSet<T>, strict: &BTreeSet<T>) -> Compared {
    if loose == strict {
        Same
    } else if loose.is_superset(strict) {
        Less
    } else {
        Other
    }
}

/// Compares demands that one of the two may not make at all.
fn by_presence<T>(
    loose: Option<T>,
    strict: Option<T>,
    both: impl Fn(T, T) -> Compared,
) -> Compared {
    match (loose, strict) {
        (None, None) => Same,
        (None, Some(_)) => Less,
        (Some(_), None) => Other,
        (Some(loose), Some(strict)) => both(loose, strict),
    }
}

fn same_or_other<T: PartialEq>(loose: T, strict: T) -> Compared {
    if loose == strict { Same } else { Other }
}

/// What opens a route: one credential, or one and a signature.
type Ticket<'r> = (&'r str, Option<&'r str>);

/// The tickets that open a route. `known` is everything that can be accepted.
fn tickets<'r>(route: &'r Route, known: &[&'r str]) -> Vec<Ticket<'r>> {
    let access = route.access();
    let signed = access.signed().map(AsRef::as_ref);
    let accepted = known.iter().filter(|name| access.accepts(name));
    accepted.map(|name| (*name, signed)).collect()
}

/// Whether each of these tickets opens a door that those open: whoever has a key and a signature has the key,
/// and has the signature.
fn open(tickets: &[Ticket<'_>], door: &[Ticket<'_>]) -> bool {
    let opens = |(name, signed): &Ticket<'_>, asked: &Ticket<'_>| match asked {
        (wanted, None) => name == wanted || *signed == Some(wanted),
        both => *both == (*name, *signed),
    };
    tickets
        .iter()
        .all(|ticket| door.iter().any(|asked| opens(ticket, asked)))
}

fn by_issuer<'r>(loose: &'r Route, strict: &'r Route, issuers: &[&'r str]) -> Compared {
    let (loose, strict) = (tickets(loose, issuers), tickets(strict, issuers));
    match (open(&strict, &loose), open(&loose, &strict)) {
        (true, true) => Same,
        (true, false) => Less,
        (false, _) => Other,
    }
}

fn by_scopes(loose: &Route, strict: &Route) -> Compared {
    let wanted =
        |route: &Route| -> BTreeSet<Box<str>> { route.rules.scopes.iter().cloned().collect() };
    let (loose, strict) = (wanted(loose), wanted(strict));
    if loose == strict {
        Same
    } else if loose.is_subset(&strict) {
        Less
    } else {
        Other
    }
}

fn by_permission(loose: &Route, strict: &Route, method: &Method) -> Compared {
    let asked: Vec<&Granting> = match &strict.rules.permission {
        PermissionRule::Nothing => Vec::new(),
        PermissionRule::One(granting) => vec![granting],
        PermissionRule::PerMethod(rules) => rules.iter().map(|(_, granting)| &**granting).collect(),
    };
    let granting = match &loose.rules.permission {
        PermissionRule::Nothing if asked.is_empty() => return Same,
        PermissionRule::Nothing => return Less,
        PermissionRule::One(granting) => granting,
        PermissionRule::PerMethod(rules) => {
            let Some((_, granting)) = rules.iter().find(|(known, _)| known == method) else {
                // It refuses the request.
                return Other;
            };
            granting
        }
    };
    let compared: Vec<_> = asked
        .iter()
        .map(|asked| by_grant(granting, asked))
        .collect();
    if compared.contains(&Same) {
        Same
    } else if !compared.is_empty() && compared.iter().all(|one| *one == Less) {
        Less
    } else {
        Other
    }
}

fn by_grant(loose: &Granting, strict: &Granting) -> Compared {
    let roles = by_admitted(&set(loose.roles()), &set(strict.roles()));
    let scopes = by_admitted(&granted_otherwise(loose), &granted_otherwise(strict));
    match (roles, scopes) {
        (Same, Same) => Same,
        (Other, _) | (_, Other) => Other,
        _ => Less,
    }
}

/// The scopes that grant a permission, without the one that is spelled like it.
fn granted_otherwise(granting: &Granting) -> BTreeSet<&str> {
    let own = granting.permission.to_string();
    let scopes = granting.scopes().into_iter();
    scopes.filter(|scope| *scope != own).collect()
}

fn names(names: &Names) -> BTreeSet<&str> {
    set(names.sorted())
}

fn set(names: Vec<&str>) -> BTreeSet<&str> {
    names.into_iter().collect()
}
