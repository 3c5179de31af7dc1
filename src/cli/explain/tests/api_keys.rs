//! Explanations of callers with API keys.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::explained_by;
use crate::keys::{Format, KeySet, Made, NewKey, Registry};
use crate::store::{Settings, Store};

const KEYED: &str = r#"
issuers:
  main: { url: "https://idp.example.com", audience: api }
api_keys:
  partners: { prefix: acme_, from: [{ header: x-api-key }, { query: apiKey }] }
  listed: { from: { header: x-listed }, format: any, keys: [{ name: ci, hash: "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b", scopes: [a] }] }
authenticate: main
routes:
  - { name: alerts, path: "/alerts/{source}", authenticate: [main, partners], scopes: alerts:read }
  - { name: ci, path: /ci, authenticate: listed, scopes: a }
"#;

/// The explanation under a policy with API keys, and its text.
fn keyed(words: &[&str]) -> Value {
    explained_by(KEYED, words)
}

#[test]
fn caller_with_an_api_key_is_made_on_the_spot() {
    let it = keyed(&[
        "GET",
        "/alerts/github",
        "--as-key",
        "partners",
        "--scope",
        "alerts:read",
        "--source",
        "github",
        "--tenant",
        "acme",
        "--owner",
        "olga",
    ]);
    assert_eq!(it["decision"], "allow", "{it}");
    let principal = &it["caller"]["principal"];
    assert_eq!(
        (&principal["kind"], &principal["subject"]),
        (&"api_key".into(), &"olga".into())
    );
    assert_eq!(principal["key"]["sources"], json!(["github"]));
    assert_eq!(it["caller"]["key_set"], "partners");
    assert_eq!(it["effects"]["removes"], json!(["x-api-key"]));
    let it = keyed(&[
        "GET",
        "/alerts/gitlab",
        "--as-key",
        "partners",
        "--scope",
        "*",
        "--source",
        "github",
    ]);
    assert_eq!(
        (&it["reason"], &it["rule"]),
        (&"SOURCE_NOT_ALLOWED".into(), &"source".into())
    );
    let it = keyed(&[
        "GET",
        "/alerts/a",
        "--as-key",
        "partners",
        "--scope",
        "*",
        "--network",
        "10.0.0.0/8",
    ]);
    assert_eq!(
        (&it["reason"], &it["rule"]),
        (&"SOURCE_NOT_ALLOWED".into(), &"network".into())
    );
    let it = keyed(&["GET", "/ci"]);
    assert_eq!(it["reason"], "KEY_MISSING");
    assert_eq!(
        it["nearest"][0],
        "an API key of the set `listed` in the header `x-listed`"
    );
}

#[test]
fn listed_key_of_a_pasted_line_is_verified_and_not_shown() {
    let it = keyed(&["--curl", "curl https://a.test/ci -H 'X-Listed: secret'"]);
    assert_eq!(it["decision"], "allow", "{it}");
    assert_eq!(it["caller"]["principal"]["key"]["id"], "ci");
    assert!(!it.to_string().contains("secret"), "{it}");
    let it = keyed(&["--curl", "curl https://a.test/ci -H 'X-Listed: secrets'"]);
    assert_eq!(it["reason"], "KEY_UNKNOWN");
}

#[test]
fn key_of_the_store_cannot_be_judged_without_it() {
    let text = crate::keys::Format::new("acme_")
        .unwrap()
        .mint(None)
        .unwrap()
        .text;
    let text = String::from_utf8(text.expose().to_vec()).unwrap();
    let it = keyed(&["GET", &format!("/alerts/a?apiKey={text}")]);
    assert_eq!(it["reason"], "STORE_UNAVAILABLE", "{it}");
    assert!(it["detail"].as_str().unwrap().contains("--store"));
    assert!(!it.to_string().contains(&text));
    // Its checksum tells that it is nobody's.
    let it = keyed(&[
        "GET",
        &format!(
            "/alerts/a?apiKey={}",
            text.strip_suffix(char::is_alphanumeric).unwrap()
        ),
    ]);
    assert_eq!(it["reason"], "KEY_UNKNOWN", "{it}");
}

#[test]
fn record_of_a_key_is_judged_again() {
    let record = json!({
        "schema": 1, "time": "2026-01-01T00:00:00Z", "decision": "allow", "method": "GET", "scheme": "https",
        "host": "a.test", "path": "/alerts/gitlab", "client": "192.0.2.9", "kind": "api_key", "subject": "olga",
        "tenant": null, "issuer": "partners", "key": "k1", "roles": [], "scopes": ["alerts:read"],
        "sources": ["github"], "policy": "0123",
    });
    let it = keyed(&["--record", &record.to_string()]);
    assert_eq!(it["reason"], "SOURCE_NOT_ALLOWED", "{it}");
    assert_eq!(it["caller"]["principal"]["key"]["id"], "k1");
}

/// Makes a key in a store.
fn made(store: &Settings, set: &str) -> Made {
    let set = KeySet {
        name: Arc::from(set),
        format: Some(Format::new("acme_").unwrap()),
        foreign: false,
        stored: true,
        lifetime: None,
        longest: None,
    };
    let new = NewKey {
        name: "ci".to_owned(),
        scopes: vec!["alerts:read".to_owned()],
        ..NewKey::default()
    };
    crate::app::runtime().unwrap().block_on(async {
        let store = Store::open(store).unwrap();
        let registry = Registry::new(store.clone());
        tokio::select! {
            made = registry.make(&set, new, "test", SystemTime::UNIX_EPOCH) => made.unwrap(),
            () = store.run() => panic!("the store has ended"),
        }
    })
}

#[test]
fn key_of_the_store_is_looked_up_there_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.db");
    let made = made(&Settings::sqlite(&file), "partners");
    let text = String::from_utf8(made.text.expose().to_vec()).unwrap();
    let line = format!("curl https://a.test/alerts/a -H 'x-api-key: {text}'");
    let store = format!("sqlite:{}", file.display());
    let it = keyed(&["--curl", &line, "--store", &store]);
    assert_eq!(it["decision"], "allow", "{it}");
    assert_eq!(it["caller"]["principal"]["key"]["id"], &*made.key.id);
    assert!(!it.to_string().contains(&text));
    let other = Format::new("acme_").unwrap().mint(None).unwrap().text;
    let other = String::from_utf8(other.expose().to_vec()).unwrap();
    let it = keyed(&[
        "GET",
        &format!("/alerts/a?apiKey={other}"),
        "--store",
        &store,
    ]);
    assert_eq!(it["reason"], "KEY_UNKNOWN", "{it}");
}
