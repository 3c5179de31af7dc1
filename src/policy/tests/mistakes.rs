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
fn mistakes(table: &[(&str, u32, &[&str])]) {
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
fn route(keys: &str) -> String {
    format!("routes:\n  - {{ {keys} }}\n")
}

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
        problems[0].starts_with("policy.yaml:2:13: warning: "),
        "{problems:?}"
    );
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
fn bad_header_names_are_mistakes() {
    for name in [
        "Connection",
        "Transfer-Encoding",
        "content_length",
        "Host",
        "TE",
        "Trailer",
        "Upgrade",
        "Keep-Alive",
        "Proxy-User",
        "Forwarded",
        "X-Forwarded-For",
        "x_forwarded_user",
        "Authorization",
        "Cookie",
        "Content-Type",
        "Sec-Fetch-User",
        "Expect",
    ] {
        let text = format!("identity_headers:\n  {name}: x\nroutes: [{{ path: /a }}]\n");
        mistakes(&[(
            &text,
            2,
            &[&format!("`{name}` has another meaning"), "such as `X-User`"],
        )]);
    }
    for name in ["X User", "X:User", "Ü", "\"\""] {
        let text = format!("identity_headers:\n  {name}: x\nroutes: [{{ path: /a }}]\n");
        mistakes(&[(&text, 2, &["is not a header name"])]);
    }
    let twice = "identity_headers:\n  X-User: a\n  x_user: b\nroutes: [{ path: /a }]\n";
    mistakes(&[(twice, 3, &["`x_user` is the same header as `X-User`"])]);
    let across = "identity_headers:\n  X-User: a\nroutes:\n  - path: /a\n    identity_headers: { X_User: b }\n";
    mistakes(&[(
        across,
        5,
        &[
            "`X_User` is the same header as the file's `x-user`",
            "spell them alike",
        ],
    )]);
}

#[test]
fn bad_strip_patterns_are_mistakes() {
    for (pattern, words) in [
        (
            "'X-*-Y'",
            &["`X-*-Y` is not a header name", "X-Internal-*"][..],
        ),
        ("'*'", &["`*` is not a header name"]),
        ("'**'", &["is not a header name"]),
        ("'X Y'", &["`X Y` is not a header name"]),
        ("'Host'", &["`Host` cannot be removed"]),
        ("'content_length'", &["cannot be removed"]),
        ("'Con*'", &["`Con*` cannot be removed", "connection"]),
    ] {
        let text = format!("strip_headers: [{pattern}]\nroutes: [{{ path: /a }}]\n");
        mistakes(&[(&text, 1, words)]);
    }
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
            &["does not name a claim", "principal.claims.name"],
        ),
        ("{{ principal.claims. }}", &["a name on each side of a dot"]),
        ("{{ principal.claims[sub] }}", &["does not name a claim"]),
        ("{{ principal.claims[\"a\"]b }}", &["does not name a claim"]),
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
            &["the route at policy.yaml:2:23 has this name already"],
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
        compile_knowing(text, &Known { issuers, upstreams }).1
    };
    let issuers: [Arc<str>; 1] = ["main".into()];
    let problems = knowing(&route("path: /a, upstream: report"), &issuers, &upstreams);
    assert!(problems[0].contains("no upstream `report`"), "{problems:?}");
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
        "default_role: x\nroles: { a: [b] }\nroutes:\n  - { path: a, roles: [z] }\n  - { path: /b, method: get, hosts: h }\n  - { path: /b, public: 1 }\n",
    );
    assert!(policy.is_none());
    let lines: Vec<&str> = problems
        .iter()
        .map(|problem| problem.split(':').nth(1).unwrap())
        .collect();
    assert_eq!(lines, ["1", "2", "4", "4", "5", "5", "6"], "{problems:#?}");
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
    ] {
        let (policy, problems) = compile(&route(&format!("path: /a, {keys}")));
        assert!(policy.is_some());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("policy.yaml:2:"), "{problems:?}");
        assert!(problems[0].contains(": warning: "), "{problems:?}");
        assert!(
            words.iter().all(|word| problems[0].contains(word)),
            "{problems:?}"
        );
    }
}
