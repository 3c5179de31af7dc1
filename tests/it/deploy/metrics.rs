//! The dashboard and the alerts, against what a running gate exports.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

use super::tools::{deploy, folder, good, promtool};
use crate::support::gate::Setup;
use crate::support::redis::Redis;
use crate::support::sender::signature;
use crate::support::{Issuer, Upstream, eventually, now};

/// Labels that Prometheus adds, or that a rule makes.
const ADDED: [&str; 3] = ["job", "instance", "le"];
/// What is not ours: the scrape's, and the process's.
const OTHERS: [&str; 3] = [
    "up",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
];

/// What the dashboard leaves out: they say little in a graph, or what another one says.
const NOT_SHOWN: [&str; 6] = [
    "sidegate_build_info",
    "sidegate_key_store_trusted",
    "sidegate_key_uses_written_total",
    "sidegate_replay_forgotten_total",
    "sidegate_replay_redis_unsettled_total",
    "sidegate_webhook_fetches_total",
];
const SECRET: &str = "a secret of GitHub's";

/// Metrics by their names, with their labels.
type Exported = BTreeMap<String, BTreeSet<String>>;

/// Names and labels in the text of a scrape.
fn exported(text: &str) -> Exported {
    let mut found = Exported::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let end = line.find(['{', ' ']).unwrap();
        let (name, rest) = line.split_at(end);
        found
            .entry(name.to_owned())
            .or_default()
            .extend(labels_of(rest));
    }
    found
}

/// The names before `="`.
fn labels_of(text: &str) -> Vec<String> {
    let before = text.split("=\"");
    let mut names: Vec<&str> = before
        .filter_map(|part| {
            part.rsplit(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                .next()
        })
        .collect();
    names.pop();
    names.into_iter().map(str::to_owned).collect()
}

/// A gate with everything that has metrics, after some of it has happened.
fn scraped() -> String {
    let (issuer, app, redis) = (Issuer::start(), Upstream::start(), Redis::start());
    let folder = folder();
    let enrolled = folder.path().join("asana.secret");
    let soon = jiff::Timestamp::from_second(now() + 86_400).unwrap();
    let until = soon.strftime("%F");
    let enrol = jiff::Timestamp::from_second(now() + 600).unwrap();
    let policy = format!(
        "{}api_keys:\n  partners: {{ prefix: acme_ }}\n\
         webhooks:\n  slack: {{ preset: slack, secrets: \"${{GITHUB_SECRET}}\" }}\n  \
         asana: {{ preset: asana, secrets: {{ file: '{}', enrol: {{ until: {enrol} }} }} }}\n  \
         github:\n    preset: github\n    secrets:\n      - {{ id: old, secret: \"${{GITHUB_SECRET}}\", not_after: {soon} }}\n\
         authenticate: [main, partners]\nroutes:\n  - path: /hooks\n    methods: [POST]\n    authenticate: github\n  \
         - path: /slack\n    methods: [POST]\n    authenticate: slack\n  - path: /asana\n    methods: [POST]\n    authenticate: asana\n  - path: /open\n    public: true\n  - path: /trial/**\n    observe: {{ until: {until}, rules: [roles] }}\n    roles: [admin]\n  - path: /**\n",
        issuer.section(),
        enrolled.display()
    );
    let candidate = policy.replace("    public: true\n", "    roles: [admin]\n");
    let gate = Setup::policy(&policy)
        .file("candidate.yaml", candidate)
        .env("GITHUB_SECRET", SECRET)
        .env("REDIS_URL", redis.url())
        .process("shadow: candidate.yaml\nreplay: { redis: \"${REDIS_URL}\" }\n")
        .upstream(&app)
        .start();
    gate.wait_ready();
    let token = issuer.token(&serde_json::json!({}));
    gate.get("/echo").bearer(&token).send();
    gate.get("/trial/a").bearer(&token).send();
    gate.get("/open").send();
    gate.get("/echo").bearer("nobody's").send();
    gate.get("/echo").header("X-Api-Key", "acme_nobody").send();
    let body = br#"{"a":1}"#;
    let delivery = gate.post("/hooks").body(body);
    let signed = delivery.header("X-Hub-Signature-256", &signature(SECRET, body));
    assert_eq!(signed.send().status, 200);
    // One whose signature tells its age.
    let (time, body) = (now().to_string(), r#"{"event_id":"1"}"#);
    let signed = signature(SECRET, format!("v0:{time}:{body}").as_bytes());
    let delivery = gate.post("/slack").body(body);
    let signed = delivery.header("X-Slack-Signature", &signed.replace("sha256=", "v0="));
    let signed = signed.header("X-Slack-Request-Timestamp", &time);
    assert_eq!(signed.send().status, 200);
    let first = gate.post("/asana").header("X-Hook-Secret", &"5".repeat(64));
    assert_eq!(first.send().status, 200);
    gate.replace_policy("routes: [");
    let mut text = String::new();
    // What a shadow says comes a moment later.
    eventually("all of it is counted", || {
        text = gate.ask_admin("/metrics").text();
        ["shadow", "observed", "reloads"]
            .iter()
            .all(|name| text.contains(&format!("sidegate_{name}_total{{")))
    });
    text
}

/// Every query of the dashboard, with what Grafana fills in.
fn queries() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(deploy("grafana/dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let legend = target["legendFormat"].as_str().unwrap();
            queries.push((filled(target["expr"].as_str().unwrap()), legend.to_owned()));
        }
    }
    for annotation in dashboard["annotations"]["list"].as_array().unwrap() {
        queries.push((filled(annotation["expr"].as_str().unwrap()), String::new()));
    }
    assert!(queries.len() > 50, "{}", queries.len());
    queries
}

fn filled(query: &str) -> String {
    let query = query.replace("$__rate_interval", "5m");
    query.replace("$job", ".*").replace("$instance", ".*")
}

/// The queries of the alerts.
fn alerts() -> Vec<String> {
    let text = std::fs::read_to_string(deploy("prometheus/alerts.yaml")).unwrap();
    let tree = super::yaml::tree(&text);
    let rules = tree["groups"][0]["rules"].as_array().unwrap();
    rules
        .iter()
        .map(|rule| rule["expr"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn queries_of_the_dashboard_are_queries() {
    let folder = folder();
    let file = folder.path().join("rules.yaml");
    let rules: Vec<Value> = queries()
        .into_iter()
        .enumerate()
        .map(|(number, (query, _))| serde_json::json!({ "record": format!("a:{number}"), "expr": query }))
        .collect();
    let groups = serde_json::json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    std::fs::write(&file, groups.to_string()).unwrap();
    good(promtool().args(["check", "rules"]).arg(&file));
}

/// The metrics that a query selects, each with the labels that it is selected by.
fn selected(query: &str) -> Vec<(String, Vec<String>)> {
    let names = format!("sidegate_[a-z_]+|{}", OTHERS.join("|"));
    let selector = Regex::new(&format!(r"(?-u:\b)({names})(?-u:\b)(?:\{{([^}}]*)\}})?")).unwrap();
    let label = Regex::new("([a-z_]+)(?:=|!)").unwrap();
    let labels = |matchers: &str| {
        let plain = matchers.split(',');
        let found = plain.filter_map(|one| Some(label.captures(one.trim())?[1].to_owned()));
        found.collect()
    };
    let found = selector.captures_iter(query).map(|found| {
        let matchers = found.get(2).map_or("", |matchers| matchers.as_str());
        (found[1].to_owned(), labels(matchers))
    });
    found.collect()
}

/// The labels that a query groups and joins by.
fn grouped(query: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in ["by (", "on ("] {
        for part in query.split(word).skip(1) {
            let list = part.split(')').next().unwrap();
            found.extend(list.split(',').map(|label| label.trim().to_owned()));
        }
    }
    found
}

#[test]
fn selected_metrics_and_labels_are_found_in_a_query() {
    let query = r#"sum by (job, le) (rate(sidegate_a_bucket{b="x", c!~"y|z"}[5m])) / on (job) up{job="d"} > sidegate_e"#;
    let own = |name: &str, labels: &[&str]| {
        (
            name.to_owned(),
            labels.iter().map(ToString::to_string).collect(),
        )
    };
    assert_eq!(
        selected(query),
        [
            own("sidegate_a_bucket", &["b", "c"]),
            own("up", &["job"]),
            own("sidegate_e", &[])
        ]
    );
    assert_eq!(grouped(query), ["job", "le", "job"]);
}

fn assert_exported(query: &str, legend: &str, exported: &Exported) {
    let mut known: BTreeSet<String> = ADDED.map(str::to_owned).into();
    for (name, labels) in selected(query) {
        if name == "up" {
            continue;
        }
        let own = exported.get(&name);
        let own = own.unwrap_or_else(|| panic!("{query}\n{name} is not exported"));
        for label in &labels {
            assert!(
                own.contains(label) || ADDED.contains(&label.as_str()),
                "{query}\n{name} has no {label}"
            );
        }
        known.extend(own.iter().cloned());
    }
    let shown = legend
        .split("{{")
        .skip(1)
        .filter_map(|part| part.split("}}").next());
    let shown = shown.map(|label| label.trim().to_owned());
    for label in grouped(query).into_iter().chain(shown) {
        assert!(
            known.contains(&label),
            "{query}\nnothing has the label {label}"
        );
    }
}

#[test]
fn every_metric_and_label_is_exported_by_a_running_gate() {
    let exported = exported(&scraped());
    for (query, legend) in queries() {
        assert_exported(&query, &legend, &exported);
    }
    for query in alerts() {
        assert_exported(&query, "", &exported);
    }
}

/// What is exported and never looked at is not worth its series.
#[test]
fn dashboard_looks_at_every_metric_of_the_readme() {
    let readme = std::fs::read_to_string(crate::support::repository("README.md")).unwrap();
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `sidegate_")?.split('`').next());
    let shown: Vec<String> = queries()
        .iter()
        .flat_map(|(query, _)| selected(query))
        .map(|(name, _)| name.trim_end_matches("_bucket").to_owned())
        .collect();
    let missing: Vec<String> = rows
        .map(|name| format!("sidegate_{name}"))
        .filter(|name| !shown.contains(name) && !NOT_SHOWN.contains(&name.as_str()))
        .collect();
    assert_eq!(missing, [""; 0]);
}
