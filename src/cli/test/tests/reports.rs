use std::path::Path;

use serde_json::Value;

use super::*;

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
            ("key set", vec![]),
            ("webhook", vec![]),
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
