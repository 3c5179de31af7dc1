//! Files of cases held against a policy, whole.

use std::path::Path;

use clap::Parser;
use serde_json::Value;

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

#[test]
fn every_mistake_has_a_place_and_says_what_would_be_right() {
    for (cases, wanted) in [
        (
            "cases: [ { request: GET /, expect: deny TOKEN_EXPIRD } ]",
            "did you mean `TOKEN_EXPIRED`?",
        ),
        (
            "cases: [ { request: GET /, expect: { route: report } } ]",
            "did you mean `reports`?",
        ),
        (
            "cases: [ { request: GET /, expect: { upstream: defalt, path: / } } ]",
            "did you mean `default`?",
        ),
        (
            "cases: [ { request: GET /, claims: { issuer: mian, sub: a }, expect: deny } ]",
            "did you mean `main`?",
        ),
        (
            "cases: [ { request: GET /, claims: { sub: a }, expect: deny } ]",
            "write `issuer:` with one of: main, shared",
        ),
        (
            "cases: [ { request: GET /, as: bob, expect: deny } ]",
            "there is no principal `bob`",
        ),
        (
            "cases: [ { request: GET /, as: { subject: a, issur: main }, expect: deny } ]",
            "did you mean `issuer`?",
        ),
        (
            "cases: [ { request: GET /, expect: 200 } ]",
            "gets its status from the upstream",
        ),
        (
            "cases: [ { request: GET /, expect: { deny: NO_ROUTE, path: / } } ]",
            "neither allowed nor refused",
        ),
        (
            "cases: [ { request: GET /, alg: none, expect: deny } ]",
            "belongs beside `claims`",
        ),
        (
            "cases: [ { request: GET /, claims: {}, alg: HS1, expect: deny } ]",
            "`HS1` is not an algorithm",
        ),
        (
            "cases: [ { request: GET /, token: a, as: b, expect: deny } ]",
            "only one of",
        ),
        (
            "cases: [ { request: GET, expect: deny } ]",
            "a method and a URL",
        ),
        (
            "cases: [ { request: { url: /, path: / }, expect: deny } ]",
            "one of `url` and `path`",
        ),
        (
            "cases: [ { request: { url: /, client: here }, expect: deny } ]",
            "expected an IP address",
        ),
        (
            "cases: [ { request: GET /, now: today, expect: deny } ]",
            "RFC 3339",
        ),
        ("cases: [ { request: GET / } ]", "needs the key `expect`"),
        ("cases: [ { request: GET /, expect: } ]", "without a value"),
        ("case: []", "did you mean `cases`?"),
        ("{}", "has no `cases`"),
        (
            "cases: [ { each: { a: [b] }, request: GET /, expect: { c: allow } } ]",
            "no value of `a`",
        ),
        (
            "cases: [ { each: { a: [b] }, request: GET /, expect: { b b: allow } } ]",
            "a word for each variable",
        ),
        (
            "cases: [ { each: { a: [b, c] }, request: GET /, expect: { b: allow } } ]",
            "nothing is expected of `c`",
        ),
        (
            "cases: [ { each: { a: [b] }, request: GET /, expect: { b: deny, \"*\": allow } } ]",
            "leave nothing to it",
        ),
        (
            "cases: [ { each: { a: [b] }, request: \"GET /{{ c }}\", expect: deny } ]",
            "no variable `c`",
        ),
        (
            "cases: [ { each: { a: [] }, request: GET /, expect: deny } ]",
            "no case",
        ),
        (
            "cases: [ { each: { a: [\"b c\"] }, request: GET /, expect: { b: deny } } ]",
            "cannot stand in a table's key",
        ),
    ] {
        let found = mistakes(cases);
        assert!(found.contains(wanted), "{cases}:\n{found}");
        assert!(found.contains("cases.yaml:1:"), "{cases}:\n{found}");
    }
}

#[test]
fn mistake_in_a_table_is_said_once() {
    let found = mistakes("cases: [ { each: { a: [b, c, d] }, request: GET /, expect: deny X } ]");
    assert_eq!(found.matches("error").count(), 1, "{found}");
}

#[test]
fn coverage_names_what_no_case_touched() {
    let (_folder, suites, _) = suites(
        "cases:\n  - { request: POST /reports, as: { subject: a, issuer: main, roles: viewer }, expect: deny }\n",
        &[],
    );
    let outcomes = outcome::run(&suites).unwrap();
    let coverage = coverage::of(&suites, &outcomes);
    let missing: Vec<(&str, Vec<&str>)> = coverage[0]
        .kinds
        .iter()
        .map(|covered| {
            (
                covered.kind,
                covered.missing.iter().map(String::as_str).collect(),
            )
        })
        .collect();
    assert_eq!(
        missing,
        [
            ("route", vec!["health", "tenants"]),
            ("role", vec!["admin"]),
            ("scope", vec![]),
            ("permission", vec!["reports:read"]),
            ("rule", vec!["tenant of `tenants`"]),
            (
                "reason",
                vec!["NO_ROUTE", "TENANT_MISMATCH", "TOKEN_MISSING"]
            ),
        ]
    );
}

#[test]
fn listed_cases_have_the_tokens_to_send() {
    let (folder, suites, _) = suites(
        r#"
environment: { OTHER: value }
cases:
  - { name: given, request: GET /reports, as: { subject: a, issuer: main, roles: viewer, tenant: t }, expect: allow }
  - { name: claims, request: POST /reports, claims: { issuer: shared, sub: a }, expect: deny PERMISSION_DENIED }
  - { name: own, now: 2026-02-01T00:00:00Z, request: { method: PUT, url: "http://a.test/reports", body: x }, expect: deny }
"#,
        &["--list", "--now", "2027-01-01T00:00:00Z"],
    );
    let keys = folder.path().join("keys");
    list::write_key_sets(&keys, &suites).unwrap();
    let document = list::document(&suites, Some(&keys)).unwrap();
    let file = &document["files"][0];
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(file["made_up_secrets"].as_object().unwrap().len(), 1);
    assert_eq!(file["environment"]["OTHER"], "value");
    let (given, claims, own) = (&cases[0], &cases[1], &cases[2]);
    assert_eq!(given["claims"]["iat"], 1_798_761_600);
    assert_eq!(given["claims"]["tenant_id"], "t");
    assert_eq!(
        (&given["now"], &own["now"]),
        (
            &"2027-01-01T00:00:00Z".into(),
            &"2026-02-01T00:00:00Z".into()
        )
    );
    assert_eq!(
        (&given["own_time"], &own["own_time"]),
        (&false.into(), &true.into())
    );
    assert_eq!(own["request"]["body_base64"], "eA==");
    assert_eq!(
        (&own["request"]["host"], &own["request"]["target"]),
        (&"a.test".into(), &"/reports".into())
    );
    let token = given["token"].as_str().unwrap();
    assert_eq!(given["request"]["headers"][0][1], format!("Bearer {token}"));
    assert_eq!(claims["expect"]["status"], 403);
    let path = file["issuers"]["main"]["jwks_file"].as_str().unwrap();
    let set: Value = serde_json::from_slice(&std::fs::read(Path::new(path)).unwrap()).unwrap();
    assert_eq!(set, file["issuers"]["main"]["jwks"]);
    let jwk = serde_json::from_value(set["keys"][0].clone()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.set_audience(&["api"]);
    validation.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap();
}

#[test]
fn filter_keeps_the_cases_that_it_names() {
    let text = "cases: [ { name: one, request: GET /, expect: deny }, { name: two, request: GET /, expect: deny } ]";
    let (_folder, suites, _) = suites(text, &["--filter", "tw"]);
    assert_eq!(suites[0].cases.len(), 1);
}
