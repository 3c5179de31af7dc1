//! The embedded issuer: discovery, a key set, and tokens for a small cast.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::Algorithm;
use serde_json::json;

use super::server::{self, Bound};
use crate::cli::token::{Claims, KeyError, SigningKey, now};

/// What the demo's tokens are for.
const AUDIENCE: &str = "demo-api";
const KEY: &str = "demo-key";
const HOUR: i64 = 3600;

/// Tokens by the name of who carries them.
pub(super) type Tokens = BTreeMap<&'static str, String>;

/// Starts answering for discovery and keys, and mints the cast's tokens.
pub(super) fn start(bound: Bound) -> Result<Tokens, KeyError> {
    let url = format!("http://{}", bound.address);
    let key = SigningKey::generate(Algorithm::RS256)?.named(KEY);
    let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}/jwks.json") });
    let key_set = key.key_set()?;
    let documents = Arc::new((discovery, key_set));
    tokio::spawn(bound.serve(move |request| {
        let documents = Arc::clone(&documents);
        async move {
            match request.uri().path() {
                "/.well-known/openid-configuration" => server::json(StatusCode::OK, &documents.0),
                "/jwks.json" => server::json(StatusCode::OK, &documents.1),
                _ => server::json(StatusCode::NOT_FOUND, &json!({ "error": "not found" })),
            }
        }
    }));
    mint(&url, &key)
}

fn mint(issuer: &str, key: &SigningKey) -> Result<Tokens, KeyError> {
    let stranger = SigningKey::generate(Algorithm::RS256)?;
    let person = |name: &str, role: &str, tenant: &str| {
        Claims::default()
            .with("iss", issuer)
            .with("aud", AUDIENCE)
            .with("sub", name)
            .with("email", format!("{name}@{tenant}.example"))
            .with("tenant_id", tenant)
            .with("roles", vec![role])
            .with("iat", now() - 2 * HOUR)
            .with("exp", now() + 12 * HOUR)
    };
    let user = |name, role, tenant| key.sign(&person(name, role, tenant).into_json(), "JWT");
    let alice = |name: &str, value: serde_json::Value| {
        person("alice", "admin", "acme")
            .with(name, value)
            .into_json()
    };
    let genuine = person("alice", "admin", "acme").into_json();
    let robot = person("robot", "", "acme")
        .with("token_use", "access")
        .with("client_id", "robot")
        .with("scope", "reports:read")
        .with("roles", json!(null))
        .with("email", json!(null))
        .into_json();
    Ok(Tokens::from([
        ("alice", user("alice", "admin", "acme")?),
        ("bob", user("bob", "viewer", "acme")?),
        ("carol", user("carol", "admin", "globex")?),
        ("dave", user("dave", "viewer", "globex")?),
        ("robot", key.sign(&robot, "at+jwt")?),
        (
            "expired",
            key.sign(&alice("exp", json!(now() - HOUR)), "JWT")?,
        ),
        (
            "early",
            key.sign(&alice("nbf", json!(now() + HOUR)), "JWT")?,
        ),
        (
            "elsewhere",
            key.sign(&alice("aud", json!("other-api")), "JWT")?,
        ),
        (
            "foreign",
            key.sign(&alice("iss", json!("https://idp.example.com")), "JWT")?,
        ),
        ("wrongtype", key.sign(&genuine, "logout+jwt")?),
        ("forged", stranger.clone().named(KEY).sign(&genuine, "JWT")?),
        ("stranger", stranger.sign(&genuine, "JWT")?),
        ("unsigned", unsigned(&genuine)),
    ]))
}

/// A token that claims to need no signature (RFC 7519 section 6).
fn unsigned(claims: &serde_json::Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("{header}.{claims}.")
}
