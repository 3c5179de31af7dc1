//! `acr` and `max_age` (RFC 9470).

use std::time::Duration;

use serde_json::{Value, json};

use super::mistakes::{mistakes, route};
use super::*;
use crate::policy::{Fact, Rule};

const NOW: u64 = 1_700_000_000;

fn at(path: &str, seconds: u64) -> Request {
    Request {
        received_at: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
        ..get(path)
    }
}

fn claiming(claims: Value) -> Principal {
    let Value::Object(claims) = claims else {
        panic!("an object")
    };
    Principal {
        claims: Claims::new(claims),
        ..principal(&[], &[])
    }
}

/// Whether a caller with these claims passes a route with these keys; a refusal must ask for more.
fn passes(keys: &str, claims: Value) -> bool {
    let policy = policy(&route(&format!("path: /a, {keys}")));
    match reason(&policy, &at("/a", NOW), &claiming(claims)) {
        None => true,
        Some(Reason::StepUpRequired) => false,
        Some(other) => panic!("{other}"),
    }
}

#[test]
fn acr_must_be_one_of_those_asked_for() {
    for (claims, wanted) in [
        (json!({ "acr": "urn:a" }), true),
        (json!({ "acr": "urn:b" }), true),
        (json!({ "acr": "urn:c" }), false),
        (json!({ "acr": "URN:A" }), false),
        (json!({ "acr": "urn:a urn:b" }), false),
        (json!({ "acr": ["urn:a"] }), false),
        (json!({ "acr": "" }), false),
        (json!({ "acr": 1 }), false),
        (json!({ "acr": null }), false),
        (json!({ "amr": "urn:a" }), false),
    ] {
        assert_eq!(
            passes("acr: ['urn:a', 'urn:b']", claims.clone()),
            wanted,
            "{claims}"
        );
    }
    assert!(passes("acr: '1'", json!({ "acr": "1" })));
    assert!(!passes("acr: '1'", json!({ "acr": 1 })));
}

#[test]
fn sign_in_must_not_be_older_than_asked_nor_lie_ahead() {
    for (auth_time, wanted) in [
        (json!(NOW), true),
        (json!(NOW - 300), true),
        (json!(NOW - 301), false),
        (json!(NOW as f64 - 299.5), true),
        (json!(NOW as f64 - 300.5), false),
        (json!(NOW + 60), true),
        (json!(NOW + 61), false),
        (json!(0), false),
        (json!(-1), false),
        (json!(1e300), false),
        (json!(u64::MAX), false),
        (json!(i64::MIN), false),
        (json!(NOW.to_string()), false),
        (json!([NOW]), false),
        (json!(true), false),
        (json!(null), false),
    ] {
        let claims = json!({ "auth_time": auth_time });
        assert_eq!(passes("max_age: 5m", claims), wanted, "{auth_time}");
    }
    assert!(!passes("max_age: 5m", json!({ "iat": NOW })));
}

#[test]
fn both_are_asked_where_both_are_written() {
    let keys = "acr: x, max_age: 1m";
    assert!(passes(keys, json!({ "acr": "x", "auth_time": NOW })));
    assert!(!passes(keys, json!({ "acr": "x" })));
    assert!(!passes(keys, json!({ "auth_time": NOW })));
}

#[test]
fn program_passes_only_with_a_token_that_says_so() {
    let policy = policy(&route("path: /a, max_age: 5m"));
    let wanted = Some(Reason::StepUpRequired);
    assert_eq!(reason(&policy, &at("/a", NOW), &machine(&[], &[])), wanted);
    let saying = Principal {
        kind: PrincipalKind::Machine,
        ..claiming(json!({ "auth_time": NOW }))
    };
    assert_eq!(reason(&policy, &at("/a", NOW), &saying), None);
}

#[test]
fn sign_in_is_judged_after_the_tenant_and_before_roles() {
    let policy = policy(
        "routes:\n  - { path: '/{tenant}', acr: x, roles: [admin], scopes: [s], permission: 'a:b' }\n",
    );
    let rules: Vec<Rule> = policy.routes()[0]
        .checks()
        .map(|check| check.rule())
        .collect();
    let wanted = [
        Rule::Tenant,
        Rule::Authentication,
        Rule::Roles,
        Rule::Scopes,
        Rule::Permission,
    ];
    assert_eq!(rules, wanted);
    let reason = |tenant: &str| reason(&policy, &get("/acme"), &of_tenant(tenant));
    assert_eq!(reason("other"), Some(Reason::TenantMismatch));
    assert_eq!(reason("acme"), Some(Reason::StepUpRequired));
}

#[test]
fn claims_that_are_needed_are_known_and_kept() {
    for (keys, wanted) in [
        ("acr: x", &["acr"][..]),
        ("max_age: 5m", &["auth_time"]),
        ("acr: x, max_age: 5m", &["acr", "auth_time"]),
        ("roles: [x]", &[]),
    ] {
        let policy = policy(&route(&format!("path: /a, {keys}")));
        let kept: Vec<&str> = policy.claims_read().into_iter().collect();
        assert_eq!(kept, wanted, "{keys}");
        let facts = wanted.iter().map(|name| Fact::Claim((*name).into()));
        assert_eq!(policy.facts_read(), facts.collect(), "{keys}");
    }
}

#[test]
fn detail_says_what_was_asked_and_quotes_no_token() {
    let policy = policy(&route("path: /a, acr: [x, y], max_age: 5m"));
    let detail = |claims: Value| {
        let denied = judge(&policy, &at("/a", NOW), &claiming(claims)).unwrap_err();
        denied.detail.into_owned()
    };
    for (claims, wanted) in [
        (
            json!({}),
            "the route asks for the acr x, y; the token has no `acr`",
        ),
        (
            json!({ "acr": "sneaky" }),
            "the route asks for the acr x, y; the token has another `acr`",
        ),
        (json!({ "acr": "x" }), "the token has no usable `auth_time`"),
        (
            json!({ "acr": "x", "auth_time": NOW - 301 }),
            "the sign-in is older than 300 s",
        ),
        (
            json!({ "acr": "x", "auth_time": NOW + 61 }),
            "`auth_time` lies in the future",
        ),
    ] {
        assert_eq!(detail(claims), wanted);
    }
}

#[test]
fn challenge_names_what_would_do() {
    for (keys, reason, wanted) in [
        (
            "acr: ['urn:a', b]",
            Reason::StepUpRequired,
            Some(r#", acr_values="urn:a b""#),
        ),
        (
            "max_age: 5m",
            Reason::StepUpRequired,
            Some(r#", max_age="300""#),
        ),
        (
            "acr: x, max_age: 1h",
            Reason::StepUpRequired,
            Some(r#", acr_values="x", max_age="3600""#),
        ),
        ("roles: [x]", Reason::StepUpRequired, None),
        (
            "scopes: [a, 'b:c']",
            Reason::InsufficientScope,
            Some(r#", scope="a b:c""#),
        ),
        ("scopes: ['a\"b']", Reason::InsufficientScope, None),
        ("scopes: [é]", Reason::InsufficientScope, None),
        ("roles: [x]", Reason::InsufficientScope, None),
        ("acr: x, scopes: [a]", Reason::InsufficientRole, None),
    ] {
        let policy = policy(&route(&format!("path: /a, {keys}")));
        assert_eq!(policy.routes()[0].challenge(reason), wanted, "{keys}");
    }
}

#[test]
fn bad_demands_are_mistakes_with_advice() {
    for (keys, words) in [
        ("acr: []", &["`acr` is an empty list"][..]),
        ("acr: [a, a]", &["`a` is listed twice"]),
        ("acr: ['a b']", &["`a b` is not a value of `acr`", "[a, b]"]),
        ("acr: ['a\"b']", &["is not a value of `acr`"]),
        ("acr: ['a\\b']", &["is not a value of `acr`"]),
        ("acr: [é]", &["is not a value of `acr`"]),
        ("acr: 1", &["in quotes"]),
        ("max_age: 0s", &["nobody could sign in that recently"]),
        ("max_age: 1500ms", &["whole seconds"]),
        ("max_age: 300", &["expected a duration"]),
        ("max_age: soon", &["expected a duration"]),
    ] {
        mistakes(&[(&route(&format!("path: /a, {keys}")), 2, words)]);
    }
    let long = format!("path: /a, acr: [{}]", "x".repeat(1025));
    mistakes(&[(&route(&long), 2, &["longer than 1024 bytes"])]);
}
