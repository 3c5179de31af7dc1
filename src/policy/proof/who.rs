//! Who may make one request.

use std::sync::Arc;

use crate::document::Place;
use crate::model::Request;

use super::super::Policy;
use super::super::quick::Names;
use super::super::route::{Access, Route};
use super::demand::{Demand, of_public};
use super::space::{Space, written};

/// Who may make a request, by the route it finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoCan {
    /// What the route asks; nothing when no route takes the request, so that nobody may.
    pub opening: Option<Opening>,
    /// Routes that the path fits, but that another is preferred to, or whose methods do not fit.
    pub aside: Vec<Aside>,
}

/// What a route asks of whoever makes a request. All of it must be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The route's name.
    pub route: Arc<str>,
    /// Where the route is written.
    pub place: Place,
    /// Hosts and paths of the route, as a policy writes them.
    pub pattern: String,
    /// Whether nobody is asked.
    pub public: bool,
    /// The issuers, the sets of API keys and the webhooks whose credentials count.
    pub issuers: Vec<Arc<str>>,
    /// The webhook whose signature the request must have as well.
    pub signed: Option<Arc<str>>,
    /// What must be the caller's tenant, in words.
    pub tenant: Option<String>,
    /// What must be a source of an API key that is for some sources only, in words.
    pub source: Option<String>,
    /// Any of these roles, if roles are asked for.
    pub roles: Option<Vec<String>>,
    /// Whether an API key has these roles only with the scope `*`, as no scope is asked for.
    pub keys_need_everything: bool,
    /// All of these scopes.
    pub scopes: Vec<String>,
    /// The permission that is asked for, if one is.
    pub permission: Option<Granted>,
    /// Whether a permission is asked for, but none is named for this method: nobody passes.
    pub closed: bool,
    /// Conditions as they are written.
    pub conditions: Vec<String>,
}

/// Who holds a permission: a person by a role or a scope; a program by a scope, and if it has roles,
/// by one of them as well. A scope of an API key may be a pattern that covers the permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The permission.
    pub name: String,
    /// The roles that grant it.
    pub roles: Vec<String>,
    /// The scopes that grant it.
    pub scopes: Vec<String>,
}

/// A route that a request does not find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The route's name.
    pub route: Arc<str>,
    /// Where the route is written.
    pub place: Place,
    /// Hosts and paths of the route, as a policy writes them.
    pub pattern: String,
    /// Whether it takes the method, so that it would be found if it were more specific.
    pub takes_method: bool,
}

impl WhoCan {
    /// Asks a policy.
    pub fn make(policy: &Policy, request: &Request) -> Self {
        let space = Space::new(policy);
        let found = space.find(request);
        let winner = found.as_ref().map(|matched| matched.route.index());
        let segments: Vec<_> = request.path.segments().collect();
        let mut opening = None;
        let mut aside: Vec<Aside> = Vec::new();
        for (way, index) in &space.ways {
            let mut anyhow = way.clone();
            anyhow.methods = None;
            let host = request.host.name();
            let Some(route) = policy.routes.get(*index) else {
                continue;
            };
            if !anyhow.contains(host, &segments, &request.method) {
                continue;
            }
            if winner == Some(*index) {
                opening = Some(Opening::of(policy, route, written(way), request));
            } else if !aside.iter().any(|known| known.route == route.name) {
                aside.push(Aside {
                    route: Arc::clone(&route.name),
                    place: route.place.clone(),
                    pattern: written(way),
                    takes_method: way.contains(host, &segments, &request.method),
                });
            }
        }
        Self { opening, aside }
    }
}

impl Opening {
    fn of(policy: &Policy, route: &Route, pattern: String, request: &Request) -> Self {
        let demand = Demand::of(route, &request.method).unwrap_or_default();
        let vocabulary = &policy.vocabulary;
        let issuers = vocabulary.issuers.iter().chain(&vocabulary.key_sets);
        let issuers = issuers.chain(&vocabulary.webhooks);
        let public = route.access == Access::Public;
        let granted = demand.permission.flatten().map(|granting| Granted {
            name: granting.permission.to_string(),
            roles: sorted(&granting.roles),
            scopes: sorted(&granting.scopes),
        });
        Self {
            route: Arc::clone(&route.name),
            place: route.place.clone(),
            pattern,
            public,
            issuers: issuers
                .filter(|issuer| !public && demand.accepts(issuer))
                .cloned()
                .collect(),
            signed: demand.signed.cloned(),
            tenant: demand.tenant.map(ToString::to_string),
            source: demand.source.map(ToString::to_string),
            keys_need_everything: demand.roles.is_some() && route.rules.key_roles.matter(),
            roles: demand.roles.map(sorted),
            scopes: demand.scopes.iter().map(ToString::to_string).collect(),
            closed: matches!(demand.permission, Some(None)),
            permission: granted,
            conditions: match public {
                true => of_public(route),
                false => demand.conditions,
            },
        }
    }
}

fn sorted(names: &Names) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|(name, ())| name.to_owned()).collect();
    names.sort_unstable();
    names
}
