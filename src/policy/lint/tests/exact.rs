//! Lints about requests against every request of a small world.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use http::Method;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::file::File;
use super::super::specific::order;
use super::{Cases, problems_with, with_issuer};
use crate::document::{Problems, parse};
use crate::model::CanonicalPath;
use crate::policy::{Access, Policy, Route};

const PATHS: [&str; 14] = [
    "/",
    "/**",
    "/a",
    "/a/**",
    "/a/b",
    "/a/b/**",
    "/{x}",
    "/{x}/**",
    "/a/{x}",
    "/a/{x}/**",
    "/{x}/b",
    "/{x}/b/**",
    "/{x}/{y}",
    "/{x}/{y}/**",
];
const METHODS: [&str; 5] = [
    "",
    "methods: [GET], ",
    "methods: [POST, PUT], ",
    "methods: [PUT], ",
    "methods: [GET, POST], ",
];
const RULES: [&str; 4] = ["", "roles: [r]", "public: true", "roles: [r, s]"];
/// `c` and `PROPFIND` are in no policy.
const SEGMENTS: [&str; 3] = ["a", "b", "c"];
const REQUESTED: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"];

fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).unwrap()
}

fn paths() -> Vec<CanonicalPath> {
    let mut texts = vec![String::new()];
    let mut longest = texts.clone();
    for _ in 0..4 {
        let longer = longest
            .iter()
            .flat_map(|text| SEGMENTS.map(|segment| format!("{text}/{segment}")));
        longest = longer.collect();
        texts.extend(longest.iter().cloned());
    }
    let parse =
        |text: &String| CanonicalPath::parse(if text.is_empty() { "/" } else { text }).unwrap();
    texts.iter().map(parse).collect()
}

/// The looser of two routes that ask for roles or for nothing, by what this world can ask.
fn is_looser(loose: &Route, strict: &Route) -> bool {
    let rank = |route: &Route| match (route.access(), route.roles().len()) {
        (Access::Public, _) => 0,
        (_, 0) => 1,
        (_, 2) => 2,
        _ => 3,
    };
    rank(loose) < rank(strict)
}

/// The routes that a lint names, by their positions.
fn named(lint: &str, found: &[crate::document::Problem]) -> BTreeSet<usize> {
    let of = found.iter().filter(|problem| problem.lint == Some(lint));
    let number = |path: &str| path.split(['[', ']']).nth(1).unwrap().parse().unwrap();
    of.map(|problem| number(&problem.path)).collect()
}

/// Routes that no request of the world finds, and those that let one fall to a looser route.
fn by_hand(policy: &Policy, text: &str) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let top = parse("policy.yaml", text, &|_| None, &Problems::new()).unwrap();
    let file = File::of(policy, &top).unwrap();
    let (mut unreached, mut falls) = (
        (0..file.routes.len()).collect::<BTreeSet<_>>(),
        BTreeSet::new(),
    );
    for path in paths() {
        let find = |name: &&str| policy.router.find("h", &path, &method(name));
        let found: Vec<Option<usize>> = REQUESTED.iter().map(find).collect();
        for strict in found.iter().flatten() {
            unreached.remove(strict);
            let entry = &file.routes[*strict];
            let Some(own) = entry.route.methods() else {
                continue;
            };
            let writes = own.iter().filter(|method| !method.is_safe()).count();
            let reads = own.contains(&Method::GET);
            for (name, loose) in REQUESTED.iter().zip(&found) {
                let Some(loose) = loose.map(|loose| &file.routes[loose]) else {
                    continue;
                };
                let concerned = match *name {
                    "GET" => false,
                    "PROPFIND" => reads,
                    _ => reads || writes >= 2,
                };
                let left_out = concerned && !own.contains(&method(name));
                let behind = match order("h", entry, loose) {
                    Ordering::Less => true,
                    Ordering::Equal => loose.route.methods().is_none(),
                    Ordering::Greater => false,
                };
                if left_out && behind && is_looser(loose.route, entry.route) {
                    falls.insert(*strict);
                }
            }
        }
    }
    (unreached, falls)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn lints_about_requests_say_what_trying_every_request_says(
        routes in vec((select(&PATHS[..]), select(&METHODS[..]), select(&RULES[..])), 1..7),
    ) {
        let lines = routes.iter().enumerate().map(|(number, (path, methods, rules))| {
            format!("  - {{ path: '{path}', {methods}name: n{number}, {rules} }}\n")
        });
        let text = with_issuer(&format!("routes:\n{}", lines.collect::<String>()));
        let (policy, found) = problems_with(&text, Cases::Unknown);
        // Two routes for one request are a mistake.
        prop_assume!(policy.is_some());
        let (unreached, falls) = by_hand(&policy.unwrap(), &text);
        prop_assert_eq!(named("unreachable-route", &found), unreached, "{}", text);
        prop_assert_eq!(named("falls-through", &found), falls, "{}", text);
    }
}
