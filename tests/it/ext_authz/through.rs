//! The same through a real Envoy: what it does with what it is told.

use serde_json::json;

use super::House;
use super::envoy::Asking;
use super::tls::{self, Authority};
use crate::support::gate::Setup;
use crate::support::{Upstream, eventually};

const RULES: &str = r#"
identity_headers:
  X-User: "{{ principal.subject }}"
strip_headers: [X-Internal-*]
routes:
  - { path: /public/**, public: true }
  - { path: /admin/**, roles: [admin] }
  - path: /api/**
"#;

#[test]
fn what_is_set_and_removed_is_set_and_removed() {
    assert_clean(Asking::default());
    assert_clean(Asking::default().mapped());
}

fn assert_clean(asking: Asking) {
    let (house, app) = (House::with(RULES, ""), Upstream::start());
    let envoy = asking.start(house.address(), &app);
    let token = house.issuer.token(&json!({ "sub": "ann" }));
    let call = envoy.get("/api/a").bearer(&token);
    let mut call = call.header("X-User", "mallory").header("X-User", "eve");
    for name in [
        "x_user",
        "X.User",
        "X-Internal-Id",
        "x_internal_id",
        "X-Sidegate-User",
    ] {
        call = call.header(name, "mallory");
    }
    call.header("X-Kept", "kept").send().assert_passed();
    let seen = app.seen().pop().unwrap();
    assert_eq!(seen.header("x-user"), Some("ann"));
    assert_eq!(seen.header("x-kept"), Some("kept"));
    assert_eq!(seen.header("authorization"), None);
    let all = format!("{:?}", seen.message.headers);
    assert!(!all.contains("mallory") && !all.contains("eve"), "{all}");
}

#[test]
fn path_that_was_judged_is_the_path_that_is_sent() {
    let (house, app) = (House::with(RULES, ""), Upstream::start());
    let envoy = Asking::default().start(house.address(), &app);
    envoy
        .get("/public/%61%2Db?q=%2d")
        .host("APP.example.com")
        .send()
        .assert_passed();
    let seen = app.seen().pop().unwrap();
    assert_eq!(seen.target, "/public/a-b?q=%2d");
    assert_eq!(seen.header("host"), Some("app.example.com"));
    envoy
        .get("/public/../api/a")
        .send()
        .assert_refused(400, "PATH_AMBIGUOUS");
    assert_eq!(app.seen().len(), 1);
}

#[test]
fn refusals_arrive_whole_and_are_no_failures() {
    let (house, app) = (House::with(RULES, ""), Upstream::start());
    // Were a refusal an error of gRPC, this would let it pass.
    let envoy = Asking::default().lenient().start(house.address(), &app);
    let answer = envoy.get("/api/a").send();
    answer.assert_refused(401, "TOKEN_MISSING");
    assert!(
        answer
            .header("www-authenticate")
            .unwrap()
            .starts_with("Bearer")
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    envoy.get("/none").send().assert_refused(403, "NO_ROUTE");
    assert!(app.seen().is_empty());
}

#[test]
fn decision_stands_in_the_access_log() {
    let (house, app) = (House::with(RULES, ""), Upstream::start());
    let envoy = Asking::default().start(house.address(), &app);
    let token = house.issuer.token(&json!({ "sub": "ann" }));
    envoy.get("/api/a").bearer(&token).send().assert_passed();
    envoy
        .get("/admin/a")
        .bearer(&token)
        .send()
        .assert_refused(403, "INSUFFICIENT_ROLE");
    eventually("both stand in the log", || envoy.log().len() == 2);
    let wanted = [
        json!({ "status": 200, "subject": "ann", "route": "/api/**", "reason": null }),
        json!({ "status": 403, "subject": "ann", "route": "/admin/**", "reason": "INSUFFICIENT_ROLE" }),
    ];
    assert_eq!(envoy.log(), wanted);
}

#[test]
fn bytes_that_are_no_text_are_judged_and_sent_as_they_are() {
    let rules =
        "routes:\n  - { path: /a, public: true, when: 'request.headers[\"x-name\"] == \"x\"' }\n";
    let (house, app) = (House::with(rules, ""), Upstream::start());
    let envoy = Asking::default().start(house.address(), &app);
    envoy.get("/a").header("X-Name", "x").send().assert_passed();
    assert_eq!(
        envoy.get("/a").header("X-Name", "\u{e9}").send().status,
        403
    );
}

const HOOKS: &str = r#"
webhooks:
  shop: { preset: github, secrets: "${SECRET}" }
  chat: { preset: slack, secrets: "${SECRET}", answer_challenges: true }
routes:
  - { path: /hook, authenticate: shop }
  - { path: /chat, authenticate: chat }
"#;

#[test]
fn bodies_are_verified_as_bytes_and_sent_on() {
    let (house, app) = (
        House::with(HOOKS, "    max_body: 64KiB\n"),
        Upstream::start(),
    );
    let envoy = Asking::default().with_bodies(32_768, false).lenient();
    let envoy = envoy.start(house.address(), &app);
    let send = |id: &str, signed: &[u8], body: &[u8]| {
        let call = envoy.call("POST", "/hook").header("X-GitHub-Delivery", id);
        let call = call.header("X-GitHub-Event", "push");
        let signature = super::bodies::signature(signed);
        call.header("X-Hub-Signature-256", &signature)
            .body(body)
            .send()
    };
    let body = b"{\"a\":\"\xff\xfe\x00\"}";
    send("1", body, body).assert_passed();
    assert_eq!(app.seen().pop().unwrap().message.body.bytes, body);
    send("2", body, b"{}").assert_refused(401, "SIGNATURE_INVALID");
    let long = vec![b'x'; 30_000];
    send("3", &long, &long).assert_passed();
    // Envoy itself refuses what it may not buffer.
    let longer = vec![b'x'; 40_000];
    assert_eq!(send("4", &longer, &longer).status, 413);
}

#[test]
fn part_of_a_body_is_refused() {
    let (house, app) = (
        House::with(HOOKS, "    max_body: 64KiB\n"),
        Upstream::start(),
    );
    let envoy = Asking::default()
        .with_bodies(16, true)
        .start(house.address(), &app);
    let body = vec![b'x'; 100];
    let signature = super::bodies::signature(&body);
    let call = envoy.call("POST", "/hook").header("X-GitHub-Delivery", "1");
    let call = call
        .header("X-GitHub-Event", "push")
        .header("X-Hub-Signature-256", &signature);
    // A caller cannot say for Envoy that the body is whole.
    let call = call.header("X-Envoy-Auth-Partial-Body", "false");
    call.body(body).send().assert_refused(413, "BODY_TOO_LARGE");
    assert!(app.seen().is_empty());
}

#[test]
fn challenge_is_answered_in_the_place_of_the_app() {
    let (house, app) = (
        House::with(HOOKS, "    max_body: 64KiB\n"),
        Upstream::start(),
    );
    let envoy = Asking::default()
        .with_bodies(32_768, false)
        .start(house.address(), &app);
    let body = br#"{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}"#;
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let mut signed = format!("v0:{now}:").into_bytes();
    signed.extend_from_slice(body);
    let signature = super::bodies::signature(&signed).replace("sha256=", "v0=");
    let call = envoy
        .call("POST", "/chat")
        .header("X-Slack-Signature", &signature);
    let call = call.header("X-Slack-Request-Timestamp", &now.to_string());
    let answer = call
        .header("Content-Type", "application/json")
        .body(body)
        .send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(
        answer
            .text()
            .contains("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(app.seen().is_empty());
}

#[test]
fn delivery_that_was_accepted_before_is_told_so() {
    let rules = HOOKS.replace(
        "preset: github,",
        "preset: github, replay: { seen: acknowledge },",
    );
    let (house, app) = (
        House::with(&rules, "    max_body: 64KiB\n"),
        Upstream::start(),
    );
    let envoy = Asking::default()
        .with_bodies(32_768, false)
        .start(house.address(), &app);
    let send = || {
        let call = envoy.call("POST", "/hook").header("X-GitHub-Delivery", "1");
        let signature = super::bodies::signature(b"{}");
        let call = call.header("X-GitHub-Event", "push");
        call.header("X-Hub-Signature-256", &signature)
            .body("{}")
            .send()
            .status
    };
    assert_eq!((send(), send()), (200, 200));
    assert_eq!(app.seen().len(), 1);
}

#[test]
fn message_longer_than_may_be_is_no_failure() {
    let (house, app) = (
        House::with(HOOKS, "    max_body: 1KiB\n"),
        Upstream::start(),
    );
    let envoy = Asking::default().with_bodies(1 << 20, false).lenient();
    let envoy = envoy.start(house.address(), &app);
    let body = vec![b'x'; 1 << 19];
    let signature = super::bodies::signature(&body);
    let call = envoy.call("POST", "/hook").header("X-GitHub-Delivery", "1");
    let call = call
        .header("X-GitHub-Event", "push")
        .header("X-Hub-Signature-256", &signature);
    call.body(body).send().assert_refused(413, "BODY_TOO_LARGE");
    assert!(app.seen().is_empty());
}

#[test]
fn cookies_keep_what_is_no_credential() {
    let tokens = "tokens: { from: [{ cookie: id }, { query: access_token }] }\n";
    let (house, app) = (
        House::with(&format!("{tokens}{RULES}"), ""),
        Upstream::start(),
    );
    let envoy = Asking::default().start(house.address(), &app);
    let token = house.issuer.token(&json!({ "sub": "ann" }));
    let call = envoy
        .get("/api/a")
        .header("Cookie", &format!("a=1; id={token}; b=2"));
    call.send().assert_passed();
    let seen = app.seen().pop().unwrap();
    assert_eq!(seen.header("cookie"), Some("a=1; b=2"));
    envoy
        .get("/api/a")
        .header("Cookie", &format!("id={token}"))
        .send()
        .assert_passed();
    assert_eq!(app.seen().pop().unwrap().header("cookie"), None);
    envoy
        .get(&format!("/api/a?x=1&access_token={token}&y=2"))
        .send()
        .assert_passed();
    let seen = app.seen().pop().unwrap();
    assert_eq!(
        (&*seen.target, seen.header("x-user")),
        ("/api/a?x=1&y=2", Some("ann"))
    );
}

#[test]
fn bodies_that_envoy_keeps_to_itself_are_missed() {
    let (house, app) = (
        House::with(HOOKS, "    max_body: 64KiB\n"),
        Upstream::start(),
    );
    let envoy = Asking::default().start(house.address(), &app);
    let signature = super::bodies::signature(b"{}");
    let call = envoy.call("POST", "/hook").header("X-GitHub-Delivery", "1");
    let call = call
        .header("X-GitHub-Event", "push")
        .header("X-Hub-Signature-256", &signature);
    call.body("{}").send().assert_refused(403, "WRONG_DOOR");
    assert!(app.seen().is_empty());
}

#[test]
fn certificate_of_envoy_is_enough_to_ask() {
    let authority = Authority::fresh();
    let rules = "routes:\n  - { path: /public/**, public: true }\n";
    let gate = tls::gate(rules, &authority, "");
    let app = Upstream::start();
    let envoy = Asking::default().showing(authority.sign(), &authority);
    let envoy = envoy.start(gate.address, &app);
    envoy.get("/public/a").send().assert_passed();
    let stranger = Asking::default().showing(Authority::fresh().sign(), &authority);
    let stranger = stranger.start(gate.address, &app);
    assert_eq!(stranger.get("/public/a").send().status, 403);
    assert_eq!(app.seen().len(), 1);
}

#[test]
fn envoy_finds_the_gate_healthy() {
    let (house, app) = (House::with(RULES, ""), Upstream::start());
    let envoy = Asking::default().with_health().start(house.address(), &app);
    eventually("the gate is found healthy", || {
        envoy.get("/public/a").send().status == 200
    });
}

#[test]
fn envoy_that_nobody_named_gets_nothing() {
    let process = super::process("").replace("127.0.0.1, ", "");
    let gate = Setup::policy("routes:\n  - { path: /public/**, public: true }\n")
        .process(&process)
        .without_listen()
        .start();
    let app = Upstream::start();
    let envoy = Asking::default().lenient().start(gate.address, &app);
    envoy
        .get("/public/a")
        .send()
        .assert_refused(403, "FRONT_UNTRUSTED");
    assert!(app.seen().is_empty());
}
