//! Inheriting: how it fits with methods and anchors, that it costs nothing, and its law.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::groups::{from, route};
use super::*;

#[test]
fn anchors_share_settings_between_groups() {
    let policy = policy(
        "routes:\n  - path: /a\n    defaults: &staff { roles: [staff] }\n    routes: [ { path: /x } ]\n  - path: /b\n    defaults: *staff\n    routes: [ { path: /x } ]\n",
    );
    for path in ["/a/x", "/b/x"] {
        let wanted = Some(Reason::InsufficientRole);
        assert_eq!(reason(&policy, &get(path), &principal(&[], &[])), wanted);
    }
    let from = from(&policy, "/b/x", "roles");
    assert_eq!(from, "policy.yaml:3, group /b");
}

#[test]
fn inherited_permissions_follow_the_methods_of_each_route() {
    let policy = policy(
        "defaults: { permission: { GET: 'a:r', PUT: 'a:w' } }\nroutes:\n  - { path: /get, method: GET }\n  - { path: /head, method: HEAD }\n  - path: /all\n  - { path: /own, method: PUT, permission: 'b:c' }\n  - { path: /none, permission: any }\n",
    );
    let shown = |path: &str| {
        let permissions = route(&policy, path).permissions();
        let texts: Vec<String> = permissions.iter().map(ToString::to_string).collect();
        texts.join(", ")
    };
    assert_eq!(shown("/get"), "GET a:r, HEAD a:r");
    assert_eq!(shown("/head"), "HEAD a:r");
    assert_eq!(shown("/all"), "GET a:r, PUT a:w, HEAD a:r");
    assert_eq!(shown("/own"), "b:c");
    assert_eq!(shown("/none"), "");
}

#[test]
fn routes_that_ask_alike_share_what_was_worked_out() {
    let routes: String = (0..1000).map(|n| format!("  - path: /r{n}\n")).collect();
    let roles: Vec<String> = (0..1000).map(|n| format!("role{n}")).collect();
    let roles = roles.join(", ");
    let policy = policy(&format!(
        "defaults: {{ roles: [{roles}], max_age: 5m }}\nroutes:\n{routes}"
    ));
    let [first, .., last] = policy.routes() else {
        panic!("many routes")
    };
    assert!(std::ptr::eq(first.roles(), last.roles()));
    assert!(std::ptr::eq(
        first.step_up().unwrap(),
        last.step_up().unwrap()
    ));
}

#[test]
fn either_spelling_of_methods_lifts_inherited_ones() {
    for key in ["method", "methods"] {
        let policy = policy(&format!(
            "defaults: {{ method: GET }}\nroutes: [ {{ path: /a, {key}: any }} ]\n"
        ));
        assert_eq!(policy.routes()[0].methods(), None);
    }
}

/// What one level says about roles: nothing, a role, or `any`.
type Said = Option<u8>;

fn written(said: Said) -> String {
    match said {
        None => "upstream: app".into(),
        Some(0) => "roles: any".into(),
        Some(role) => format!("roles: [r{role}]"),
    }
}

proptest! {
    #[test]
    fn nearest_level_that_speaks_decides(levels in vec(option::of(0_u8..4), 1..8)) {
        let Some((route, groups)) = levels.split_last() else {
            return Ok(());
        };
        let inner = format!("{{ path: /x, {} }}", written(*route));
        let nested = groups.iter().rev().fold(inner, |inside, said| {
            format!("{{ defaults: {{ {} }}, routes: [ {inside} ] }}", written(*said))
        });
        // `any` needs something to lift.
        let mut held = false;
        let sound = levels.iter().flatten().all(|said| {
            let fine = *said != 0 || held;
            held = *said != 0;
            fine
        });
        let (policy, problems) = compile(&format!("routes: [ {nested} ]\n"));
        prop_assert_eq!(policy.is_some(), sound, "{:?}", problems);
        if let Some(policy) = policy {
            let nearest = levels.iter().rev().flatten().next();
            let wanted = nearest.filter(|said| **said != 0).map(|role| format!("r{role}"));
            let found: Vec<String> = policy.routes()[0].roles().iter().map(ToString::to_string).collect();
            prop_assert_eq!(found, Vec::from_iter(wanted));
        }
    }
}
