//! What a caller with these roles and scopes may reach.

use std::sync::Arc;

use http::{HeaderValue, Method};

use crate::document::Place;
use crate::model::{KeyFacts, Principal, PrincipalKind, Request};

use super::super::Policy;
use super::super::binding::Binding;
use super::super::check::Case;
use super::super::pattern::{Pattern, Segment};
use super::super::route::Route;
use super::caller::{nobody_in_particular, signed_by};
use super::demand::{Demand, Verdict, of_public};
use super::diff::shown;
use super::naming::where_named;
use super::space::{Budget, Ground, Region, Settled, Space, TooMuch, Win, written};

/// A caller, as far as rules look at one.
#[derive(Debug, Clone)]
pub struct Asker {
    /// Person, program, API key, or the sender of deliveries.
    pub kind: PrincipalKind,
    /// The roles its credential states.
    pub roles: Vec<String>,
    /// The scopes its credential states.
    pub scopes: Vec<String>,
    /// Its tenant, if it has one.
    pub tenant: Option<String>,
    /// Who vouches for it, an issuer, a set of API keys or a webhook; nothing stands for whichever the route accepts.
    pub issuer: Option<String>,
    /// The sources that an API key is for; nothing for any.
    pub sources: Option<Vec<String>>,
}

/// Whether a caller passes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// Yes.
    Yes,
    /// If these conditions hold.
    Perhaps(Vec<String>),
    /// No, and why.
    No(String),
}

/// What a caller may do with a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The route's name.
    pub route: Arc<str>,
    /// Where the route is written.
    pub place: Place,
    /// The methods that this line is about.
    pub methods: Vec<String>,
    /// The methods in words, empty when it is about all.
    pub methods_shown: String,
    /// Hosts and paths, as a policy writes them.
    pub pattern: String,
    /// Whether the route asks nobody.
    pub public: bool,
    /// What must be the caller's tenant, in words.
    pub tenant: Option<String>,
    /// What must be a source of the caller's API key, in words, if that is for some sources only.
    pub source: Option<String>,
    /// Whether the caller passes.
    pub reached: Reached,
}

/// A way to a route, and what was found along it.
#[derive(Debug)]
struct Walk<'w> {
    space: &'w Space<'w>,
    ground: &'w Ground,
    asker: &'w Asker,
}

/// Where a route's requests name what must be the caller's.
#[derive(Debug, Clone, Copy)]
struct Bound<'b> {
    tenant: Option<&'b Binding>,
    source: Option<&'b Binding>,
}

impl Asker {
    /// Every route and method that is ever found, with whether this caller passes there.
    ///
    /// # Errors
    ///
    /// When the policy is too large to be examined in full.
    pub fn reaches(&self, policy: &Policy) -> Result<Vec<Reach>, TooMuch> {
        let own = self.tenant.as_deref().unwrap_or_default();
        let taken = Region {
            path: Pattern {
                segments: std::iter::once(own)
                    .chain(self.sources().map(String::as_str))
                    .map(|text| Segment::Literal(text.into()))
                    .collect(),
                open: false,
            },
            ..Region::everything()
        };
        let (ground, space) = (Ground::new(&[policy], [&taken]), Space::new(policy));
        let walk = Walk {
            space: &space,
            ground: &ground,
            asker: self,
        };
        let mut budget = Budget::default();
        let mut reaches = Vec::new();
        for way in &space.ways {
            reaches.extend(walk.along(way, &mut budget)?);
        }
        Ok(reaches)
    }

    fn sources(&self) -> impl Iterator<Item = &String> {
        self.sources.iter().flatten()
    }

    fn principal(&self, policy: &Policy, demand: &Demand<'_>) -> Option<Principal> {
        let mut known = policy.vocabulary.vouching(self.kind).iter();
        let issuer = known.find(|known| {
            let asked = self.issuer.as_ref().is_none_or(|asked| **asked == ***known);
            asked && demand.accepts(known)
        })?;
        let boxed = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
        let plain = nobody_in_particular(self.kind, Arc::clone(issuer));
        Some(Principal {
            webhook: demand.signed.map(signed_by).or(plain.webhook.clone()),
            roles: boxed(&self.roles),
            scopes: boxed(&self.scopes),
            tenant: self.tenant.as_deref().map(Into::into),
            key: self.sources.as_deref().map(|sources| {
                Arc::new(KeyFacts {
                    id: "any".into(),
                    sources: Some(sources.iter().map(|name| name.as_str().into()).collect()),
                    networks: None,
                })
            }),
            ..plain
        })
    }
}

impl Walk<'_> {
    fn along(&self, way: &(Region, usize), budget: &mut Budget) -> Result<Vec<Reach>, TooMuch> {
        let Some(route) = self.space.policy.routes.get(way.1) else {
            return Ok(Vec::new());
        };
        let demand = Demand::of(route, &Method::GET);
        let bound = Bound {
            tenant: demand.as_ref().and_then(|demand| demand.tenant),
            source: demand.as_ref().and_then(|demand| demand.source),
        };
        let mut found: Vec<(Reached, Vec<Method>)> = Vec::new();
        for region in self.own(way, route, bound).iter().chain([&way.0]) {
            self.space.wins(self.ground, way, region, budget, |win| {
                let method = &win.spot.request.method;
                if !found.iter().any(|(_, methods)| methods.contains(method)) {
                    let reached = self.judge(win, bound);
                    match found.iter_mut().find(|(known, _)| *known == reached) {
                        Some((_, methods)) => methods.push(method.clone()),
                        None => found.push((reached, vec![method.clone()])),
                    }
                }
                Settled::Yes
            })?;
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        let reach = |(reached, methods): (Reached, Vec<Method>)| Reach {
            route: Arc::clone(&route.name),
            place: route.place.clone(),
            methods: methods.iter().map(ToString::to_string).collect(),
            methods_shown: shown(&methods, self.ground),
            pattern: written(&way.0),
            public: demand.is_none(),
            tenant: bound.tenant.map(ToString::to_string),
            source: bound
                .source
                .filter(|_| self.asker.sources.is_some())
                .map(ToString::to_string),
            reached,
        };
        Ok(found.into_iter().map(reach).collect())
    }

    /// The parts of a way's requests that name the caller's own tenant and one of its own sources.
    fn own(&self, (way, _): &(Region, usize), route: &Route, bound: Bound<'_>) -> Vec<Region> {
        let mut whole = vec![way.clone()];
        if let (Some(binding), Some(tenant)) = (bound.tenant, self.asker.tenant.as_deref()) {
            let own = where_named(way, route, binding, tenant);
            whole = own.into_iter().collect();
        }
        let Some(binding) = bound.source else {
            return whole;
        };
        let of_source = |source: &String| {
            let regions = whole.iter();
            let own = regions.filter_map(|region| where_named(region, route, binding, source));
            own.collect::<Vec<_>>()
        };
        let own: Vec<Region> = self.asker.sources().flat_map(of_source).collect();
        [own, whole].concat()
    }

    fn judge(&self, win: &Win<'_>, bound: Bound<'_>) -> Reached {
        let policy = self.space.policy;
        let Some(demand) = Demand::of(win.route(), &win.spot.request.method) else {
            return match of_public(win.route()) {
                conditions if conditions.is_empty() => Reached::Yes,
                conditions => Reached::Perhaps(conditions),
            };
        };
        let Some(principal) = self.asker.principal(policy, &demand) else {
            return Reached::No(unaccepted(self.asker.kind, &demand).into());
        };
        let mut request: Request = win.spot.request.clone();
        let named = [
            (bound.tenant, self.asker.tenant.as_ref()),
            (bound.source, self.asker.sources().next()),
        ];
        for (binding, value) in named {
            if let (Some(Binding::Header(name, _)), Some(value)) = (binding, value)
                && let Ok(value) = HeaderValue::from_str(value)
                && !request.headers.contains(name)
            {
                request.headers.append(name, &value);
            }
        }
        match demand.judge(policy, &win.matched, &request, &principal) {
            Verdict::Allowed | Verdict::Perhaps => perhaps(&demand),
            Verdict::Refused => Reached::No(why(policy, win, &request, &principal)),
        }
    }
}

/// Whoever has all that is known to be asked passes if the rest is given: conditions hold, and a signature is
/// there.
fn perhaps(demand: &Demand<'_>) -> Reached {
    let signed = demand.signed.into_iter();
    let signed = signed.map(|webhook| format!("the request has a signature of `{webhook}`"));
    let asked: Vec<String> = signed.chain(demand.conditions.iter().cloned()).collect();
    match asked.is_empty() {
        true => Reached::Yes,
        false => Reached::Perhaps(asked),
    }
}

/// Why nobody of a kind is let in.
fn unaccepted(kind: PrincipalKind, demand: &Demand<'_>) -> &'static str {
    match kind {
        PrincipalKind::Webhook if demand.signed.is_some() => {
            "the route asks for another credential beside the signature"
        }
        PrincipalKind::Webhook => "the route accepts no delivery of this webhook",
        PrincipalKind::User | PrincipalKind::Machine | PrincipalKind::ApiKey => {
            "the route accepts no credential of this issuer"
        }
    }
}

/// What the first check that fails has to say.
fn why(policy: &Policy, win: &Win<'_>, request: &Request, principal: &Principal) -> String {
    let case = Case {
        matched: &win.matched,
        request,
        principal: Some(principal),
        roles: policy.roles_of(principal),
    };
    let mut checks = win.route().checks_of(Some(principal));
    let denied = checks.find_map(|check| {
        let enforced = !win.route().observes(check.rule());
        check.judge(case).err().filter(|_| enforced)
    });
    denied
        .map(|denied| denied.detail.to_string())
        .unwrap_or_default()
}
