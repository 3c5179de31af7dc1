//! A real PostgreSQL that is killed, that hangs, and that is not there yet, under steady traffic.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::stand::Stand;
use super::traffic::{Caller, Report, Traffic, assert_only};
use crate::support::eventually;
use crate::support::postgres::Postgres;

const SILENT: (u16, &str) = (503, "STORE_UNAVAILABLE");
const UNKNOWN: (u16, &str) = (401, "KEY_UNKNOWN");
const PASSED: (u16, &str) = (200, "");

/// The store's time-out as it is when nothing is said, with what a busy machine adds.
const LONGEST: Duration = Duration::from_millis(2500);
/// How long it may take until everything is as before.
const SECONDS: Duration = Duration::from_secs(5);

/// An outage, and what callers saw of it.
struct Outage {
    stand: Stand,
    known: String,
    report: Report,
    begin: Instant,
    end: Instant,
    over: Instant,
}

/// Has callers at work before, in and after an outage.
fn outage(server: &Postgres, begin: fn(&Postgres), end: fn(&Postgres)) -> Outage {
    let stand = Stand::new(&server.database());
    let known = stand.make("known");
    let new = stand.make_many(400);
    stand.ask(&known).assert_passed();
    let traffic = Traffic::start(&stand, &known, new);
    sleep(Duration::from_secs(1));
    begin(server);
    let began = Instant::now();
    sleep(Duration::from_secs(2));
    assert_silence_is_shown(&stand);
    sleep(Duration::from_secs(1));
    let ended = Instant::now();
    end(server);
    sleep(SECONDS);
    let over = Instant::now();
    Outage {
        report: traffic.end(),
        stand,
        known,
        begin: began,
        end: ended,
        over,
    }
}

/// Readiness, status and metrics of a gate whose store is silent, and whose known keys count.
fn assert_silence_is_shown(stand: &Stand) {
    let gate = &stand.gate;
    eventually("the status says so", || {
        gate.status()["store"]["reachable"] == false
    });
    let status = gate.status();
    let store = &status["store"];
    assert_eq!(
        (&store["trusted"], &store["kind"]),
        (&true.into(), &"postgres".into())
    );
    assert!(store["last_error"].is_string(), "{store}");
    // A gate whose known keys go on is of more use than none.
    assert_eq!(gate.ask_admin("/readyz").status, 200);
    assert_eq!(gate.metric("sidegate_key_store_trusted", &[]), 1.0);
    let failures = gate.metric("sidegate_key_lookup_failures_total", &["reason=\"store\""]);
    assert!(failures > 0.0);
    eventually("uses wait", || {
        gate.metric("sidegate_key_uses_waiting", &[]) > 0.0
    });
    let made = stand.try_make("meanwhile");
    made.assert_refused(503, "STORE_UNAVAILABLE");
}

impl Outage {
    /// What every outage must look like from outside.
    fn assert_borne(&self, what: &str) {
        let report = &self.report;
        let back = report.first(Caller::New, self.end, 200);
        println!(
            "{what}: new keys after {:?}, the longest answer {:?}\n{}",
            back - self.end,
            report.slowest(),
            report.told()
        );
        report.assert_only(Caller::Known, &[PASSED]);
        report.assert_only(Caller::Token, &[PASSED]);
        report.assert_only(Caller::Mistyped, &[UNKNOWN]);
        report.assert_only(Caller::New, &[PASSED, SILENT]);
        report.assert_only(Caller::Nobody, &[UNKNOWN, SILENT]);
        assert!(report.slowest() < LONGEST, "{:?}", report.slowest());
        let new = report.between(Caller::New, self.begin, self.end);
        assert_only(&new, "New, in the outage", &[SILENT]);
        assert!(back - self.end < SECONDS, "{:?}", back - self.end);
        for (caller, right) in [(Caller::New, PASSED), (Caller::Nobody, UNKNOWN)] {
            let after = report.between(caller, back, self.over);
            assert_only(&after, "Somebody, afterwards", &[right]);
        }
        self.assert_as_before();
    }

    /// Status and metrics are well again, keys are made, and no use is lost.
    fn assert_as_before(&self) {
        let (stand, gate) = (&self.stand, &self.stand.gate);
        eventually("the status says so", || {
            gate.status()["store"]["reachable"] == true
        });
        let another = stand.make("afterwards");
        stand.ask(&another).assert_passed();
        let passed = 1 + self.report.of(Caller::Known).len() as u64;
        eventually("all uses are written", || stand.uses(&self.known) >= passed);
        // A use whose writing was cut off may count twice, and the batch with it.
        println!("{} uses, written as {}", passed, stand.uses(&self.known));
        assert_eq!(gate.metric("sidegate_key_uses_lost_total", &[]), 0.0);
    }
}

#[test]
fn known_keys_outlive_a_killed_database_and_unknown_ones_wait_for_it() {
    let server = Postgres::start();
    let outage = outage(&server, Postgres::stop, Postgres::restart);
    outage.assert_borne("killed");
    // What was known before is still followed.
    let stand = &outage.stand;
    stand
        .own_operator()
        .run(&["keys", "revoke", super::stand::id(&outage.known), "--yes"]);
    let seen = stand.until(&outage.known, 401, "KEY_REVOKED");
    println!("revoked after the restart, seen after {seen:?}");
    assert!(seen < Duration::from_secs(1), "{seen:?}");
}

#[test]
fn hanging_database_lets_nobody_hang() {
    let server = Postgres::start();
    outage(&server, Postgres::pause, Postgres::resume).assert_borne("hanging");
}

#[test]
fn known_keys_count_no_longer_than_stated() {
    for (kept, longest) in [("keep_known: 1s", 4), ("keep_known: 0s", 3)] {
        let server = Postgres::start();
        let stand = Stand::with(&server.database(), kept);
        stand.gate.wait_ready();
        let known = stand.make("known");
        stand.ask(&known).assert_passed();
        let begin = Instant::now();
        server.stop();
        stand.until(&known, 503, "STORE_UNAVAILABLE");
        let ended = begin.elapsed();
        assert!(ended < Duration::from_secs(longest), "{kept}: {ended:?}");
        assert_eq!(stand.gate.metric("sidegate_key_store_trusted", &[]), 0.0);
        assert_eq!(stand.gate.status()["store"]["trusted"], false);
        // It stays so.
        sleep(Duration::from_millis(300));
        stand.ask(&known).assert_refused(503, "STORE_UNAVAILABLE");
        server.restart();
        let back = stand.until(&known, 200, "");
        println!("{kept}: refused after {ended:?}, good again after {back:?}");
        assert!(back < SECONDS, "{kept}: {back:?}");
        // A look-up may be answered before the changes are followed again.
        eventually("what is known counts again", || {
            stand.gate.metric("sidegate_key_store_trusted", &[]) == 1.0
        });
    }
}

#[test]
fn gate_that_starts_before_its_database_says_why_it_is_not_ready() {
    let server = Postgres::start();
    let url = server.database();
    let key = Stand::new(&url).make("early");
    server.stop();
    let stand = Stand::with(&url, "keep_known: 1h");
    let readiness = stand.gate.ask_admin("/readyz");
    assert_eq!(readiness.status, 503);
    let text = readiness.text();
    assert!(text.contains("[-] store: not reached so far"), "{text}");
    assert_eq!(stand.gate.status()["store"]["reachable"], false);
    stand.ask(&key).assert_refused(503, "STORE_UNAVAILABLE");
    let token = stand.gate.get("/tokens/x").bearer(&stand.person());
    token.send().assert_passed();
    server.restart();
    let back = stand.until(&key, 200, "");
    println!("a database that comes later is found after {back:?}");
    assert!(back < SECONDS, "{back:?}");
    stand.gate.wait_ready();
}
