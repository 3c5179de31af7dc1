//! Connections to callers and upstreams: kept, lost, stalled, cut, and never mixed up.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::support::client::{Connection, raw};
use crate::support::gate::Setup;
use crate::support::wire;
use crate::support::{Gate, Upstream, eventually};

const OPEN: &str = "routes: [ { path: /closed, methods: [PATCH] }, { path: /**, public: true } ]\n\
                    issuers: { none: { url: http://127.0.0.1:9, audience: nobody } }\n";

fn house() -> (Gate, Upstream) {
    let upstream = Upstream::start();
    (Gate::start(OPEN, &upstream), upstream)
}

#[test]
fn connections_to_the_upstream_are_kept() {
    let upstream = Upstream::start();
    let gate = Setup::policy(OPEN)
        .process("workers: 1\n")
        .upstream(&upstream)
        .start();
    for _ in 0..10 {
        gate.get("/").send().assert_passed();
    }
    assert_eq!(upstream.connections(), 1);
}

/// RFC 9110 section 9.2.2: nothing was answered and the method is safe, so it is sent again.
#[test]
fn get_on_a_dying_connection_is_sent_again_once() {
    let upstream = Upstream::start();
    let gate = Setup::policy(OPEN)
        .process("workers: 1\n")
        .upstream(&upstream)
        .start();
    gate.get("/die-on-reuse").send().assert_passed();
    gate.get("/die-on-reuse").send().assert_passed();
    let connections: Vec<usize> = upstream.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
}

/// RFC 9110 section 9.2.2: nobody knows whether a POST was carried out. One without a body could be
/// sent again as easily as a GET; it must not be.
#[test]
fn post_on_a_dying_connection_is_never_sent_twice() {
    for body in ["pay", ""] {
        let upstream = Upstream::start();
        let gate = Setup::policy(OPEN)
            .process("workers: 1\n")
            .upstream(&upstream)
            .start();
        gate.get("/die-on-reuse").send().assert_passed();
        let answer = gate.post("/die-on-reuse").body(body).send();
        answer.assert_refused(502, "UPSTREAM_UNREACHABLE");
        assert_eq!(upstream.count(), 2, "body `{body}`");
    }
}

#[test]
fn upstream_that_closes_without_an_answer_is_unreachable() {
    let (gate, upstream) = house();
    gate.post("/close")
        .body("x")
        .send()
        .assert_refused(502, "UPSTREAM_UNREACHABLE");
    assert_eq!(upstream.count(), 1);
}

#[test]
fn upstream_that_speaks_something_else_is_unreachable() {
    let (gate, _upstream) = house();
    gate.get("/garbage")
        .send()
        .assert_refused(502, "UPSTREAM_UNREACHABLE");
}

#[test]
fn upstream_that_is_not_there_is_unreachable() {
    let nowhere = format!("http://127.0.0.1:{}", crate::support::free_port());
    let gate = Setup::policy(OPEN).upstream_url(&nowhere).start();
    gate.get("/")
        .send()
        .assert_refused(502, "UPSTREAM_UNREACHABLE");
}

#[test]
fn upstream_that_never_answers_runs_into_the_time_out() {
    let upstream = Upstream::start();
    let process = format!(
        "upstreams: {{ default: {{ url: {}, response_timeout: 300ms }} }}\n",
        upstream.url()
    );
    let gate = Setup::policy(OPEN).process(&process).start();
    gate.get("/hang")
        .send()
        .assert_refused(504, "UPSTREAM_TIMEOUT");
}

/// RFC 9112 section 8: a short answer is visibly short.
#[test]
fn answer_that_breaks_off_is_not_completed() {
    let (gate, _upstream) = house();
    let all = raw(
        gate.address,
        &gate.get("/half").header("Connection", "close").bytes(),
    );
    assert!(
        all.contains("Content-Length: 100") || all.contains("content-length: 100"),
        "{all}"
    );
    assert!(all.ends_with("half"), "{all}");
}

#[test]
fn upstream_over_a_unix_socket_works() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut input = std::io::BufReader::new(stream.try_clone().unwrap());
        wire::read_head(&mut input).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nunix")
            .unwrap();
    });
    let gate = Setup::policy(OPEN)
        .upstream_url(&format!("unix:{}", path.display()))
        .start();
    assert_eq!(gate.get("/").send().text(), "unix");
}

/// RFC 9112 section 9.3.2: each request on a connection is judged for itself.
#[test]
fn pipelined_requests_are_judged_one_by_one() {
    let (gate, upstream) = house();
    let mut connection = Connection::open(gate.address);
    let mut bytes = gate.get("/one").bytes();
    bytes.extend(gate.call("PATCH", "/closed").bytes());
    bytes.extend(gate.get("/two").bytes());
    connection.write(&bytes);
    let statuses = ["GET", "PATCH", "GET"].map(|method| connection.read(method).status);
    assert_eq!(statuses, [200, 401, 200]);
    assert_eq!(upstream.count(), 2);
}

/// RFC 9112 section 6.3: a message with two lengths has none.
#[test]
fn request_with_contradicting_framing_is_refused() {
    let (gate, upstream) = house();
    for framing in [
        "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "Content-Length: +4\r\n\r\nabcd",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "X: a\r\n folded\r\n\r\n",
    ] {
        let text = format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{framing}");
        let answer = raw(gate.address, text.as_bytes());
        assert!(
            answer.starts_with("HTTP/1.1 400") || answer.is_empty(),
            "{framing:?}: {answer}"
        );
    }
    assert_eq!(upstream.count(), 0);
}

/// RFC 9112 section 6.3: both framings at once end in one request upstream, or in none.
#[test]
fn length_beside_chunks_smuggles_nothing() {
    let (gate, upstream) = house();
    let text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n\
                0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    raw(gate.address, text.as_bytes());
    for seen in upstream.seen() {
        assert!(
            !seen
                .message
                .body
                .bytes
                .windows(8)
                .any(|bytes| bytes == b"smuggled")
        );
        let both =
            seen.header("content-length").is_some() && seen.header("transfer-encoding").is_some();
        assert!(!both, "two framings upstream");
    }
}

#[test]
fn caller_that_goes_away_ends_the_request_upstream() {
    let (gate, upstream) = house();
    let mut connection = Connection::open(gate.address);
    connection.write(&gate.get("/hang").bytes());
    eventually("the request is under way", || upstream.count() == 1);
    drop(connection);
    eventually("the upstream is let go", || upstream.abandoned() == 1);
}

/// A gate in front of `upstream`, with one worker and these keys for the upstream.
fn with_upstream_keys(upstream: &Upstream, keys: &str) -> Gate {
    let url = upstream.url();
    let process = format!("workers: 1\nupstreams: {{ default: {{ url: {url}, {keys} }} }}\n");
    Setup::policy(OPEN).process(&process).start()
}

#[test]
fn answer_that_stalls_is_cut_off() {
    let upstream = Upstream::start();
    let gate = with_upstream_keys(&upstream, "idle_timeout: 500ms");
    let begun = Instant::now();
    let all = raw(
        gate.address,
        &gate.get("/stall").header("Connection", "close").bytes(),
    );
    assert!(all.ends_with("stalled"), "{all}");
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn tunnel_without_a_byte_is_closed() {
    let upstream = Upstream::start();
    let gate = with_upstream_keys(&upstream, "idle_timeout: 500ms");
    let mut connection = Connection::open(gate.address);
    let call = gate.get("/upgrade").header("Connection", "Upgrade");
    assert_eq!(
        connection.send(&call.header("Upgrade", "websocket")).status,
        101
    );
    let begun = Instant::now();
    assert!(connection.read_some().is_empty());
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn connection_that_was_idle_too_long_is_not_used_again() {
    let upstream = Upstream::start();
    let gate = with_upstream_keys(&upstream, "keep_alive: 200ms");
    gate.get("/").send().assert_passed();
    std::thread::sleep(Duration::from_millis(600));
    gate.post("/").body("x").send().assert_passed();
    assert_eq!(upstream.connections(), 2);
}

/// RFC 9112 section 9.3: HTTP/1.0 closes unless told otherwise.
#[test]
fn http_1_0_is_answered_and_closed() {
    let (gate, upstream) = house();
    let answer = raw(gate.address, b"GET /old HTTP/1.0\r\nHost: app.test\r\n\r\n");
    assert!(
        answer.contains(" 200 ") && answer.ends_with("from the upstream"),
        "{answer}"
    );
    assert_eq!(upstream.last().target, "/old");
}

/// RFC 9112 section 9.5. Which of answer and reset is noticed first is a matter of luck, hence the rounds.
#[test]
fn answer_of_an_upstream_that_hung_up_on_an_upload_is_passed() {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", upstream.local_addr().unwrap());
    let gate = Setup::policy(OPEN).upstream_url(&url).start();
    std::thread::spawn(move || {
        for mut stream in upstream.incoming().flatten() {
            let _some = stream.read(&mut [0; 1000]).unwrap();
            let answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno";
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    for round in 0..20 {
        let answer = upload(TcpStream::connect(gate.address).unwrap());
        assert!(answer.starts_with("HTTP/1.1 413"), "{round}: {answer}");
    }
}

/// RFC 9112 section 9.6: a proxy in front may send all of a body before it looks for an answer. More than sockets hold
/// back is sent here, so that it must have been taken.
#[test]
fn refusal_reaches_a_caller_who_sends_all_of_a_body_first() {
    let (gate, upstream) = house();
    let mut caller = TcpStream::connect(gate.address).unwrap();
    let body = vec![b'x'; 14 << 20];
    let head = format!(
        "PATCH /closed HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    caller.write_all(head.as_bytes()).unwrap();
    caller.write_all(&body).unwrap();
    let mut answer = String::new();
    caller.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(upstream.count(), 0);
}

/// Sends 3 MB, or as much of them as is taken; gives what comes back.
fn upload(mut caller: TcpStream) -> String {
    let head = "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n";
    caller.write_all(head.as_bytes()).unwrap();
    for _ in 0..30 {
        if caller.write_all(&[b'x'; 100_000]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    let mut answer = Vec::new();
    let _reset = caller.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
