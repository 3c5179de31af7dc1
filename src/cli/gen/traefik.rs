//! Traefik: the middleware `forwardAuth`, in a file and as Kubernetes resources.

use std::collections::BTreeSet;

use super::facts::{Facts, Names, titled};
use super::template::{Places, fill, listed};
use super::{File, process};

const STATIC: &str = include_str!("traefik.yaml");
const DYNAMIC: &str = include_str!("traefik.dynamic.yaml");
const KUBERNETES: &str = include_str!("traefik.kubernetes.yaml");
const QUESTION: &str = include_str!("traefik.question.yaml");

/// For policies with webhooks: Traefik refuses every longer body where it sends bodies along, so it does so only
/// where deliveries come.
const ROUTER: &str = include_str!("traefik.router.yaml");
const BODIES: &str = include_str!("traefik.bodies.yaml");
const RESOURCES: &str = include_str!("traefik.resources.yaml");

/// Claims that Traefik makes itself.
const OWN: [&str; 7] = [
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
    "x-request-id",
];

/// Whatever an app may take for a `-`: neither a letter nor a digit.
const HYPHEN: &str = "[^a-z0-9]";
/// The same, and no `-`.
const OTHER: &str = "[^a-z0-9-]";

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let sends = facts.longest_body();
    let with = |template: &str, places: Places<'_>| match sends {
        None => String::new(),
        Some(_) => fill(template, places),
    };
    let bodies = [
        ("host", facts.host.clone()),
        ("paths", paths(facts)),
        ("question", question(facts, sends)),
    ];
    let places = [
        ("host", facts.host.clone()),
        ("app", facts.app.to_string()),
        ("question", question(facts, None)),
        ("claims", removed(&facts.names)),
        ("router", with(ROUTER, &bodies)),
        ("bodies", with(BODIES, &bodies)),
        ("resources", with(RESOURCES, &bodies)),
    ];
    vec![
        File::new("traefik.yaml", fill(STATIC, &places)),
        File::new("sidegate-dynamic.yaml", fill(DYNAMIC, &places)),
        File::new("sidegate-middleware.yaml", fill(KUBERNETES, &places)),
        process::asked(facts, "traefik", true),
    ]
}

/// One question; with bodies up to this size in bytes, or without.
fn question(facts: &Facts, sends: Option<usize>) -> String {
    let body = sends.map_or_else(String::new, |bytes| {
        format!("forwardBody: true\nmaxBodySize: {bytes}")
    });
    let places = [
        ("sidegate", facts.sidegate.to_string()),
        ("body", body),
        ("names", pattern(&facts.names)),
    ];
    fill(QUESTION, &places)
}

/// Where deliveries come, and perhaps other requests.
fn paths(facts: &Facts) -> String {
    let beginnings: BTreeSet<&str> = facts
        .bodies
        .iter()
        .map(|(site, _)| &*site.beginning)
        .collect();
    let paths: Vec<String> = beginnings
        .iter()
        .map(|path| format!("PathPrefix(`{path}`)"))
        .collect();
    paths.join(" || ")
}

/// Matches every spelling of every name that a caller must not set.
fn pattern(names: &Names) -> String {
    let exact: Vec<String> = names.cleared().iter().map(|name| spellings(name)).collect();
    let disguised = names.claims(&[]).into_iter().flat_map(disguises);
    let exact: Vec<String> = exact.into_iter().chain(disguised).collect();
    let prefixes = names.prefixes.iter().map(|name| spellings(name));
    let exact = (!exact.is_empty()).then(|| format!("(?:{})$", exact.join("|")));
    let all: Vec<String> = exact.into_iter().chain(prefixes).collect();
    format!("(?i)^(?:{})", all.join("|"))
}

fn spellings(name: &str) -> String {
    name.replace('-', HYPHEN)
}

/// Every spelling of a name but its own, in which only proxies use it: with another mark than `-` in one place at
/// least. In its own it is taken out or made by Traefik.
fn disguises(name: &str) -> Vec<String> {
    let parts: Vec<&str> = name.split('-').collect();
    let odd = |place: usize| {
        let mut all = String::new();
        for (at, part) in parts.iter().enumerate() {
            all += match at {
                0 => "",
                _ if at == place => OTHER,
                _ => HYPHEN,
            };
            all += part;
        }
        all
    };
    (1..parts.len()).map(odd).collect()
}

/// What is gone whatever the answer says.
fn removed(names: &Names) -> String {
    let all = names.claims(&OWN).into_iter();
    let all = all.chain(["x-sidegate-target"]);
    listed(all, |name| format!("{}: \"\"", titled(name)))
}
