//! The decision log in a file, as an operator has it: rotated, moved away, redacted, sampled; with what
//! the rules read, and never with a credential.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sidegate::telemetry::{LogLines, Outcome, Recorded, RecordedDecision};

use crate::support::client::Connection;
use crate::support::gate::Setup;
use crate::support::{Gate, Issuer, Upstream, eventually};

/// The tenant stands in a header, so that one rule reads a header.
const RULES: &str =
    "tokens: { from: [ bearer, { header: X-Token }, { cookie: id }, { query: access_token } ] }
routes:
  - { path: /public/**, public: true, name: open }
  - { path: /of/**, tenant: '{{ header.x-org }}', name: tenants }
  - { path: /odd/**, tenant: '{{ header.x-token }}', name: odd }
  - { path: /**, name: rest }
";

struct House {
    gate: Gate,
    issuer: Issuer,
    _upstream: Upstream,
    log: PathBuf,
}

impl House {
    /// A gate whose decisions go to a file, with these settings besides.
    fn with(settings: &str) -> Self {
        let (issuer, upstream) = (Issuer::start(), Upstream::start());
        let process = format!("log: {{ decisions: {{ file: logs.txt, {settings} }} }}\n");
        let gate = Setup::policy(&format!("{}{RULES}", issuer.section()))
            .process(&process)
            .upstream(&upstream)
            .start();
        let log = gate.folder().join("logs.txt");
        Self {
            gate,
            issuer,
            _upstream: upstream,
            log,
        }
    }

    fn ask(&self, path: &str, org: &str) -> u16 {
        let token = self
            .issuer
            .token(&json!({ "tenant_id": "acme", "roles": ["a", "b"] }));
        let call = self.gate.get(path).bearer(&token).header("X-Org", org);
        call.send().status
    }

    /// As many requests to a public route on one connection.
    fn ask_often(&self, times: usize) {
        let mut connection = Connection::open(self.gate.address);
        for number in 0..times {
            let call = self.gate.get(&format!("/public/{number}"));
            assert_eq!(connection.send(&call).status, 200);
        }
    }
}

fn records(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn wait_for(log: &Path, count: usize) -> Vec<Value> {
    eventually("the file has its records", || records(log).len() >= count);
    records(log)
}

#[test]
fn record_holds_what_its_decision_depended_on_and_can_be_read_back() {
    let house = House::with("");
    assert_eq!(house.ask("/of/a?b=c", "acme"), 200);
    assert_eq!(house.ask("/of/a", "other"), 403);
    let records = wait_for(&house.log, 2);
    // Each worker's records keep their order, but not those of two.
    let of = |decision: &str| records.iter().find(|record| record["decision"] == decision);
    let first = of("allow").unwrap();
    assert_eq!(first["schema"], 1);
    assert_eq!(first["scheme"], "http");
    assert_eq!(
        (&first["path"], &first["tenant"]),
        (&json!("/of/a"), &json!("acme"))
    );
    assert_eq!(
        (&first["roles"], &first["scopes"]),
        (&json!(["a", "b"]), &json!([]))
    );
    assert_eq!(first["headers"]["x-org"], "acme");
    assert!(
        !house.gate.output.text().contains("tenants"),
        "stdout has records too"
    );

    let file = fs::read(&house.log).unwrap();
    let mut lines = LogLines::new(file.as_slice());
    let mut found = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        let decision = line.decision().unwrap().unwrap();
        let org = decision.header("x-org").known().unwrap()[0].to_string();
        found.push((
            decision.outcome,
            org,
            decision.tenant.known().unwrap().to_string(),
        ));
    }
    let acme = || "acme".to_owned();
    let wanted = [
        (Outcome::Allow, acme(), acme()),
        (Outcome::Deny, "other".into(), acme()),
    ];
    assert_eq!(found.len(), wanted.len());
    assert!(wanted.iter().all(|it| found.contains(it)), "{found:?}");
}

#[test]
fn fact_that_was_missing_is_recorded_as_missing() {
    let house = House::with("");
    let token = house.issuer.token(&json!({ "tenant_id": "acme" }));
    house
        .gate
        .get("/of/a")
        .bearer(&token)
        .send()
        .assert_refused(403, "TENANT_MISMATCH");
    let record = wait_for(&house.log, 1).remove(0);
    assert_eq!(record["headers"], json!({ "x-org": null, "x-token": null }));
    let text = record.to_string();
    let decision = RecordedDecision::parse(&text, 1).unwrap().unwrap();
    assert_eq!(*decision.header("x-org"), Recorded::Absent);
    assert_eq!(*decision.header("x-other"), Recorded::NotRecorded);
}

#[test]
fn no_credential_is_recorded_even_where_a_rule_reads_it() {
    let house = House::with("");
    let token = house
        .issuer
        .token(&json!({ "tenant_id": "acme", "canary": "here" }));
    let gate = &house.gate;
    gate.get("/odd/a").header("X-Token", &token).send();
    gate.get("/odd/b")
        .bearer(&token)
        .header("X-Token", &token)
        .send();
    gate.get("/odd/c")
        .header("Cookie", &format!("id={token}; other=canary"))
        .send();
    gate.get(&format!("/of/d?access_token={token}"))
        .header("Cookie", "session=canary")
        .send();
    gate.get("/odd/e").header("X-Token", "canary").send();
    let records = wait_for(&house.log, 5);
    let omitted = json!({ "omitted": "credential" });
    let shown = records
        .iter()
        .filter(|record| record["headers"]["x-token"] == omitted);
    assert_eq!(shown.count(), 3, "{records:?}");
    let text = fs::read_to_string(&house.log).unwrap();
    assert!(
        !text.contains("canary") && !text.contains("access_token"),
        "{text}"
    );
    for part in token.split('.') {
        assert!(!text.contains(part), "a part of a token was recorded");
    }
}

#[test]
fn full_file_is_rotated_and_no_record_is_lost() {
    let house = House::with("rotate: { size: 64 KiB, keep: 9 }");
    house.ask_often(600);
    let numbered = |number: usize| PathBuf::from(format!("{}.{number}", house.log.display()));
    let all = || {
        let older = (1..10).rev().map(numbered);
        older
            .chain([house.log.clone()])
            .flat_map(|path| records(&path))
    };
    eventually("every request has its record", || all().count() == 600);
    let paths: Vec<String> = all()
        .map(|record| record["path"].as_str().unwrap().into())
        .collect();
    let wanted: Vec<String> = (0..600).map(|number| format!("/public/{number}")).collect();
    assert_eq!(paths, wanted);
    assert!(numbered(2).exists());
    for number in 1..10 {
        let size = fs::metadata(numbered(number)).map_or(0, |found| found.len());
        assert!(size <= 64 << 10, "{number}: {size}");
    }
}

#[test]
fn file_that_was_moved_away_is_made_anew() {
    let house = House::with("rotate: off");
    house.ask_often(1);
    wait_for(&house.log, 1);
    let moved = house.gate.folder().join("moved");
    fs::rename(&house.log, &moved).unwrap();
    house.ask_often(2);
    assert_eq!(wait_for(&house.log, 2).len(), 2);
    fs::remove_file(&house.log).unwrap();
    house.ask_often(3);
    assert_eq!(wait_for(&house.log, 3).len(), 3);
    assert_eq!(records(&moved).len(), 1);
}

#[test]
fn what_is_redacted_shows_nowhere() {
    let house = House::with("redact: [subject, tenant, path, client, roles, headers.X-Org]");
    assert_eq!(house.ask("/of/secret-path", "acme"), 200);
    assert_eq!(house.ask("/of/secret-path", "secret-org"), 403);
    let records = wait_for(&house.log, 2);
    for record in &records {
        for key in ["subject", "tenant", "path", "client"] {
            assert_eq!(record[key], "[redacted]", "{record}");
        }
        assert_eq!(record["roles"], json!(["[redacted]"]));
        assert_eq!(record["headers"]["x-org"], json!({ "omitted": "redacted" }));
        assert_eq!(record["route"], "tenants");
    }
    let text = fs::read_to_string(&house.log).unwrap();
    for part in ["alice", "acme", "secret"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
}

#[test]
fn share_of_what_passes_is_recorded_and_all_that_does_not() {
    let house = House::with("sample_allowed: 10%");
    house.ask_often(500);
    for _ in 0..20 {
        house
            .gate
            .get("/a")
            .send()
            .assert_refused(401, "TOKEN_MISSING");
    }
    let is = |record: &Value, word: &str| record["decision"] == word;
    eventually("every refusal has its record", || {
        records(&house.log)
            .iter()
            .filter(|record| is(record, "deny"))
            .count()
            == 20
    });
    let records = records(&house.log);
    let allowed: Vec<_> = records
        .iter()
        .filter(|record| is(record, "allow"))
        .collect();
    // Each worker takes its own tenth.
    assert!((40..=60).contains(&allowed.len()), "{}", allowed.len());
    assert!(allowed.iter().all(|record| record["sample"] == 0.1));
    let mut denied = records.iter().filter(|record| is(record, "deny"));
    assert!(denied.all(|record| record["sample"].is_null()));
}

#[test]
fn file_that_cannot_be_opened_is_said_at_the_start() {
    for (file, problem) in [
        ("no/such/folder/x.log", "cannot be opened: No such file"),
        ("/dev/null", "not a regular file"),
    ] {
        let (code, said) = Setup::policy("routes: [ { path: /**, public: true } ]\n")
            .process(&format!("log: {{ decisions: {{ file: {file} }} }}\n"))
            .upstream_url("http://127.0.0.1:1")
            .refusal();
        assert_eq!(code, 4, "{said}");
        assert!(said.contains(file) && said.contains(problem), "{said}");
    }
}

#[test]
fn word_of_a_flag_leaves_the_rest_of_the_file_in_force() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Setup::policy(&format!("{}{RULES}", issuer.section()))
        .process("log: { decisions: { file: logs.txt, redact: path } }\n")
        .argument("--set=log.decisions=denied")
        .upstream(&upstream)
        .start();
    gate.get("/public/a").send().assert_passed();
    gate.get("/secret")
        .send()
        .assert_refused(401, "TOKEN_MISSING");
    let records = wait_for(&gate.folder().join("logs.txt"), 1);
    assert_eq!(records.len(), 1);
    assert_eq!(
        (&records[0]["decision"], &records[0]["path"]),
        (&json!("deny"), &json!("[redacted]"))
    );
}
