//! A certified OpenID provider by discovery: rotation, bad days, and restarts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::client::Connection;
use crate::support::gate::Setup;
use crate::support::issuer::Mood;
use crate::support::keys::SigningKey;
use crate::support::op::Provider;
use crate::support::{Call, Gate, Issuer, Upstream, eventually, now};

const RULES: &str = "identity_headers: { X-User: \"{{ principal.subject }}\", X-Kind: \"{{ principal.kind }}\" }\n\
                     routes: [ { path: /scoped, scopes: [\"api:write\"] }, { path: /** } ]\n";

/// A gate that admits access tokens of programs for `urn:api` and ID tokens of the client `web`.
fn policy(url: &str) -> String {
    format!(
        "issuers:\n  op:\n    url: {url}\n    audience: web\n    \
         claims: {{ roles: role, tenant: tenant_id }}\n    \
         machine: {{ absent: [nonce], audience: \"urn:api\", typ: [at+jwt] }}\n{RULES}"
    )
}

/// Short times, so that a test sees what takes hours otherwise.
const HASTE: &str =
    "key_sets: { refresh: 1s, min_refresh: 1s, max_refresh: 2s, cooldown: 1s, timeout: 2s }\n";

fn gate(url: &str, upstream: &Upstream) -> Gate {
    let gate = Setup::policy(&policy(url))
        .process(HASTE)
        .upstream(upstream)
        .start();
    gate.wait_ready();
    gate
}

fn ask(gate: &Gate, token: &str) -> u16 {
    gate.get("/a").bearer(token).send().status
}

#[test]
fn id_token_of_the_code_flow_passes() {
    let (provider, upstream) = (Provider::start(&["k1"]), Upstream::start());
    let gate = gate(&provider.url(), &upstream);
    gate.get("/a")
        .bearer(&provider.id_token("alice"))
        .send()
        .assert_passed();
    assert_eq!(upstream.last().header("x-user"), Some("alice"));
    assert_eq!(upstream.last().header("x-kind"), Some("user"));
}

/// RFC 9068.
#[test]
fn access_token_of_a_program_passes_as_a_machine_with_its_scopes() {
    let (provider, upstream) = (Provider::start(&["k1"]), Upstream::start());
    let gate = gate(&provider.url(), &upstream);
    let read = provider.access_token("urn:api", "api:read");
    gate.get("/a").bearer(&read).send().assert_passed();
    assert_eq!(upstream.last().header("x-kind"), Some("machine"));
    gate.get("/scoped")
        .bearer(&read)
        .send()
        .assert_refused(403, "INSUFFICIENT_SCOPE");
    let write = provider.access_token("urn:api", "api:write");
    gate.get("/scoped").bearer(&write).send().assert_passed();
}

#[test]
fn access_token_for_another_resource_is_refused() {
    let (provider, upstream) = (Provider::start(&["k1"]), Upstream::start());
    let gate = gate(&provider.url(), &upstream);
    let token = provider.access_token("urn:other", "api:read");
    assert!(matches!(ask(&gate, &token), 401 | 403));
    assert_eq!(upstream.count(), 0);
}

/// Sends requests with the current token until told to stop; counts those that were not let through.
fn traffic(gate: &Gate, token: &str, stop: &Arc<AtomicBool>) -> thread::JoinHandle<(usize, usize)> {
    let (address, token, stop) = (gate.address, token.to_owned(), Arc::clone(stop));
    thread::spawn(move || {
        let mut connection = Connection::open(address);
        let (mut sent, mut lost) = (0, 0);
        while !stop.load(Ordering::Relaxed) {
            let answer = connection.send(&Call::new(address, "GET", "/a").bearer(&token));
            sent += 1;
            lost += usize::from(answer.status != 200);
            thread::sleep(Duration::from_millis(2));
        }
        (sent, lost)
    })
}

/// Issue 2: rotation while traffic runs. The old key stays published, as a careful provider does it.
#[test]
fn rotation_loses_no_request() {
    let (mut provider, upstream) = (Provider::start(&["k1"]), Upstream::start());
    let gate = gate(&provider.url(), &upstream);
    let old = provider.access_token("urn:api", "api:read");
    let stop = Arc::new(AtomicBool::new(false));
    let sender = traffic(&gate, &old, &stop);
    for kids in [&["k2", "k1"], &["k3", "k1"]] {
        provider.restart(kids);
        let new = provider.access_token("urn:api", "api:read");
        eventually("the new key is known", || ask(&gate, &new) == 200);
    }
    stop.store(true, Ordering::Relaxed);
    let (sent, lost) = sender.join().unwrap();
    assert!(sent > 100 && lost == 0, "{lost} of {sent} were lost");
}

#[test]
fn withdrawn_key_is_no_longer_good() {
    let (mut provider, upstream) = (Provider::start(&["k1"]), Upstream::start());
    let gate = gate(&provider.url(), &upstream);
    let old = provider.access_token("urn:api", "api:read");
    assert_eq!(ask(&gate, &old), 200);
    provider.restart(&["k2"]);
    eventually("the old key is gone", || ask(&gate, &old) == 401);
}

/// Issue 2: the provider is killed and restarted.
#[test]
fn dead_provider_costs_no_request_whose_key_is_known() {
    let (mut provider, upstream) = (Provider::start(&["k1"]), Upstream::start());
    let gate = gate(&provider.url(), &upstream);
    let token = provider.access_token("urn:api", "api:read");
    assert_eq!(ask(&gate, &token), 200);
    let fresh = provider.access_token("urn:api", "api:write");
    provider.kill();
    // Long enough for several refreshes to fail.
    for _ in 0..30 {
        assert_eq!(ask(&gate, &token), 200);
        thread::sleep(Duration::from_millis(150));
    }
    assert_eq!(
        ask(&gate, &fresh),
        200,
        "a token that was never seen before"
    );
    provider.restart(&["k2", "k1"]);
    let new = provider.access_token("urn:api", "api:read");
    eventually("the provider is back", || ask(&gate, &new) == 200);
}

/// Issue 2: a restart with the issuer down serves from the disk copy.
#[test]
fn restart_without_the_issuer_serves_from_disk() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let cache = tempfile::tempdir().unwrap();
    let process = format!("key_sets: {{ cache_dir: {} }}\n", cache.path().display());
    let policy = format!("{}{RULES}", issuer.section());
    let start = || {
        Setup::policy(&policy)
            .process(&process)
            .upstream(&upstream)
            .start()
    };
    let token = issuer.token(&json!({}));
    let first = start();
    first.wait_ready();
    assert_eq!(ask(&first, &token), 200);
    eventually("the copy is written", || has_json(cache.path()));
    drop(first);
    issuer.feel(Mood::Down);
    let second = start();
    assert_eq!(ask(&second, &token), 200);
    second.wait_ready();
}

/// Whether a JSON file stands in a folder under its final name.
fn has_json(folder: &std::path::Path) -> bool {
    let mut entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.any(|entry| entry.path().extension().is_some_and(|end| end == "json"))
}

/// Issue 2: random `kid`s cost the issuer at most one fetch per cool-down.
#[test]
fn flood_of_unknown_kids_costs_the_issuer_one_fetch() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Gate::start(&format!("{}{RULES}", issuer.section()), &upstream);
    gate.wait_ready();
    let before = issuer.fetches();
    let claims = issuer.claims(&json!({}));
    let mut connection = Connection::open(gate.address);
    for turn in 0..2000 {
        let mut header = issuer.key().header();
        header.kid = Some(format!("random-{turn}"));
        header.alg = jsonwebtoken::Algorithm::HS256;
        let token = forged(&header, &claims);
        let answer = connection.send(&gate.get("/a").bearer(&token));
        assert_eq!(answer.status, 401);
    }
    assert!(
        issuer.fetches() <= before + 1,
        "{} fetches",
        issuer.fetches() - before
    );
}

/// A token with this header that nobody signed, made cheaply.
fn forged(header: &jsonwebtoken::Header, claims: &serde_json::Value) -> String {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut header = serde_json::to_value(header).unwrap();
    header["alg"] = json!("RS256");
    let signature = engine.encode([0; 256]);
    format!(
        "{}.{}.{signature}",
        engine.encode(header.to_string()),
        engine.encode(claims.to_string())
    )
}

/// Issue 2: the caches of proxies in between do not decide how long a key lives.
#[test]
fn keys_are_asked_for_again_within_bounds_whatever_the_answer_says() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    issuer.add_fields("Cache-Control: max-age=31536000\r\n");
    let policy = format!("{}{RULES}", issuer.section());
    let gate = Setup::policy(&policy)
        .process(HASTE)
        .upstream(&upstream)
        .start();
    gate.wait_ready();
    let old = issuer.token(&json!({}));
    assert_eq!(ask(&gate, &old), 200);
    issuer.publish(vec![SigningKey::p256("next")]);
    eventually("the old key is gone", || ask(&gate, &old) == 401);
    assert_eq!(ask(&gate, &issuer.token(&json!({}))), 200);
}

#[test]
fn failing_issuer_costs_no_request_whose_key_is_known() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let policy = format!("{}{RULES}", issuer.section());
    let gate = Setup::policy(&policy)
        .process(HASTE)
        .upstream(&upstream)
        .start();
    gate.wait_ready();
    issuer.feel(Mood::Failing);
    let failed = || gate.metric("sidegate_jwks_fetches_total", &["\"status\""]);
    eventually("it failed twice", || failed() >= 2.0);
    assert_eq!(ask(&gate, &issuer.token(&json!({ "jti": "new" }))), 200);
    assert_eq!(gate.ask_admin("/readyz").status, 200);
}

#[test]
fn slow_issuer_delays_no_request_whose_key_is_known() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let policy = format!("{}{RULES}", issuer.section());
    let gate = Setup::policy(&policy)
        .process(HASTE)
        .upstream(&upstream)
        .start();
    gate.wait_ready();
    issuer.feel(Mood::Slow(Duration::from_secs(5)));
    let begun = std::time::Instant::now();
    for turn in 0..20 {
        assert_eq!(ask(&gate, &issuer.token(&json!({ "jti": turn }))), 200);
        thread::sleep(Duration::from_millis(100));
    }
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn nonsense_in_place_of_a_key_set_changes_nothing() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let policy = format!("{}{RULES}", issuer.section());
    let gate = Setup::policy(&policy)
        .process(HASTE)
        .upstream(&upstream)
        .start();
    gate.wait_ready();
    for nonsense in [
        "",
        "<html>",
        "{}",
        "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
    ] {
        let before = issuer.fetches();
        issuer.feel(Mood::Babbling(nonsense.to_owned()));
        eventually("the nonsense was fetched", || issuer.fetches() > before);
        thread::sleep(Duration::from_millis(200));
        assert_eq!(
            ask(&gate, &issuer.token(&json!({ "n": nonsense }))),
            200,
            "{nonsense}"
        );
    }
}

/// One key that cannot be read does not spoil the others.
#[test]
fn broken_key_does_not_spoil_the_set() {
    let upstream = Upstream::start();
    let good = SigningKey::p256("good");
    let issuer = Issuer::with(vec![good.clone()]);
    let keys = json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "kid": "broken", "x": "AAAA", "y": "AAAA" },
        { "kty": "RSA", "kid": 7, "n": "AQAB", "e": "AQAB" },
        { "kty": "AKP", "kid": "future", "alg": "ML-DSA-44", "pub": "AAAA" },
        { "kty": "oct", "kid": "shared", "k": "AAAA" },
        good.jwk(),
    ] });
    issuer.feel(Mood::Babbling(keys.to_string()));
    let gate = Gate::start(&format!("{}{RULES}", issuer.section()), &upstream);
    eventually("the good key is used", || {
        ask(&gate, &issuer.token(&json!({}))) == 200
    });
}

/// OpenID Connect Discovery section 4.3.
#[test]
fn discovery_that_names_another_issuer_is_not_believed() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let relay = crate::support::relay::Relay::to(Some(issuer.address));
    let url = format!("http://{}", relay.address);
    let policy = format!("issuers: {{ main: {{ url: {url}, audience: my-api }} }}\n{RULES}");
    let gate = Setup::policy(&policy)
        .process(HASTE)
        .upstream(&upstream)
        .start();
    let token = issuer.token(&json!({ "iss": url }));
    gate.get("/a")
        .bearer(&token)
        .send()
        .assert_refused(503, "ISSUER_UNAVAILABLE");
    assert_eq!(gate.ask_admin("/readyz").status, 503);
}

/// The same `kid` at two issuers names two keys.
#[test]
fn key_of_one_issuer_does_not_speak_for_another() {
    let upstream = Upstream::start();
    let (one, two) = (
        Issuer::start(),
        Issuer::with(vec![SigningKey::other_rsa("main")]),
    );
    let policy = format!(
        "{}  second: {{ url: {}, audience: my-api }}\n{RULES}",
        one.section(),
        two.url()
    );
    let gate = Gate::start(&policy, &upstream);
    gate.wait_ready();
    assert_eq!(ask(&gate, &one.token(&json!({}))), 200);
    assert_eq!(ask(&gate, &two.token(&json!({}))), 200);
    let forged = two
        .key()
        .sign(&json!({ "iss": one.url(), "aud": "my-api", "sub": "x", "exp": now() + 60 }));
    gate.get("/a")
        .bearer(&forged)
        .send()
        .assert_refused(401, "TOKEN_SIGNATURE_INVALID");
}

/// RFC 7515 section 4.1.4: `kid` is optional.
#[test]
fn token_without_a_kid_is_tried_with_the_keys_of_its_kind() {
    let keys = vec![
        SigningKey::p256("a"),
        SigningKey::rsa("b"),
        SigningKey::p256("c"),
    ];
    let (issuer, upstream) = (Issuer::with(keys.clone()), Upstream::start());
    let gate = Gate::start(&format!("{}{RULES}", issuer.section()), &upstream);
    gate.wait_ready();
    for key in keys {
        let mut header = key.header();
        header.kid = None;
        let token = key.sign_with(header, &issuer.claims(&json!({})));
        assert_eq!(ask(&gate, &token), 200, "{:?}", key.algorithm);
    }
}
