use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::json;

use super::*;

const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

fn verifies(token: &str, set: &Value, algorithm: Algorithm) -> bool {
    let jwk: Jwk = serde_json::from_value(set["keys"][0].clone()).unwrap();
    let mut validation = Validation::new(algorithm);
    validation.validate_aud = false;
    jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).is_ok()
}

fn claims_for_an_hour() -> Value {
    json!({ "sub": "a", "exp": now() + 3600 })
}

#[test]
fn key_set_verifies_what_its_key_signed() {
    for algorithm in ALGORITHMS {
        let key = SigningKey::generate(algorithm).unwrap();
        let token = key.sign(&claims_for_an_hour(), "JWT").unwrap();
        assert!(
            verifies(&token, &key.key_set().unwrap(), algorithm),
            "{algorithm:?}"
        );
    }
}

#[test]
fn saved_key_signs_for_the_same_key_set() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let made = SigningKey::generate(algorithm).unwrap();
        let loaded = SigningKey::from_text(made.pem().unwrap(), algorithm).unwrap();
        let token = loaded.sign(&claims_for_an_hour(), "JWT").unwrap();
        assert!(
            verifies(&token, &made.key_set().unwrap(), algorithm),
            "{algorithm:?}"
        );
    }
}

#[test]
fn key_set_holds_nothing_private() {
    let set = SigningKey::generate(Algorithm::RS256)
        .unwrap()
        .key_set()
        .unwrap();
    let names: Vec<&str> = set["keys"][0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert!(
        ["d", "p", "q", "dp", "dq", "qi"]
            .iter()
            .all(|name| !names.contains(name)),
        "{names:?}"
    );
    let shared = SigningKey::from_secret(&[1; 32], Algorithm::HS256).unwrap();
    assert!(shared.key_set().is_err());
}

// RFC 7515 appendix A.3 and RFC 8037 appendix A print these keys.
#[test]
fn private_jwk_signs() {
    let elliptic = r#"{"kty":"EC","crv":"P-256","kid":"one",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
    let edwards = r#"{"kty":"OKP","crv":"Ed25519","kid":"one",
        "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    for (text, algorithm) in [(elliptic, Algorithm::ES256), (edwards, Algorithm::EdDSA)] {
        let key = SigningKey::from_text(text, algorithm).unwrap();
        let token = key.sign(&claims_for_an_hour(), "JWT").unwrap();
        assert!(
            verifies(&token, &key.key_set().unwrap(), algorithm),
            "{algorithm:?}"
        );
        assert_eq!(
            jsonwebtoken::decode_header(&token).unwrap().kid.as_deref(),
            Some("one")
        );
        assert!(SigningKey::from_text(text, Algorithm::RS256).is_err());
    }
}

#[test]
fn shared_secret_signs_only_what_shares_one() {
    assert!(SigningKey::from_secret(&[1; 32], Algorithm::RS256).is_err());
    assert!(SigningKey::generate(Algorithm::HS256).is_err());
}

#[test]
fn typ_may_be_left_out() {
    let key = SigningKey::generate(Algorithm::ES256).unwrap();
    for (typ, wanted) in [("", None), ("at+jwt", Some("at+jwt"))] {
        let token = key.sign(&claims_for_an_hour(), typ).unwrap();
        let header = token.split('.').next().unwrap();
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(header.get("typ").and_then(Value::as_str), wanted);
    }
}

#[test]
fn lifetime_may_lie_in_the_past() {
    assert_eq!("1h".parse(), Ok(Lifetime(3600)));
    assert_eq!("-5m".parse(), Ok(Lifetime(-300)));
    assert!("soon".parse::<Lifetime>().is_err());
    assert!("--5m".parse::<Lifetime>().is_err());
}
