//! What may be shown of a request and of its caller.

use crate::cli::trial::World;
use crate::model::{Oddity, OddityClass, Principal, Request};
use crate::policy::{Fact, Route, Ruling};

use super::explanation::{Candidate, Caught, CaughtKey};

/// What stands in the place of what must not be shown.
const REMOVED: &str = "[removed]";

/// The names of a path's unusual spellings.
pub(super) fn oddities(request: &Request) -> Vec<&'static str> {
    let has = |class: OddityClass| !request.path.oddities().within(all_but(class));
    let odd = OddityClass::ALL.iter().filter(|(_, class)| has(*class));
    odd.map(|(name, _)| *name).collect()
}

fn all_but(class: OddityClass) -> Oddity {
    let others = OddityClass::ALL.iter().filter(|(_, known)| *known != class);
    others.fold(Oddity::default(), |set, (_, known)| set.with(*known))
}

/// The routes whose paths fit, with what became of each.
pub(super) fn candidates(world: &World, request: &Request) -> Vec<Candidate> {
    let policy = world.engine.policy();
    let considered = policy.considered(request).into_iter();
    considered
        .map(|considered| {
            let route = considered.route;
            let (chosen, why) = match considered.ruling {
                Ruling::Chosen => (true, "decides".to_owned()),
                Ruling::LessSpecific(other) => {
                    (false, format!("less specific than `{}`", other.name()))
                }
                Ruling::OtherMethod if route.methods().is_none() => {
                    (false, "no route takes this method".to_owned())
                }
                Ruling::OtherMethod => (false, format!("for {} only", methods(route))),
                Ruling::OtherHost => (false, format!("for the host {} only", hosts(route))),
            };
            Candidate {
                name: route.name().to_string(),
                place: route.place().to_string(),
                chosen,
                why,
            }
        })
        .collect()
}

/// The methods that a route lists.
pub(super) fn methods(route: &Route) -> String {
    let methods = route.methods().unwrap_or_default().iter();
    methods
        .map(http::Method::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The hosts that a route lists.
pub(super) fn hosts(route: &Route) -> String {
    route.hosts().collect::<Vec<_>>().join(", ")
}

/// What rules read of a request, but for what is secret wherever it stands.
pub(super) fn facts(world: &World, request: &Request) -> Vec<(String, String)> {
    let read = world.engine.policy().facts_read();
    let verifiers = world.engine.verifiers();
    read.iter()
        .filter_map(|fact| match fact {
            Fact::Header(name) => {
                let values = request
                    .headers
                    .get_all(&**name)
                    .map(String::from_utf8_lossy);
                let values = values.collect::<Vec<_>>().join(", ");
                let secret = ["authorization", "cookie", "proxy-authorization"].contains(&&**name)
                    || verifiers.reads_from_header(name);
                let shown = if secret { REMOVED.to_owned() } else { values };
                Some((format!("header {name}"), shown))
            }
            Fact::Query(name) => {
                let query = verifiers.redacted(request.path.query()?);
                let pairs = url::form_urlencoded::parse(query.as_bytes());
                let values = pairs
                    .filter(|(key, _)| *key == **name)
                    .map(|(_, value)| value.into_owned());
                Some((
                    format!("query {name}"),
                    values.collect::<Vec<_>>().join(", "),
                ))
            }
            Fact::Claim(_) | Fact::Email => None,
        })
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// A caller with the claims that rules read.
pub(super) fn caught(world: &World, principal: &Principal) -> Caught {
    let texts = |names: &[Box<str>]| names.iter().map(ToString::to_string).collect();
    let read = world.engine.policy().facts_read();
    let claims = read.iter().filter_map(|fact| match fact {
        Fact::Claim(name) => Some((name.to_string(), principal.claims.get(name)?.clone())),
        Fact::Email => Some(("email".to_owned(), principal.email.as_deref()?.into())),
        Fact::Header(_) | Fact::Query(_) => None,
    });
    Caught {
        kind: principal.kind.as_str(),
        subject: principal.subject.to_string(),
        tenant: principal.tenant.as_deref().map(str::to_owned),
        issuer: principal.issuer.to_string(),
        roles: texts(world.engine.policy().effective_roles(principal)),
        unknown_roles: unknown_roles(world, principal),
        scopes: texts(&principal.scopes),
        claims: claims.collect(),
        key: principal.key.as_deref().map(|key| CaughtKey {
            id: key.id.to_string(),
            sources: key.sources.as_deref().map(texts),
            networks: key.networks.as_deref().map(|networks| {
                let networks = networks.iter().map(ToString::to_string);
                networks.collect()
            }),
        }),
    }
}

/// The caller's roles that the policy, which names some, does not name.
fn unknown_roles(world: &World, principal: &Principal) -> Vec<String> {
    let known = &world.engine.policy().vocabulary().roles;
    let roles = principal.roles.iter();
    let unknown = roles.filter(|role| !known.is_empty() && !known.contains(*role));
    unknown.map(ToString::to_string).collect()
}
