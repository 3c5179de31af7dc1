//! What routes inherit from groups and from the file's `defaults`.

use super::*;
use crate::policy::{Level, Route};

const NESTED: &str = r#"
authenticate: [main]
defaults: { roles: [staff], upstream: app, methods: [GET, POST] }
routes:
  - path: /plain
  - group: admin
    path: /admin
    defaults: { roles: [admin], authenticate: [other] }
    routes:
      - path: /users/**
      - { path: /health, public: true }
      - { path: /open-to-staff, roles: any }
      - { path: /, method: PUT, roles: [owner, boss] }
      - path: /deep
        defaults: { scopes: [deep], roles: any, methods: any, upstream: depths }
        routes:
          - path: /**
          - { path: /er, scopes: any, authenticate: any, roles: [diver], host: "x.test" }
  - path: /other
    roles: any
"#;

/// The route with this path.
pub(super) fn route<'p>(policy: &'p Policy, path: &str) -> &'p Route {
    let mut routes = policy.routes().iter();
    routes.find(|route| route.path() == path).unwrap()
}

/// Where a key of a route is written.
pub(super) fn from(policy: &Policy, path: &str, key: &str) -> String {
    let origin = route(policy, path).origin(key);
    origin.map(ToString::to_string).unwrap_or_default()
}

fn issuers(route: &Route) -> Vec<&str> {
    match route.access() {
        Access::Public => vec!["public"],
        Access::Authenticated { accepted: None, .. } => vec!["all"],
        Access::Authenticated {
            accepted: Some(a), ..
        } => a.iter().map(AsRef::as_ref).collect(),
    }
}

#[test]
fn nearest_word_replaces_the_others_whole() {
    let policy = policy(NESTED);
    for (path, roles, scopes, issuer, upstream, methods) in [
        (
            "/plain",
            &["staff"][..],
            &[][..],
            "main",
            "app",
            "GET POST HEAD",
        ),
        (
            "/admin/users/**",
            &["admin"],
            &[],
            "other",
            "app",
            "GET POST HEAD",
        ),
        ("/admin/health", &[], &[], "public", "app", "GET POST HEAD"),
        (
            "/admin/open-to-staff",
            &[],
            &[],
            "other",
            "app",
            "GET POST HEAD",
        ),
        ("/admin", &["owner", "boss"], &[], "other", "app", "PUT"),
        ("/admin/deep/**", &[], &["deep"], "other", "depths", ""),
        ("/admin/deep/er", &["diver"], &[], "all", "depths", ""),
        ("/other", &[], &[], "main", "app", "GET POST HEAD"),
    ] {
        let route = route(&policy, path);
        let texts = |list: &[Box<str>]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(texts(route.roles()), roles, "{path}");
        assert_eq!(texts(route.scopes()), scopes, "{path}");
        assert_eq!(issuers(route), [issuer], "{path}");
        assert_eq!(&**route.upstream(), upstream, "{path}");
        let found = route.methods().unwrap_or_default();
        let found: Vec<&str> = found.iter().map(Method::as_str).collect();
        assert_eq!(found.join(" "), methods, "{path}");
    }
    let names: Vec<_> = policy.routes().iter().map(|route| route.index()).collect();
    assert_eq!(names, [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn every_setting_tells_where_it_is_written() {
    let policy = policy(NESTED);
    for (path, key, wanted) in [
        ("/plain", "roles", "policy.yaml:3, whole file"),
        ("/plain", "authenticate", "policy.yaml:2, whole file"),
        ("/plain", "path", "policy.yaml:5"),
        ("/plain", "scopes", ""),
        ("/admin/users/**", "roles", "policy.yaml:8, group admin"),
        ("/admin/users/**", "methods", "policy.yaml:3, whole file"),
        ("/admin/health", "roles", ""),
        ("/admin/health", "upstream", "policy.yaml:3, whole file"),
        ("/admin/open-to-staff", "roles", "policy.yaml:12"),
        (
            "/admin/deep/**",
            "roles",
            "policy.yaml:15, group /admin/deep",
        ),
        (
            "/admin/deep/**",
            "authenticate",
            "policy.yaml:8, group admin",
        ),
        ("/admin/deep/er", "scopes", "policy.yaml:18"),
    ] {
        assert_eq!(from(&policy, path, key), wanted, "{path} {key}");
    }
    let origin = route(&policy, "/admin/users/**").origin("roles").unwrap();
    assert_eq!(*origin.level(), Level::Group(Some("admin".into())));
    assert!(origin.is_inherited());
    assert_eq!((origin.place().line, origin.place().column), (8, 24));
}

#[test]
fn inherited_rules_are_judged_like_own_ones() {
    let policy = policy(NESTED);
    let staff = principal(&["staff"], &["deep"]);
    for (path, wanted) in [
        ("/plain", None),
        ("/admin/users/1", Some(Reason::InsufficientRole)),
        ("/admin/open-to-staff", None),
        ("/admin/deep/x", None),
        ("/admin/deep/er", None),
        ("/other", None),
    ] {
        assert_eq!(reason(&policy, &get(path), &staff), wanted, "{path}");
    }
    let wanted = Some(Reason::InsufficientScope);
    assert_eq!(
        reason(&policy, &get("/admin/deep/x"), &principal(&[], &[])),
        wanted
    );
    let inside = request("GET", "x.test", "/admin/deep/er");
    let wanted = Some(Reason::InsufficientRole);
    assert_eq!(reason(&policy, &inside, &staff), wanted);
    assert!(policy.find(&request("DELETE", "x", "/plain")).is_none());
}

#[test]
fn prefix_and_path_are_joined_at_one_slash() {
    for (prefix, path, wanted) in [
        ("/a", "/b", "/a/b"),
        ("/a/", "/b/", "/a/b/"),
        ("/a", "/", "/a"),
        ("/", "/b", "/b"),
        ("/a", "/**", "/a/**"),
        ("/a/{id}", "/*/{x}", "/a/{id}/*/{x}"),
    ] {
        let text = format!("routes:\n  - path: '{prefix}'\n    routes: [ {{ path: '{path}' }} ]\n");
        let policy = policy(&text);
        assert_eq!(policy.routes()[0].path(), wanted);
        assert_eq!(&**policy.routes()[0].name(), wanted);
    }
}

#[test]
fn capture_in_a_prefix_binds_the_tenant() {
    let policy = policy(
        "routes:\n  - path: /t/{tenant}\n    routes:\n      - path: /**\n      - { path: /shared, tenant: any }\n",
    );
    let acme = of_tenant("acme");
    for (path, wanted) in [
        ("/t/acme/x", None),
        ("/t/other/x", Some(Reason::TenantMismatch)),
        ("/t/other/shared", None),
    ] {
        assert_eq!(reason(&policy, &get(path), &acme), wanted, "{path}");
    }
}

#[test]
fn tenant_rule_is_inherited_and_lifted() {
    let policy = policy(
        "defaults: { tenant: '{{ header.x-org }}' }\nroutes:\n  - path: /a\n  - { path: /b, tenant: any }\n  - path: /orgs/{org}\n    defaults: { tenant: '{{ path.org }}' }\n    routes: [ { path: /** } ]\n",
    );
    let acme = of_tenant("acme");
    let with = |path: &str| with_headers(get(path), &[("x-org", b"acme")]);
    let wanted = Some(Reason::TenantMismatch);
    assert_eq!(reason(&policy, &get("/a"), &acme), wanted);
    assert_eq!(reason(&policy, &with("/a"), &acme), None);
    assert_eq!(reason(&policy, &get("/b"), &acme), None);
    assert_eq!(reason(&policy, &with("/orgs/other/x"), &acme), wanted);
    assert_eq!(reason(&policy, &get("/orgs/acme/x"), &acme), None);
}

#[test]
fn headers_add_up_through_all_levels_and_override_by_name() {
    let text = r#"
identity_headers: { X-A: "file", X-B: "file", X-U: "{{ principal.subject }}" }
routes:
  - group: g
    path: /g/{id}
    defaults: { identity_headers: { X-B: "group", X-C: "{{ path.id }}" } }
    routes:
      - path: /plain
      - path: /own
        identity_headers: { X-C: "own", X-A: "own" }
      - { path: /open, public: true }
  - path: /z
"#;
    let policy = policy(text);
    let told = |path: &str| told(&judge(&policy, &get(path), &principal(&[], &[])).unwrap());
    assert_eq!(told("/z"), ["x-a: file", "x-b: file", "x-u: u1"]);
    let plain = ["x-a: file", "x-u: u1", "x-b: group", "x-c: 7"];
    assert_eq!(told("/g/7/plain"), plain);
    let own = ["x-u: u1", "x-b: group", "x-c: own", "x-a: own"];
    assert_eq!(told("/g/7/own"), own);
    let open = get("/g/7/open");
    let matched = policy.find(&open).unwrap();
    let open = super::told(&policy.admit(&matched, &open).unwrap());
    assert_eq!(open, ["x-a: file", "x-b: group", "x-c: 7"]);
    let shown: Vec<String> = route(&policy, "/g/{id}/own")
        .identity_headers()
        .map(|(name, value, origin)| format!("{name}: {value} ({origin})"))
        .collect();
    assert_eq!(
        shown,
        [
            "x-u: {{ principal.subject }} (policy.yaml:2, whole file)",
            "x-b: group (policy.yaml:6, group g)",
            "x-c: own (policy.yaml:10)",
            "x-a: own (policy.yaml:10)",
        ]
    );
}

#[test]
fn defaults_may_say_what_stands_at_the_top_as_well() {
    let policy = policy(
        "defaults:\n  authenticate: other\n  identity_headers: { X-A: '{{ path.id }}' }\nroutes: [ { path: '/{id}' } ]\n",
    );
    assert_eq!(issuers(&policy.routes()[0]), ["other"]);
    let granted = judge(&policy, &get("/7"), &principal(&[], &[])).unwrap();
    assert_eq!(told(&granted), ["x-a: 7"]);
}
