//! The reverse proxy over HTTP/1.1: what passes, and in which shape.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::support::client::Connection;
use crate::support::gate::Setup;
use crate::support::upstream::Seen;
use crate::support::wire;
use crate::support::{Call, Gate, Upstream};

const OPEN: &str = "routes: [ { path: /closed, methods: [PATCH] }, { path: /**, public: true } ]\n\
                    issuers: { none: { url: http://127.0.0.1:9, audience: nobody } }\n";

fn house() -> (Gate, Upstream) {
    let upstream = Upstream::start();
    (Gate::start(OPEN, &upstream), upstream)
}

fn seen_by(upstream: &Upstream, call: Call) -> Seen {
    call.send().assert_passed();
    upstream.last()
}

#[test]
fn request_arrives_as_it_was_sent() {
    let (gate, upstream) = house();
    let call = gate
        .call("PUT", "/a/b?x=1&y=%20&z")
        .host("app.example.com")
        .header("X-Custom", "One");
    let seen = seen_by(&upstream, call.header("Accept", "*/*").body("content"));
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("PUT", "/a/b?x=1&y=%20&z")
    );
    assert_eq!(seen.header("host"), Some("app.example.com"));
    assert_eq!(seen.header("x-custom"), Some("One"));
    assert_eq!(seen.message.body.bytes, b"content");
}

#[test]
fn repeated_headers_keep_their_order() {
    let (gate, upstream) = house();
    let call = gate
        .get("/")
        .header("X-Many", "1")
        .header("X-Many", "2")
        .header("X-Many", "3");
    let seen = seen_by(&upstream, call);
    assert_eq!(
        wire::values(&seen.message.headers, "x-many"),
        ["1", "2", "3"]
    );
}

/// RFC 9110 section 7.6.1.
#[test]
fn hop_by_hop_headers_of_the_caller_stay_here() {
    let (gate, upstream) = house();
    let call = gate
        .get("/")
        .header("Connection", "X-Hop")
        .header("X-Hop", "1")
        .header("Keep-Alive", "timeout=5")
        .header("Proxy-Connection", "keep-alive")
        .header("Proxy-Authorization", "Basic eDp5")
        .header("TE", "gzip")
        .header("Upgrade", "h2c");
    let names = seen_by(&upstream, call).folded_names();
    for name in [
        "x-hop",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "upgrade",
    ] {
        assert!(!names.contains(&name.to_owned()), "{name} in {names:?}");
    }
}

#[test]
fn hop_by_hop_headers_of_the_upstream_stay_here() {
    let (gate, _upstream) = house();
    let answer = gate.get("/hops").send();
    answer.assert_passed();
    assert_eq!(answer.header("x-end"), Some("1"));
    for name in ["x-hop", "keep-alive"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
}

#[test]
fn forwarded_headers_tell_who_called_and_how() {
    let (gate, upstream) = house();
    let call = gate
        .get("/")
        .host("app.example.com")
        .header("X-Forwarded-For", "203.0.113.7");
    let seen = seen_by(&upstream, call.header("X-Forwarded-Proto", "https"));
    assert_eq!(
        seen.header("x-forwarded-for"),
        Some("127.0.0.1"),
        "a stranger was believed"
    );
    assert_eq!(seen.header("x-forwarded-proto"), Some("http"));
    assert_eq!(seen.header("x-forwarded-host"), Some("app.example.com"));
}

#[test]
fn forwarded_header_of_a_stranger_is_dropped() {
    let (gate, upstream) = house();
    let call = gate
        .get("/")
        .header("Forwarded", "for=203.0.113.7;proto=https");
    let seen = seen_by(&upstream, call);
    assert!(!format!("{:?}", seen.message.headers).contains("203.0.113.7"));
}

/// RFC 7239.
#[test]
fn forwarded_header_is_sent_when_asked_for() {
    let upstream = Upstream::start();
    let gate = Setup::policy(OPEN)
        .process("forwarded_headers: forwarded\n")
        .upstream(&upstream)
        .start();
    let seen = seen_by(&upstream, gate.get("/").host("app.example.com"));
    let forwarded = seen.header("forwarded").expect("no `Forwarded`");
    assert!(
        forwarded.contains("for=127.0.0.1") && forwarded.contains("proto=http"),
        "{forwarded}"
    );
}

#[test]
fn chain_of_a_trusted_proxy_is_continued() {
    let upstream = Upstream::start();
    let process = "trusted_proxies: { cidrs: [127.0.0.0/8] }\n";
    let gate = Setup::policy(OPEN)
        .process(process)
        .upstream(&upstream)
        .start();
    let call = gate
        .get("/")
        .header("X-Forwarded-For", "203.0.113.7")
        .header("X-Forwarded-Proto", "https");
    let seen = seen_by(&upstream, call);
    assert_eq!(
        seen.header("x-forwarded-for"),
        Some("203.0.113.7, 127.0.0.1")
    );
    assert_eq!(seen.header("x-forwarded-proto"), Some("https"));
}

#[test]
fn host_is_rewritten_when_configured() {
    let upstream = Upstream::start();
    let process = format!(
        "upstreams: {{ default: {{ url: {}, host: rewrite }} }}\n",
        upstream.url()
    );
    let gate = Setup::policy(OPEN).process(&process).start();
    let seen = seen_by(&upstream, gate.get("/").host("app.example.com"));
    assert_eq!(
        seen.header("host"),
        Some(upstream.address.to_string().as_str())
    );
    assert_eq!(seen.header("x-forwarded-host"), Some("app.example.com"));
}

#[test]
fn routes_choose_their_upstream() {
    let (main, other) = (Upstream::start(), Upstream::start());
    let policy = "routes: [ { path: /**, public: true }, { path: /reports/**, public: true, upstream: reports } ]\n";
    let process = format!(
        "upstreams: {{ default: {{ url: {} }}, reports: {{ url: {} }} }}\n",
        main.url(),
        other.url()
    );
    let gate = Setup::policy(policy).process(&process).start();
    gate.get("/reports/1").send().assert_passed();
    assert_eq!((main.count(), other.count()), (0, 1));
    gate.get("/other").send().assert_passed();
    assert_eq!((main.count(), other.count()), (1, 1));
}

#[test]
fn answers_without_content_have_none() {
    let (gate, _upstream) = house();
    for code in [204, 304] {
        let mut connection = Connection::open(gate.address);
        let answer = connection.send(&gate.get(&format!("/status/{code}")));
        assert_eq!(answer.status, code);
        assert_eq!(answer.header("etag"), Some("\"a\""));
        assert_eq!(answer.header("transfer-encoding"), None, "{code}");
        // The connection is still in step.
        connection.send(&gate.get("/")).assert_passed();
    }
}

#[test]
fn head_has_the_length_and_no_content() {
    let (gate, _upstream) = house();
    let mut connection = Connection::open(gate.address);
    let answer = connection.send(&gate.call("HEAD", "/head"));
    assert_eq!(
        (answer.status, answer.header("content-length")),
        (200, Some("1234"))
    );
    connection.send(&gate.get("/")).assert_passed();
}

#[test]
fn status_and_content_of_an_error_pass() {
    let (gate, _upstream) = house();
    for code in [400, 401, 404, 500, 503] {
        let answer = gate.get(&format!("/status/{code}")).send();
        assert_eq!((answer.status, answer.text().as_str()), (code, "body"));
    }
}

#[test]
fn redirect_is_not_followed() {
    let (gate, upstream) = house();
    assert_eq!(gate.get("/status/302").send().status, 302);
    assert_eq!(upstream.count(), 1);
}

#[test]
fn trailers_of_the_upstream_pass() {
    let (gate, _upstream) = house();
    let answer = gate.get("/trailers").header("TE", "trailers").send();
    assert_eq!(answer.text(), "body");
    assert_eq!(wire::values(&answer.message.trailers, "x-sum"), ["42"]);
}

#[test]
fn trailers_of_the_caller_pass() {
    let (gate, upstream) = house();
    let call = gate
        .post("/")
        .header("Trailer", "X-Sum")
        .body("content")
        .trailer("X-Sum", "42");
    let seen = seen_by(&upstream, call);
    assert_eq!(seen.message.body.bytes, b"content");
    assert_eq!(wire::values(&seen.message.trailers, "x-sum"), ["42"]);
}

#[test]
fn events_arrive_while_the_answer_is_still_being_made() {
    let (gate, _upstream) = house();
    let mut connection = Connection::open(gate.address);
    let begun = Instant::now();
    connection.write(&gate.get("/events").bytes());
    connection.read_heads().unwrap();
    let first = String::from_utf8(connection.read_some()).unwrap();
    assert!(first.contains("data: one"), "{first}");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

/// RFC 9110 section 10.1.1.
#[test]
fn expect_continue_is_answered_before_the_content() {
    let (gate, upstream) = house();
    let mut connection = Connection::open(gate.address);
    connection.write(
        b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
    );
    let invitation = String::from_utf8(connection.read_some()).unwrap();
    assert!(invitation.starts_with("HTTP/1.1 100"), "{invitation}");
    connection.write(b"data");
    let answer = connection.read("POST");
    assert_eq!(answer.text(), "data");
    assert_eq!(upstream.count(), 1);
}

#[test]
fn refused_request_is_not_invited_to_continue() {
    let (gate, upstream) = house();
    let head =
        b"PATCH /closed HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    let mut connection = Connection::open(gate.address);
    connection.write(head);
    let answer = connection.read("PATCH");
    assert_eq!((answer.status, answer.interim), (401, vec![]));
    assert_eq!(upstream.count(), 0);
}

#[test]
fn interim_answers_do_not_confuse_the_final_one() {
    let (gate, _upstream) = house();
    let answer = gate.get("/early").send();
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
}

/// RFC 9110 section 7.8.
#[test]
fn websocket_upgrade_becomes_a_tunnel() {
    let (gate, upstream) = house();
    let mut connection = Connection::open(gate.address);
    let call = gate
        .get("/upgrade")
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    let answer = connection.send(&call);
    assert_eq!(
        (answer.status, answer.header("upgrade")),
        (101, Some("websocket"))
    );
    for message in ["hello", "again"] {
        connection.write(message.as_bytes());
        assert_eq!(connection.read_some(), message.as_bytes());
    }
    assert_eq!(upstream.last().header("sec-websocket-version"), Some("13"));
}

#[test]
fn upgrade_is_authorized_first() {
    let (gate, upstream) = house();
    let call = gate
        .call("PATCH", "/closed")
        .header("Connection", "Upgrade");
    call.header("Upgrade", "websocket")
        .send()
        .assert_refused(401, "TOKEN_MISSING");
    assert_eq!(upstream.count(), 0);
}

#[test]
fn upgrade_that_the_upstream_declines_stays_http() {
    let (gate, _upstream) = house();
    let mut connection = Connection::open(gate.address);
    let call = gate
        .get("/plain")
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket");
    assert_eq!(connection.send(&call).status, 200);
}

#[test]
fn large_content_streams_up() {
    let (gate, upstream) = house();
    let length = 64 << 20;
    let mut connection = Connection::open(gate.address);
    let head = format!("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    connection.write(head.as_bytes());
    let piece = vec![b'x'; 1 << 20];
    (0..64).for_each(|_| connection.stream.write_all(&piece).unwrap());
    assert_eq!(connection.read("POST").status, 200);
    assert_eq!(upstream.last().message.body.length, length);
}

#[test]
fn large_content_streams_down() {
    let (gate, _upstream) = house();
    let mut connection = Connection::open(gate.address);
    connection.write(&gate.get("/large/64").bytes());
    let (_, headers, _) = connection.read_heads().unwrap();
    assert_eq!(connection.drain(&headers), 64 << 20);
}

/// Issue 2: a 1 GiB upload and download pass in under 64 MiB of resident memory.
#[test]
fn a_gibibyte_passes_in_constant_memory() {
    let (gate, _upstream) = house();
    let mut connection = Connection::open(gate.address);
    connection.write(&gate.get("/large/1024").bytes());
    let (_, headers, _) = connection.read_heads().unwrap();
    assert_eq!(connection.drain(&headers), 1 << 30);
    connection.write(b"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n");
    let piece = vec![b'x'; 1 << 20];
    (0..1024).for_each(|_| connection.stream.write_all(&piece).unwrap());
    assert_eq!(connection.read("POST").status, 200);
    let peak = peak_memory(gate.id());
    assert!(peak < 64 << 10, "{peak} KiB at its peak");
}

/// The largest resident size of a process so far, in KiB.
fn peak_memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
