//! Deliveries in cases, whole.

use super::*;

const HOOKS: &str = r#"
issuers:
  main: { url: "https://idp.example.com", audience: api }
api_keys:
  partners: { prefix: acme_, from: [bearer] }
webhooks:
  github: { preset: github, secrets: "${NOT_SET_1}", principal: { subject: gh, scopes: ["events:write"] } }
  stripe:
    preset: stripe
    secrets:
      - "${NOT_SET_2}"
      - { id: previous, secret: "${NOT_SET_3}", not_after: 2026-02-01T00:00:00Z }
  tenants:
    preset: standard-webhooks
    secrets_by: { path: tenant }
    secrets: { acme: "${NOT_SET_4}", globex: "${NOT_SET_5}" }
  discord: { preset: discord, public_keys: "${NOT_SET_6}", answer_challenges: true }
  monitor: { preset: x-webhook-signature, secrets_from: key }
  kept: { preset: x-webhook-signature, secrets_from: signing_secret }
  whsec: { preset: standard-webhooks, secrets_from: signing_secret }
identity_headers:
  X-Hook: "{{ principal.claims.webhook }}"
  X-Event: "{{ principal.claims.event_id }}"
scopes: { "events:write": }
authenticate: [main]
routes:
  - { name: github, path: /hooks/github, methods: [POST], authenticate: [github], permission: events:write }
  - { name: stripe, path: /hooks/stripe, methods: [POST], authenticate: [stripe] }
  - { name: tenants, path: "/hooks/t/{tenant}", methods: [POST], authenticate: [tenants] }
  - { name: discord, path: /hooks/discord, methods: [POST], authenticate: [discord] }
  - { name: monitor, path: /hooks/monitor, methods: [POST], authenticate: { all: [partners, monitor] } }
  - { name: kept, path: /hooks/kept, methods: [POST], authenticate: { all: [partners, kept] } }
  - { name: whsec, path: /hooks/whsec, methods: [POST], authenticate: { all: [partners, whsec] } }
"#;

fn loaded(cases: &str) -> (tempfile::TempDir, Vec<Suite>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.yaml"), HOOKS).unwrap();
    std::fs::write(folder.path().join("push.json"), "{\"ref\": \"main\"}\n").unwrap();
    let file = folder.path().join("cases.yaml");
    std::fs::write(&file, cases).unwrap();
    let arguments = Line::parse_from(["test", file.to_str().unwrap()]).arguments;
    let suites = suite::load(&arguments).unwrap();
    (folder, suites)
}

fn failing(cases: &str) -> Vec<String> {
    let (_folder, suites) = loaded(cases);
    let mistakes: Vec<String> = suites[0].problems.iter().map(ToString::to_string).collect();
    assert_eq!(mistakes, Vec::<String>::new());
    let outcomes = outcome::run(&suites).unwrap();
    let failed = outcomes.iter().filter(|outcome| !outcome.passed());
    failed
        .map(|outcome| format!("{}: {}", outcome.case.name, outcome.actual()))
        .collect()
}

fn complaints(cases: &str) -> String {
    let (_folder, suites) = loaded(cases);
    assert!(suites[0].is_broken());
    let lines: Vec<String> = suites[0].problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn deliveries_are_signed_where_no_secret_is() {
    let failed = failing(
        r#"
principals:
  gh: { webhook: github }
cases:
  - { name: whole, request: { method: POST, path: /hooks/github, body_file: push.json }, as: gh, expect: { headers: { X-Hook: github } } }
  - { name: stripe, request: { method: POST, path: /hooks/stripe, body: '{"id": "evt_1"}' }, webhook: stripe, expect: { headers: { X-Event: evt_1 } } }
  - { name: previous, request: { method: POST, path: /hooks/stripe, body: '{}' }, webhook: { name: stripe, secret: previous }, expect: allow }
  - { name: over, now: 2026-02-01T00:00:00Z, request: { method: POST, path: /hooks/stripe, body: '{}' }, webhook: { name: stripe, secret: previous }, expect: 401 SIGNATURE_INVALID }
  - { name: own tenant, request: { method: POST, path: /hooks/t/acme, body: '{}' }, webhook: { name: tenants, tenant: acme }, expect: allow }
  - { name: other tenant, request: { method: POST, path: /hooks/t/acme, body: '{}' }, webhook: { name: tenants, tenant: globex }, expect: 401 SIGNATURE_INVALID }
  - { name: no such tenant, request: { method: POST, path: /hooks/t/none, body: '{}' }, webhook: { name: tenants, tenant: globex }, expect: 401 SIGNATURE_INVALID }
  - { name: public key, request: { method: POST, path: /hooks/discord, body: '{"type": 2}' }, webhook: discord, expect: allow }
  - { name: challenge, request: { method: POST, path: /hooks/discord, body: '{"type": 1}' }, webhook: discord, expect: { answer: { status: 200, body: '{"type":1}' } } }
  - { name: key signs, request: { method: POST, path: /hooks/monitor, body: '{}' }, key: { set: partners }, webhook: monitor, expect: allow }
  - { name: key alone, request: { method: POST, path: /hooks/monitor, body: '{}' }, key: { set: partners }, expect: 401 SIGNATURE_MISSING }
  - { name: signature alone, request: { method: POST, path: /hooks/github, body: '{}' }, expect: 401 SIGNATURE_MISSING }
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn whatever_is_changed_is_noticed() {
    let failed = failing(
        r#"
cases:
  - name: github
    each: { change: [body, signature, truncate, drop, twice, other_secret] }
    request: { method: POST, path: /hooks/github, body: '{"a": 1}' }
    webhook: { name: github, change: "{{ change }}" }
    expect: { drop: 401 SIGNATURE_MISSING, "*": 401 SIGNATURE_INVALID }
  - name: stripe
    each: { change: [body, signature, timestamp, truncate, drop, twice, other_secret] }
    request: { method: POST, path: /hooks/stripe, body: '{"a": 1}' }
    webhook: { name: stripe, change: "{{ change }}" }
    expect: { drop: 401 SIGNATURE_MISSING, "*": 401 SIGNATURE_INVALID }
  - name: discord
    each: { change: [body, signature, timestamp, truncate, drop, twice, other_secret] }
    request: { method: POST, path: /hooks/discord, body: '{"a": 1}' }
    webhook: { name: discord, change: "{{ change }}" }
    expect: { drop: 401 SIGNATURE_MISSING, "*": 401 SIGNATURE_INVALID }
  - name: late
    each: { at: [-301, +5m, +301, -1h] }
    request: { method: POST, path: /hooks/stripe, body: '{"a": 1}' }
    webhook: { name: stripe, at: "{{ at }}" }
    expect: { "+5m": allow, "*": 401 SIGNATURE_EXPIRED }
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn secret_that_is_kept_for_a_key_signs() {
    let failed = failing(
        r#"
cases:
  - { name: kept, request: { method: POST, path: /hooks/kept, body: '{}' }, key: { set: partners }, webhook: kept, expect: allow }
  - { name: whsec, request: { method: POST, path: /hooks/whsec, body: '{}' }, key: { set: partners }, webhook: whsec, expect: allow }
  - { name: named, request: { method: POST, path: /hooks/kept, body: '{}' }, key: { set: partners, id: one }, webhook: kept, expect: allow }
  - { name: named later, now: 2026-03-01T00:00:00Z, request: { method: POST, path: /hooks/kept, body: '{}' }, key: { set: partners, id: one }, webhook: kept, expect: allow }
  - { name: other, request: { method: POST, path: /hooks/kept, body: '{}' }, key: { set: partners }, webhook: { name: kept, change: other_secret }, expect: 401 SIGNATURE_INVALID }
  - { name: body, request: { method: POST, path: /hooks/kept, body: '{}' }, key: { set: partners }, webhook: { name: kept, change: body }, expect: 401 SIGNATURE_INVALID }
  - { name: revoked, request: { method: POST, path: /hooks/kept, body: '{}' }, key: { set: partners, status: revoked }, webhook: kept, expect: 401 KEY_REVOKED }
  - { name: the key itself does not sign, request: { method: POST, path: /hooks/monitor, body: '{}' }, key: { set: partners }, webhook: kept, expect: 401 SIGNATURE_INVALID }
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn second_time_is_refused() {
    let failed = failing(
        r#"
cases:
  - { name: again, request: { method: POST, path: /hooks/stripe, body: '{"id": "e"}' }, webhook: stripe, deliver: twice, expect: 409 SIGNATURE_REPLAYED }
  - { name: once, request: { method: POST, path: /hooks/stripe, body: '{"id": "e"}' }, webhook: stripe, expect: allow }
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn what_the_policy_does_not_have_is_a_mistake_in_the_file() {
    let told = complaints(
        r#"
cases:
  - { request: POST /hooks/github, webhook: githib, expect: allow }
  - { request: POST /hooks/stripe, webhook: { name: stripe, secret: old }, expect: allow }
  - { request: POST /hooks/t/acme, webhook: { name: tenants }, expect: allow }
  - { request: POST /hooks/github, webhook: { name: github, change: timestamp }, expect: deny }
  - { request: POST /hooks/monitor, webhook: monitor, expect: deny }
  - { request: POST /hooks/github, webhook: github, as: { subject: a, issuer: main }, expect: deny }
  - { request: { method: POST, path: /hooks/github, body: a, body_file: push.json }, webhook: github, expect: deny }
  - { request: { method: POST, path: /hooks/github, body_file: none.json }, webhook: github, expect: deny }
  - { request: POST /hooks/github, webhook: { name: github, change: nothing }, expect: deny }
"#,
    );
    for part in [
        "the policy has no webhook `githib`",
        "did you mean `github`?",
        "no delivery of `stripe`: it has no secret `old`; known: 1, previous",
        "each tenant has a secret: write `tenant:` with one of acme, globex",
        "nothing of the delivery states a time that could be changed",
        "an API key signs: write `key:` beside `webhook:`",
        "`webhook` and `as` are two senders",
        "`body`, `body_base64` and `body_file` are the same; write one",
        "the body cannot be read",
        "nothing",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn coverage_knows_webhooks() {
    let (_folder, suites) = loaded(
        "cases: [{ request: { method: POST, path: /hooks/stripe, body: '{}' }, webhook: stripe, expect: allow }]",
    );
    let outcomes = outcome::run(&suites).unwrap();
    let covered = coverage::of(&suites, &outcomes);
    let webhooks = covered[0].kinds.iter().find(|of| of.kind == "webhook");
    let webhooks = webhooks.unwrap();
    assert_eq!(webhooks.total, 7);
    assert_eq!(
        webhooks.missing,
        ["discord", "github", "kept", "monitor", "tenants", "whsec"]
    );
}
