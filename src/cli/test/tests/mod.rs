//! Files of cases held against a policy, whole.

mod api_keys;
mod mistakes;
mod reports;
mod webhooks;

use clap::Parser;

use super::outcome::Outcome;
use super::suite::Suite;
use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

const POLICY: &str = r#"
issuers:
  main: { url: "https://idp.example.com", audience: api, algorithms: [ES256, RS256] }
  shared: { issuer: own, audience: api, secret: "${NOT_SET_ANYWHERE}" }
roles:
  admin: ["*"]
  viewer: ["*:read"]
tokens: { from: [bearer, { query: access_token }] }
identity_headers:
  X-User: "{{ principal.subject }}"
routes:
  - { name: health, path: /health, public: true }
  - { name: reports, path: /reports/**, permission: { GET: reports:read, POST: reports:write } }
  - { name: tenants, path: "/t/{tenant}/**", authenticate: main }
"#;

fn suites(cases: &str, more: &[&str]) -> (tempfile::TempDir, Vec<Suite>, Arguments) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.yaml"), POLICY).unwrap();
    let file = folder.path().join("cases.yaml");
    std::fs::write(&file, cases).unwrap();
    let file = file.to_str().unwrap();
    let words = ["test", file].into_iter().chain(more.iter().copied());
    let arguments = Line::parse_from(words).arguments;
    let suites = suite::load(&arguments).unwrap();
    (folder, suites, arguments)
}

/// What came of each case that does not pass.
fn failures(cases: &str) -> Vec<String> {
    let (_folder, suites, _) = suites(cases, &[]);
    let mistakes: Vec<String> = suites[0].problems.iter().map(ToString::to_string).collect();
    assert_eq!(mistakes, Vec::<String>::new());
    let outcomes = outcome::run(&suites).unwrap();
    let failed = outcomes.iter().filter(|outcome| !outcome.passed());
    let shown = |outcome: &Outcome<'_>| {
        format!(
            "{}: {}; got {}",
            outcome.case.name,
            outcome.differences.join("; "),
            outcome.actual()
        )
    };
    failed.map(shown).collect()
}

fn mistakes(cases: &str) -> String {
    let (_folder, suites, _) = suites(cases, &[]);
    assert!(suites[0].is_broken());
    let lines: Vec<String> = suites[0].problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn tokens_of_every_kind_are_judged_as_real_ones() {
    let failed = failures(
        r#"
defaults: { now: 2026-06-01T12:00:00Z, headers: { Accept: text/plain } }
cases:
  - { request: GET /t/a, claims: { issuer: main, sub: x, tenant_id: a }, expect: { headers: { X-User: x } } }
  - { request: GET /t/a, claims: { issuer: main, sub: x, tenant_id: a }, alg: RS256, expect: allow }
  - { request: GET /t/a, claims: { issuer: main, sub: x }, alg: EdDSA, expect: deny TOKEN_SIGNATURE_INVALID }
  - { request: GET /t/a, claims: { issuer: main, sub: x }, alg: HS256, expect: deny TOKEN_SIGNATURE_INVALID }
  - { request: GET /t/a, claims: { issuer: main, sub: x }, alg: none, expect: 401 }
  - { request: GET /t/a, claims: { issuer: main, sub: x }, key: shared, expect: deny TOKEN_KEY_UNKNOWN }
  - { request: GET /t/a, claims: { issuer: main, sub: x }, key: other, expect: deny TOKEN_SIGNATURE_INVALID }
  - { request: GET /t/a, claims: { issuer: shared, sub: x }, expect: deny TOKEN_ISSUER_UNKNOWN }
  - { request: GET /reports, claims: { issuer: shared, sub: x, roles: viewer }, expect: allow }
  - { request: GET /reports, claims: { issuer: shared, sub: x }, key: other, expect: deny TOKEN_SIGNATURE_INVALID }
  - { request: GET /reports, claims: { issuer: main, sub: x, exp: -31 }, expect: deny TOKEN_EXPIRED }
  - { request: GET /reports, claims: { issuer: main, sub: x, exp: null }, expect: deny TOKEN_CLAIM_MISSING }
  - { request: GET /reports, claims: { issuer: main, sub: x, exp: soon }, expect: deny TOKEN_CLAIM_INVALID }
  - { request: GET /reports, claims: { issuer: main, sub: x }, header: { typ: other }, expect: deny WRONG_TOKEN_TYPE }
  - { request: GET /reports, claims: { issuer: main, sub: x }, header: { kid: other }, expect: deny TOKEN_KEY_UNKNOWN }
  - { request: GET /reports, token: a b, expect: deny TOKEN_MALFORMED }
  - request: { url: "/reports?access_token=a.b.c&x=1", headers: [[authorization, Bearer d.e.f]] }
    expect: 400 CREDENTIAL_AMBIGUOUS
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn time_of_a_case_is_its_own_and_the_order_is_of_no_matter() {
    let failed = failures(
        r#"
cases:
  - { name: later, now: 2027-01-01T00:00:00Z, request: GET /reports, claims: { issuer: main, sub: x, exp: 2026-12-31T00:00:00Z, iat: 2026-01-01T00:00:00Z, roles: admin }, expect: deny TOKEN_EXPIRED }
  - { name: before, now: 2025-12-31T00:00:00Z, request: GET /reports, claims: { issuer: main, sub: x, exp: 2026-12-31T00:00:00Z, iat: 2026-01-01T00:00:00Z, roles: admin }, expect: deny TOKEN_NOT_YET_VALID }
  - { name: fixed, request: GET /reports, claims: { issuer: main, sub: x, exp: 2026-12-31T00:00:00Z, iat: 2026-01-01T00:00:00Z, roles: admin }, expect: allow }
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn failing_case_says_what_was_expected_and_what_decided() {
    let failed = failures(
        r#"
principals:
  bob: { subject: bob, issuer: main, roles: [viewer], tenant: acme }
defaults: { as: bob }
cases:
  - { name: one, request: POST /reports, expect: allow }
  - { name: two, request: GET /reports, expect: deny TOKEN_MISSING }
  - { name: three, request: GET /t/acme, expect: { route: reports, headers: { X-User: alice, X-Team: a }, upstream: default, path: /x } }
  - { name: four, request: GET /reports, as: nobody, expect: 401 TOKEN_EXPIRED }
  - { name: five, request: GET /t/../x, expect: allow }
"#,
    );
    assert_eq!(
        failed,
        [
            "one: expected allow; got deny 403 PERMISSION_DENIED by route `reports`, permission: asks for reports:write; has viewer",
            "two: expected deny TOKEN_MISSING; got allow by route `reports`",
            "three: expected the route `reports`; expected x-user `alice`, not `bob`; expected x-team `a`, not none; expected the path `/x`, not `/t/acme`; got allow by route `tenants`",
            "four: expected deny 401 TOKEN_EXPIRED; got deny 401 TOKEN_MISSING by route `reports`",
            "five: expected allow; got deny 400 PATH_AMBIGUOUS: the path has a dot segment",
        ]
    );
}

#[test]
fn removed_headers_and_the_path_are_what_the_upstream_sees() {
    let failed = failures(
        r#"
cases:
  - name: spoofed
    request:
      url: /reports/%61?a=b
      host: App.Example.com
      headers: [[X-User, root], [x_user, root], [X-Other, kept], [X-Other, twice]]
    claims: { issuer: main, sub: x, roles: [viewer] }
    expect: { removed: [x-user, X_USER, Authorization], path: "/reports/a?a=b", headers: { X-User: x, X-Team: null } }
  - name: kept
    request: { url: /reports, headers: { X-Other: kept } }
    as: { subject: x, issuer: main, roles: viewer }
    expect: { removed: [X-Other], headers: { X-Other: null } }
"#,
    );
    assert_eq!(
        failed,
        [
            "kept: expected that no x-other arrives; expected that x-other is removed; got allow by route `reports`"
        ]
    );
}

#[test]
fn table_stands_for_a_case_of_each_combination() {
    let (_folder, suites, _) = suites(
        r#"
cases:
  - name: table
    each: { role: { v: viewer, none: [] }, method: [GET, POST], n: [1, 2] }
    request: "{{ method }} /reports/{{ n }}"
    as: { subject: "{{ role }}", issuer: main, roles: "{{role}}" }
    expect: { "v GET *": allow, "* *  *": deny }
"#,
        &[],
    );
    // A list is no text.
    assert!(suites[0].is_broken());
    let failed = failures(
        r#"
cases:
  - name: table
    each: { role: { v: viewer, none: [] }, method: [GET, POST], n: [1, 2] }
    request: "{{ method }} /reports/{{ n }}"
    as: { subject: x, issuer: main, roles: "{{role}}" }
    expect: { "v GET *": allow, "none POST 1|2": allow, "* *  *": deny }
"#,
    );
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert!(
        failed[0].starts_with("table [none POST 1]: expected allow"),
        "{failed:?}"
    );
}
