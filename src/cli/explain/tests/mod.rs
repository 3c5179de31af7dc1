//! Explanations of requests to one policy.

mod api_keys;

use clap::Parser;
use serde_json::{Value, json};

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

const POLICY: &str = r#"
issuers:
  main: { url: "https://idp.example.com", audience: api }
tokens: { from: [bearer, { query: access_token }, { cookie: id }] }
roles:
  admin: ["*"]
  viewer: ["*:read"]
routes:
  - { path: /health, public: true }
  - { path: "/t/{tenant}/**", permission: { GET: things:read, POST: things:write } }
  - { path: /orgs/**, tenant: "{{ header.x-org }}", roles: [admin] }
  - { path: /only, host: api.example.com, methods: [POST] }
"#;

/// The explanation as JSON, after it was shown as text.
fn explained(words: &[&str]) -> Value {
    explained_by(POLICY, words)
}

fn explained_by(text: &str, words: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    std::fs::write(&policy, text).unwrap();
    let policy = policy.to_str().unwrap();
    let words = ["explain", "--policy", policy]
        .into_iter()
        .chain(words.iter().copied());
    let arguments = Line::parse_from(words).arguments;
    let source = Source::of(&arguments).unwrap();
    let explanation = super::explained(&arguments, &source).unwrap().unwrap();
    show::explanation(&explanation, Output::detect(None)).unwrap();
    document::of(&explanation)
}

fn token(claims: &Value) -> String {
    use crate::cli::token::SigningKey;
    let key = SigningKey::generate(jsonwebtoken::Algorithm::ES256).unwrap();
    key.sign(claims, "JWT").unwrap()
}

fn claims() -> Value {
    json!({ "iss": "https://idp.example.com", "aud": "api", "sub": "alice", "exp": 4_000_000_000_u64, "tenant_id": "a", "secret": "s3cret" })
}

#[test]
fn every_check_says_what_it_asks_and_what_there_was() {
    let it = explained(&[
        "POST",
        "/t/a/x",
        "--as-subject",
        "bob",
        "--role",
        "viewer",
        "--tenant",
        "b",
    ]);
    assert_eq!(
        (&it["decision"], &it["reason"], &it["rule"]),
        (&"deny".into(), &"TENANT_MISMATCH".into(), &"tenant".into())
    );
    let checks = it["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 2);
    assert_eq!(checks[1]["asks"], "things:write");
    assert_eq!(
        it["nearest"].as_array().unwrap().len(),
        2,
        "all that is missing: {it}"
    );
    assert_eq!(it["captures"]["tenant"], "a");
}

#[test]
fn path_is_shown_as_sent_and_as_judged() {
    let it = explained(&["GET", "/t/%61/x%3Bb?access_token=s3cret&q=1"]);
    assert_eq!(it["request"]["sent"], "/t/%61/x%3Bb?access_token=...&q=...");
    assert_eq!(it["request"]["path"], "/t/a/x%3Bb");
    assert_eq!(it["request"]["oddities"], json!(["semicolon"]));
    assert_eq!(
        it["nearest"][0],
        "a path without semicolon, or `paths: { allow: [semicolon] }` in the policy"
    );
    let it = explained(&["GET", "/t/../x"]);
    assert_eq!(
        (&it["reason"], &it["request"]["path"]),
        (&"PATH_AMBIGUOUS".into(), &Value::Null)
    );
}

#[test]
fn request_that_finds_no_route_is_told_the_nearest() {
    for (method, url, wanted) in [
        (
            "GET",
            "https://api.example.com/only",
            "one of the methods POST, for the route `POST api.example.com/only`",
        ),
        (
            "POST",
            "https://b.test/only",
            "the host api.example.com, for the route `POST api.example.com/only`",
        ),
        ("GET", "/orrgs", "a path such as `/orgs/**`"),
        (
            "TRACE",
            "/health",
            "another method, for the route `/health`",
        ),
        (
            "GET",
            "/zzz",
            "a route for this path: none has anything in common with it",
        ),
    ] {
        let it = explained(&[method, url]);
        assert_eq!(
            (&it["reason"], &it["nearest"][0]),
            (&"NO_ROUTE".into(), &wanted.into()),
            "{method} {url}"
        );
    }
}

#[test]
fn claims_are_signed_on_the_spot() {
    let it = explained(&[
        "GET",
        "/t/a",
        "--claims",
        r#"{"sub":"x","tenant_id":"a","roles":["viewer"]}"#,
    ]);
    assert_eq!(it["decision"], "allow", "{it}");
    assert_eq!(it["effects"]["removes"], json!(["authorization"]));
    let it = explained(&["GET", "/t/a", "--claims", r#"{"sub":"x","exp":-60}"#]);
    assert_eq!(
        (&it["reason"], &it["nearest"][0]),
        (
            &"TOKEN_EXPIRED".into(),
            &"a token that has not expired".into()
        )
    );
}

#[test]
fn token_of_a_distant_issuer_is_judged_by_what_it_says() {
    let token = token(&claims());
    let line = format!("curl 'https://a.test/t/a' -H 'Authorization: Bearer {token}'");
    for words in [
        &["GET", "/t/a", "--token", &token][..],
        &["--curl", &line],
        &["GET", &format!("/t/a?access_token={token}")],
        &["GET", "/t/a", "-H", &format!("Cookie: a=b; id={token}")],
    ] {
        let it = explained(words);
        assert_eq!(it["reason"], "PERMISSION_DENIED", "{it}");
        assert_eq!(it["caller"]["signature_taken_for_good"], true);
        let shown = it.to_string();
        assert!(
            !shown.contains("s3cret") && !shown.contains(&token),
            "{shown}"
        );
        assert!(
            !shown.contains(token.rsplit('.').next().unwrap()),
            "{shown}"
        );
    }
    let mut other = claims();
    other["aud"] = "other".into();
    let it = explained(&["GET", "/t/a", "--token", &self::token(&other)]);
    assert_eq!(it["reason"], "TOKEN_AUDIENCE_MISMATCH");
    let it = explained(&["GET", "/t/a", "--token", "nonsense"]);
    assert_eq!(it["reason"], "TOKEN_MALFORMED");
}

#[test]
fn only_what_rules_read_of_headers_is_shown() {
    let it = explained(&[
        "GET",
        "/orgs/1",
        "-H",
        "X-Org: a",
        "-H",
        "X-Other: hidden",
        "--as-subject",
        "b",
        "--tenant",
        "a",
    ]);
    assert_eq!(it["request"]["facts"], json!({ "header x-org": "a" }));
    assert!(!it.to_string().contains("hidden"));
    assert_eq!(it["nearest"], json!(["the role admin"]));
}

#[test]
fn values_of_a_query_and_passwords_of_a_url_are_not_shown() {
    for words in [
        &["GET", "/t/a?access_token=hidden&code=hidden&hidden"][..],
        &[
            "GET",
            "/t/a?code=hidden",
            "--as-subject",
            "b",
            "--tenant",
            "a",
        ],
        &["GET", "https://u:hidden@a.test/t/a"],
        &["--curl", "curl --no-such-option hidden https://a.test/t/a"],
        &["--curl", "curl -K hidden --pass hidden https://a.test/t/a"],
    ] {
        let it = explained(words).to_string();
        assert!(!it.contains("hidden"), "{it}");
    }
    let it = explained(&["GET", "/t/a?b=c&d=e"]);
    assert_eq!(it["request"]["sent"], "/t/a?b=...&d=...");
}

#[test]
fn record_is_judged_again() {
    let record = json!({
        "schema": 1, "time": "2026-01-01T00:00:00Z", "decision": "deny", "reason": "PERMISSION_DENIED", "method": "POST",
        "scheme": "https", "host": "a.test", "path": "/t/a", "client": "192.0.2.9", "kind": "user", "subject": "alice",
        "tenant": "a", "issuer": "main", "roles": ["admin"], "scopes": [], "policy": "0123", "unknown": {}
    });
    let it = explained(&["--record", &record.to_string()]);
    assert_eq!(
        (&it["decision"], &it["record"]["reason"]),
        (&"allow".into(), &"PERMISSION_DENIED".into())
    );
    assert_eq!(
        (&it["request"]["client"], &it["request"]["time"]),
        (&"192.0.2.9".into(), &"2026-01-01T00:00:00Z".into())
    );
    let record = json!({ "time": "2026-01-01T00:00:00Z", "reason": "TOKEN_EXPIRED", "method": "GET", "path": "/t/a" });
    let it = explained(&["--record", &record.to_string()]);
    assert_eq!(
        (&it["reason"], it["notes"].as_array().unwrap().len()),
        (&"TOKEN_EXPIRED".into(), 1)
    );
}

#[test]
fn line_without_a_request_is_a_usage_error() {
    for words in [
        &["explain"][..],
        &["explain", "--record", "x"],
        &["explain", "--curl", "wget a"],
    ] {
        let arguments = Line::parse_from(words).arguments;
        assert_eq!(
            Source::of(&arguments).unwrap_err().exit,
            Exit::Usage,
            "{words:?}"
        );
    }
}
