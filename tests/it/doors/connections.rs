//! Connections that last: callers one after the other, at the same time, over HTTP/2, and beyond HTTP.

use std::io::Write as _;
use std::thread;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;

use super::front::Front;
use super::house::{CALLER, House};
use super::row::{HOST, call, get};
use crate::support::client::Connection;
use crate::support::{Issuer, h2};

const RULES: &str = "identity_headers: { X-User: '{{ principal.subject }}' }\n\
                     routes: [ { path: /public/**, public: true }, { path: /** } ]\n";

fn policy(issuer: &Issuer) -> String {
    format!("{}{RULES}", issuer.section())
}

/// Callers that take turns on one connection of the front never get each other's name.
fn callers_on_one_connection_never_mix(door: Front) {
    let house = House::start(door, policy);
    house.app.forget();
    let token = |name: &str| house.token(&json!({ "sub": name }));
    let (alice, bob) = (token("alice"), token("bob"));
    let mut connection = house.connect();
    for round in 0..6 {
        for (name, token) in [
            ("alice", Some(&alice)),
            ("nobody", None),
            ("bob", Some(&bob)),
        ] {
            let mut get = get(&format!("/of/{name}/{round}"));
            if let Some(token) = token {
                get = get.bearer(token);
            }
            let wanted = if token.is_some() { 200 } else { 401 };
            assert_eq!(connection.send(&get).status, wanted, "{door:?}: {name}");
        }
        let open = connection.send(&get("/public/open").header("X-User", "mallory"));
        assert_eq!(open.status, 200, "{door:?}");
    }
    everyone_was_themselves(&house);
}

fn callers_at_the_same_time_never_mix(door: Front) {
    let house = House::start(door, policy);
    house.app.forget();
    let address = house.address;
    thread::scope(|scope| {
        for name in ["alice", "bob", "carol", "dave"] {
            let token = house.token(&json!({ "sub": name }));
            scope.spawn(move || {
                let mut connection = Connection::open_from(CALLER, address);
                for number in 0..25 {
                    let path = format!("/of/{name}/{number}");
                    let body = name.repeat(200);
                    let call = call("POST", &path).bearer(&token).body(body);
                    assert_eq!(connection.send(&call).status, 200, "{door:?}: {path}");
                }
            });
        }
    });
    assert_eq!(house.app.count(), 100, "{door:?}");
    everyone_was_themselves(&house);
}

/// The name in the path is the one in the identity header, and in the content.
#[track_caller]
fn everyone_was_themselves(house: &House) {
    for seen in house.app.seen() {
        let named = seen
            .target
            .split('/')
            .nth(2)
            .filter(|_| seen.target.starts_with("/of/"));
        assert_eq!(
            seen.header("x-user"),
            named,
            "{:?}: {}",
            house.door,
            seen.target
        );
        if seen.method == "POST" {
            let body = named.unwrap_or_default().repeat(200);
            assert_eq!(seen.message.body.bytes, body.as_bytes(), "{:?}", house.door);
        }
    }
}

/// RFC 6455 section 4: judged like any request, then the bytes go both ways.
fn websocket_is_judged_and_then_open(door: Front) {
    let house = House::start(door, policy);
    let token = house.token(&json!({}));
    let handshake = |path: &str| {
        get(path)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    };
    let refused = house.ask("GET", &handshake("/upgrade/x"));
    assert_eq!(refused.status, 401, "{door:?}: {}", refused.text());
    house.app.forget();
    let mut connection = house.connect();
    connection.write(&handshake("/upgrade/x").bearer(&token).bytes());
    let (start, _, _) = connection.read_heads().expect("an answer");
    assert!(start.starts_with("HTTP/1.1 101"), "{door:?}: {start}");
    connection.stream.write_all(b"ping").unwrap();
    assert_eq!(connection.read_some(), b"ping", "{door:?}");
    assert_eq!(house.app.last().header("x-user"), Some("alice"), "{door:?}");
}

/// An upgrade to HTTP/2 in plain would be a way past every later question.
fn upgrade_to_another_http_is_never_passed_on(door: Front) {
    let house = House::start(door, policy);
    let token = house.token(&json!({}));
    house.app.forget();
    for protocol in ["h2c", "H2C", "h2c, websocket", "websocket, h2c"] {
        let upgrade = get("/upgrade/x")
            .bearer(&token)
            .header("Connection", "Upgrade, HTTP2-Settings")
            .header("Upgrade", protocol)
            .header("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA");
        let mut connection = house.connect();
        connection.write(&upgrade.bytes());
        let heads = connection.read_heads();
        let switched = heads.is_some_and(|(start, _, _)| start.contains(" 101 "));
        assert!(!switched, "{door:?}: {protocol}");
    }
    for seen in house.app.seen() {
        let upgrade = seen.header("upgrade");
        assert!(
            matches!(upgrade, None | Some("websocket")),
            "{door:?}: {upgrade:?}"
        );
    }
}

/// HTTP/2 by prior knowledge, at fronts that speak it in plain as they are configured.
fn http2_is_judged_alike(door: Front) {
    let house = House::start(door, policy);
    let token = house.token(&json!({}));
    let get = |path: &str| {
        Request::get(format!("http://{HOST}{path}"))
            .header("x-user", "mallory")
            .header("x_user", "mallory")
            .header("x-original-url", format!("http://{HOST}/public/x"))
    };
    let send = |request: http::request::Builder| {
        h2::send(
            house.address,
            request.body(Full::new(Bytes::new())).unwrap(),
        )
        .status
    };
    house.app.forget();
    assert_eq!(send(get("/me/x")), 401, "{door:?}");
    assert_eq!(house.app.count(), 0, "{door:?}");
    let bearer = format!("Bearer {token}");
    assert_eq!(
        send(get("/me/x").header("authorization", &bearer)),
        200,
        "{door:?}"
    );
    let seen = house.app.last();
    assert_eq!(seen.header("x-user"), Some("alice"), "{door:?}");
    let all = format!("{:?}", seen.message.headers);
    assert!(!all.contains("mallory"), "{door:?}: {all}");
    assert_eq!(send(get("/public/x")), 200, "{door:?}");
    let all = format!("{:?}", house.app.last().message.headers);
    assert!(!all.contains("mallory"), "{door:?}: {all}");
}

super::at_every_front!(in_turns, callers_on_one_connection_never_mix);
super::at_every_front!(at_once, callers_at_the_same_time_never_mix);
super::at_every_front!(websocket, websocket_is_judged_and_then_open);
super::at_every_front!(other_upgrades, upgrade_to_another_http_is_never_passed_on);

mod http2 {
    use super::{Front, http2_is_judged_alike};

    #[test]
    fn proxy() {
        http2_is_judged_alike(Front::Proxy);
    }

    #[test]
    fn haproxy() {
        http2_is_judged_alike(Front::Haproxy);
    }

    #[test]
    fn envoy_http() {
        http2_is_judged_alike(Front::EnvoyHttp);
    }

    #[test]
    fn ext_authz() {
        http2_is_judged_alike(Front::ExtAuthz);
    }
}
