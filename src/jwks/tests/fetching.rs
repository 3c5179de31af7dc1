//! A real issuer on a loopback port, good and bad.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm::ES256;
use serde_json::json;

use super::super::{KeySet, Missing, Origin, Settings};
use super::support::{Issuer, Reply, hasty, p256, running, set, set_of, source, until};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Asks for an unknown key, and so for the set, until something is so.
async fn ask_until(keys: &KeySet, what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..200 {
        let _ = keys.candidates(Some("other"), ES256).await;
        if is_so() {
            return;
        }
        tokio::time::sleep(hasty().cooldown).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn no_bad_answer_replaces_a_good_set() {
    let issuer = Issuer::start().await;
    let good = set_of(&["a"]);
    issuer.json("/keys", &good);
    let sets = running(hasty());
    let keys = sets.subscribe(source(issuer.keys_url()));
    let first = keys.candidates(Some("a"), ES256).await.unwrap();
    let full = |status, body: &str| Reply::Full(status, body.into());
    let large = format!("{{\"padding\":\"{}\"}}", "x".repeat(hasty().max_size));
    for (reply, error) in [
        (full("500 Internal Server Error", "{}"), "status 500"),
        (full("404 Not Found", &good), "status 404"),
        (full("206 Partial Content", &good), "status 206"),
        (full("302 Found\r\nlocation: /other", ""), "status 302"),
        (full("304 Not Modified", ""), "status 304"),
        (full("200 OK", "<html></html>"), "not JSON"),
        (full("200 OK", ""), "not JSON"),
        (full("200 OK", "{}"), "no list `keys`"),
        (full("200 OK", r#"{"keys":[]}"#), "no usable key"),
        (
            full("200 OK", r#"{"keys":[{"kty":"oct","k":"AA"}]}"#),
            "no usable key",
        ),
        (full("200 OK", &large), "larger than"),
        (Reply::Truncated, "cannot be reached"),
        (Reply::Down, "cannot be reached"),
        (Reply::Drip, "did not answer within"),
    ] {
        issuer.on("/keys", reply);
        ask_until(&keys, error, || {
            let status = sets.status().remove(0);
            status.last_error.is_some_and(|last| last.contains(error))
        })
        .await;
        let still = keys.candidates(Some("a"), ES256).await.unwrap();
        assert!(
            Arc::ptr_eq(&first[0], &still[0]) && still[0].is_current(),
            "{error}"
        );
        issuer.json("/keys", &good);
        ask_until(&keys, "well again", || sets.status()[0].failures == 0).await;
    }
    assert!(
        issuer.requests("/other").is_empty(),
        "redirects are not followed"
    );
}

#[tokio::test]
async fn unchanged_set_is_not_sent_again() {
    let issuer = Issuer::start().await;
    let body = set_of(&["a"]);
    issuer.on("/keys", Reply::Full("200 OK\r\netag: \"v1\"", body));
    let sets = running(hasty());
    let keys = sets.subscribe(source(issuer.keys_url()));
    let first = keys.candidates(Some("a"), ES256).await.unwrap();
    issuer.on("/keys", Reply::Full("304 Not Modified", String::new()));
    let before = issuer.requests("/keys").len();
    until("asked again", || {
        issuer.requests("/keys").len() > before + 2
    })
    .await;
    let requests = issuer.requests("/keys");
    assert!(!requests[0].contains("if-none-match"));
    assert!(requests.last().unwrap().contains("if-none-match: \"v1\""));
    assert_eq!(sets.status()[0].failures, 0);
    assert!(first[0].is_current());
}

#[tokio::test]
async fn cache_control_delays_the_next_fetch() {
    let issuer = Issuer::start().await;
    let reply = Reply::Full("200 OK\r\ncache-control: max-age=30", set_of(&["a"]));
    issuer.on("/keys", reply);
    let keys = running(hasty()).subscribe(source(issuer.keys_url()));
    keys.candidates(Some("a"), ES256).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(issuer.requests("/keys").len(), 1);
}

#[tokio::test]
async fn two_holders_of_an_origin_share_one_fetch() {
    let issuer = Issuer::start().await;
    issuer.json("/keys", &set_of(&["a"]));
    let sets = running(Settings::default());
    let one = sets.subscribe(source(issuer.keys_url()));
    let two = sets.subscribe(source(issuer.keys_url()));
    let (one, two) = tokio::join!(
        one.candidates(Some("a"), ES256),
        two.candidates(Some("a"), ES256)
    );
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(issuer.requests("/keys").len(), 1);
}

#[tokio::test]
async fn discovery_leads_to_the_keys() {
    let issuer = Issuer::start().await;
    let base = format!("{}/realm/", issuer.url);
    let jwks = format!("{}/keys", issuer.url);
    let document = json!({ "issuer": base, "jwks_uri": jwks }).to_string();
    issuer.json("/realm/.well-known/openid-configuration", &document);
    issuer.json("/keys", &set_of(&["a"]));
    let keys = running(Settings::default()).subscribe(source(Origin::Discovery {
        issuer_url: base,
        expected_issuer: None,
    }));
    assert!(keys.candidates(Some("a"), ES256).await.is_ok());
}

#[tokio::test]
async fn discovery_that_cannot_be_trusted_gives_no_keys() {
    let issuer = Issuer::start().await;
    issuer.json("/keys", &set_of(&["a"]));
    let url = issuer.url.clone();
    let keys = format!("{url}/keys");
    for (document, expected, wanted) in [
        (
            json!({ "issuer": format!("{url}/"), "jwks_uri": keys }),
            None,
            "another `issuer`",
        ),
        (
            json!({ "issuer": "https://evil.example", "jwks_uri": keys }),
            None,
            "another `issuer`",
        ),
        (json!({ "jwks_uri": keys }), None, "another `issuer`"),
        (
            json!({ "issuer": url, "jwks_uri": keys }),
            Some("https://idp"),
            "another `issuer`",
        ),
        (json!({ "issuer": url }), None, "no `jwks_uri`"),
        (
            json!({ "issuer": url, "jwks_uri": "file:///keys" }),
            None,
            "`https://`",
        ),
        (
            json!({ "issuer": url, "jwks_uri": "http://idp.example/k" }),
            None,
            "plain `http://`",
        ),
        (
            json!({ "issuer": url, "jwks_uri": "https://169.254.169.254/" }),
            None,
            "link-local",
        ),
    ] {
        issuer.json(DISCOVERY, &document.to_string());
        let sets = running(hasty());
        let keys = sets.subscribe(source(Origin::Discovery {
            issuer_url: url.clone(),
            expected_issuer: expected.map(str::to_owned),
        }));
        let missing = keys.candidates(Some("a"), ES256).await.unwrap_err();
        assert_eq!(missing, Missing::Unavailable, "{document}");
        // On a busy machine whoever asks gives up before the issuer has answered.
        let error = || sets.status().remove(0).last_error;
        ask_until(&keys, "an error", || error().is_some()).await;
        let error = error().unwrap();
        assert!(error.contains(wanted), "{error} for {document}");
    }
    assert!(issuer.requests("/keys").is_empty());
}

#[tokio::test]
async fn issuer_may_call_itself_otherwise_when_the_policy_says_so() {
    let issuer = Issuer::start().await;
    let jwks = format!("{}/keys", issuer.url);
    let document = json!({ "issuer": "https://idp.example", "jwks_uri": jwks });
    issuer.json(DISCOVERY, &document.to_string());
    issuer.json("/keys", &set_of(&["a"]));
    let keys = running(hasty()).subscribe(source(Origin::Discovery {
        issuer_url: issuer.url.clone(),
        expected_issuer: Some("https://idp.example".into()),
    }));
    assert!(keys.candidates(Some("a"), ES256).await.is_ok());
}

#[tokio::test]
async fn rotation_refuses_no_key_that_stays() {
    let issuer = Issuer::start().await;
    let mut published = vec![p256("0")];
    issuer.json("/keys", &set(&published));
    let keys = running(hasty()).subscribe(source(issuer.keys_url()));
    for round in 1..10 {
        published.push(p256(&round.to_string()));
        issuer.json("/keys", &set(&published));
        tokio::time::sleep(Duration::from_millis(60)).await;
        for kid in [round - 1, round] {
            let found = keys.candidates(Some(&kid.to_string()), ES256).await;
            assert!(found.unwrap()[0].is_current(), "{kid} in round {round}");
        }
        published.remove(0);
    }
}

#[tokio::test]
async fn changed_file_is_read_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), set_of(&["a"])).unwrap();
    let sets = running(hasty());
    let keys = sets.subscribe(source(Origin::File(file.path().into())));
    let old = keys.candidates(Some("a"), ES256).await.unwrap();
    std::fs::write(file.path(), "{").unwrap();
    assert!(keys.candidates(Some("b"), ES256).await.is_err());
    assert!(keys.candidates(Some("a"), ES256).await.is_ok());
    std::fs::write(file.path(), set_of(&["b"])).unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(keys.candidates(Some("b"), ES256).await.is_ok());
    assert!(!old[0].is_current());
}
