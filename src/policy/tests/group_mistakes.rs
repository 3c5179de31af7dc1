//! Mistakes of groups and of `defaults`.

use super::mistakes::mistakes;
use super::*;

/// A group on line 2 with these keys, and one plain route on line 3.
fn group(keys: &str) -> String {
    format!("routes:\n  - {{ {keys},\n      routes: [ {{ path: /x }} ] }}\n")
}

#[test]
fn words_out_of_place_are_mistakes_with_advice() {
    for (text, line, words) in [
        (
            group("roles: [a]"),
            2,
            &[
                "`roles` stands beside the routes",
                "`defaults: { roles: ... }`",
            ][..],
        ),
        (group("public: true"), 2, &["`public: true` on a route"]),
        (
            group("defaults: { public: true }"),
            2,
            &["`public` cannot be a default", "one by one"],
        ),
        (
            "defaults: { public: false }\nroutes: [ { path: /a } ]\n".into(),
            1,
            &["`public` cannot be a default"],
        ),
        (
            group("defaults: { path: /a }"),
            2,
            &["`path` cannot be a default", "`path` of a group"],
        ),
        (group("defaults: { name: a }"), 2, &["`name` cannot be"]),
        (
            group("defaults: { rols: a }"),
            2,
            &["unknown key `rols` in defaults", "did you mean `roles`?"],
        ),
        (group("grup: a"), 2, &["did you mean `group`?"]),
        (
            group("defaults: [a]"),
            2,
            &["expected a map of defaults keys"],
        ),
        (
            "routes: [ { group: a, path: /a } ]\n".into(),
            1,
            &["the group has no `routes`", "write at least one"],
        ),
        (
            "routes: [ { path: /a, routes: [] } ]\n".into(),
            1,
            &["the list of routes is empty"],
        ),
        (
            "routes: [ { routes: { path: /a } } ]\n".into(),
            1,
            &["expected a list of routes, found a map"],
        ),
        (group("group: \"a\\nb\""), 2, &["a control character"]),
    ] {
        mistakes(&[(&text, line, words)]);
    }
}

#[test]
fn lifting_what_nobody_laid_down_is_a_mistake() {
    for key in [
        "roles",
        "scopes",
        "permission",
        "authenticate",
        "methods",
        "host",
        "acr",
        "max_age",
    ] {
        let words = [&*format!("`{key}: any` lifts a rule that is inherited")];
        let route = format!("routes:\n  - {{ path: /a, {key}: any }}\n");
        let defaults = format!("defaults:\n  {key}: any\nroutes: [ {{ path: /a }} ]\n");
        let twice = format!(
            "routes:\n  - {{ path: /b, {key}: any }}\n  - defaults: {{ roles: [x] }}\n    routes: [ {{ path: /a }} ]\n"
        );
        mistakes(&[
            (&route, 2, &words),
            (&defaults, 2, &words),
            (&twice, 2, &words),
        ]);
    }
    let lifted = "defaults: { roles: [a] }\nroutes:\n  - defaults: { roles: any }\n    routes:\n      - { path: /a, roles: any }\n";
    mistakes(&[(lifted, 5, &["lifts a rule", "`[any]`"])]);
    let file = "defaults: { tenant: any }\nroutes: [ { path: '/{tenant}' } ]\n";
    mistakes(&[(file, 1, &["`tenant: any` cannot be a default of the whole"])]);
}

#[test]
fn any_in_a_list_or_from_the_environment_is_a_name() {
    let text = "defaults: { roles: [a] }\nroutes: [ { path: /a, roles: [any] } ]\n";
    let any = policy(text);
    assert_eq!(reason(&any, &get("/a"), &principal(&["any"], &[])), None);
    assert!(reason(&any, &get("/a"), &principal(&["a"], &[])).is_some());
    let problems = Problems::new();
    let environment = |_: &str| Some("any".to_owned());
    let text = "defaults: { roles: [a] }\nroutes: [ { path: /a, roles: '${ROLES}' } ]\n";
    let node = parse("policy.yaml", text, &environment, &problems).unwrap();
    let mut fields = Fields::of(&node, "policy", &problems).unwrap();
    let issuers: [Arc<str>; 1] = ["main".into()];
    let known = Known {
        webhooks: &[],
        issuers: &issuers,
        key_sets: &[],
        stored_key_sets: &[],
        upstreams: None,
    };
    let policy = Config::read(&mut fields, &problems).compile(&known, &problems);
    let policy = policy.unwrap();
    assert!(reason(&policy, &get("/a"), &principal(&["a"], &[])).is_some());
}

#[test]
fn top_of_the_file_and_defaults_do_not_say_the_same_twice() {
    for (key, value) in [("authenticate", "main"), ("identity_headers", "{ X-A: a }")] {
        let text =
            format!("{key}: {value}\ndefaults:\n  {key}: {value}\nroutes: [ {{ path: /a }} ]\n");
        let words = ["at the top of the file and under `defaults`", "write one"];
        mistakes(&[(&text, 3, &words)]);
    }
}

#[test]
fn mistake_in_a_shared_setting_is_named_once_and_where_it_stands() {
    for (keys, words) in [
        ("roles: ['*']", &["`*` is not a role"][..]),
        ("authenticate: mian", &["did you mean `main`?"]),
        ("scopes: ['a b']", &["is not a scope"]),
        ("methods: [get]", &["`get` is not a method"]),
        ("host: 'a:1'", &["leave the port out"]),
        ("permission: read", &["`read` is not a permission"]),
        ("permission: 'a:{b}'", &["`a:{b}` is not a permission"]),
        ("permission: { put: 'a:b' }", &["`put` is not a method"]),
        ("tenant: acme", &["does not say where"]),
        ("acr: ['a b']", &["is not a value of `acr`"]),
        ("max_age: 0s", &["nobody could sign in that recently"]),
        ("identity_headers: { Cookie: a }", &["Cookie"]),
    ] {
        let text = format!(
            "routes:\n  - defaults: {{ {keys} }}\n    routes:\n      - path: /a\n      - path: /b\n      - path: /c\n"
        );
        mistakes(&[(&text, 2, words)]);
        // Also when no route takes it.
        let text = format!(
            "routes:\n  - defaults: {{ {keys} }}\n    routes: [ {{ path: /a, public: true }} ]\n"
        );
        mistakes(&[(&text, 2, words)]);
    }
}

#[test]
fn key_paths_lead_through_groups() {
    let text = "routes:\n  - path: /a\n    routes:\n      - path: /b\n      - { path: /c, roles: [] }\n  - defaults: { scopes: [] }\n    routes: [ { path: /d } ]\n";
    let (_, problems) = compile(text);
    let [first, second] = problems.as_slice() else {
        panic!("{problems:#?}")
    };
    assert!(
        first.contains("policy.yaml:5:28: error: `routes[0].routes[1].roles`"),
        "{first}"
    );
    assert!(
        second.contains("policy.yaml:6:25: error: `routes[1].defaults.scopes`"),
        "{second}"
    );
}

#[test]
fn bad_prefixes_are_mistakes_with_advice() {
    for (path, words) in [
        ("admin", &["does not begin with a slash"][..]),
        ("/a/**", &["is a prefix", "leave `/**` out"]),
        ("/a//b", &["`empty_segment`"]),
        ("/a/x{b}", &["mixes a capture with text"]),
    ] {
        mistakes(&[(&group(&format!("path: '{path}'")), 2, words)]);
    }
    let long = format!("path: /{}", "x".repeat(256));
    mistakes(&[(&group(&long), 2, &["longer than 256 bytes"])]);
    let twice = "routes:\n  - path: /a/{id}\n    routes:\n      - path: /{id}\n";
    mistakes(&[(twice, 4, &["`/a/{id}/{id}`", "captures `id` twice"])]);
    let bare = "routes:\n  - path: /a\n    routes:\n      - path: b\n";
    mistakes(&[(bare, 4, &["does not begin with a slash"])]);
    let inner = "routes:\n  - path: /a/{id}\n    routes:\n      - path: /{id}\n        routes: [ { path: /x } ]\n";
    mistakes(&[(inner, 4, &["captures `id` twice"])]);
}

#[test]
fn groups_nest_within_bounds() {
    let nested = |depth: usize| {
        let open = "{ path: /a, routes: [ ".repeat(depth);
        format!("routes: [ {open}{{ path: /x }}{} ]\n", " ] }".repeat(depth))
    };
    let eight = policy(&nested(8));
    assert_eq!(eight.routes()[0].path(), "/a/a/a/a/a/a/a/a/x");
    mistakes(&[(&nested(9), 1, &["nest deeper than 8 levels"])]);
}

#[test]
fn routes_of_two_groups_that_could_both_win_are_a_mistake() {
    let text = "routes:\n  - path: /a\n    routes:\n      - path: /b/{x}\n  - path: /a/b\n    routes:\n      - path: /{y}\n";
    mistakes(&[(text, 7, &["the one at policy.yaml:4:9"])]);
}

#[test]
fn tenant_rule_that_does_not_fit_a_path_is_a_mistake_of_that_path() {
    let text =
        "defaults: { tenant: '{{ path.org }}' }\nroutes:\n  - path: /{org}/x\n  - path: /y\n";
    mistakes(&[(
        text,
        4,
        &[
            "no capture `org`",
            "policy.yaml:1, whole file",
            "`any` lifts",
        ],
    )]);
    let other = "defaults: { tenant: '{{ header.x-org }}' }\nroutes:\n  - path: /a\n  - path: /{tenant}/b\n";
    mistakes(&[(other, 4, &["captures `{tenant}`", "reads something else"])]);
    let own = "defaults: { tenant: '{{ header.x-org }}' }\nroutes:\n  - { path: '/{tenant}/b', tenant: '{{ path.tenant }}' }\n";
    assert_eq!(compile(own).1, Vec::<String>::new());
}

#[test]
fn permission_for_other_methods_than_the_routes_is_a_mistake() {
    let text = "defaults: { permission: { GET: 'a:r' } }\nroutes:\n  - path: /a\n  - { path: /b, method: PUT }\n";
    mistakes(&[(text, 4, &["policy.yaml:1, whole file", "nobody could pass"])]);
}

#[test]
fn rules_beside_public_stay_a_mistake_whatever_is_inherited() {
    for keys in ["roles: [a]", "roles: any", "acr: any", "max_age: 5m"] {
        let text = format!(
            "defaults: {{ roles: [b], acr: [c], max_age: 1m }}\nroutes:\n  - {{ path: /a, public: true, {keys} }}\n"
        );
        mistakes(&[(&text, 3, &["a public route asks nobody"])]);
    }
}

#[test]
fn headers_of_a_group_are_checked_against_its_routes_and_the_file() {
    let capture = "routes:\n  - path: /a\n    defaults: { identity_headers: { X-A: '{{ path.id }}' } }\n    routes: [ { path: /x } ]\n  - path: /b/{id}\n";
    mistakes(&[(capture, 3, &["no route's path has a capture `id`"])]);
    let spelling = "identity_headers: { X-A: a }\nroutes:\n  - path: /a\n    defaults: { identity_headers: { X_A: b } }\n    routes: [ { path: /x } ]\n";
    mistakes(&[(spelling, 4, &["the same header as the file's `x-a`"])]);
    let route = "routes:\n  - path: /a\n    defaults: { identity_headers: { X-A: b } }\n    routes:\n      - { path: /x, identity_headers: { X_A: c } }\n";
    mistakes(&[(route, 5, &["the same header as the group's `x-a`"])]);
    let many: String = (0..65).map(|n| format!("  X-{n}: a\n")).collect();
    let text = format!("identity_headers:\n{many}routes: [ {{ path: /a }} ]\n");
    mistakes(&[(&text, 66, &["more than 64 headers"])]);
}
