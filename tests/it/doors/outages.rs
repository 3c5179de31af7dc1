//! Sidegate is gone, hangs, or ends: nothing passes that it did not judge, public routes included.

use std::thread;
use std::time::Duration;

use serde_json::json;

use super::front::Front;
use super::house::House;
use super::row::{call, get};
use crate::support::{Call, Issuer};

const RULES: &str = "identity_headers: { X-User: '{{ principal.subject }}' }\n\
                     routes: [ { path: /public/**, public: true }, { path: /me/** } ]\n";

fn policy(issuer: &Issuer) -> String {
    format!("{}{RULES}", issuer.section())
}

fn requests(house: &House) -> Vec<(&'static str, Call)> {
    let token = house.token(&json!({}));
    let public = |method| (method, call(method, "/public/x"));
    vec![
        public("GET"),
        public("HEAD"),
        public("OPTIONS"),
        ("POST", call("POST", "/public/x").body("content")),
        ("GET", get("/me/x").bearer(&token)),
        ("GET", get("/me/x")),
        ("GET", get("/nowhere").header("X-User", "mallory")),
    ]
}

fn nothing_passes_without_sidegate(door: Front) {
    let house = House::start(door, policy);
    house.app.forget();
    house.stop();
    for (method, call) in requests(&house) {
        let answer = house.ask(method, &call);
        assert!(
            answer.status >= 400,
            "{door:?}: {method}: {}",
            answer.status
        );
    }
    assert_eq!(house.app.count(), 0, "{door:?}");
}

/// A question that is answered late is waited for, or given up; it is never taken for a yes.
fn nothing_passes_while_sidegate_hangs(door: Front) {
    let house = House::start(door, policy);
    house.app.forget();
    house.pause();
    thread::scope(|scope| {
        let slow = scope.spawn(|| house_free(house.address, &get("/public/slow")));
        thread::sleep(Duration::from_millis(700));
        assert_eq!(targets(&house), [""; 0], "{door:?}");
        house.signal("CONT");
        assert_eq!(slow.join().unwrap(), Some(200), "{door:?}");
    });
    if !door.is_passed_through() {
        nothing_passes_that_was_given_up(&house);
    }
}

fn nothing_passes_that_was_given_up(house: &House) {
    let door = house.door;
    house.app.forget();
    house.pause();
    let status = house_free(house.address, &get("/public/hangs"));
    assert!(
        status.is_none_or(|status| status >= 400),
        "{door:?}: {status:?}"
    );
    assert_eq!(targets(house), [""; 0], "{door:?}");
    house.signal("CONT");
    // What was asked and given up is answered now, to nobody.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(house.app.count(), 0, "{door:?}");
}

/// What reached the app.
fn targets(house: &House) -> Vec<String> {
    house
        .app
        .seen()
        .into_iter()
        .map(|seen| seen.target)
        .collect()
}

/// The status that a request gets from an address.
fn house_free(address: std::net::SocketAddr, call: &Call) -> Option<u16> {
    let mut connection =
        crate::support::client::Connection::open_from(super::house::CALLER, address);
    connection.try_send(call).map(|answer| answer.status)
}

/// A sidegate that is told to end answers what it was asked, and no request fails that it judged.
fn drain_loses_no_question(door: Front) {
    let house = House::start(door, policy);
    let mut connection = house.connect();
    assert_eq!(connection.send(&get("/public/before")).status, 200);
    house.pause();
    thread::scope(|scope| {
        let asked = scope.spawn(|| house_free(house.address, &get("/public/during")));
        thread::sleep(Duration::from_millis(300));
        house.signal("TERM");
        house.signal("CONT");
        let status = asked.join().unwrap();
        // Asked before the end, it is judged; asked after it, there is nobody to judge it.
        let passed = house
            .app
            .seen()
            .iter()
            .any(|seen| seen.target == "/public/during");
        assert_eq!(status == Some(200), passed, "{door:?}: {status:?}");
    });
    let mut gate = house.gate.take().expect("it runs");
    assert!(gate.wait_for_end().success(), "{door:?}");
    let after = connection.try_send(&get("/public/after"));
    assert!(after.is_none_or(|answer| answer.status >= 400), "{door:?}");
    let passed = house
        .app
        .seen()
        .iter()
        .any(|seen| seen.target == "/public/after");
    assert!(!passed, "{door:?}");
}

mod gone {
    use super::{Front, nothing_passes_without_sidegate};

    crate::doors::at!(nothing_passes_without_sidegate:
        nginx Nginx, haproxy Haproxy, apache Apache, traefik Traefik, caddy Caddy,
        envoy_http EnvoyHttp, ext_authz ExtAuthz);
}

/// All at the same time, because each front waits as long as its configuration says.
#[test]
fn nothing_passes_while_sidegate_hangs_at_any_door() {
    thread::scope(|scope| {
        for door in Front::ALL {
            scope.spawn(move || nothing_passes_while_sidegate_hangs(door));
        }
    });
}

super::at_every_front!(ending, drain_loses_no_question);
