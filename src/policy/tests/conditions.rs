//! `when`, and expressions between `{{ }}`.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::policy::Fact;

/// A policy with one route and a condition.
pub(super) fn with(path: &str, when: &str) -> String {
    format!(
        "roles: {{ admin: ['*'], viewer: ['*:read'] }}\nidentity_headers: {{ X-User: '{{{{ principal.subject }}}}' }}\n\
         routes:\n  - path: {path}\n    when: {}\n",
        json!(when)
    )
}

pub(super) fn caller(claims: serde_json::Value) -> Principal {
    let serde_json::Value::Object(claims) = claims else {
        panic!("not an object");
    };
    Principal {
        claims: Claims::new(claims),
        tenant: Some("acme".into()),
        email: Some("u1@example.com".into()),
        ..principal(&["viewer"], &["export"])
    }
}

pub(super) fn reason(policy: &Policy, request: &Request, principal: &Principal) -> Option<Reason> {
    judge(policy, request, principal)
        .err()
        .map(|denied| denied.reason)
}

#[test]
fn condition_sees_request_path_and_principal() {
    let caller = caller(json!({ "plan": "gold", "seats": 7, "custom:x": ["a"] }));
    let request = with_headers(
        request("POST", "api.example.com:8443", "/orgs/acme/x%20y?q=1&q=2"),
        &[("x-kind", b"blue")],
    );
    for when in [
        "request.method == 'POST' && request.scheme == 'https'",
        "request.host == 'api.example.com' && request.path.startsWith('/orgs/')",
        "request.headers['x-kind'] == 'blue' && !('x-other' in request.headers)",
        "request.query['q'] == ['1', '2'] && !has(request.query.z)",
        "cidr('192.0.2.0/24').containsIP(request.client_ip)",
        "request.time < timestamp('2001-01-01T00:00:00Z') && request.time.getFullYear() == 1970",
        "path.org == principal.tenant && path['file-name'] == 'x y'",
        "principal.subject == 'u1' && principal.kind == 'user' && principal.issuer == 'main'",
        "'viewer' in principal.roles && 'export' in principal.scopes && size(principal.roles) == 1",
        "'users:read' in principal.permissions && !('users:write' in principal.permissions)",
        "principal.claims.plan in ['gold', 'silver'] && principal.claims.seats >= 5",
        "'a' in principal.claims['custom:x'] && !has(principal.claims.other)",
        "principal.email.endsWith('@example.com') && has(principal.tenant)",
    ] {
        let policy = policy(&with("/orgs/{org}/{file-name}", when));
        assert_eq!(reason(&policy, &request, &caller), None, "{when}");
        let negated = super::policy(&with("/orgs/{org}/{file-name}", &format!("!({when})")));
        let found = reason(&negated, &request, &caller);
        assert_eq!(found, Some(Reason::ConditionFalse), "{when}");
    }
}

/// Neither a yes nor the opposite of it.
#[test]
fn condition_that_cannot_be_worked_out_is_a_refusal_of_its_own() {
    let nobody = principal(&[], &[]);
    for when in [
        "principal.tenant == 'acme'",
        "principal.tenant != 'acme'",
        "principal.claims.plan == 'gold'",
        "!(principal.claims.plan == 'gold')",
        "request.headers['x-missing'] != 'a'",
        "1 / (size(principal.roles)) > 0",
    ] {
        let policy = policy(&with("/**", when));
        let found = reason(&policy, &get("/a"), &nobody);
        assert_eq!(found, Some(Reason::ConditionFailed), "{when}");
    }
}

/// What an upstream may read in another way than we do has no value, and not "no value" either.
#[test]
fn header_with_two_readings_fails_every_condition_on_it() {
    let headers: [&[(&str, &[u8])]; 5] = [
        &[("x-a", b"1"), ("x-a", b"1")],
        &[("x-a", b"1"), ("x_a", b"2")],
        &[("x_a", b"1")],
        &[("x-a", b"1"), ("connection", b"close, X-A")],
        &[("x-a", b"\xff")],
    ];
    for when in [
        "request.headers['x-a'] == '1'",
        "request.headers['x-a'] != '1'",
        "'x-a' in request.headers",
        "!('x-a' in request.headers)",
        "!has(request.headers['x-a'])",
    ] {
        let (Some(policy), _) = compile(&with("/**", when)) else {
            continue;
        };
        for headers in headers {
            let found = reason(
                &policy,
                &with_headers(get("/"), headers),
                &caller(json!({})),
            );
            assert_eq!(found, Some(Reason::ConditionFailed), "{when} {headers:?}");
        }
    }
}

#[test]
fn query_that_cannot_be_decoded_fails_every_condition_on_it() {
    for when in ["'q' in request.query", "!('q' in request.query)"] {
        let policy = policy(&with("/**", when));
        let found = reason(&policy, &get("/a?q=%zz"), &caller(json!({})));
        assert_eq!(found, Some(Reason::ConditionFailed), "{when}");
    }
}

/// Column by column: a newcomer looks where the message points.
#[test]
fn mistakes_stand_where_they_are() {
    for (when, column, wanted) in [
        ("request.metod == 'GET'", 28, "metod"),
        ("request.method == 1", 28, ""),
        ("principal.subject", 28, "true or false"),
        ("a == 1", 28, "`a`"),
        ("path.id == 'x' && path.ix == 'y'", 47, "ix"),
        ("request.headers['X-Kind'] == 'a'", 28, "lower case"),
        ("request.headers['x-user'] == 'a'", 28, "taken out"),
        ("request.headers['authorization'] == 'a'", 28, "credential"),
        ("request.headers['x-forwarded-for'] == 'a'", 28, "never"),
        ("request.headers['x_real_ip'] == 'a'", 28, "never"),
        ("'upgrade' in request.headers", 28, "never"),
        ("request.headers[path.id] == 'a'", 28, "names each fact"),
        (
            "principal.claims.exists(c, c == 'a')",
            28,
            "names each fact",
        ),
        ("principal.permissions.size() > 0", 28, "names each fact"),
        ("'users' in principal.permissions", 28, "not a permission"),
        ("request.method.matches('(')", 28, ""),
        ("frobnicate(request.method)", 28, "frobnicate"),
    ] {
        let text = format!(
            "identity_headers: {{ X-User: \"{{{{ principal.subject }}}}\" }}\nroutes:\n  - {{ path: \"/{{id}}\", when: \"{when}\" }}\n"
        );
        let (found, problems) = compile(&text);
        assert!(found.is_none(), "{when}");
        let [problem] = problems.as_slice() else {
            panic!("{when}: {problems:#?}");
        };
        assert!(problem.starts_with("policy.yaml:3:"), "{when}: {problem}");
        assert!(problem.contains(wanted), "{when}: {problem}");
        assert!(problem.contains("routes[0].when"), "{when}: {problem}");
        let at: usize = problem.split(':').nth(2).unwrap().parse().unwrap();
        assert!(at >= column, "{when}: {problem}");
    }
}

#[test]
fn condition_that_depends_on_nothing_is_a_mistake() {
    for (when, wanted) in [
        ("true", "always true"),
        ("1 + 1 == 2", "always true"),
        ("false", "nobody could pass"),
        ("1 / 0 == 1", ""),
    ] {
        let (found, problems) =
            compile(&format!("routes:\n  - {{ path: /**, when: \"{when}\" }}\n"));
        assert!(
            found.is_none() && problems[0].contains(wanted),
            "{when}: {problems:?}"
        );
    }
}

#[test]
fn permission_that_nothing_grants_is_a_mistake_in_a_condition_too() {
    let text = "roles: { viewer: ['*:read'] }\nroutes:\n  - path: /**\n    when: \"'users:delete' in principal.permissions\"\n";
    let (found, problems) = compile(text);
    assert!(
        found.is_none() && problems[0].contains("grants"),
        "{problems:?}"
    );
}

#[test]
fn public_route_has_a_condition_on_the_request_alone() {
    let text = "routes:\n  - path: /**\n    public: true\n    when: \"cidr('10.0.0.0/8').containsIP(request.client_ip)\"\n";
    let policy = policy(text);
    let request = get("/a");
    let matched = policy.find(&request).unwrap();
    let denied = policy.admit(&matched, &request).unwrap_err();
    assert_eq!(denied.reason, Reason::ConditionFalse);
    let near = Request {
        client: Client::direct("10.1.2.3:1".parse().unwrap()),
        ..get("/a")
    };
    assert!(policy.admit(&policy.find(&near).unwrap(), &near).is_ok());
    let (found, problems) = compile(&text.replace(
        "cidr('10.0.0.0/8').containsIP(request.client_ip)",
        "principal.subject == 'a'",
    ));
    assert!(found.is_none(), "{problems:?}");
}

/// Groups hand conditions on; a route replaces the one it inherits, or lifts it in sight.
#[test]
fn condition_is_inherited_replaced_and_lifted() {
    let policy = policy(
        "defaults: { when: \"request.method == 'GET'\" }\nroutes:\n  - path: /a\n  - { path: /b, when: \"request.method == 'PUT'\" }\n  - { path: /c, when: any }\n  - { path: /d, public: true, when: any }\n",
    );
    let nobody = principal(&[], &[]);
    let ask =
        |method: &str, path: &str| reason(&policy, &request(method, "a.example", path), &nobody);
    assert_eq!(ask("GET", "/a"), None);
    assert_eq!(ask("PUT", "/a"), Some(Reason::ConditionFalse));
    assert_eq!(ask("GET", "/b"), Some(Reason::ConditionFalse));
    assert_eq!(ask("PUT", "/b"), None);
    assert_eq!(ask("PUT", "/c"), None);
    let request = request("PUT", "a.example", "/d");
    assert!(
        policy
            .admit(&policy.find(&request).unwrap(), &request)
            .is_ok()
    );
}

#[test]
fn condition_is_judged_after_everything_else() {
    let policy = policy(&format!(
        "{}    roles: [admin]\n",
        with("/**", "false || request.method == 'PUT'")
    ));
    let denied = judge(&policy, &get("/a"), &caller(json!({}))).unwrap_err();
    assert_eq!(denied.reason, Reason::InsufficientRole);
}

#[test]
fn facts_of_conditions_are_known_by_name() {
    let policy = policy(&with(
        "/**",
        "request.headers['x-kind'] == 'a' || 'q' in request.query || principal.claims.plan.tier == 'gold' || principal.email == 'x'",
    ));
    let wanted = [
        Fact::Header("x-kind".into()),
        Fact::Query("q".into()),
        Fact::Claim("plan".into()),
        Fact::Email,
    ];
    assert_eq!(policy.facts_read(), wanted.into());
    assert_eq!(policy.claims_read(), ["plan"].into());
}

#[test]
fn values_are_expressions_too() {
    let policy = policy(
        r#"
identity_headers:
  X-Plan: "{{ has(principal.claims.plan) ? principal.claims.plan : 'free' }}"
  X-Shout: "u:{{ principal.subject.upperAscii() }}"
  X-Admin: "{{ 'admin' in principal.roles }}"
  X-List: "{{ principal.roles.map(r, r + ',x') }}"
  X-Missing: "{{ principal.claims.none + 'a' }}"
  X-Added: "{{ principal.claims.tier + '!' }}"
  X-First: "{{ principal.claims['groups'][0] }}"
  X-Fixed: "{{ 1 + 1 }}"
routes:
  - path: /orgs/{org}/**
    identity_headers: { X-Org: "{{ path.org.size() }}", X-Way: "{{ request.method + ' ' + path.org }}" }
"#,
    );
    let caller = caller(json!({ "tier": "gold", "groups": ["a", "b"] }));
    let grant = judge(&policy, &get("/orgs/a%2Cb/x"), &caller).unwrap();
    let headers: Vec<_> = grant
        .headers()
        .map(|(n, v)| (n.as_str(), v.to_str().unwrap()))
        .collect();
    assert!(headers.contains(&("x-plan", "free")), "{headers:?}");
    assert!(headers.contains(&("x-shout", "u:U1")));
    assert!(headers.contains(&("x-admin", "false")));
    assert!(headers.contains(&("x-list", "viewer%2Cx")));
    assert!(headers.contains(&("x-fixed", "2")));
    assert!(headers.contains(&("x-added", "gold!")));
    assert!(headers.contains(&("x-first", "a")));
    assert!(headers.contains(&("x-org", "3")));
    assert!(headers.contains(&("x-way", "GET a,b")));
    assert!(!headers.iter().any(|(name, _)| *name == "x-missing"));
}

/// What the caller writes into the request is no word about who calls.
#[test]
fn values_take_nothing_from_headers_and_query() {
    for value in ["request.headers['x-a']", "request.query['a'][0]"] {
        let text =
            format!("identity_headers: {{ X-A: \"{{{{ {value} }}}}\" }}\nroutes:\n  - path: /**\n");
        let (found, problems) = compile(&text);
        assert!(
            found.is_none() && problems.len() == 1,
            "{value} {problems:?}"
        );
    }
}

#[test]
fn time_of_a_condition_is_the_requests() {
    let policy = policy(&with(
        "/**",
        "request.time > timestamp('2026-01-01T00:00:00Z')",
    ));
    let later = Request {
        received_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
        ..get("/a")
    };
    assert_eq!(reason(&policy, &later, &caller(json!({}))), None);
    assert_eq!(
        reason(&policy, &get("/a"), &caller(json!({}))),
        Some(Reason::ConditionFalse)
    );
}

#[test]
fn text_of_the_environment_is_not_quoted_in_mistakes() {
    let (found, problems) = compile("routes:\n  - path: /**\n    when: \"${VALUE} == 1\"\n");
    assert!(found.is_none());
    assert!(
        problems.iter().all(|problem| !problem.contains("s3cret")),
        "{problems:?}"
    );
}

/// An address list of a group must not vanish where somebody opens a route of it.
#[test]
fn public_route_says_what_becomes_of_an_inherited_condition() {
    let text = "defaults: { when: \"request.client_ip == '10.0.0.1'\" }\nroutes:\n  - { path: /a, public: true }\n";
    let (found, problems) = compile(text);
    assert!(found.is_none());
    assert!(
        problems[0].contains("would drop the `when` of"),
        "{problems:?}"
    );
    for own in ["any", "\"request.method == 'GET'\""] {
        let text = text.replace("public: true", &format!("public: true, when: {own}"));
        assert!(compile(&text).0.is_some(), "{own}");
    }
}
