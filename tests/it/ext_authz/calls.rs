//! The protocol: what is no call of ours is told so, in the words of gRPC.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;

use super::House;
use super::client::{CHECK, Question, call, failure, read};
use super::messages::{CheckResponse, framed};
use crate::support::issuer::Mood;
use crate::support::{Issuer, h2};

const RULES: &str = "routes:\n  - { path: /public/**, public: true }\n";

fn house() -> House {
    House::with(RULES, "")
}

fn question() -> Bytes {
    framed(&Question::get("/public/a").message())
}

#[test]
fn answer_is_one_message_and_a_status_behind_it() {
    let house = house();
    let answer = call(
        house.address(),
        CHECK,
        &[("grpc-timeout", "5S")],
        question(),
    );
    let response: CheckResponse = read(&answer);
    response.passed();
    assert!(!answer.headers.contains_key("grpc-status"));
}

#[test]
fn nobody_is_answered_who_no_longer_waits() {
    let issuer = Issuer::start();
    issuer.feel(Mood::Slow(Duration::from_secs(3)));
    let house = House::of(issuer, "routes:\n  - path: /api/**\n", "");
    let token = house.issuer.token(&json!({ "sub": "ann" }));
    let question = framed(&Question::get("/api/a").bearer(&token).message());
    let began = Instant::now();
    let answer = call(
        house.address(),
        CHECK,
        &[("grpc-timeout", "300m")],
        question,
    );
    assert_eq!(failure(&answer), "4");
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[test]
fn what_is_no_call_of_ours_has_a_code() {
    let house = house();
    let code = |path: &str, headers: &[(&str, &str)], body: &[u8]| {
        let answer = call(house.address(), path, headers, Bytes::copy_from_slice(body));
        failure(&answer).to_owned()
    };
    assert_eq!(code("/other.Service/Check", &[], &question()), "12");
    assert_eq!(code(CHECK, &[("grpc-encoding", "gzip")], &question()), "12");
    assert_eq!(code(CHECK, &[("grpc-timeout", "soon")], &question()), "3");
    assert_eq!(code(CHECK, &[], b""), "3");
    assert_eq!(code(CHECK, &[], b"\0\0\0\0"), "3");
    assert_eq!(code(CHECK, &[], b"\0\0\0\0\x02\x0a\x09"), "3");
    assert_eq!(code(CHECK, &[], b"\x01\0\0\0\0"), "12");
    let mut twice = question().to_vec();
    twice.extend_from_slice(&question());
    assert_eq!(code(CHECK, &[], &twice), "3");
}

#[test]
fn what_is_no_grpc_is_answered_in_http() {
    let house = house();
    let plain = call(
        house.address(),
        CHECK,
        &[("content-type", "application/json")],
        question(),
    );
    assert_eq!(plain.status, 415);
    let get = Request::get(format!("http://{}{CHECK}", house.address()))
        .header("content-type", "application/grpc")
        .body(Full::new(Bytes::new()));
    assert_eq!(h2::send(house.address(), get.unwrap()).status, 405);
    let old = house
        .gate
        .post(CHECK)
        .header("Content-Type", "application/grpc")
        .body("x");
    assert_eq!(old.send().status, 505);
}

#[test]
fn question_without_a_request_is_refused() {
    let house = house();
    let answer = call(
        house.address(),
        CHECK,
        &[],
        Bytes::from_static(b"\0\0\0\0\0"),
    );
    read::<CheckResponse>(&answer).refused(400, "FORWARDED_INVALID");
    let nowhere = Question::get("/public/a").from("").ask(house.address());
    nowhere.refused(400, "FORWARDED_INVALID");
    let twofold = Question::get("/public/a").header(":path", "/admin");
    twofold.ask(house.address()).refused(400, "PATH_AMBIGUOUS");
}
