//! One decision record per request: who, what, why, how long.

use std::io::pipe;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::Connection;
use crate::support::gate::Setup;
use crate::support::{Call, Gate, Issuer, Upstream, eventually, free_port};

const RULES: &str = "routes:\n  - { path: /public/**, public: true, name: open }\n  - { path: /hang, public: true }\n  - { path: /**, name: rest }\n";

fn house(log: &str) -> (Gate, Issuer, Upstream) {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Setup::policy(&format!("{}{RULES}", issuer.section()))
        .process(&format!("log: {{ {log} }}\n"))
        .upstream(&upstream)
        .start();
    (gate, issuer, upstream)
}

/// The decision records so far.
fn records(gate: &Gate) -> Vec<Value> {
    let parsed = |line: &String| serde_json::from_str::<Value>(line).ok();
    let all = gate.output.all();
    all.iter()
        .filter_map(parsed)
        .filter(|record| record["decision"].is_string())
        .collect()
}

/// Waits for the records of so many requests.
fn wait_for(gate: &Gate, count: usize) -> Vec<Value> {
    eventually("every request has its record", || {
        records(gate).len() >= count
    });
    records(gate)
}

#[test]
fn every_request_has_one_record() {
    let (gate, issuer, _upstream) = house("format: json");
    gate.get("/public/a").send().assert_passed();
    gate.get("/a")
        .bearer(&issuer.token(&json!({})))
        .send()
        .assert_passed();
    gate.get("/a").send().assert_refused(401, "TOKEN_MISSING");
    let records = wait_for(&gate, 3);
    assert_eq!(records.len(), 3, "{records:?}");
    for record in &records {
        assert!(record["request_id"].is_string(), "{record}");
        assert!(record.to_string().contains("duration"), "{record}");
    }
}

#[test]
fn record_of_a_passed_request_names_the_principal_and_the_route() {
    let (gate, issuer, _upstream) = house("format: json");
    gate.get("/a")
        .bearer(&issuer.token(&json!({})))
        .send()
        .assert_passed();
    let record = wait_for(&gate, 1).remove(0);
    assert_eq!(record["route"], "rest");
    assert_eq!(record["status"], 200);
    assert!(record.to_string().contains("alice"), "{record}");
}

#[test]
fn record_of_a_refused_request_names_the_reason() {
    let (gate, _issuer, _upstream) = house("format: json");
    let answer = gate.get("/a").send();
    let record = wait_for(&gate, 1).remove(0);
    assert_eq!(record["reason"], "TOKEN_MISSING");
    assert_eq!(record["status"], 401);
    assert_eq!(
        record["request_id"],
        answer.json()["request_id"],
        "body and record differ"
    );
}

#[test]
fn caller_that_goes_away_leaves_a_record() {
    let (gate, _issuer, upstream) = house("format: json");
    let mut connection = Connection::open(gate.address);
    connection.write(&gate.get("/hang").bytes());
    eventually("the request is under way", || upstream.count() == 1);
    drop(connection);
    assert_eq!(wait_for(&gate, 1)[0]["path"], "/hang");
}

#[test]
fn only_refusals_are_recorded_when_that_is_asked_for() {
    let (gate, _issuer, _upstream) = house("format: json, decisions: denied");
    gate.get("/public/a").send().assert_passed();
    gate.get("/a").send().assert_refused(401, "TOKEN_MISSING");
    let records = wait_for(&gate, 1);
    assert!(
        records.iter().all(|record| record["decision"] == "deny"),
        "{records:?}"
    );
}

#[test]
fn nothing_is_recorded_when_that_is_asked_for() {
    let (gate, _issuer, _upstream) = house("format: json, decisions: off");
    gate.get("/a").send().assert_refused(401, "TOKEN_MISSING");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(records(&gate).is_empty());
}

/// Ended with the test, however the test ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.0.id().to_string());
        assert!(kill.status().unwrap().success());
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

#[test]
fn stuck_output_stops_no_request_no_reload_and_no_end() {
    let (upstream, address, admin) = (Upstream::start(), loopback(), loopback());
    let setup = Setup::policy("routes: [ { path: /**, public: true } ]\n")
        .upstream(&upstream)
        .without_listen()
        .without_admin();
    // Stays open and is never read: what a log shipper that hangs looks like.
    let (_reader, writer) = pipe().unwrap();
    let mut command = setup.command();
    command
        .args(["--listen", &address.to_string()])
        .args(["--admin", &admin.to_string()])
        .stdout(writer)
        .stderr(Stdio::null());
    let mut gate = Process(command.spawn().unwrap());
    drop(command);
    eventually("the gate accepts", || TcpStream::connect(address).is_ok());

    let path = format!("/{}", "x".repeat(1500));
    let ask = || Call::new(address, "GET", &path).send().status;
    for _ in 0..200 {
        assert_eq!(ask(), 200);
    }
    for _ in 0..3 {
        gate.signal("HUP");
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(ask(), 200);
    assert_eq!(Call::new(admin, "GET", "/healthz").send().status, 200);

    gate.signal("TERM");
    let told = Instant::now();
    eventually("the gate ends", || gate.0.try_wait().unwrap().is_some());
    assert!(told.elapsed() < Duration::from_secs(20));
}
