//! The health service of gRPC.

use super::House;
use super::client::{call, failure, read};
use super::messages::{Health, HealthCheck, framed, unframed};
use crate::support::h2;

const RULES: &str = "routes:\n  - { path: /public/**, public: true }\n";

fn asked(service: &str) -> bytes::Bytes {
    framed(&HealthCheck {
        service: service.to_owned(),
    })
}

#[test]
fn known_services_serve_and_others_are_not_found() {
    let house = House::with(RULES, "");
    for service in ["", "envoy.service.auth.v3.Authorization"] {
        let answer = call(
            house.address(),
            "/grpc.health.v1.Health/Check",
            &[],
            asked(service),
        );
        assert_eq!(read::<Health>(&answer).status, 1, "{service}");
    }
    let answer = call(
        house.address(),
        "/grpc.health.v1.Health/Check",
        &[],
        asked("other"),
    );
    assert_eq!(failure(&answer), "5");
}

#[test]
fn health_is_nobodys_request() {
    let house = House::with(RULES, "");
    call(
        house.address(),
        "/grpc.health.v1.Health/Check",
        &[],
        asked(""),
    );
    let all = house.gate.metric("sidegate_requests_total", &[]);
    assert_eq!(all, 0.0);
}

#[test]
fn watcher_is_told_when_the_service_ends() {
    let mut house = House::with(RULES, "");
    let address = house.address();
    let watcher =
        std::thread::spawn(move || call(address, "/grpc.health.v1.Health/Watch", &[], asked("")));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!watcher.is_finished());
    house.gate.signal("TERM");
    let answer: h2::Answer = watcher.join().unwrap();
    let (first, last) = answer.body.split_at(7);
    assert_eq!(
        (
            unframed::<Health>(first).status,
            unframed::<Health>(last).status
        ),
        (1, 2)
    );
    assert_eq!(answer.trailers["grpc-status"], "14");
    assert!(house.gate.wait_for_end().success());
}
