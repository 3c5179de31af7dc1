//! Mistakes of a file, and how the tables of mistakes are checked.

use super::*;

/// The only problem of a text that must give no policy, as line, message and help.
fn mistake(text: &str) -> String {
    let (policy, problems) = compile(text);
    assert!(policy.is_none(), "{text}");
    let [problem] = problems.as_slice() else {
        panic!("not one problem:\n{text}\n{problems:#?}")
    };
    problem.clone()
}

/// Each text must have one problem, on the given line, whose message and help hold the words.
pub(super) fn mistakes(table: &[(&str, u32, &[&str])]) {
    for (text, line, words) in table {
        let problem = mistake(text);
        let place = format!("policy.yaml:{line}:");
        assert!(
            problem.starts_with(&place),
            "{problem}\nis not on line {line} of:\n{text}"
        );
        for word in *words {
            assert!(problem.contains(word), "{problem}\ndoes not say: {word}");
        }
    }
}

/// A route with these keys, on line 2.
pub(super) fn route(keys: &str) -> String {
    format!("routes:\n  - {{ {keys} }}\n")
}

#[test]
fn key_without_a_value_is_a_mistake_and_asks_for_no_less() {
    for key in [
        "roles",
        "scopes",
        "permission",
        "tenant",
        "authenticate",
        "methods",
        "method",
        "host",
        "public",
        "identity_headers",
        "upstream",
        "name",
    ] {
        let words = [&*format!("`{key}` is written without a value")];
        mistakes(&[(&format!("routes:\n  - path: /a\n    {key}:\n"), 3, &words)]);
    }
    for key in [
        "authenticate",
        "default_role",
        "roles",
        "scopes",
        "identity_headers",
        "strip_headers",
        "paths",
    ] {
        let words = [&*format!("`{key}` is written without a value")];
        mistakes(&[(&format!("{key}:\nroutes: [{{ path: /a }}]\n"), 1, &words)]);
    }
}

#[test]
fn roles_and_scopes_are_checked_against_each_other() {
    let routes = "routes:\n  - { path: /a }\n";
    for (head, line, words) in [
        (
            "roles:\n  a: { includes: [b] }\n",
            2,
            &["the role `b` is not defined", "did you mean `a`?"][..],
        ),
        (
            "roles:\n  a: { includes: [a] }\n",
            2,
            &["the role `a` includes itself"],
        ),
        (
            "roles:\n  a: { includes: [b] }\n  b: { includes: [c] }\n  c: { includes: [a] }\n  d: { includes: [a] }\n",
            2,
            &["the role `a` includes itself"],
        ),
        (
            "roles:\n  a: [read]\n",
            2,
            &["`read` is not a permission", "`resource:action`"],
        ),
        (
            "roles:\n  a: ['us*rs:read']\n",
            2,
            &[
                "`us*rs:read` is not a permission",
                "whole resource or action",
            ],
        ),
        (
            "roles:\n  a: { include: [b] }\n",
            2,
            &["unknown key `include` in role", "did you mean `includes`?"],
        ),
        ("scopes:\n  s: ['a:']\n", 2, &["`a:` is not a permission"]),
        (
            "default_role: gest\nroles:\n  guest: ['a:b']\n",
            1,
            &["the role `gest` is not defined", "did you mean `guest`?"],
        ),
        (
            "authenticate: [mains]\n",
            1,
            &["there is no issuer `mains`", "did you mean `main`?"],
        ),
        (
            "authenticate: []\n",
            1,
            &["`authenticate` is an empty list"],
        ),
        (
            "paths: { allow: [encoded_slsh] }\n",
            1,
            &[
                "`encoded_slsh` is not known",
                "did you mean `encoded_slash`?",
            ],
        ),
        (
            "paths: { alow: [semicolon] }\n",
            1,
            &["unknown key `alow`", "did you mean `allow`?"],
        ),
    ] {
        mistakes(&[(&format!("{head}{routes}"), line, words)]);
    }
}

#[test]
fn routes_are_checked_against_roles_and_scopes() {
    let head =
        "roles:\n  admin: ['users:read', 'config:*']\nscopes:\n  s: ['graph:invoke']\nroutes:\n";
    for (keys, words) in [
        (
            "roles: [amdin]",
            &["the role `amdin` is not defined", "did you mean `admin`?"][..],
        ),
        (
            "permission: users:raed",
            &[
                "no role and no scope grants `users:raed`",
                "did you mean `users:read`?",
            ],
        ),
        (
            "permission: { GET: graph:invok }",
            &["grants `graph:invok`", "did you mean `graph:invoke`?"],
        ),
    ] {
        mistakes(&[(&format!("{head}  - {{ path: /a, {keys} }}\n"), 6, words)]);
    }
    for granted in ["users:read", "config:anything", "graph:invoke"] {
        policy(&format!(
            "{head}  - {{ path: /a, permission: {granted} }}\n"
        ));
    }
}

#[test]
fn missing_or_broken_routes_are_a_mistake() {
    for (text, line, words) in [
        (
            "default_role: a\n",
            1,
            &["the policy has no `routes`", "every request is refused"][..],
        ),
        ("routes: []\n", 1, &["the list of routes is empty"]),
        (
            "routes: {}\n",
            1,
            &["expected a list of routes, found a map"],
        ),
        ("routes:\n  - /a\n", 2, &["expected a map of route keys"]),
        (
            "routes:\n  - { methods: [GET] }\n",
            2,
            &["route needs the key `path`"],
        ),
        (
            "routes:\n  - { path: /a, role: [x] }\n",
            2,
            &["unknown key `role` in route", "did you mean `roles`?"],
        ),
        (
            "routes:\n  - { path: /a, name: x }\n  - { path: /b, name: x }\n",
            3,
            &["the route at policy.yaml:2:23 has this route's name already"],
        ),
        (
            "routes:\n  - { path: /a, name: /b }\n  - { path: /b }\n",
            3,
            &["the route at policy.yaml:2:23 has this route's name already"],
        ),
        (
            "routes:\n  - { path: /a, name: \"x\\ny\" }\n",
            2,
            &["control character"],
        ),
        (
            "routes:\n  - { path: /a, public: 'yes' }\n",
            2,
            &["expected true or false"],
        ),
    ] {
        mistakes(&[(text, line, words)]);
    }
}

#[test]
fn what_a_route_refers_to_must_exist() {
    let upstreams: [Arc<str>; 1] = ["reports".into()];
    let knowing = |text: &str, issuers: &[Arc<str>], upstreams: &[Arc<str>]| {
        let upstreams = Some(upstreams);
        compile_knowing(
            text,
            &Known {
                webhooks: &[],
                issuers,
                key_sets: &[],
                stored_key_sets: &[],
                upstreams,
            },
        )
        .1
    };
    let issuers: [Arc<str>; 1] = ["main".into()];
    let problems = knowing(&route("path: /a, upstream: report"), &issuers, &upstreams);
    assert!(
        problems[0].contains("`report` is no upstream"),
        "{problems:?}"
    );
    assert!(
        problems[0].contains("did you mean `reports`?"),
        "{problems:?}"
    );
    let problems = knowing(&route("path: /a"), &issuers, &upstreams);
    assert!(
        problems[0].contains("none is called `default`"),
        "{problems:?}"
    );
    let problems = knowing(&route("path: /a, upstream: reports"), &[], &upstreams);
    assert!(
        problems[0].contains("nobody could pass: there is no issuer"),
        "{problems:?}"
    );
    let problems = knowing(
        &route("path: /a, upstream: reports, public: true"),
        &[],
        &upstreams,
    );
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn all_mistakes_are_named_at_once() {
    let (policy, problems) = compile(
        "default_role: x\nroles: { a: [b] }\nroutes:\n  - { path: a, roles: [z] }\n  - { path: /b, method: get, hosts: h }\n  - { path: /b, public: 1 }\n  - { path: /c, permission: x:y }\n  - { path: /d, permission: x:y }\n",
    );
    assert!(policy.is_none());
    let lines: Vec<&str> = problems
        .iter()
        .map(|problem| problem.split(':').nth(1).unwrap())
        .collect();
    assert_eq!(
        lines,
        ["1", "2", "4", "4", "5", "5", "6", "7", "8"],
        "{problems:#?}"
    );
}

#[test]
fn text_from_the_environment_is_never_quoted() {
    for text in [
        route("path: '${VALUE}'"),
        route("path: /a, host: '${VALUE}'"),
        route("path: /a, method: '${VALUE}'"),
        route("path: /a, authenticate: '${VALUE}'"),
        route("path: /a, permission: '${VALUE}'"),
        route("path: /a, tenant: '${VALUE}'"),
        route("path: /a, scopes: '${VALUE}'"),
        route("path: /a, identity_headers: { X-V: '${VALUE}' }"),
        format!(
            "default_role: ${{VALUE}}\nroles: {{ a: ['b:c'] }}\n{}",
            route("path: /a")
        ),
        format!("strip_headers: ['${{VALUE}}']\n{}", route("path: /a")),
    ] {
        let problem = mistake(&text);
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}
