//! AgentFlow: the policy in `config/examples/agentflow`, rows A1, A2 and A5. Row A3 is in
//! `agentflow_keys.rs`.

use serde_json::{Value, json};

use crate::support::gate::Setup;
use crate::support::keys::SigningKey;
use crate::support::{Answer, Gate, Upstream, now};

pub(crate) const SECRET: &str = "your-super-secret-key-at-least-32-characters-long-like-this";

pub(crate) const KEYS: [&str; 2] = ["a-first-key-for-tests", "a-second-key-for-tests"];

pub(crate) fn setup(upstream: &Upstream) -> Setup {
    Setup::example("agentflow")
        .upstream(upstream)
        .env("JWT_SECRET_KEY", SECRET)
        .env("VALID_API_KEYS", KEYS.join(","))
}

pub(crate) fn house() -> (Gate, Upstream) {
    let upstream = Upstream::start();
    (setup(&upstream).start(), upstream)
}

/// A token as the page's script makes it: no issuer, no audience.
pub(crate) fn token(role: Option<&str>) -> String {
    let claims: Value =
        json!({ "sub": "user-123", "name": "Alice", "role": role, "exp": now() + 3600 });
    SigningKey::secret(SECRET).sign(&claims)
}

/// Row A1.
#[test]
fn token_with_the_shared_secret_passes() {
    let (gate, upstream) = house();
    gate.post("/v1/graph/invoke")
        .bearer(&token(Some("user")))
        .body("{}")
        .send()
        .assert_passed();
    assert_eq!(upstream.last().header("x-user-id"), Some("user-123"));
    assert_eq!(upstream.last().header("x-user-role"), Some("user"));
}

/// Row A1.
#[test]
fn token_with_another_secret_is_refused() {
    let (gate, upstream) = house();
    let claims = json!({ "sub": "user-123", "role": "admin", "exp": now() + 3600 });
    let token = SigningKey::secret("another-secret-key-of-more-than-32-characters").sign(&claims);
    let answer = gate
        .post("/v1/graph/invoke")
        .bearer(&token)
        .body("{}")
        .send();
    assert_unauthorized(&answer, "TOKEN_SIGNATURE_INVALID");
    assert_eq!(upstream.count(), 0);
}

/// The app's own words; what went wrong stands in the challenge.
#[track_caller]
pub(crate) fn assert_unauthorized(answer: &Answer, code: &str) {
    assert_eq!(
        (answer.status, &*answer.text()),
        (401, r#"{"detail":"Unauthorized"}"#)
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.contains(code), "{challenge}");
}

/// Row A2.
#[test]
fn error_body_is_the_operators_choice() {
    let (gate, upstream) = house();
    let missing = gate.post("/v1/graph/invoke").body("{}").send();
    assert_unauthorized(&missing, "TOKEN_MISSING");
    let malformed = gate.get("/v1/threads").bearer("x").send();
    assert_unauthorized(&malformed, "TOKEN_MALFORMED");
    assert_eq!(upstream.count(), 0);
}

/// Row A2: per route.
#[test]
fn one_route_words_its_own_errors() {
    let (gate, _upstream) = house();
    let guest = token(Some("guest"));
    let refused = gate.get("/v1/store/memories").bearer(&guest).send();
    let body = refused.json();
    assert_eq!(
        (refused.status, &body["detail"]),
        (403, &json!("Forbidden"))
    );
    assert_eq!(body["code"], "PERMISSION_DENIED");
    assert!(
        body["request"].as_str().is_some_and(|id| !id.is_empty()),
        "{body}"
    );
    let elsewhere = gate.get("/v1/threads").bearer(&guest).send();
    elsewhere.assert_refused(403, "PERMISSION_DENIED");
    assert_unauthorized(&gate.get("/v1/store/memories").send(), "TOKEN_MISSING");
}

/// Row A1: the algorithm is the operator's choice, not the token's.
#[test]
fn algorithm_comes_from_the_environment() {
    let upstream = Upstream::start();
    let secret = "s".repeat(64);
    let gate = setup(&upstream)
        .env("JWT_SECRET_KEY", &*secret)
        .env("JWT_ALGORITHM", "HS512")
        .start();
    let claims = json!({ "sub": "u", "role": "user", "exp": now() + 3600 });
    let key = SigningKey::secret(&secret);
    let ask = |token: &str| {
        gate.post("/v1/graph/invoke")
            .bearer(token)
            .body("{}")
            .send()
    };
    ask(&key
        .clone()
        .with(jsonwebtoken::Algorithm::HS512)
        .sign(&claims))
    .assert_passed();
    assert_eq!(ask(&key.sign(&claims)).status, 401);
}

/// Row A1.
#[test]
fn secret_shorter_than_the_hash_is_refused_at_load() {
    for (secret, algorithm) in [("tiny-one", "HS256"), (SECRET, "HS512")] {
        let setup = setup(&Upstream::start());
        let setup = setup
            .env("JWT_SECRET_KEY", secret)
            .env("JWT_ALGORITHM", algorithm);
        let (code, said) = setup.refusal();
        assert_eq!(code, 3, "{said}");
        assert!(
            said.contains("secret") && said.contains("policy.yaml:"),
            "{said}"
        );
        assert!(!said.contains(secret), "the secret stands in the message");
    }
}

/// Row A1.
#[test]
fn secret_that_is_not_set_is_refused_at_load() {
    let (code, said) = Setup::example("agentflow")
        .upstream(&Upstream::start())
        .refusal();
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("JWT_SECRET_KEY"), "{said}");
}

/// Method, path, and which of admin, user and guest may.
const TABLE: &[(&str, &str, [bool; 3])] = &[
    ("POST", "/v1/graph/invoke", [true, true, true]),
    ("POST", "/v1/graph/stream", [true, true, false]),
    ("POST", "/v1/graph/stop", [true, false, false]),
    ("POST", "/v1/graph/setup", [true, false, false]),
    ("GET", "/v1/threads", [true, true, false]),
    ("GET", "/v1/threads/7/state", [true, true, false]),
    ("PUT", "/v1/threads/7/state", [true, false, false]),
    ("POST", "/v1/threads/7/messages", [true, false, false]),
    ("DELETE", "/v1/threads/7", [true, false, false]),
    ("GET", "/v1/store/memories", [true, true, false]),
    ("POST", "/v1/store/memories", [true, false, false]),
];

/// Row A5.
#[test]
fn every_cell_of_the_role_table_holds() {
    let (gate, upstream) = house();
    for (method, path, allowed) in TABLE {
        for (role, allowed) in ["admin", "user", "guest"].into_iter().zip(allowed) {
            upstream.forget();
            let answer = gate
                .call(method, path)
                .bearer(&token(Some(role)))
                .body("{}")
                .send();
            let wanted = if *allowed { 200 } else { 403 };
            assert_eq!(
                answer.status,
                wanted,
                "{role}: {method} {path}: {}",
                answer.text()
            );
            assert_eq!(upstream.count(), usize::from(*allowed), "{role}: {path}");
        }
    }
}

/// Row A5.
#[test]
fn guest_is_the_default_role() {
    let (gate, upstream) = house();
    gate.post("/v1/graph/invoke")
        .bearer(&token(None))
        .body("{}")
        .send()
        .assert_passed();
    let refused = gate.get("/v1/threads").bearer(&token(None)).send();
    refused.assert_refused(403, "PERMISSION_DENIED");
    assert_eq!(upstream.count(), 1);
}
