//! The end of a gate: readiness turns false, requests in flight finish, the exit code is zero.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::client::Connection;
use crate::support::gate::Setup;
use crate::support::{Gate, Upstream, eventually};

const OPEN: &str = "routes: [ { path: /**, public: true } ]\n";

fn house(process: &str) -> (Gate, Upstream) {
    let upstream = Upstream::start();
    let setup = Setup::policy(OPEN).upstream(&upstream).process(process);
    (setup.start(), upstream)
}

/// Sends `call` on another thread and waits until it is under way.
fn in_flight(gate: &Gate, upstream: &Upstream, path: &str) -> thread::JoinHandle<(u16, String)> {
    let call = gate.get(path);
    let sender = thread::spawn(move || {
        let answer = call.send();
        (answer.status, answer.text())
    });
    eventually("the request is under way", || upstream.count() > 0);
    sender
}

#[test]
fn request_in_flight_finishes_and_the_process_ends_well() {
    let (mut gate, upstream) = house("drain: { timeout: 10s }\n");
    let sender = in_flight(&gate, &upstream, "/slow");
    gate.signal("TERM");
    assert_eq!(sender.join().unwrap(), (200, "slow but sure".to_owned()));
    assert_eq!(gate.wait_for_end().code(), Some(0));
}

#[test]
fn streamed_answer_in_flight_finishes() {
    let (mut gate, upstream) = house("drain: { timeout: 10s }\n");
    let sender = in_flight(&gate, &upstream, "/events");
    gate.signal("TERM");
    let (_, text) = sender.join().unwrap();
    assert!(text.contains("data: two"), "{text}");
    assert_eq!(gate.wait_for_end().code(), Some(0));
}

#[test]
fn readiness_turns_false_while_requests_are_still_accepted() {
    let (mut gate, _upstream) = house("drain: { delay: 2s, timeout: 10s }\n");
    gate.wait_ready();
    gate.signal("TERM");
    eventually("readiness says no", || {
        gate.ask_admin("/readyz").status == 503
    });
    assert_eq!(gate.ask_admin("/healthz").status, 200);
    gate.get("/").send().assert_passed();
    assert_eq!(gate.wait_for_end().code(), Some(0));
}

#[test]
fn idle_connections_do_not_hold_the_end_up() {
    let (mut gate, _upstream) = house("drain: { timeout: 20s }\n");
    let mut idle = Connection::open(gate.address);
    idle.send(&gate.get("/")).assert_passed();
    let silent = Connection::open(gate.address);
    let begun = Instant::now();
    gate.signal("TERM");
    assert_eq!(gate.wait_for_end().code(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    drop(silent);
}

#[test]
fn request_that_never_ends_is_cut_at_the_time_out() {
    let (mut gate, upstream) = house("drain: { timeout: 1s }\n");
    let call = gate.get("/hang");
    let mut connection = Connection::open(gate.address);
    connection.write(&call.bytes());
    eventually("the request is under way", || upstream.count() > 0);
    let begun = Instant::now();
    gate.signal("TERM");
    gate.wait_for_end();
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

/// Who asks twice does not want to wait.
#[test]
fn second_signal_ends_the_process_at_once() {
    let (mut gate, upstream) = house("drain: { timeout: 60s }\n");
    let mut connection = Connection::open(gate.address);
    connection.write(&gate.get("/hang").bytes());
    eventually("the request is under way", || upstream.count() > 0);
    gate.signal("TERM");
    thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    gate.signal("TERM");
    gate.wait_for_end();
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn port_is_free_when_the_process_has_ended() {
    let (mut gate, _upstream) = house("");
    let address = gate.address;
    gate.signal("TERM");
    gate.wait_for_end();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn no_request_is_lost_while_draining() {
    let (mut gate, _upstream) = house("drain: { delay: 1s, timeout: 10s }\n");
    let address = gate.address;
    let sender = thread::spawn(move || {
        let mut answered = 0;
        while let Ok(mut connection) = Connection::try_open(address) {
            let call = crate::support::Call::new(address, "GET", "/");
            let Some(answer) = connection.try_send(&call) else {
                // Only a connection that came after the end may go unanswered.
                return (answered, TcpStream::connect(address).is_err());
            };
            assert_eq!(answer.status, 200);
            answered += 1;
        }
        (answered, true)
    });
    thread::sleep(Duration::from_millis(200));
    gate.signal("TERM");
    assert_eq!(gate.wait_for_end().code(), Some(0));
    let (answered, at_the_end) = sender.join().unwrap();
    assert!(answered > 10 && at_the_end, "{answered} answers");
}
