//! Bounds that hold from the start: time, size and number.

use std::time::{Duration, Instant};

use crate::support::client::{Connection, raw};
use crate::support::gate::Setup;
use crate::support::{Gate, Upstream};

const OPEN: &str = "routes: [ { path: /**, public: true } ]\n";

fn house(limits: &str) -> (Gate, Upstream) {
    let upstream = Upstream::start();
    let process = format!("limits: {{ {limits} }}\n");
    let gate = Setup::policy(OPEN)
        .upstream(&upstream)
        .process(&process)
        .start();
    (gate, upstream)
}

/// How long the gate bears a connection that does what `act` does.
fn borne(gate: &Gate, mut act: impl FnMut(&mut Connection)) -> Duration {
    let mut connection = Connection::open(gate.address);
    let begun = Instant::now();
    act(&mut connection);
    while !connection.read_some().is_empty() {}
    begun.elapsed()
}

#[test]
fn silent_connection_is_closed() {
    let (gate, _upstream) = house("handshake_timeout: 1s");
    let time = borne(&gate, |_| {});
    assert!(time < Duration::from_secs(5), "{time:?}");
}

/// The whole head counts, not each byte of it.
#[test]
fn head_that_trickles_in_is_cut_off() {
    let (gate, upstream) = house("header_timeout: 1s");
    let time = borne(&gate, |connection| {
        connection.write(b"GET / HTTP/1.1\r\nHost: a\r\n");
        for _ in 0..8 {
            connection.write(b"X: y\r\n");
            std::thread::sleep(Duration::from_millis(300));
        }
    });
    assert!(time < Duration::from_secs(5), "{time:?}");
    assert_eq!(upstream.count(), 0);
}

#[test]
fn idle_connection_is_closed_after_its_time() {
    let (gate, _upstream) = house("keep_alive: 1s");
    let time = borne(&gate, |connection| {
        connection.send(&gate.get("/")).assert_passed();
    });
    assert!(time < Duration::from_secs(6), "{time:?}");
}

#[test]
fn head_with_too_many_fields_is_refused() {
    let (gate, upstream) = house("header_count: 50");
    let call = (0..200).fold(gate.get("/"), |call, n| call.header(&format!("X-{n}"), "y"));
    call.send().assert_refused(431, "HEADERS_TOO_LARGE");
    assert_eq!(upstream.count(), 0);
}

#[test]
fn head_that_is_too_large_is_refused() {
    let (gate, upstream) = house("header_bytes: 16 KiB");
    let answer = gate.get("/").header("X-Big", &"y".repeat(64 << 10)).send();
    answer.assert_refused(431, "HEADERS_TOO_LARGE");
    assert_eq!(upstream.count(), 0);
}

#[test]
fn target_that_is_too_long_is_refused() {
    let (gate, upstream) = house("header_bytes: 16 KiB");
    let answer = gate.get(&format!("/{}", "a".repeat(100_000))).send();
    assert!(
        matches!(answer.status, 400 | 414 | 431),
        "{}",
        answer.status
    );
    assert_eq!(upstream.count(), 0);
}

#[test]
fn connections_over_the_limit_do_not_starve_the_admin_listener() {
    let (gate, _upstream) = house("connections: 8, header_timeout: 5s");
    let silent: Vec<Connection> = (0..40).map(|_| Connection::open(gate.address)).collect();
    assert_eq!(gate.ask_admin("/healthz").status, 200);
    drop(silent);
    crate::support::eventually("there is room again", || {
        let call = gate.get("/").header("Connection", "close");
        Connection::open(gate.address)
            .try_send(&call)
            .is_some_and(|answer| answer.status == 200)
    });
}

#[test]
fn bytes_that_are_no_http_are_refused() {
    let (gate, upstream) = house("header_timeout: 1s");
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    ] {
        let answer = raw(gate.address, bytes);
        assert!(!answer.contains(" 200 "), "{bytes:?}: {answer}");
    }
    assert_eq!(upstream.count(), 0);
}
