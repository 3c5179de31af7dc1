//! The nearest change that would have let a request pass.

use crate::cli::trial::{Verdict, World};
use crate::model::{Denied, Oddity, OddityClass, Reason, Request};
use crate::policy::Ruling;

use super::facts::{self, hosts, methods};
use super::wanted;

/// How many routes are named that a request nearly found.
const MOST_ROUTES: usize = 3;

/// For a request that could not be read.
pub(super) fn spelling(denied: &Denied) -> Vec<String> {
    let change = match denied.reason {
        Reason::PathAmbiguous => "a path that has one reading only",
        Reason::HostInvalid => "one host name, such as `api.example.com`",
        _ => "a request as HTTP has it (RFC 9110)",
    };
    vec![change.to_owned()]
}

/// What would have to be different, all of it.
pub(super) fn of(
    world: &World,
    request: &Request,
    verdict: &Verdict,
    denied: &Denied,
) -> Vec<String> {
    let failed = verdict.checks.iter().filter(|checked| checked.refuses());
    let failed: Vec<String> = failed.map(|checked| checked.told.enough.clone()).collect();
    if !failed.is_empty() {
        return failed;
    }
    match (denied.reason, verdict.route()) {
        (Reason::PathAmbiguous, _) => vec![plain_path(world, request)],
        (Reason::NoRoute, _) => routes(world, request),
        (reason, Some(route)) => wanted::credential(world, reason, route),
        (_, None) => Vec::new(),
    }
}

fn plain_path(world: &World, request: &Request) -> String {
    let allowed = world.engine.policy().allowed_oddities();
    let refused = |name: &&str| {
        let mut known = OddityClass::ALL.iter();
        let class = known.find(|(known, _)| known == name);
        class.is_some_and(|(_, class)| !Oddity::default().with(*class).within(allowed))
    };
    let names: Vec<&str> = facts::oddities(request)
        .into_iter()
        .filter(refused)
        .collect();
    let names = names.join(", ");
    format!("a path without {names}, or `paths: {{ allow: [{names}] }}` in the policy")
}

fn routes(world: &World, request: &Request) -> Vec<String> {
    let policy = world.engine.policy();
    let considered = policy.considered(request);
    let near = considered.iter().filter_map(|considered| {
        let name = considered.route.name();
        match considered.ruling {
            Ruling::OtherMethod if considered.route.methods().is_none() => {
                Some(format!("another method, for the route `{name}`"))
            }
            Ruling::OtherMethod => {
                let methods = methods(considered.route);
                Some(format!(
                    "one of the methods {methods}, for the route `{name}`"
                ))
            }
            Ruling::OtherHost => {
                let hosts = hosts(considered.route);
                Some(format!("the host {hosts}, for the route `{name}`"))
            }
            Ruling::Chosen | Ruling::LessSpecific(_) => None,
        }
    });
    let near: Vec<String> = near.take(MOST_ROUTES).collect();
    let alternatives = match near.is_empty() {
        false => near,
        true => {
            let nearest = policy.nearest(request, MOST_ROUTES).into_iter();
            let paths = nearest.map(|route| format!("a path such as `{}`", route.path()));
            let mut paths: Vec<String> = paths.collect();
            // Two routes of one path differ in what else they take.
            paths.dedup();
            paths
        }
    };
    match alternatives.is_empty() {
        true => vec!["a route for this path: none has anything in common with it".to_owned()],
        false => vec![alternatives.join("; or ")],
    }
}
