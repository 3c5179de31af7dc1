//! Deliveries through whole gates: what an upstream has accepted does not reach it twice.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::support::gate::Setup;
use crate::support::{Answer, Gate, Upstream};

const SECRET: &str = "a-secret-that-only-the-sender-knows";

/// One webhook on routes that the upstream answers in different ways.
const POLICY: &str = "
webhooks:
  shop:
    preset: github
    secrets: ${SHOP_SECRET}
    replay: { keep: 1h, pending: 20s }
  relaxed:
    preset: github
    secrets: ${SHOP_SECRET}
    replay: { keep: 1h, seen: acknowledge }
routes:
  - { path: /relaxed, authenticate: [relaxed] }
  - { path: /**, authenticate: [shop] }
";

fn gate(upstream: &Upstream, process: &str) -> Gate {
    Setup::policy(POLICY)
        .process(process)
        .env("SHOP_SECRET", SECRET)
        .upstream(upstream)
        .start()
}

/// `X-Hub-Signature-256` of a body.
fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    let hex: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256={hex}")
}

fn deliver(gate: &Gate, path: &str, body: &str) -> Answer {
    gate.post(path)
        .header("X-Hub-Signature-256", &signature(body.as_bytes()))
        .body(body)
        .send()
}

#[test]
fn accepted_delivery_does_not_reach_the_upstream_twice() {
    let upstream = Upstream::start();
    let gate = gate(&upstream, "");
    deliver(&gate, "/hooks", "{\"n\":1}").assert_passed();
    let again = deliver(&gate, "/hooks", "{\"n\":1}");
    again.assert_refused(409, "SIGNATURE_REPLAYED");
    deliver(&gate, "/hooks", "{\"n\":2}").assert_passed();
    assert_eq!(upstream.count(), 2);
    assert_eq!(upstream.last().message.body.bytes, b"{\"n\":2}");
    assert_eq!(gate.metric("sidegate_replay_entries", &[]), 2.0);
    assert_eq!(gate.metric("sidegate_replay_total", &["seen"]), 1.0);
}

#[test]
fn delivery_that_the_upstream_did_not_accept_may_come_again() {
    let upstream = Upstream::start();
    let gate = gate(&upstream, "");
    for path in ["/status/500", "/status/404", "/status/302", "/close"] {
        for _ in 0..2 {
            let answer = deliver(&gate, path, path);
            assert_ne!(answer.status, 409, "{path}");
        }
    }
    eventually("nothing is held", || {
        gate.metric("sidegate_replay_entries", &[]) == 0.0
    });
    deliver(&gate, "/status/204", "{}");
    deliver(&gate, "/status/204", "{}").assert_refused(409, "SIGNATURE_REPLAYED");
}

#[test]
fn accepted_delivery_may_be_acknowledged_instead() {
    let upstream = Upstream::start();
    let gate = gate(&upstream, "");
    deliver(&gate, "/relaxed", "{}").assert_passed();
    deliver(&gate, "/relaxed", "{}").assert_passed();
    assert_eq!(upstream.count(), 1);
}

#[test]
fn delivery_in_flight_is_to_come_again() {
    let upstream = Upstream::start();
    let gate = gate(&upstream, "");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| deliver(&gate, "/slow", "{}"));
        eventually("it is in flight", || {
            gate.metric("sidegate_replay_entries", &[]) == 1.0
        });
        let second = deliver(&gate, "/slow", "{}");
        second.assert_refused(503, "DELIVERY_PENDING");
        assert!(second.header("retry-after").is_some());
        first.join().unwrap().assert_passed();
    });
    deliver(&gate, "/slow", "{}").assert_refused(409, "SIGNATURE_REPLAYED");
    assert_eq!(upstream.count(), 1);
}

#[test]
fn reload_of_the_policy_forgets_nothing() {
    let upstream = Upstream::start();
    let gate = gate(&upstream, "");
    deliver(&gate, "/hooks", "{}").assert_passed();
    gate.replace_policy(&POLICY.replace("/relaxed,", "/other,"));
    eventually("it is reloaded", || {
        gate.metric("sidegate_reloads_total", &["success"]) >= 1.0
    });
    deliver(&gate, "/hooks", "{}").assert_refused(409, "SIGNATURE_REPLAYED");
}

#[test]
fn gates_share_what_they_have_seen() {
    let (redis, upstream) = (Redis::start(), Upstream::start());
    let process = format!("replay: {{ redis: '{}', timeout: 1s }}\n", redis.url());
    let (one, other) = (gate(&upstream, &process), gate(&upstream, &process));
    for gate in [&one, &other] {
        eventually("Redis is reached", || {
            gate.metric("sidegate_replay_redis_up", &[]) == 1.0
        });
    }
    deliver(&one, "/hooks", "{}").assert_passed();
    eventually("the other one knows", || {
        deliver(&other, "/hooks", "{}").outcome() == (409, "SIGNATURE_REPLAYED".to_owned())
    });
    assert_eq!(upstream.count(), 1);
    redis.kill();
    let refused = deliver(&one, "/hooks", "{\"n\":2}");
    refused.assert_refused(503, "STORE_UNAVAILABLE");
    assert_eq!(one.ask_admin("/readyz").status, 200, "others go on");
    redis.restart();
    eventually("deliveries pass again", || {
        deliver(&other, "/hooks", "{\"n\":3}").status != 503
    });
}

#[test]
fn end_of_a_gate_tells_what_came_of_its_last_delivery() {
    let (redis, upstream) = (Redis::start(), Upstream::start());
    let process = format!("replay: {{ redis: '{}', timeout: 1s }}\n", redis.url());
    let (mut one, other) = (gate(&upstream, &process), gate(&upstream, &process));
    for gate in [&one, &other] {
        eventually("Redis is reached", || {
            gate.metric("sidegate_replay_redis_up", &[]) == 1.0
        });
    }
    deliver(&one, "/hooks", "{}").assert_passed();
    one.signal("TERM");
    assert!(one.wait_for_end().success());
    deliver(&other, "/hooks", "{}").assert_refused(409, "SIGNATURE_REPLAYED");
}
