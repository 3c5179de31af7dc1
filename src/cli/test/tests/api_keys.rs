//! Callers with API keys, made on the spot and looked up as real ones.

use serde_json::Value;

use super::*;

/// Sets of every kind: none of them has its keys on this machine.
const POLICY: &str = r#"
issuers:
  main: { url: "https://idp.example.com", audience: api }
api_keys:
  partners: { prefix: acme_, from: [bearer, { query: apiKey }, { header: x-api-key }] }
  ci:
    from: { header: x-ci-key }
    environment: NO_SUCH_VARIABLE_HERE
    defaults: { subject: builder, tenant: acme, scopes: ["builds:*"] }
  mounted: { prefix: mnt_, from: { header: x-mounted }, folder: no/such/folder }
  filed: { prefix: fil_, from: { cookie: k }, file: no-such-file.yaml }
scopes: { alerts:write: , builds:start: }
roles:
  reader: ["*:read"]
authenticate: main
identity_headers:
  X-Key: "{{ principal.claims.key_id }}"
  X-Owner: "{{ principal.subject }}"
routes:
  - { name: health, path: /health, public: true }
  - { name: people, path: /people/** }
  - { name: alerts, path: "/alerts/{source}/**", authenticate: [main, partners], permission: { GET: alerts:read, POST: alerts:write } }
  - { name: builds, path: "/t/{tenant}/builds", authenticate: ci, permission: builds:start }
  - { name: files, path: /files, authenticate: [mounted, filed] }
"#;

fn suites(cases: &str, more: &[&str]) -> (tempfile::TempDir, Vec<Suite>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.yaml"), POLICY).unwrap();
    let file = folder.path().join("cases.yaml");
    std::fs::write(&file, cases).unwrap();
    let words = ["test", file.to_str().unwrap()]
        .into_iter()
        .chain(more.iter().copied());
    let arguments = Line::parse_from(words).arguments;
    let suites = suite::load(&arguments).unwrap();
    (folder, suites)
}

fn problems(cases: &str) -> Vec<String> {
    let (_folder, suites) = suites(cases, &[]);
    suites[0].problems.iter().map(ToString::to_string).collect()
}

fn failures(cases: &str) -> Vec<String> {
    let (_folder, suites) = suites(cases, &[]);
    let mistakes: Vec<String> = suites[0].problems.iter().map(ToString::to_string).collect();
    assert_eq!(mistakes, Vec::<String>::new());
    let outcomes = outcome::run(&suites).unwrap();
    let failed = outcomes.iter().filter(|outcome| !outcome.passed());
    let shown = |outcome: &Outcome<'_>| {
        let differences = outcome.differences.join("; ");
        format!(
            "{}: {differences}; got {}",
            outcome.case.name,
            outcome.actual()
        )
    };
    failed.map(shown).collect()
}

#[test]
fn keys_are_looked_up_as_real_ones() {
    let failed = failures(
        r#"
cases:
  - name: whole
    request: GET /alerts/github/1
    key: { set: partners, id: k1, tenant: acme, scopes: [alerts:read], owner: olga }
    expect: { headers: { X-Key: k1, X-Owner: olga }, removed: [authorization] }
  - { name: scope, request: POST /alerts/github/1, key: { set: partners, scopes: alerts:read }, expect: deny PERMISSION_DENIED }
  - { name: pattern, request: POST /alerts/github/1, key: { set: partners, scopes: "alerts:*" }, expect: allow }
  - { name: roles bound it, request: POST /alerts/a/1, key: { set: partners, scopes: "*", roles: reader }, expect: deny PERMISSION_DENIED }
  - { name: no rights, request: GET /alerts/a/1, key: { set: partners, scopes: "*", roles: [] }, expect: deny PERMISSION_DENIED }
  - { name: source, request: GET /alerts/github/1, key: { set: partners, scopes: "*", sources: github }, expect: allow }
  - { name: other source, request: GET /alerts/gitlab/1, key: { set: partners, scopes: "*", sources: github }, expect: deny SOURCE_NOT_ALLOWED }
  - { name: network, request: GET /alerts/a/1, key: { set: partners, scopes: "*", networks: 192.0.2.0/24 }, expect: allow }
  - { name: other network, request: GET /alerts/a/1, key: { set: partners, scopes: "*", networks: [198.51.100.7] }, expect: deny SOURCE_NOT_ALLOWED }
  - { name: elsewhere, request: GET /people/1, key: { set: partners, scopes: "*" }, expect: 401 KEY_UNKNOWN }
  - { name: nothing, request: GET /t/acme/builds, expect: 401 KEY_MISSING }
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn broken_keys_of_every_kind_are_refused_as_real_ones() {
    let failed = failures(
        r#"
defaults: { now: 2026-06-01T12:00:00Z, key: { set: partners, scopes: "*" } }
cases:
  - name: broken
    each: { status: [active, pending, expired, revoked, replaced, unknown, mistyped, truncated] }
    request: GET /alerts/a/1
    key: { status: "{{ status }}" }
    expect:
      active: allow
      pending: 401 KEY_NOT_YET_VALID
      expired|replaced: 401 KEY_EXPIRED
      revoked: 401 KEY_REVOKED
      "*": 401 KEY_UNKNOWN
  - { name: over, request: GET /alerts/a/1, key: { expires_at: -1 }, expect: deny KEY_EXPIRED }
  - { name: not over, request: GET /alerts/a/1, key: { expires_at: +1 }, expect: allow }
  - { name: at that time, request: GET /alerts/a/1, now: 2026-07-01T00:00:00Z, key: { expires_at: 2026-06-30T00:00:00Z }, expect: deny KEY_EXPIRED }
  - { name: before it, request: GET /alerts/a/1, now: 2026-06-02T00:00:00Z, key: { expires_at: 2026-06-30T00:00:00Z }, expect: allow }
  - { name: begun, request: GET /alerts/a/1, key: { not_before: 2026-06-02T00:00:00Z }, expect: deny KEY_NOT_YET_VALID }
  - { name: two keys, request: { url: /alerts/a/1, headers: { X-API-Key: acme_other } }, key: {}, expect: 400 CREDENTIAL_AMBIGUOUS }
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn place_of_a_key_can_be_chosen() {
    let failed = failures(
        r#"
cases:
  - name: places
    each:
      place: { bearer: bearer, query: { query: apiKey }, header: { header: x-api-key }, two: [bearer, { query: apiKey }], none: { cookie: k2 } }
    request: GET /alerts/a/1?x=1
    key: { set: partners, scopes: "*", in: "{{ place }}" }
    expect: { none: 401 TOKEN_MISSING, "*": { path: "/alerts/a/1?x=1" } }
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn keys_that_are_kept_elsewhere_are_stood_in_for() {
    let failed = failures(
        r#"
principals:
  builder: { key: { set: ci } }
  alice: { subject: alice, issuer: main }
cases:
  - { name: defaults, request: GET /t/acme/builds, as: builder, expect: { headers: { X-Owner: builder } } }
  - { name: own, request: GET /t/acme/builds, key: { set: ci, scopes: [] }, expect: deny PERMISSION_DENIED }
  - { name: tenant, request: GET /t/globex/builds, as: builder, expect: deny TENANT_MISMATCH }
  - name: whoever
    each: { who: [builder, alice, nobody] }
    request: GET /people/1
    as: "{{ who }}"
    # Nobody reads tokens where builders have their keys, and the route reads all places.
    expect: { builder: 401 KEY_UNKNOWN, alice: allow, nobody: 401 TOKEN_MISSING }
  - { name: folder, request: GET /files, key: { set: mounted }, expect: allow }
  - { name: file, request: GET /files, key: { set: filed }, expect: allow }
"#,
    );
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn mistakes_in_keys_say_what_would_be_right() {
    let found = problems(
        r#"
cases:
  - { request: GET /files, key: { set: mountd }, expect: allow }
  - { request: GET /files, key: { scopes: a }, expect: allow }
  - { request: GET /files, key: partners, expect: allow }
  - { request: GET /files, key: { set: ci, status: broken, networks: x, expires_at: soon, sub: a }, expect: allow }
  - { request: GET /files, key: { set: ci }, claims: { sub: a, issuer: main }, expect: allow }
  - { request: GET /files, as: { subject: a, kind: api_key }, expect: allow }
"#,
    )
    .join("\n");
    for wanted in [
        "the policy has no set of API keys `mountd`",
        "did you mean `mounted`?",
        "the policy has several sets of API keys",
        "`key` as text belongs beside `claims`",
        "`broken` is not known here",
        "only one of `as`, `claims`, `key` and `token`",
        "expected a network",
        "not a moment",
        "unknown key `sub`",
        "a caller with an API key presents one",
    ] {
        assert!(found.contains(wanted), "{wanted}\n{found}");
    }
}

#[test]
fn reports_name_a_key_and_never_its_text() {
    let cases = r#"
cases:
  - { name: good, request: GET /alerts/a/1, key: { set: partners, id: k1, scopes: "*" }, expect: allow }
  - { name: bad, request: GET /alerts/a/1, key: { set: partners, id: k2, scopes: "*", status: revoked }, expect: allow }
"#;
    let (_folder, suites) = suites(cases, &["--now", "2026-06-01T00:00:00Z"]);
    let outcomes = outcome::run(&suites).unwrap();
    assert_eq!(outcomes[1].sent(), "GET /alerts/a/1 with the key k2");
    let coverage = coverage::of(&suites, &outcomes);
    let kinds = &coverage[0].kinds;
    let sets = kinds
        .iter()
        .find(|covered| covered.kind == "key set")
        .unwrap();
    assert_eq!(
        (sets.total, &*sets.missing),
        (4, &["ci", "filed", "mounted"].map(String::from)[..])
    );
    let report = report::Report {
        results: &outcomes,
        coverage: Some(&coverage),
        verbose: true,
    };
    let json = report.as_json();
    assert_eq!(json["results"][0]["key"], "k1");
    let junit = junit::document(&outcomes);
    assert!(
        junit.contains("<property name=\"key\" value=\"k2\"/>"),
        "{junit}"
    );
    let list = list::document(&suites, None).unwrap();
    let file = &list["files"][0];
    let header = &file["cases"][0]["request"]["headers"][0];
    let text = header[1].as_str().unwrap().strip_prefix("Bearer ").unwrap();
    assert!(text.starts_with("acme_") && text.len() > 40);
    for said in [json.to_string(), junit, file["api_keys"].to_string()] {
        assert!(!said.contains(text), "{said}");
    }
    let listed: Vec<&Value> = file["api_keys"]["partners"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(listed.len(), 2);
    assert!(listed[0]["hash"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(file["cases"][1]["key"]["id"], "k2");
}
