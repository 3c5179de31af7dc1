//! Traefik: the middleware `forwardAuth`, in a file and as Kubernetes resources.

use super::facts::{Facts, Names, titled};
use super::template::{fill, listed};
use super::{File, process};

const STATIC: &str = include_str!("traefik.yaml");
const DYNAMIC: &str = include_str!("traefik.dynamic.yaml");
const KUBERNETES: &str = include_str!("traefik.kubernetes.yaml");
const QUESTION: &str = include_str!("traefik.question.yaml");

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

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let body = facts.longest_body().map_or_else(String::new, |bytes| {
        format!("# Webhooks are verified by their bodies.\nforwardBody: true\nmaxBodySize: {bytes}")
    });
    let question = [
        ("sidegate", facts.sidegate.to_string()),
        ("body", body),
        ("names", pattern(&facts.names)),
    ];
    let places = [
        ("host", facts.host.clone()),
        ("app", facts.app.to_string()),
        ("question", fill(QUESTION, &question)),
        ("claims", removed(&facts.names)),
    ];
    vec![
        File::new("traefik.yaml", fill(STATIC, &places)),
        File::new("sidegate-dynamic.yaml", fill(DYNAMIC, &places)),
        File::new("sidegate-middleware.yaml", fill(KUBERNETES, &places)),
        process::asked(facts, "traefik", true),
    ]
}

/// Matches every spelling of every name that a caller must not set.
fn pattern(names: &Names) -> String {
    let exact: Vec<String> = names.cleared().iter().map(|name| spellings(name)).collect();
    let prefixes = names.prefixes.iter().map(|name| spellings(name));
    let exact = (!exact.is_empty()).then(|| format!("(?:{})$", exact.join("|")));
    let all: Vec<String> = exact.into_iter().chain(prefixes).collect();
    format!("(?i)^(?:{})", all.join("|"))
}

fn spellings(name: &str) -> String {
    name.replace('-', HYPHEN)
}

/// What is gone whatever the answer says.
fn removed(names: &Names) -> String {
    let all = names.claims(&OWN).into_iter();
    let all = all.chain(["x-sidegate-target"]);
    listed(all, |name| format!("{}: \"\"", titled(name)))
}
