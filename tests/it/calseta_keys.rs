//! Calseta's API keys: rows K1, K2 and K9 of the policy in `config/examples/calseta`.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::calseta::{SECRETS, with_secrets};
use crate::support::gate::{Setup, sidegate};
use crate::support::sender::signature;
use crate::support::{Answer, Call, Gate, Upstream, eventually, repository};

/// A gate, and the store that keys are put into beside it.
pub(crate) struct House {
    pub(crate) gate: Gate,
    pub(crate) upstream: Upstream,
    pub(crate) folder: TempDir,
}

pub(crate) fn house() -> House {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start());
    let gate = with_secrets(Setup::example("calseta"))
        .argument(&format!("--store={}", store(folder.path())))
        .upstream(&upstream)
        .start();
    House {
        gate,
        upstream,
        folder,
    }
}

fn store(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("keys.db").display())
}

impl House {
    /// Runs `sidegate keys` on the store; gives what it said.
    #[track_caller]
    pub(crate) fn keys(&self, words: &[&str]) -> String {
        let output = sidegate()
            .current_dir(self.folder.path())
            .arg("keys")
            .args(words)
            .arg("--policy")
            .arg(repository("config/examples/calseta/policy.yaml"))
            .args(["--store", &store(self.folder.path())])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A new key.
    pub(crate) fn key(&self, words: &[&str]) -> String {
        let text = self.keys(&[&["new"], words].concat());
        text.trim_end().to_owned()
    }

    /// The id of the key of a name.
    pub(crate) fn id(&self, name: &str) -> String {
        let list: Value = serde_json::from_str(&self.keys(&["list", "--all", "--json"])).unwrap();
        let mut keys = list["keys"].as_array().unwrap().iter();
        let key = keys.find(|key| key["name"] == name).unwrap();
        key["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn call(&self, method: &str, path: &str, key: &str) -> Call {
        let call = self.gate.call(method, path).bearer(key).body("{}");
        call.header("X-Forwarded-For", "203.0.113.7")
    }

    pub(crate) fn ask(&self, method: &str, path: &str, key: &str) -> Answer {
        self.call(method, path, key).send()
    }

    /// Sends an alert as one of the sources that sign, which this key may or may not speak for.
    pub(crate) fn ingest(&self, source: &str, key: &str) -> Answer {
        let named = format!("{}_WEBHOOK_SECRET", source.to_uppercase());
        let mut known = SECRETS.iter();
        let (_, secret) = known.find(|(name, _)| *name == named).unwrap();
        let name = match source {
            "splunk" => "X-Splunk-Signature",
            _ => "X-Webhook-Signature",
        };
        let call = self.call("POST", &format!("/v1/ingest/{source}"), key);
        call.header(name, &signature(secret, b"{}")).send()
    }

    /// The records of refused requests, in their order.
    fn records(&self) -> Vec<Value> {
        let lines = self.gate.output.all();
        let records = lines.iter().filter(|line| line.starts_with('{'));
        records
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Row K1.
#[test]
fn new_key_passes_with_its_scopes_and_the_app_learns_whose_it_was() {
    let house = house();
    let key = house.key(&["--name", "bot", "--scope", "alerts:read"]);
    assert!(key.starts_with("cai_"), "{}", key.len());
    house.ask("GET", "/v1/alerts", &key).assert_passed();
    let seen = house.upstream.last();
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(seen.header("x-api-key-id"), Some(&*house.id("bot")));
    assert_eq!(seen.header("x-api-key-name"), Some("bot"));
    assert_eq!(seen.header("x-api-key-scopes"), Some("alerts:read"));
    assert_eq!(seen.header("x-client-ip"), Some("203.0.113.7"));
    house
        .ask("PATCH", "/v1/alerts/7", &key)
        .assert_refused(403, "PERMISSION_DENIED");
    house
        .ask("PUT", "/v1/settings/x", &key)
        .assert_refused(403, "INSUFFICIENT_SCOPE");
    assert_eq!(house.upstream.count(), 1);
}

/// Row K1.
#[test]
fn admin_may_everything() {
    let house = house();
    let key = house.key(&["--name", "ops", "--scope", "admin"]);
    for (method, path) in [
        ("GET", "/v1/alerts"),
        ("POST", "/v1/ingest/generic"),
        ("POST", "/v1/workflows/7/execute"),
        ("POST", "/v1/approvals/7/approve"),
        ("PUT", "/v1/settings/enrichment"),
        ("POST", "/mcp"),
    ] {
        house.ask(method, path, &key).assert_passed();
    }
    for source in ["sentinel", "elastic", "splunk"] {
        house.ingest(source, &key).assert_passed();
    }
}

/// Row K2.
#[test]
fn key_of_one_source_ingests_from_it_alone() {
    let house = house();
    let words = ["--name", "sentinel", "--source", "sentinel"];
    let scopes = ["--scope", "alerts:write", "--scope", "alerts:read"];
    let key = house.key(&[&words[..], &scopes].concat());
    house.ingest("sentinel", &key).assert_passed();
    assert_eq!(house.upstream.last().target, "/v1/ingest/sentinel");
    for source in ["elastic", "splunk"] {
        house
            .ingest(source, &key)
            .assert_refused(403, "SOURCE_NOT_ALLOWED");
    }
    for (method, path) in [
        ("POST", "/v1/ingest/generic"),
        ("POST", "/v1/ingest/Sentinel"),
        ("POST", "/v1/ingest/sentinel2"),
        ("GET", "/v1/alerts"),
        ("POST", "/mcp"),
    ] {
        house
            .ask(method, path, &key)
            .assert_refused(403, "SOURCE_NOT_ALLOWED");
    }
    assert_eq!(house.upstream.count(), 1);
    let any = house.key(&["--name", "any", "--scope", "alerts:write"]);
    house.ingest("elastic", &any).assert_passed();
    house
        .ask("POST", "/v1/ingest/generic", &any)
        .assert_passed();
}

/// Row K9: who failed to say who they are stands in one record, and no key does. One setting of the example's
/// process file makes JSON of it.
#[test]
fn failed_authentication_is_one_record() {
    let house = house();
    let key = house.key(&["--name", "gone", "--scope", "alerts:read"]);
    let id = house.id("gone");
    house.ask("GET", "/v1/alerts", &key).assert_passed();
    house.keys(&["revoke", &id, "--yes"]);
    eventually("the gate knows", || {
        house.ask("GET", "/v1/alerts", &key).status == 401
    });

    let wrong = "cai_wrongkey0123456789abcdef";
    let short = "cai_0123";
    let nobodys = "another-secret-of-somebody-else";
    let wanted = [
        ("PATCH", "/v1/alerts/1", &*key, "KEY_REVOKED", Some(&*id)),
        (
            "GET",
            "/v1/alerts/2",
            wrong,
            "KEY_UNKNOWN",
            Some("`cai_wron`"),
        ),
        ("GET", "/v1/alerts/3", short, "KEY_UNKNOWN", None),
        ("GET", "/v1/alerts/4", nobodys, "KEY_UNKNOWN", None),
    ];
    for (method, path, key, ..) in wanted {
        house.ask(method, path, key);
    }
    for (method, path, _, reason, named) in wanted {
        let of = |record: &Value| record["path"] == path;
        eventually("it has its record", || house.records().iter().any(of));
        let records: Vec<Value> = house.records().into_iter().filter(of).collect();
        let [record] = &*records else {
            panic!("{records:#?}");
        };
        let expected = json!({ "decision": "deny", "status": 401, "reason": reason,
            "method": method, "client": "203.0.113.7", "host": house.gate.address.to_string() });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&record[name], value, "{name}: {record}");
        }
        let time = record["time"].as_str().unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        let detail = record["detail"].as_str().unwrap_or_default();
        assert!(named.is_none_or(|named| detail.contains(named)), "{record}");
    }
    let said = house.gate.output.text();
    for text in [&*key, wrong, short, nobodys, "cai_wrong", "another-"] {
        assert!(!said.contains(text), "{said}");
    }
}
