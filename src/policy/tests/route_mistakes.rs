//! Mistakes inside one route.

use super::mistakes::{mistakes, route};
use super::*;

#[test]
fn bad_paths_are_mistakes_with_advice() {
    for (path, words) in [
        (
            "api",
            &["does not begin with a slash", "write `/` first"][..],
        ),
        ("", &["expected text, found an empty one"]),
        ("/a/**/b", &["`**` may only be the last segment", "use `*`"]),
        (
            "/a/x{b}",
            &["`x{b}` mixes a capture with text", "whole segments"],
        ),
        ("/a/*.js", &["`*.js` mixes a capture with text"]),
        ("/a/{b", &["`{b` mixes a capture with text"]),
        ("/a/{}", &["`{}` does not name a capture"]),
        ("/a/{b c}", &["`{b c}` does not name a capture"]),
        ("/a/{**}", &["`{**}` is not a segment", "`**` at the end"]),
        ("/a/***", &["`***` mixes"]),
        ("/{a}/{a}", &["captures `a` twice", "its own name"]),
        ("/a?b=c", &["no `?`", "%3F"]),
        ("/a#b", &["no `#`", "%23"]),
        (
            "/a/../b",
            &["`..` cannot be matched", "dot segment", "never match"],
        ),
        (
            "/a/%2e%2e/b",
            &["`%2e%2e` cannot be matched", "dot segment"],
        ),
        ("/50%", &["`50%` cannot be matched", "`%25`"]),
        ("/a%00", &["control character"]),
        ("/%ff", &["not UTF-8"]),
        ("/a\\b", &["backslash"]),
        (
            "/a//b",
            &["`empty_segment`", "paths: { allow: [empty_segment] }"],
        ),
        ("//", &["`empty_segment`"]),
        (
            "/a%2Fb",
            &["`encoded_slash`", "paths: { allow: [encoded_slash] }"],
        ),
        ("/a;b", &["`semicolon`"]),
    ] {
        mistakes(&[(&route(&format!("path: '{path}'")), 2, words)]);
    }
    let deep = "/x".repeat(65);
    mistakes(&[(
        &route(&format!("path: {deep}")),
        2,
        &["more than 64 segments"],
    )]);
}

#[test]
fn bad_methods_and_hosts_are_mistakes_with_advice() {
    for (keys, words) in [
        ("method: get", &["`get` is not a method", "in capitals"][..]),
        ("methods: [GET, 'A B']", &["`A B` is not a method"]),
        ("methods: [GET, GET]", &["`GET` is listed twice"]),
        (
            "methods: []",
            &["`methods` is an empty list, so nobody could pass"],
        ),
        (
            "method: TRACE",
            &["`TRACE` is a method that no route can take"],
        ),
        (
            "methods: [GET, CONNECT]",
            &["`CONNECT` is a method that no route can take"],
        ),
        ("method: GET, methods: [PUT]", &["write one"]),
        ("host: '*'", &["leave `host` out"]),
        (
            "host: 'a.*.com'",
            &["`a.*.com` is not a host", "`*.example.com`"],
        ),
        ("host: 'https://a.com'", &["is not a host"]),
        ("host: 'a.com:8443'", &["leave the port out"]),
        ("host: bücher.de", &["`xn--`"]),
        ("host: [a.com, A.com]", &["`A.com` is listed already"]),
        ("host: []", &["`host` is an empty list"]),
    ] {
        mistakes(&[(&route(&format!("path: /a, {keys}")), 2, words)]);
    }
}

#[test]
fn rules_that_nobody_could_satisfy_are_mistakes() {
    for (keys, words) in [
        (
            "roles: []",
            &["`roles` is an empty list, so nobody could pass"][..],
        ),
        ("scopes: []", &["`scopes` is an empty list"]),
        ("authenticate: []", &["`authenticate` is an empty list"]),
        ("permission: {}", &["`permission` is an empty map"]),
        ("roles: ['*']", &["`*` is not a role", "leave `roles` out"]),
        ("roles: [a, a]", &["`a` is listed twice"]),
        ("scopes: 'a b'", &["`a b` is not a scope", "[a, b]"]),
        (
            "authenticate: mian",
            &["there is no issuer `mian`", "did you mean `main`?"],
        ),
        (
            "permission: read",
            &["`read` is not a permission", "`resource:action`"],
        ),
        ("permission: 'a:b:c'", &["`a:b:c` is not a permission"]),
        ("permission: 'a:*'", &["one permission, without `*`"]),
        ("permission: '*'", &["one permission, without `*`"]),
        (
            "method: GET, permission: { PUT: 'a:b', GET: 'a:b' }",
            &["`PUT` is not among the route's methods"],
        ),
        ("permission: { put: 'a:b' }", &["`put` is not a method"]),
        ("tenant: acme", &["does not say where", "{{ path.org }}"]),
        ("tenant: '{{ principal.tenant }}'", &["does not say where"]),
        (
            "tenant: '{{ path.org }}'",
            &["no capture `org`", "there are no captures"],
        ),
        ("tenant: 'x{{ host.0 }}'", &["does not say where"]),
        (
            "tenant: '{{ host.first }}'",
            &["`host.first` is not a label", "`host.0`"],
        ),
        (
            "tenant: '{{ host.127 }}'",
            &["`host.127` is not a label", "`host.0`"],
        ),
        (
            "tenant: '{{ header.a b }}'",
            &["`a b` is not a header name"],
        ),
    ] {
        mistakes(&[(&route(&format!("path: /a, {keys}")), 2, words)]);
    }
    mistakes(&[(
        &route("path: '/{orgs}', tenant: '{{ path.org }}'"),
        2,
        &["no capture `org`", "did you mean `orgs`?"],
    )]);
}

#[test]
fn public_route_with_a_rule_is_a_mistake() {
    for (rule, key) in [
        ("roles: [a]", "roles"),
        ("scopes: [a]", "scopes"),
        ("permission: a:b", "permission"),
        ("tenant: any", "tenant"),
        ("authenticate: main", "authenticate"),
    ] {
        let words = [
            "a public route asks nobody",
            &format!("`{key}` cannot hold"),
        ];
        mistakes(&[(
            &route(&format!("path: /a, public: true, {rule}")),
            2,
            &words,
        )]);
    }
    let own = "path: /a, public: true, identity_headers: { X-U: '{{ principal.subject }}' }";
    mistakes(&[(&route(own), 2, &["no principal to speak of"])]);
}

#[test]
fn tenant_capture_on_a_public_route_is_a_warning() {
    let (policy, problems) = compile(&route("path: '/{tenant}', public: true"));
    assert!(policy.is_some());
    assert!(
        problems[0].starts_with("policy.yaml:2:13: warning[public-tenant]: "),
        "{problems:?}"
    );
}

#[test]
fn bad_templates_are_mistakes_with_advice() {
    for (template, words) in [
        ("{{ principal.subject", &["`{{` is not closed"][..]),
        ("principal.subject }}", &["`}}` without `{{`"]),
        (
            "{{ principal.sub }}",
            &["`principal.sub` is not a value", "has: subject, tenant"],
        ),
        ("{{ principal.rols }}", &["did you mean `principal.roles`?"]),
        (
            "{{ }}",
            &["`` is not a value", "values begin with `principal.`"],
        ),
        (
            "{{ principal.claims }}",
            &["names each fact it depends on", "principal.claims.name"],
        ),
        ("{{ principal.claims. }}", &["a name on each side of a dot"]),
        ("{{ principal.claims[sub] }}", &["`sub`"]),
        (
            "{{ principal.claims[\"a\"]b }}",
            &["the expression ends before this"],
        ),
        ("{{ header.x-user }}", &["says nothing about who calls"]),
        ("{{ host.0 }}", &["says nothing about who calls"]),
        (
            "{{ path.id }}",
            &["no route's path has a capture `id`", "did you mean `idx`?"],
        ),
        ("é", &["printable ASCII"]),
        (" x", &["begins or ends with a space"]),
    ] {
        let text =
            format!("identity_headers:\n  X-V: '{template}'\nroutes: [{{ path: '/{{idx}}' }}]\n");
        mistakes(&[(&text, 2, words)]);
    }
    let own = "routes:\n  - path: /a/{idx}\n    identity_headers: { X-V: '{{ path.id }}' }\n  - path: /b/{id}\n";
    mistakes(&[(
        own,
        3,
        &["the path has no capture `id`", "did you mean `idx`?"],
    )]);
}

#[test]
fn likely_slips_are_warnings() {
    for (keys, words) in [
        (
            "method: DELET",
            &["`DELET` is not a usual method", "did you mean `DELETE`?"][..],
        ),
        (
            "methods: [GET, PUT], permission: { GET: a:b }",
            &["takes `PUT` but no permission"],
        ),
        (
            "name: b, host: a.com, upstream: 'x', tenant: any, public: false, method: PUT, path: '/u/:id'",
            &["a segment that begins with a colon", "`{name}`"],
        ),
    ] {
        let path = if keys.contains("path:") {
            ""
        } else {
            "path: /a, "
        };
        let (policy, problems) = compile(&route(&format!("{path}{keys}")));
        assert!(policy.is_some());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("policy.yaml:2:"), "{problems:?}");
        assert!(problems[0].contains(": warning["), "{problems:?}");
        assert!(
            words.iter().all(|word| problems[0].contains(word)),
            "{problems:?}"
        );
    }
}
