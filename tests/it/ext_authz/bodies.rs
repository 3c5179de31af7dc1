//! Signed deliveries, whose bodies Envoy sends along.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::House;
use super::client::Question;

pub(super) const SECRET: &str = "a-text-secret-of-some-length";

const RULES: &str = r#"
webhooks:
  shop:
    preset: github
    secrets: ${SECRET}
routes:
  - { path: /hook, authenticate: shop }
  - { path: /public, public: true }
"#;

pub(super) fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

fn delivery(id: &str, body: &[u8]) -> Question {
    Question::new("POST", "/hook")
        .header("x-github-delivery", id)
        .header("x-github-event", "push")
        .header("content-type", "application/json")
        .header("x-hub-signature-256", signature(body))
}

fn house() -> House {
    House::with(RULES, "    max_body: 64KiB\n")
}

#[test]
fn whole_body_is_verified_whatever_its_bytes() {
    let house = house();
    let body = b"{\"a\":\"\xff\xfe\"}";
    delivery("1", body).body(body).ask(house.address()).passed();
    let answer = delivery("2", body)
        .body(b"{\"a\":\"other\"}")
        .ask(house.address());
    answer.refused(401, "SIGNATURE_INVALID");
}

#[test]
fn long_body_comes_in_many_frames() {
    let house = house();
    let body = vec![b'x'; 60_000];
    delivery("1", &body)
        .body(&body)
        .ask(house.address())
        .passed();
    assert_eq!(house.gate.metric("sidegate_held_body_bytes", &[]), 0.0);
}

#[test]
fn part_of_a_body_is_too_large() {
    let house = house();
    let body = b"{}";
    let partial = |value: &str| {
        let question = delivery("1", body).header("x-envoy-auth-partial-body", value);
        question.with(|http| http.raw_body = body.to_vec())
    };
    partial("true")
        .ask(house.address())
        .refused(413, "BODY_TOO_LARGE");
    let short = partial("false").header("content-length", "3");
    short.ask(house.address()).refused(413, "BODY_TOO_LARGE");
    partial("false").ask(house.address()).passed();
}

#[test]
fn message_longer_than_may_be_is_told_as_a_refusal() {
    let house = house();
    let body = vec![b'x'; 1 << 20];
    let answer = delivery("1", &body).body(&body).ask(house.address());
    answer.refused(413, "BODY_TOO_LARGE");
}

#[test]
fn body_that_was_not_sent_is_no_empty_one() {
    let house = house();
    let unsent = delivery("1", b"").header("content-length", "3");
    unsent.ask(house.address()).refused(403, "WRONG_DOOR");
    let open = Question::new("POST", "/public").header("content-length", "3");
    open.ask(house.address()).passed();
}

#[test]
fn route_that_needs_bodies_does_not_start_without_them() {
    let setup = |more: &str| {
        crate::support::gate::Setup::policy(RULES)
            .process(&super::process(more))
            .env("SECRET", SECRET)
            .without_listen()
    };
    let (code, said) = setup("").refusal();
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains("max_body") && said.contains("ext_authz"),
        "{said}"
    );
    let gate = setup("    unfit_routes: deny\n").start();
    let answer = delivery("1", b"{}").body(b"{}").ask(gate.address);
    answer.refused(403, "WRONG_DOOR");
}
