use super::{Cases, problems, problems_with, warned, with_issuer};

const ROUTES: &str =
    "routes: [ { path: /a/**, permission: x:read }, { path: /b, roles: [boss] } ]\n";

#[test]
fn roles_and_permissions_that_nothing_asks_for_are_named() {
    let rest = format!(
        "{ROUTES}roles:\n  boss: ['*']\n  reader: [x:read]\n  idle: [y:write]\n  more: [x:read, y:write, 'y:*', '*:write']\n"
    );
    let lints = [
        ("role-never-asked", 6),
        ("permission-never-asked", 7),
        ("permission-never-asked", 7),
        ("permission-never-asked", 7),
    ];
    assert_eq!(warned(&rest), lints);
}

#[test]
fn what_is_asked_by_name_by_inclusion_or_by_default_is_used() {
    let rest = format!(
        "{ROUTES}roles:\n  boss: []\n  deputy: {{ includes: [boss] }}\n  reader: [x:read, '*:read', 'x:*']\n  guest: []\ndefault_role: guest\n"
    );
    assert_eq!(warned(&rest), []);
}

#[test]
fn what_a_condition_or_a_value_asks_for_is_used() {
    let rest = "routes:\n  - path: /\n    when: \"'x:read' in principal.permissions || 'boss' in principal.roles\"\n    \
                identity_headers: { X-Ops: \"{{ 'ops' in principal.roles }}\" }\n\
                roles:\n  boss: []\n  ops: []\n  reader: ['*:read']\n  more: { includes: [reader] }\n  idle: [y:write]\n";
    assert_eq!(warned(rest), [("role-never-asked", 11)]);
}

#[test]
fn scopes_that_nothing_asks_for_are_named() {
    let routes = "routes: [ { path: /a, permission: x:read }, { path: /b, scopes: [named] } ]\n";
    let rest =
        format!("{routes}scopes:\n  api: ['*:read']\n  named:\n  x:read:\n  idle: [y:read]\n");
    assert_eq!(warned(&rest), [("scope-never-asked", 7)]);
}

#[test]
fn role_of_programs_that_nobody_defined_is_named() {
    let text = |role: &str| {
        format!(
            "issuers:\n  a:\n    machine: {{ roles: [{role}] }}\nroles: {{ job: [x:read] }}\nroutes: [ {{ path: /a, permission: x:read }} ]\n"
        )
    };
    let found = problems(&text("jbo"));
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].lint, found[0].place.line),
        (Some("unknown-role"), 3)
    );
    assert_eq!(found[0].path, "issuers.a.machine.roles[0]");
    assert_eq!(problems(&text("job")), []);
}

#[test]
fn capture_that_looks_like_a_tenant_is_named_where_tenants_matter() {
    let bound = "{ path: '/t/{tenant}' }";
    for name in [
        "org_id",
        "orgId",
        "organization",
        "workspace-slug",
        "customerId",
        "tenant_id",
    ] {
        let rest = format!("routes:\n  - {bound}\n  - {{ path: '/x/{{{name}}}' }}\n");
        assert_eq!(warned(&rest), [("unbound-tenant", 4)], "{name}");
    }
    for other in [
        "{ path: '/x/{id}' }",
        "{ path: '/x/{organizer}' }",
        "{ path: '/x/{org}', tenant: any }",
        "{ path: '/x/{org}', tenant: '{{ path.org }}' }",
        "{ path: '/x/{org}', tenant: '{{ header.x-org }}' }",
        "{ path: '/x/{org}', public: true }",
    ] {
        assert_eq!(
            warned(&format!("routes:\n  - {bound}\n  - {other}\n")),
            [],
            "{other}"
        );
    }
    assert_eq!(warned("routes:\n  - { path: '/x/{org}' }\n"), []);
    let told = "identity_headers: { X-Org: '{{ principal.tenant }}' }\nroutes:\n  - { path: '/x/{org}' }\n";
    assert_eq!(warned(told), [("unbound-tenant", 4)]);
    let mapped = "issuers: { a: { claims: { tenant: org } } }\nroutes:\n  - { path: '/x/{org}' }\n";
    assert_eq!(problems(mapped)[0].lint, Some("unbound-tenant"));
}

#[test]
fn several_issuers_that_may_name_a_tenant_are_named() {
    let route = "{ path: '/t/{tenant}/**' }";
    let two = |rest: &str| {
        problems(&format!(
            "issuers: {{ a: {{}}, b: {{}} }}\nroutes:\n  - {rest}\n"
        ))
    };
    assert_eq!(two(route)[0].lint, Some("issuers-share-tenants"));
    assert_eq!(two("{ path: '/t/{tenant}/**', authenticate: [a] }"), []);
    assert_eq!(two("{ path: /t/** }"), []);
    assert_eq!(two(&format!("{route}\nauthenticate: [a]")), []);
    assert_eq!(
        two(&format!("{route}\ndefaults: {{ authenticate: [a] }}")),
        []
    );
    assert_eq!(
        problems(&with_issuer(&format!("routes:\n  - {route}\n"))),
        []
    );
}

#[test]
fn missing_tests_are_named_in_large_policies_when_somebody_looked() {
    let routes = |count: usize| {
        let routes = (0..count).map(|number| format!("  - {{ path: /r{number} }}\n"));
        with_issuer(&format!("routes:\n{}", routes.collect::<String>()))
    };
    let found = problems_with(&routes(11), Cases::Absent).1;
    assert_eq!(found[0].lint, Some("missing-tests"));
    for (count, cases) in [
        (10, Cases::Absent),
        (11, Cases::Present),
        (11, Cases::Unknown),
    ] {
        assert_eq!(problems_with(&routes(count), cases).1, []);
    }
    let ignored = format!("ignore: {{ missing-tests: elsewhere }}\n{}", routes(11));
    for cases in [Cases::Absent, Cases::Unknown] {
        assert_eq!(problems_with(&ignored, cases).1, []);
    }
}

#[test]
fn every_name_that_a_route_sets_is_taken_from_every_request() {
    let rest = "identity_headers: { X-File: a }\nroutes:\n  \
                - { path: /a, identity_headers: { X-One: b } }\n  \
                - { path: /b, public: true, identity_headers: { X-Two: c } }\n  \
                - { group: g, path: /g, defaults: { identity_headers: { X-Three: d } }, routes: [ { path: /c } ] }\n";
    let (policy, problems) = problems_with(&with_issuer(rest), Cases::Unknown);
    assert_eq!(problems, []);
    let policy = policy.unwrap();
    let set = policy
        .routes()
        .iter()
        .flat_map(|route| route.identity_headers());
    let names: Vec<String> = set.map(|(name, ..)| name.to_string()).collect();
    for wanted in ["x-file", "x-one", "x-two", "x-three"] {
        assert!(names.iter().any(|name| name == wanted), "{names:?}");
    }
    // There is one set of names for the whole policy, so no route can set what another lets in.
    for name in names {
        assert!(policy.stripped().contains(&name), "{name}");
        assert!(policy.stripped().contains(name.replace('-', "_")), "{name}");
    }
}
