//! One file of cases, three ways: through the engine (`sidegate test`), through the gate over real sockets,
//! and through `sidegate replay` of the log that the gate wrote. All of them decide alike.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sidegate::document::{Problems, parse};
use tempfile::TempDir;

use crate::cases::cases_below;
use crate::support::client::{Answer, Call};
use crate::support::gate::{Setup, sidegate};
use crate::support::upstream::Seen;
use crate::support::{Gate, Upstream, eventually, repository};

/// A file of cases, with what the engine makes of each.
struct Suite {
    /// Where the key sets are.
    _keys: TempDir,
    listed: Value,
    results: Vec<Value>,
}

impl Suite {
    fn of(file: &Path) -> Self {
        let keys = tempfile::tempdir().unwrap();
        let folder = keys.path().to_str().unwrap();
        let list = ["--list", "--json", "--jwks-out", folder];
        let mut listed = output(file, &list);
        let mut results = output(file, &["--json"]);
        let listed = listed["files"][0].take();
        let results = results["results"].take().as_array().unwrap().clone();
        assert_eq!(listed["cases"].as_array().unwrap().len(), results.len());
        Self {
            _keys: keys,
            listed,
            results,
        }
    }

    /// The policy, with key sets in the place of what its issuers publish.
    fn policy(&self) -> Value {
        let path = self.listed["policy"].as_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let problems = Problems::new();
        let look_up = |name: &str| match self.listed["made_up_secrets"].get(name) {
            // Secrets stay in the environment.
            Some(_) => Some(format!("${{{name}}}")),
            None => Some(self.listed["environment"].get(name)?.as_str()?.to_owned()),
        };
        let mut policy = parse(path, &text, &look_up, &problems).unwrap().to_json();
        assert!(!problems.has_errors(), "{:?}", problems.into_sorted());
        for (name, issuer) in self.listed["issuers"].as_object().unwrap() {
            let settings = policy["issuers"][name].as_object_mut().unwrap();
            for key in ["jwks_url", "jwks", "jwks_file"] {
                settings.remove(key);
            }
            settings.insert("jwks_file".to_owned(), issuer["jwks_file"].clone());
        }
        for (name, keys) in self.listed["api_keys"].as_object().unwrap() {
            list_keys(policy["api_keys"][name].as_object_mut().unwrap(), keys);
        }
        policy
    }

    /// The cases that can be sent as they stand: at this time, with a token if somebody is to call.
    fn sent(&self) -> Vec<(&Value, &Value)> {
        let cases = self.listed["cases"].as_array().unwrap().iter();
        let all = cases.zip(&self.results);
        all.filter(|(case, _)| {
            let given = !case["principal"].is_null();
            case["own_time"] != true
                && case["token"] != "[removed]"
                && (!given || !case["token"].is_null())
        })
        .collect()
    }
}

/// Lists the keys of the cases in the place of those that a set finds elsewhere. What it keeps in the store
/// it goes on to keep there, in a file beside the copy of the policy.
fn list_keys(set: &mut serde_json::Map<String, Value>, keys: &Value) {
    let elsewhere = ["file", "environment", "folder"].map(|key| set.remove(key).is_some());
    let listed = elsewhere.contains(&true) || set.contains_key("keys");
    set.entry("store").or_insert(json!(!listed));
    let mut all = keys.as_array().unwrap().clone();
    let own = set.get("keys").and_then(Value::as_array);
    all.extend(own.into_iter().flatten().cloned());
    set.insert("keys".to_owned(), all.into());
}

/// Whether the gate itself answers on a route: it serves API keys there. `prefix` is the path of the groups
/// around.
fn is_answered_here(policy: &Value, prefix: &str, route: &Value) -> bool {
    match policy {
        Value::Object(members) => {
            let own = members.get("path").and_then(Value::as_str);
            let path = format!("{prefix}{}", own.unwrap_or_default());
            let called = match members.get("name") {
                Some(name) => name == route,
                None => *route == path.as_str(),
            };
            let serves = members.get("api_keys").is_some_and(Value::is_string);
            let mut inside = members.values();
            (called && serves) || inside.any(|value| is_answered_here(value, &path, route))
        }
        Value::Array(items) => items
            .iter()
            .any(|value| is_answered_here(value, prefix, route)),
        _ => false,
    }
}

fn output(file: &Path, words: &[&str]) -> Value {
    let mut command = sidegate();
    let command = command.arg("test").arg(file).args(["--now", "now"]);
    let output = command.args(words).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("{}: {error}: {text}{said}", file.display())
    })
}

/// The upstreams that a policy names.
fn upstreams(policy: &Value, found: &mut BTreeSet<String>) {
    match policy {
        Value::Object(members) => {
            let named = members.get("upstream").and_then(Value::as_str);
            found.extend(named.map(str::to_owned));
            members.values().for_each(|value| upstreams(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| upstreams(value, found)),
        _ => {}
    }
}

fn gate(suite: &Suite, upstream: &Upstream) -> Gate {
    let policy = suite.policy();
    let mut names = BTreeSet::from(["default".to_owned()]);
    upstreams(&policy, &mut names);
    let urls = names
        .into_iter()
        .map(|name| (name, json!({ "url": upstream.url() })));
    let process = json!({
        "workers": 1,
        "upstreams": urls.collect::<serde_json::Map<_, _>>(),
        "trusted_proxies": { "cidrs": ["127.0.0.0/8"] },
        "log": { "decisions": { "file": "decisions.log", "rotate": "off" } },
    });
    let mut setup = Setup::policy(&policy.to_string()).process(&process.to_string());
    for section in ["environment", "made_up_secrets"] {
        for (name, value) in suite.listed[section].as_object().unwrap() {
            setup = setup.env(name, value.as_str().unwrap());
        }
    }
    setup.start()
}

/// Sends a case as the trusted proxy in front of the gate would pass it on.
fn send(gate: &Gate, case: &Value, id: &str) -> Answer {
    let request = &case["request"];
    let text = |key: &str| request[key].as_str().unwrap();
    let mut call = Call::new(gate.address, text("method"), text("target")).host(text("host"));
    for header in request["headers"].as_array().unwrap() {
        let (name, value) = (header[0].as_str().unwrap(), header[1].as_str().unwrap());
        call = match name.eq_ignore_ascii_case("host") {
            true => call.host(value),
            false => call.header(name, value),
        };
    }
    let body = STANDARD.decode(text("body_base64")).unwrap();
    if !body.is_empty() {
        call = call.body(body);
    }
    call.header("X-Forwarded-For", text("client"))
        .header("X-Forwarded-Proto", text("scheme"))
        .header("X-Request-Id", id)
        .send()
}

/// What the engine decided, from the report.
fn decided(result: &Value) -> Value {
    json!([result["decision"], result["reason"], result["route"]])
}

/// What the gate decided, from its log.
fn recorded(record: &Value) -> Value {
    json!([record["decision"], record["reason"], record["route"]])
}

/// Holds what reached the upstream against what the case expects.
fn check_arrival(case: &Value, seen: &Seen, place: &str) {
    let expect = &case["expect"];
    for (name, wanted) in expect["headers"].as_object().unwrap() {
        assert_eq!(seen.header(name), wanted.as_str(), "{place}: {name}");
    }
    for name in expect["removed"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        let set = expect["headers"].as_object().unwrap().iter();
        let mut set = set.filter(|(_, value)| !value.is_null());
        if !set.any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            let sent = case["request"]["headers"].as_array().unwrap().iter();
            let mut sent = sent.filter(|header| {
                let sent = header[0].as_str().unwrap();
                sent.eq_ignore_ascii_case(name)
            });
            let arrived = seen.header(name);
            assert!(
                sent.all(|header| header[1].as_str() != arrived),
                "{place}: {name} arrived"
            );
        }
    }
    if let Some(path) = expect["path"].as_str() {
        assert_eq!(seen.target, path, "{place}");
    }
}

fn records(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let whole = text.split_inclusive('\n');
    let whole = whole.filter(|line| line.ends_with('\n'));
    whole
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Sends every case, and gives the log and how many cases were sent.
fn through_the_gate(suite: &Suite, gate: &Gate, upstream: &Upstream) -> (PathBuf, usize) {
    let file = suite.listed["file"].as_str().unwrap();
    let (sent, policy) = (suite.sent(), suite.policy());
    for (number, (case, result)) in sent.iter().enumerate() {
        upstream.forget();
        let place = format!("{file}: {}", case["name"]);
        let answer = send(gate, case, &format!("case-{number}"));
        match result["status"].as_u64() {
            None if is_answered_here(&policy, "", &result["route"]) => {
                assert_eq!(upstream.count(), 0, "{place}: it was forwarded");
            }
            None => check_arrival(case, &upstream.last(), &place),
            Some(status) => {
                assert_eq!(upstream.count(), 0, "{place}: it was forwarded");
                let redirected = (300..400).contains(&answer.status);
                assert!(redirected || u64::from(answer.status) == status, "{place}");
            }
        }
    }
    let log = gate.folder().join("decisions.log");
    eventually("every case has its record", || {
        records(&log).len() >= sent.len()
    });
    let records = records(&log);
    assert_eq!(records.len(), sent.len(), "{file}");
    // Requests that cannot be read have no name; these stand in their order.
    let mut unnamed = records.iter().filter(|found| found["request_id"].is_null());
    for (number, (case, result)) in sent.iter().enumerate() {
        let id = format!("case-{number}");
        let mut named = records.iter();
        let named = named.find(|record| record["request_id"] == id.as_str());
        let record = named.or_else(|| unnamed.next()).unwrap();
        let place = format!("{file}: {}", case["name"]);
        assert_eq!(recorded(record), decided(result), "{place}: {record}");
    }
    (log, sent.len())
}

fn replay(suite: &Suite, gate: &Gate, log: &Path) -> Value {
    let mut command = sidegate();
    for section in ["environment", "made_up_secrets"] {
        for (name, value) in suite.listed[section].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
    }
    let policy = gate.folder().join("policy.yaml");
    let command = command.arg("replay").arg(log).arg("--policy").arg(policy);
    let output = command.arg("--json").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    serde_json::from_str(&text).unwrap()
}

fn is_decided_alike(file: &Path) {
    let (suite, upstream) = (Suite::of(file), Upstream::start());
    let gate = gate(&suite, &upstream);
    let (log, sent) = through_the_gate(&suite, &gate, &upstream);
    // What needs another day, or somebody whom no token can stand for, cannot be sent.
    assert!(sent * 10 >= suite.results.len() * 9, "{}", file.display());
    let report = replay(&suite, &gate, &log);
    assert_eq!(
        report["changes"]["same"]["records"],
        sent,
        "{}: {report:#}",
        file.display()
    );
}

#[test]
fn case_is_decided_alike_by_the_engine_by_the_gate_and_by_replay() {
    let files = cases_below(&repository("config"));
    assert!(files.len() >= 2, "{files:?}");
    files.iter().for_each(|file| is_decided_alike(file));
}

const POLICY_WITH_KEYS: &str = r#"
issuers:
  main: { url: "https://idp.example.com", audience: api }
api_keys:
  partners: { prefix: acme_, from: [bearer, { query: apiKey }, { header: x-api-key }] }
  ci:
    from: { header: x-ci-key }
    environment: NO_SUCH_VARIABLE_HERE
    defaults: { subject: builder, tenant: acme, scopes: ["builds:*"] }
  mounted: { prefix: mnt_, from: { cookie: k }, folder: no/such/folder }
scopes: { alerts:read: , alerts:write: , builds:start: }
authenticate: main
identity_headers:
  X-Key: "{{ principal.claims.key_id }}"
routes:
  - { name: people, path: /people/** }
  - { name: alerts, path: "/alerts/{source}/**", authenticate: [main, partners], permission: { GET: alerts:read, POST: alerts:write } }
  - { name: builds, path: "/t/{tenant}/builds", authenticate: ci, permission: builds:start }
  - { name: files, path: /files, authenticate: mounted, when: principal.claims.level == 3 }
"#;

const CASES_WITH_KEYS: &str = r#"
defaults: { key: { scopes: "*" } }
principals:
  partner: { key: { set: partners, id: k1, tenant: acme, sources: [github], networks: [192.0.2.0/24] } }
cases:
  - name: everybody
    each:
      source: [github, gitlab]
      place: { bearer: bearer, header: { header: x-api-key }, query: { query: apiKey } }
    request: "GET /alerts/{{ source }}/1?x=1"
    key: { set: partners, id: k2, sources: github, in: "{{ place }}" }
    expect: { "github *": { headers: { X-Key: k2 }, path: "/alerts/github/1?x=1" }, "gitlab *": deny SOURCE_NOT_ALLOWED }
  - name: broken
    each: { status: [active, pending, expired, revoked, replaced, unknown, mistyped, truncated] }
    request: GET /alerts/a/1
    key: { set: partners, status: "{{ status }}" }
    expect: { active: allow, pending: 401 KEY_NOT_YET_VALID, expired|replaced: 401 KEY_EXPIRED, revoked: 401 KEY_REVOKED, "*": 401 KEY_UNKNOWN }
  - { request: GET /alerts/github/1, as: partner, expect: allow }
  - { request: { url: /alerts/github/1, client: 198.51.100.7 }, as: partner, expect: deny SOURCE_NOT_ALLOWED }
  - { request: POST /alerts/github/1, key: { set: partners, scopes: alerts:read }, expect: deny PERMISSION_DENIED }
  - { request: GET /people/1, as: partner, expect: 401 KEY_UNKNOWN }
  - { request: GET /people/1, expect: 401 TOKEN_MISSING }
  - { request: GET /people/1, claims: { sub: alice }, expect: allow }
  - { request: { url: /alerts/a/1, headers: { X-Api-Key: acme_other } }, claims: { sub: a }, expect: 400 CREDENTIAL_AMBIGUOUS }
  - { request: GET /t/acme/builds, key: { set: ci, scopes: [builds:start] }, expect: allow }
  - { request: GET /t/globex/builds, key: { set: ci, scopes: [builds:start] }, expect: deny TENANT_MISMATCH }
  - { request: GET /t/acme/builds, expect: 401 KEY_MISSING }
  - { request: GET /files, key: { set: mounted, metadata: { level: 3 } }, expect: allow }
  - { request: GET /files, key: { set: mounted, metadata: { level: 2 } }, expect: deny CONDITION_FALSE }
"#;

#[test]
fn caller_with_an_api_key_is_decided_alike_by_the_engine_by_the_gate_and_by_replay() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    write("policy.yaml", POLICY_WITH_KEYS);
    is_decided_alike(&write("cases.yaml", CASES_WITH_KEYS));
}
