//! What a refused caller is told: the code in the body and in the challenge, and nothing more.

use serde_json::{Value, json};

use crate::support::keys::SigningKey;
use crate::support::{Answer, Gate, House, Issuer, Upstream, now};

const RULES: &str = r"
roles: { admin: [config:write], viewer: [] }
routes:
  - { path: /admin/**, roles: [admin] }
  - { path: /scoped/**, scopes: [reports] }
  - { path: /config, permission: config:write }
  - path: /tenants/{tenant}/**
  - path: /api/**
";

fn house() -> House {
    House::with(RULES)
}

impl House {
    /// Fails unless the answer names `code` everywhere it should, and nothing reached the upstream.
    #[track_caller]
    fn assert_named(&self, answer: &Answer, status: u16, code: &str) {
        answer.assert_refused(status, code);
        let body = answer.json();
        assert_eq!(body["status"], json!(status));
        assert!(
            body["title"].is_string() && body["type"].is_string(),
            "{body}"
        );
        assert!(
            body["request_id"].as_str().is_some_and(|id| !id.is_empty()),
            "{body}"
        );
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(
            challenge.starts_with("Bearer realm=\"sidegate\""),
            "{challenge}"
        );
        assert!(challenge.contains(code), "{challenge}");
        assert_eq!(
            self.upstream.count(),
            0,
            "a refused request reached the upstream"
        );
    }
}

/// Row S3; RFC 6750 section 3.1: no `error` when nothing was presented.
#[test]
fn missing_token_is_challenged_without_an_error() {
    let house = house();
    let answer = house.gate.get("/api/a").send();
    house.assert_named(&answer, 401, "TOKEN_MISSING");
    assert!(
        !answer
            .header("www-authenticate")
            .unwrap()
            .contains("error=")
    );
}

/// Row S3; RFC 6750 section 3.1.
#[test]
fn bad_token_is_challenged_as_invalid() {
    let house = house();
    let answer = house.ask("/api/a", &json!({ "exp": now() - 3600 }));
    house.assert_named(&answer, 401, "TOKEN_EXPIRED");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert!(challenge.contains("code=\"TOKEN_EXPIRED\""), "{challenge}");
}

/// RFC 6750 section 3.1.
#[test]
fn missing_scope_is_challenged_as_insufficient() {
    let house = house();
    let answer = house.ask("/scoped/a", &json!({ "scope": "other" }));
    house.assert_named(&answer, 403, "INSUFFICIENT_SCOPE");
    assert!(
        answer
            .header("www-authenticate")
            .unwrap()
            .contains("error=\"insufficient_scope\"")
    );
}

/// Row S3.
#[test]
fn every_denial_of_a_good_token_names_its_code() {
    let house = house();
    for (path, claims, code) in [
        (
            "/admin/a",
            json!({ "roles": ["viewer"] }),
            "INSUFFICIENT_ROLE",
        ),
        (
            "/config",
            json!({ "roles": ["viewer"] }),
            "PERMISSION_DENIED",
        ),
        (
            "/tenants/t-2/a",
            json!({ "tenant_id": "t-1" }),
            "TENANT_MISMATCH",
        ),
        ("/tenants/t-2/a", json!({}), "TENANT_MISMATCH"),
    ] {
        let answer = house.ask(path, &claims);
        house.assert_named(&answer, 403, code);
    }
}

#[test]
fn every_broken_token_names_its_code() {
    let house = house();
    for (claims, code) in [
        (json!({ "exp": now() - 3600 }), "TOKEN_EXPIRED"),
        (json!({ "nbf": now() + 3600 }), "TOKEN_NOT_YET_VALID"),
        (json!({ "iat": now() + 3600 }), "TOKEN_NOT_YET_VALID"),
        (
            json!({ "iss": "https://other.test" }),
            "TOKEN_ISSUER_UNKNOWN",
        ),
        (json!({ "aud": "other" }), "TOKEN_AUDIENCE_MISMATCH"),
        (json!({ "aud": ["other"] }), "TOKEN_AUDIENCE_MISMATCH"),
    ] {
        let answer = house.ask("/api/a", &claims);
        house.assert_named(&answer, 401, code);
    }
}

#[test]
fn every_broken_signature_names_its_code() {
    let house = house();
    let claims = house.issuer.claims(&json!({}));
    let good = house.issuer.key().sign(&claims);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let tampered = format!("{head}.{flipped}{}", signature.split_at(1).1);
    for (token, code) in [
        (tampered, "TOKEN_SIGNATURE_INVALID"),
        (
            SigningKey::other_rsa("main").sign(&claims),
            "TOKEN_SIGNATURE_INVALID",
        ),
        (
            SigningKey::rsa("elsewhere").sign(&claims),
            "TOKEN_KEY_UNKNOWN",
        ),
        ("nonsense".to_owned(), "TOKEN_MALFORMED"),
        ("a.b.c".to_owned(), "TOKEN_MALFORMED"),
        (format!("{good}.x"), "TOKEN_MALFORMED"),
    ] {
        let answer = house.gate.get("/api/a").bearer(&token).send();
        house.assert_named(&answer, 401, code);
    }
}

/// RFC 8725 section 3.1: unsigned tokens do not exist here.
#[test]
fn unsigned_token_is_refused() {
    use base64::Engine as _;
    let house = house();
    let text =
        |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = house.issuer.claims(&json!({}));
    for algorithm in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": "main" });
        let token = format!("{}.{}.", text(&header), text(&claims));
        assert_eq!(
            house.gate.get("/api/a").bearer(&token).send().status,
            401,
            "`{algorithm}`"
        );
    }
    assert_eq!(house.upstream.count(), 0);
}

/// RFC 8725 section 3.11.
#[test]
fn token_of_another_type_is_named() {
    let house = house();
    let mut header = house.issuer.key().header();
    header.typ = Some("at+jwt".to_owned());
    let token = house
        .issuer
        .key()
        .sign_with(header, &house.issuer.claims(&json!({})));
    let answer = house.gate.get("/api/a").bearer(&token).send();
    house.assert_named(&answer, 403, "WRONG_TOKEN_TYPE");
}

#[test]
fn path_without_a_route_names_its_code() {
    let house = house();
    let answer = house.ask("/elsewhere", &json!({}));
    answer.assert_refused(403, "NO_ROUTE");
    assert_eq!(house.upstream.count(), 0);
}

#[test]
fn two_different_tokens_are_ambiguous() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let tokens = "tokens: { from: [ bearer, { header: X-Id-Token }, { cookie: id }, { query: access_token } ] }\n";
    let gate = Gate::start(&format!("{}{tokens}{RULES}", issuer.section()), &upstream);
    let (one, two) = (
        issuer.token(&json!({})),
        issuer.token(&json!({ "sub": "bob" })),
    );
    gate.get("/api/a")
        .bearer(&one)
        .header("X-Id-Token", &two)
        .send()
        .assert_refused(400, "CREDENTIAL_AMBIGUOUS");
    gate.get("/api/a")
        .bearer(&one)
        .bearer(&two)
        .send()
        .assert_refused(400, "CREDENTIAL_AMBIGUOUS");
    assert_eq!(upstream.count(), 0);
}

#[test]
fn token_is_read_where_the_policy_says_and_removed_there() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let tokens =
        "tokens: { from: [ { header: X-Id-Token }, { cookie: id }, { query: access_token } ] }\n";
    let gate = Gate::start(&format!("{}{tokens}{RULES}", issuer.section()), &upstream);
    let token = issuer.token(&json!({}));
    gate.get("/api/a")
        .header("X-Id-Token", &token)
        .send()
        .assert_passed();
    gate.get("/api/a")
        .header("Cookie", &format!("a=1; id={token}; b=2"))
        .send()
        .assert_passed();
    gate.get(&format!("/api/a?x=1&access_token={token}&y=2"))
        .send()
        .assert_passed();
    let seen = upstream.seen();
    assert!(
        !format!("{seen:?}").contains(&token),
        "the token went on to the app"
    );
    assert_eq!(seen[1].header("cookie"), Some("a=1; b=2"));
    assert_eq!(seen[2].target, "/api/a?x=1&y=2");
    gate.get("/api/a")
        .bearer(&token)
        .send()
        .assert_refused(401, "TOKEN_MISSING");
}

#[test]
fn token_is_kept_when_the_policy_says_so() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Gate::start(
        &format!("{}tokens: {{ forward: true }}\n{RULES}", issuer.section()),
        &upstream,
    );
    let token = issuer.token(&json!({}));
    gate.get("/api/a").bearer(&token).send().assert_passed();
    assert_eq!(
        upstream.last().header("authorization"),
        Some(format!("Bearer {token}").as_str())
    );
}

/// A verified token is remembered, but never beyond its end.
#[test]
fn remembered_token_expires() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let section = issuer
        .section()
        .replace("audience: my-api", "audience: my-api\n    leeway: 0s");
    let gate = Gate::start(&format!("{section}{RULES}"), &upstream);
    let token = issuer.token(&json!({ "exp": now() + 3 }));
    gate.get("/api/a").bearer(&token).send().assert_passed();
    gate.get("/api/a").bearer(&token).send().assert_passed();
    std::thread::sleep(std::time::Duration::from_secs(4));
    gate.get("/api/a")
        .bearer(&token)
        .send()
        .assert_refused(401, "TOKEN_EXPIRED");
}

/// Every algorithm that is offered, over the wire.
#[test]
fn every_kind_of_key_works() {
    use jsonwebtoken::Algorithm::{PS256, PS384, PS512, RS384, RS512};
    let rsa = SigningKey::rsa("rsa");
    let keys = vec![
        rsa.clone(),
        SigningKey::p256("p256"),
        SigningKey::p384("p384"),
        SigningKey::ed25519("ed"),
    ];
    let issuer = Issuer::with(keys.clone());
    let upstream = Upstream::start();
    let gate = Gate::start(&format!("{}{RULES}", issuer.section()), &upstream);
    let claims = issuer.claims(&json!({}));
    let family = [RS384, RS512, PS256, PS384, PS512].map(|algorithm| rsa.clone().with(algorithm));
    for key in keys.into_iter().chain(family) {
        let answer = gate.get("/api/a").bearer(&key.sign(&claims)).send();
        assert_eq!(answer.status, 200, "{:?}: {}", key.algorithm, answer.text());
    }
}
