use super::{said, warned};

/// Routes, and whether one of them lets requests fall to a looser one; the line is the second.
fn falls(routes: &[&str]) -> bool {
    falls_beside("", routes)
}

fn falls_beside(rest: &str, routes: &[&str]) -> bool {
    let lines: Vec<String> = routes
        .iter()
        .map(|route| format!("  - {route}\n"))
        .collect();
    let found = warned(&format!("routes:\n{}{rest}", lines.concat()));
    let found: Vec<_> = found
        .iter()
        .filter(|(lint, _)| *lint == "falls-through")
        .collect();
    assert!(found.iter().all(|(_, line)| *line == 3), "{found:?}");
    !found.is_empty()
}

#[test]
fn method_that_a_strict_route_leaves_out_falls_to_a_looser_one() {
    let strict = "{ path: /admin/**, methods: [GET], roles: [admin] }";
    assert!(falls(&[strict, "{ path: /** }"]));
    assert!(falls(&[strict, "{ path: /**, public: true }"]));
    assert!(falls(&[strict, "{ path: /admin/** }"]));
    assert!(falls(&[strict, "{ path: '/{any}/**', methods: [DELETE] }"]));
    assert!(!falls(&[strict]));
    assert!(!falls(&[
        strict,
        "{ path: /admin/**, roles: [admin] }",
        "{ path: /** }"
    ]));
    assert!(!falls(&[strict, "{ path: /**, roles: [admin] }"]));
    assert!(!falls(&[
        "{ path: /admin/**, roles: [admin] }",
        "{ path: /** }"
    ]));
}

#[test]
fn message_names_the_request_and_where_it_goes() {
    let said = said(
        "routes:\n  - { path: /admin/**, methods: [GET], roles: [admin] }\n  - { path: /** }\n",
    );
    let wanted = "policy.yaml:3:33: warning[falls-through]: `routes[0].methods`: requests for `/admin` \
                  with `POST`, `PUT`, `PATCH`, `DELETE`, `PROPFIND` go to the route at policy.yaml:4:5, \
                  which asks for less";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn fall_to_a_public_route_is_named_before_others() {
    let said = said(
        "routes:\n  - { path: /admin/**, methods: [GET], roles: [admin] }\n  - { path: /** }\n  - { path: '/{any}/reset', methods: [PUT], public: true }\n",
    );
    let wanted = "requests for `/admin/reset` with `PUT` go to the route at policy.yaml:5:5, which is public";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn method_that_an_app_may_take_for_reading_counts_too() {
    let methods = "[GET, POST, PUT, PATCH, DELETE, OPTIONS]";
    let strict = format!("{{ path: /admin/**, methods: {methods}, roles: [admin] }}");
    assert!(falls(&[&strict, "{ path: /** }"]));
}

#[test]
fn preflight_may_go_to_a_public_route() {
    let strict = "{ path: /admin/**, methods: [GET], roles: [admin] }";
    let rest = "{ path: /admin/**, roles: [admin], methods: [POST, PUT, PATCH, DELETE, PROPFIND] }";
    let preflight = "{ path: /**, methods: [OPTIONS], public: true }";
    assert!(!falls(&[strict, rest, preflight]));
}

#[test]
fn one_guarded_way_of_writing_is_meant_and_a_gap_among_several_is_not() {
    let loose = "{ path: /** }";
    assert!(!falls(&[
        "{ path: '/things/{id}', methods: [DELETE], roles: [admin] }",
        loose
    ]));
    assert!(!falls(&[
        "{ path: /things, method: POST, roles: [admin] }",
        loose
    ]));
    let gap = "{ path: /things/**, methods: [POST, PUT, DELETE], roles: [editor] }";
    assert!(falls(&[gap, loose]));
    let whole = "{ path: /things/**, methods: [POST, PUT, PATCH, DELETE], roles: [editor] }";
    assert!(!falls(&[whole, loose]));
}

#[test]
fn method_that_is_written_for_the_same_path_does_not_fall() {
    let read = "{ path: /things/**, method: GET, roles: [viewer] }";
    let write = "{ path: /things/**, methods: [POST, PUT, PATCH, DELETE] }";
    let other = "{ path: /things/**, roles: [viewer] }";
    assert!(!falls(&[read, write, other, "{ path: /** }"]));
    // Methods that nobody lists still fall.
    assert!(falls(&[read, write, "{ path: /** }"]));
}

#[test]
fn more_specific_route_is_no_fall() {
    let strict = "{ path: /a/**, methods: [GET], roles: [admin] }";
    assert!(!falls(&[strict, "{ path: '/a/{x}', methods: [POST] }"]));
    assert!(!falls(&[
        strict,
        "{ path: /a/hooks, methods: [POST], public: true }"
    ]));
}

#[test]
fn looseness_is_less_in_one_respect_and_more_in_none() {
    for (strict, loose, looser) in [
        ("roles: [admin]", "roles: [admin, user]", true),
        ("roles: [admin, user]", "roles: [admin]", false),
        ("roles: [admin]", "roles: [user]", false),
        ("roles: [admin]", "scopes: [a]", false),
        ("scopes: [a, b]", "scopes: [a]", true),
        ("scopes: [a]", "scopes: [a, b]", false),
        ("permission: x:read", "upstream: default", true),
        ("permission: x:read", "permission: x:write", false),
        ("permission: x:read", "permission: { GET: x:read }", false),
        ("tenant: '{{ header.x-t }}'", "upstream: default", true),
        ("upstream: default", "tenant: '{{ header.x-t }}'", false),
        ("max_age: 5m", "upstream: default", true),
        ("max_age: 5m, roles: [a]", "max_age: 5m", true),
        ("max_age: 5m, roles: [a]", "max_age: 1m", false),
        ("when: request.method == 'GET'", "upstream: default", true),
        ("when: request.method == 'GET'", "public: true", true),
        ("roles: [a]", "when: request.host == 'a'", false),
        (
            "roles: [a]",
            "public: true, when: request.host == 'a'",
            false,
        ),
        ("authenticate: [main]", "upstream: default", false),
        ("upstream: default", "public: true", true),
        ("upstream: default", "upstream: default", false),
    ] {
        let strict = format!("{{ path: /a/**, methods: [GET], {strict} }}");
        let loose = format!("{{ path: /**, {loose} }}");
        assert_eq!(falls(&[&strict, &loose]), looser, "{strict} {loose}");
    }
}

#[test]
fn permission_that_more_roles_grant_asks_for_less() {
    let rights = "roles: { admin: ['*'], user: ['x:read'] }\n";
    let strict = "{ path: /a/**, methods: [GET], permission: x:write }";
    assert!(falls_beside(
        rights,
        &[strict, "{ path: /**, permission: x:read }"]
    ));
    let strict = "{ path: /a/**, methods: [GET], permission: x:read }";
    assert!(!falls_beside(
        rights,
        &[strict, "{ path: /**, permission: x:write }"]
    ));
}

#[test]
fn another_app_is_another_matter() {
    let strict = "{ path: /a/**, methods: [GET], roles: [admin], upstream: one }";
    assert!(!falls(&[strict, "{ path: /**, upstream: two }"]));
    assert!(falls(&[strict, "{ path: /**, upstream: one }"]));
}

#[test]
fn fall_is_found_where_only_single_paths_meet() {
    let strict = "{ path: /admin/**, methods: [GET], roles: [admin] }";
    let rest = "{ path: /**, roles: [admin] }";
    assert!(falls(&[
        strict,
        rest,
        "{ path: '/{any}/reset', public: true }"
    ]));
    assert!(!falls(&[
        strict,
        rest,
        "{ path: '/{any}/reset', methods: [OPTIONS], public: true }"
    ]));
    let deep = "{ path: '/admin/{x}/c', methods: [GET], roles: [admin] }";
    assert!(falls(&[
        deep,
        rest,
        "{ path: '/{any}/b/**', public: true }"
    ]));
    // Taken by a more specific route whatever the method.
    let own = "{ path: /admin/reset, roles: [admin] }";
    assert!(!falls(&[
        strict,
        rest,
        own,
        "{ path: '/{any}/reset', public: true }"
    ]));
}

#[test]
fn caller_that_names_another_host_falls_to_a_looser_route() {
    let strict = "{ path: /admin/**, host: admin.example.com, roles: [admin] }";
    assert!(falls(&[strict, "{ path: /** }"]));
    assert!(!falls(&[strict, "{ path: /**, roles: [admin] }"]));
    // On its own host a more specific route takes the one path that the looser route has.
    let open = "{ path: /admin, public: true, host: admin.example.com }";
    let rest = "{ path: /**, roles: [admin] }";
    assert!(!falls(&[
        strict,
        open,
        rest,
        "{ path: /admin, public: true }"
    ]));
    // Written for other hosts as well, or for a site as a whole.
    assert!(!falls(&[strict, "{ path: /admin/** }"]));
    let site = "{ path: /**, host: admin.example.com, roles: [admin] }";
    assert!(!falls(&[site, "{ path: /** }"]));
}

#[test]
fn method_falls_from_a_named_host_to_any() {
    let strict = "{ path: /admin/**, host: '*.example.com', methods: [GET], roles: [admin] }";
    let loose = "{ path: /admin/reset, public: true }";
    assert!(falls(&[strict, loose]));
    assert!(!falls(&[
        strict,
        "{ path: /admin/reset, host: a.example.com, public: true }"
    ]));
}

#[test]
fn path_from_the_environment_is_not_shown() {
    let said = said(
        "routes:\n  - { path: '/${VALUE}/**', methods: [GET], roles: [admin] }\n  - { path: /** }\n",
    );
    assert!(
        said.contains("requests for such a path with `POST`"),
        "{said}"
    );
    assert!(!said.contains("s3cret"), "{said}");
}
