//! Records under policies, rule by rule.

mod against;
mod api_keys;
mod credentials;
mod reports;
mod unknown;
mod webhooks;

use serde_json::{Value, json};

use super::change::Change;
use super::compare::Comparison;
use super::evidence::Evidence;
use super::load::{self, Loaded};
use super::refusal::Prior;
use super::tally::Tally;
use super::trust::{Changes, Differences, Trust};
use super::verdict::{Judged, Verdict};
use crate::model::Reason;
use crate::telemetry::{LogLines, RecordedDecision};

const ISSUER: &str = "issuers: { main: { url: 'https://idp.example.com', audience: a } }\n";
const TWO: &str = "issuers:
  main: { url: 'https://idp.example.com', audience: a }
  other: { url: 'https://other.example.com', audience: a }
authenticate: [main, other]
";

/// A policy with one issuer and these routes.
fn policy(routes: &str) -> Loaded {
    written(&format!("{ISSUER}{routes}"))
}

fn written(text: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, text).unwrap();
    match load::load(&file, None) {
        Ok(loaded) => loaded,
        Err(failure) => panic!("{}", failure.message),
    }
}

/// A record of somebody who may pass, with other values where `more` has them; `null` leaves a key out.
fn record(more: Value) -> Value {
    let mut record = json!({
        "schema": 1, "time": "2026-01-01T00:00:00.000Z", "event": "decision", "decision": "allow",
        "status": 200, "route": "/**", "method": "GET", "scheme": "https", "host": "api.test",
        "path": "/a", "client": "192.0.2.7", "kind": "user", "subject": "bob", "tenant": "acme",
        "issuer": "main", "roles": ["viewer"], "scopes": [], "policy": "elsewhere",
    });
    for (key, value) in more.as_object().unwrap() {
        record[key] = value.clone();
    }
    let members = record.as_object().unwrap().clone();
    let whole = members.into_iter();
    whole
        .filter(|(key, value)| !value.is_null() || key == "tenant")
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The same of somebody whose credential was not judged, or not genuine.
fn of_nobody(more: Value) -> Value {
    let mut nobody = json!({
        "kind": null, "subject": null, "issuer": null, "roles": null, "scopes": null,
    });
    for (key, value) in more.as_object().unwrap() {
        nobody[key] = value.clone();
    }
    let mut record = record(nobody);
    record.as_object_mut().unwrap().remove("tenant");
    record
}

fn denied(reason: &str) -> Value {
    of_nobody(json!({ "decision": "deny", "reason": reason, "status": 401 }))
}

fn judged_with(loaded: &Loaded, record: &Value, trust: Trust, prior: Prior<'_>) -> Option<Judged> {
    let line = record.to_string();
    let record = RecordedDecision::parse(&line, 1).unwrap().unwrap();
    loaded.side(trust).judge(&Evidence::of(&record), prior)
}

fn judged(loaded: &Loaded, record: &Value) -> Option<Judged> {
    judged_with(loaded, record, Trust::Assumed, Prior::Unknown)
}

/// The verdict; nothing when the record is of no decision.
fn verdict(loaded: &Loaded, record: &Value) -> Option<Verdict> {
    judged(loaded, record).map(|judged| judged.verdict)
}

/// What is missing, by name.
fn missing(loaded: &Loaded, record: &Value) -> Vec<String> {
    let judged = judged(loaded, record).unwrap();
    assert_eq!(judged.verdict, Verdict::Unknown, "{judged:?}");
    judged
        .missing
        .iter()
        .map(|missing| format!("{}: {}", missing.what, missing.why))
        .collect()
}

const ALLOW: Option<Verdict> = Some(Verdict::Allow);

fn deny(reason: Reason) -> Option<Verdict> {
    Some(Verdict::Deny(Some(reason)))
}

/// Refused, and nobody can know what for.
const DENY: Option<Verdict> = Some(Verdict::Deny(None));

fn tally(new: &Loaded, old: Option<&Loaded>, records: &[Value]) -> Tally {
    let differences = old.map(|_| Differences::default());
    let comparison = Comparison {
        new: new.side(
            differences
                .map(Box::new)
                .map_or(Trust::Assumed, Trust::Compared),
        ),
        old: old.map(|old| old.side(Trust::Assumed)),
        examples: 2,
    };
    let text: Vec<String> = records.iter().map(Value::to_string).collect();
    let text = text.join("\n");
    let (mut tally, mut lines) = (Tally::default(), LogLines::new(text.as_bytes()));
    while let Some(line) = lines.next_line().unwrap() {
        comparison.line(0, line, &mut tally);
    }
    tally
}

#[test]
fn caller_is_judged_by_every_rule_of_the_new_policy() {
    for (route, wanted) in [
        ("{ path: /** }", ALLOW),
        ("{ path: /b }", deny(Reason::NoRoute)),
        ("{ path: /**, method: POST }", deny(Reason::NoRoute)),
        ("{ path: /**, host: other.test }", deny(Reason::NoRoute)),
        ("{ path: /**, host: api.test }", ALLOW),
        ("{ path: /**, roles: [viewer] }", ALLOW),
        (
            "{ path: /**, roles: [admin] }",
            deny(Reason::InsufficientRole),
        ),
        (
            "{ path: /**, scopes: [x] }",
            deny(Reason::InsufficientScope),
        ),
        ("{ path: '/{tenant}' }", deny(Reason::TenantMismatch)),
        ("{ path: /**, when: principal.subject == 'bob' }", ALLOW),
        (
            "{ path: /**, when: request.client_ip == '192.0.2.7' }",
            ALLOW,
        ),
        (
            "{ path: /**, when: request.time < timestamp('2025-01-01T00:00:00Z') }",
            deny(Reason::ConditionFalse),
        ),
        ("{ path: /**, public: true }", ALLOW),
        (
            "{ path: /**, public: true, when: request.method == 'PUT' }",
            deny(Reason::ConditionFalse),
        ),
    ] {
        let loaded = policy(&format!(
            "roles: {{ viewer: [], admin: [] }}\nroutes: [ {route} ]\n"
        ));
        assert_eq!(verdict(&loaded, &record(json!({}))), wanted, "{route}");
    }
}

#[test]
fn default_role_is_given_as_when_serving() {
    let loaded = policy(
        "roles: { viewer: [] }\ndefault_role: viewer\nroutes: [ { path: /**, roles: [viewer] } ]\n",
    );
    let with = |kind: &str| record(json!({ "kind": kind, "roles": [] }));
    assert_eq!(verdict(&loaded, &with("user")), ALLOW);
    assert_eq!(
        verdict(&loaded, &with("machine")),
        deny(Reason::InsufficientRole)
    );
}

/// The judging is that of serving: the same as a principal given outright gets.
#[test]
fn verdict_is_that_of_the_engine() {
    let loaded = policy(
        "roles: { viewer: ['*:read'], admin: ['*'] }
routes:
  - { path: /a/**, roles: [admin] }
  - { path: '/t/{tenant}/**', permission: { GET: 't:read', POST: 't:write' } }
  - { path: /c/**, when: \"principal.claims.plan == 'pro' && request.headers['x-org'] == principal.tenant\" }
  - { path: /p/**, public: true }
",
    );
    let side = loaded.side(Trust::Assumed);
    for path in [
        "/a/x",
        "/t/acme/x",
        "/t/other",
        "/c",
        "/p/x",
        "/none",
        "/a;b",
    ] {
        for roles in [json!([]), json!(["viewer"]), json!(["admin", "x"])] {
            for method in ["GET", "POST", "DELETE", "get"] {
                for org in [json!(null), json!("acme"), json!(["acme", "acme"])] {
                    let record = record(json!({
                        "path": path, "roles": roles, "method": method,
                        "claims": { "plan": "pro" }, "headers": { "x-org": org },
                    }));
                    let line = record.to_string();
                    let record = RecordedDecision::parse(&line, 1).unwrap().unwrap();
                    let evidence = Evidence::of(&record);
                    let judged = side.judge(&evidence, Prior::Unknown).unwrap();
                    let plan = side.engine.plan(&evidence.request);
                    let principal = evidence.principal.clone().map(std::sync::Arc::new);
                    let decision =
                        side.engine
                            .decide_as(&plan, &evidence.request, principal.as_ref());
                    let wanted = match decision.denied() {
                        None => Verdict::Allow,
                        Some(denied) => Verdict::Deny(Some(denied.reason)),
                    };
                    assert_eq!(judged.verdict, wanted, "{line}");
                }
            }
        }
    }
}

#[test]
fn gate_that_could_not_decide_is_passed_over() {
    let loaded = policy("routes: [ { path: /** } ]\n");
    for reason in ["ISSUER_UNAVAILABLE", "OVERLOADED"] {
        assert_eq!(verdict(&loaded, &denied(reason)), None, "{reason}");
    }
    // The upstream did not answer somebody who may pass.
    let late = record(json!({ "reason": "UPSTREAM_TIMEOUT", "status": 504 }));
    assert_eq!(verdict(&loaded, &late), ALLOW);
    let tally = tally(&loaded, None, &[denied("OVERLOADED"), late]);
    assert_eq!(tally.skipped.records, 1);
    assert_eq!(tally.count(Change::Same).records, 1);
}

#[test]
fn request_that_could_not_be_read_stays_refused() {
    let loaded = policy("routes: [ { path: /**, public: true } ]\n");
    let unread = |reason: &str| {
        of_nobody(json!({
            "decision": "deny", "reason": reason, "status": 400, "scheme": null, "host": "", "path": "",
            "route": null,
        }))
    };
    for reason in [
        Reason::PathAmbiguous,
        Reason::HostInvalid,
        Reason::RequestInvalid,
        Reason::HeadersTooLarge,
    ] {
        let found = verdict(&loaded, &unread(reason.code()));
        assert_eq!(found, deny(reason));
    }
}

#[test]
fn odd_path_is_judged_by_what_the_new_policy_lets_through() {
    let odd = of_nobody(json!({
        "decision": "deny", "reason": "PATH_AMBIGUOUS", "status": 400, "path": "/a;b", "route": null,
    }));
    let strict = policy("routes: [ { path: /**, public: true } ]\n");
    assert_eq!(verdict(&strict, &odd), deny(Reason::PathAmbiguous));
    let lenient =
        policy("paths: { allow: [semicolon] }\nroutes: [ { path: /**, public: true } ]\n");
    assert_eq!(verdict(&lenient, &odd), ALLOW);
    let asking = policy("paths: { allow: [semicolon] }\nroutes: [ { path: /** } ]\n");
    assert_eq!(
        missing(&asking, &odd),
        ["who called: no credential was judged"]
    );
}
