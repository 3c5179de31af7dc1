//! A fact that is not known is never guessed.

use super::*;

const ROUTES: &str = "roles: { viewer: [], admin: ['*'] }
routes:
  - { path: /a/**, roles: [admin], when: \"request.headers['x-plan'] == 'pro'\" }
  - { path: /b/**, when: \"'beta' in request.query\" }
  - { path: /c/**, when: principal.claims.plan == 'pro' }
  - { path: /d/**, when: principal.email == 'bob@example.test' }
  - { path: '/t/{tenant}/**', scopes: [read] }
  - { path: /**, roles: [viewer] }
";

#[test]
fn fact_of_a_rule_must_be_recorded() {
    let loaded = policy(ROUTES);
    for (more, wanted) in [
        (json!({ "path": "/b" }), "query.beta: not recorded"),
        (json!({ "path": "/c" }), "claims.plan: not recorded"),
        (
            json!({ "path": "/c", "claims": { "plan": { "omitted": "too long" } } }),
            "claims.plan: too long",
        ),
        (
            json!({ "path": "/c", "claims": { "plan": { "omitted": "null" } } }),
            "claims.plan: null",
        ),
        (json!({ "path": "/d" }), "email: not recorded"),
        (
            json!({ "path": "/a", "roles": ["admin"], "headers": { "x-plan": { "omitted": "credential" } } }),
            "headers.x-plan: credential",
        ),
    ] {
        assert_eq!(missing(&loaded, &record(more.clone())), [wanted], "{more}");
    }
}

#[test]
fn fact_that_was_looked_for_and_missing_is_known() {
    let loaded = policy(ROUTES);
    for (more, wanted) in [
        (
            json!({ "path": "/b", "query": { "beta": null } }),
            deny(Reason::ConditionFalse),
        ),
        (json!({ "path": "/b", "query": { "beta": "1 &%" } }), ALLOW),
        (
            json!({ "path": "/c", "claims": { "plan": null } }),
            deny(Reason::ConditionFailed),
        ),
        (json!({ "path": "/c", "claims": { "plan": "pro" } }), ALLOW),
        (json!({ "path": "/d", "email": "bob@example.test" }), ALLOW),
        (json!({ "path": "/t/acme", "scopes": ["read"] }), ALLOW),
        (
            json!({ "path": "/t/acme", "scopes": ["read"], "tenant": null }),
            deny(Reason::TenantMismatch),
        ),
    ] {
        assert_eq!(verdict(&loaded, &record(more.clone())), wanted, "{more}");
    }
}

/// Of what stands before it, nobody knows whether it would have refused first.
#[test]
fn known_failure_refuses_whatever_else_is_unknown() {
    let loaded = policy(ROUTES);
    let before = record(json!({ "path": "/a" }));
    assert_eq!(verdict(&loaded, &before), deny(Reason::InsufficientRole));
    let behind = record(json!({ "path": "/t/acme", "tenant": "[redacted]" }));
    assert_eq!(verdict(&loaded, &behind), DENY);
}

#[test]
fn hidden_fact_matters_only_to_the_rules_that_read_it() {
    let loaded = policy(ROUTES);
    for (key, hidden) in [
        ("subject", json!("[redacted]")),
        ("tenant", json!("[redacted]")),
        ("client", json!("[redacted]")),
        ("host", json!("[redacted]")),
        ("scopes", json!(["[redacted]"])),
    ] {
        let mut record = record(json!({ "path": "/z" }));
        record[key] = hidden;
        assert_eq!(verdict(&loaded, &record), ALLOW, "{key}");
    }
    let roles = record(json!({ "path": "/z", "roles": ["[redacted]"] }));
    assert_eq!(missing(&loaded, &roles), ["roles: redacted"]);
    let scopes = record(json!({ "path": "/t/acme", "scopes": ["[redacted]"] }));
    assert_eq!(missing(&loaded, &scopes), ["scopes: redacted"]);
}

#[test]
fn without_a_path_there_is_no_route() {
    let loaded = policy("routes: [ { path: /**, public: true } ]\n");
    let hidden = record(json!({ "path": "[redacted]" }));
    assert_eq!(missing(&loaded, &hidden), ["path: redacted"]);
    let hosts = policy("routes: [ { path: /**, host: api.test } ]\n");
    let hidden = record(json!({ "host": "[redacted]" }));
    assert_eq!(missing(&hosts, &hidden), ["host: redacted"]);
    let odd = record(json!({ "path": "/a/../b" }));
    assert_eq!(missing(&loaded, &odd), ["path: not recorded"]);
    let methodless = record(json!({ "method": null }));
    assert_eq!(missing(&loaded, &methodless), ["method: not recorded"]);
}

#[test]
fn what_is_missing_is_counted_by_fact_and_names_its_readers() {
    let loaded = policy(ROUTES);
    let records = [
        record(json!({ "path": "/c/1" })),
        record(json!({ "path": "/c/2" })),
        record(json!({ "path": "/d" })),
    ];
    let tally = tally(&loaded, None, &records);
    assert_eq!(tally.count(Change::Unknown).records, 3);
    let found: Vec<_> = tally
        .lacks
        .iter()
        .map(|((what, _), lack)| (what.to_string(), lack.group.count.records))
        .collect();
    assert!(found.contains(&("claims.plan".to_owned(), 2)), "{found:?}");
    assert!(found.contains(&("email".to_owned(), 1)), "{found:?}");
    let mut lacks = tally.lacks.values();
    assert!(lacks.all(|lack| lack.readers.len() == 1));
}
