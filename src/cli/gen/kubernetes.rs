//! Kubernetes: the gate beside the app in one pod, or by itself in front of the app's Service.

use super::File;
use super::facts::Facts;
use super::home::block;
use super::platform::{self, Platform};
use super::template::fill;

const SIDECAR: &str = include_str!("kubernetes-sidecar.yaml");
const SERVICE: &str = include_str!("kubernetes-service.yaml");
const CONTAINER: &str = include_str!("kubernetes-container.yaml");

/// What a sidecar is told besides.
const BESIDE: &str = "\
# Probes and scrapes come from outside the pod. The NetworkPolicy says who may.
admin: { listen: 0.0.0.0:9901 }
# Without this there is one for each core of the node.
workers: 1
# It is stopped after the app, so there is nobody left to wait for.
drain: { delay: 0s, timeout: 5s }";
/// What a gate by itself is told besides.
const ALONE: &str = "\
# Probes and scrapes come from outside the pod. The NetworkPolicy says who may.
admin: { listen: 0.0.0.0:9901 }
workers: 2
# Balancers notice late that a pod is going: it goes on accepting for a while.
drain: { delay: 10s, timeout: 25s }";
/// What is to be known of deliveries.
const ALONE_WITH_DELIVERIES: &str = "
# Each replica remembers by itself which deliveries were passed on. Several share a Redis:
# replay: { redis: \"${REDIS_URL}\" }";

/// How deep the texts of a ConfigMap stand.
const DEPTH: usize = 4;

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let beside = facts.app.is_loopback();
    let whole = if beside { SIDECAR } else { SERVICE };
    vec![File::new(
        "kubernetes.yaml",
        fill(whole, &places(facts, beside)),
    )]
}

fn places(facts: &Facts, beside: bool) -> Vec<(&'static str, String)> {
    let name = name(facts);
    let (most, least) = facts.home.memory(facts);
    let container = [
        ("env", env(facts, &name)),
        ("port", facts.sidegate.port.to_string()),
        ("most", most.to_string()),
        ("least", least.to_string()),
    ];
    vec![
        ("before", before(facts, &name, beside)),
        ("sidegate_yaml", block(&process_file(facts, beside), DEPTH)),
        ("policy_yaml", block(&facts.home.policy, DEPTH)),
        ("container", fill(CONTAINER, &container)),
        ("projected", projected(facts, &name)),
        (
            "replicas",
            if kept_here(facts) { "1" } else { "2" }.to_owned(),
        ),
        ("port", facts.sidegate.port.to_string()),
        ("app_port", facts.app.port.to_string()),
        ("app_name", app_name(facts)),
        ("name", name),
    ]
}

/// The first label of the host, as names of objects are spelled.
fn name(facts: &Facts) -> String {
    let label = facts.host.split('.').next().unwrap_or_default();
    let label = label.replace('_', "-");
    match label.trim_matches('-') {
        "" => "app".to_owned(),
        label => label.to_owned(),
    }
}

/// What the app's pods are called in front of whose Service the gate stands.
fn app_name(facts: &Facts) -> String {
    let first = facts.app.host.split('.').next();
    first.unwrap_or_default().to_owned()
}

/// Whether nothing but this pod's own disk could keep the API keys.
fn kept_here(facts: &Facts) -> bool {
    facts.home.process.contains("sqlite:")
}

/// Keys that are made need PostgreSQL, unless the process file knows of another place.
fn needs_database(facts: &Facts) -> bool {
    facts.home.stored_keys && !facts.home.has_store
}

fn process_file(facts: &Facts, beside: bool) -> String {
    let mut own = match beside {
        true => BESIDE,
        false => ALONE,
    }
    .to_owned();
    let has = |key: &str| facts.home.process.lines().any(|line| line.starts_with(key));
    if !has("log:") {
        own.push_str("\nlog: { format: json }");
    }
    if !facts.bodies.is_empty() && !facts.home.has_redis {
        own.push_str(ALONE_WITH_DELIVERIES);
    }
    let platform = Platform {
        address: format!("0.0.0.0:{}", facts.sidegate.port),
        policy: "../policy/policy.yaml",
        upstream: facts.app.to_string(),
        store: "${DATABASE_URL}",
        own,
    };
    platform::file(facts, &platform)
}

/// Variables of both files, each from the Secret that `before` says how to make.
fn env(facts: &Facts, name: &str) -> String {
    let lines: Vec<String> = variables(facts)
        .map(|variable| {
            format!("  - name: {variable}\n    valueFrom: {{ secretKeyRef: {{ name: {name}-sidegate, key: {variable} }} }}")
        })
        .collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("env:\n{}", lines.join("\n")),
    }
}

/// Files that the policy names, put beside it.
fn projected(facts: &Facts, name: &str) -> String {
    if facts.home.files.is_empty() {
        return String::new();
    }
    let items = facts.home.files.iter();
    let items: Vec<String> = items
        .map(|file| format!("    - {{ key: {}, path: {file} }}", key(file)))
        .collect();
    format!(
        "- secret:\n    name: {name}-sidegate-files\n    items:\n{}",
        indented(&items)
    )
}

fn indented(items: &[String]) -> String {
    let lines: Vec<String> = items.iter().map(|item| format!("  {item}")).collect();
    lines.join("\n")
}

/// What a file is called in a Secret, whose keys have no slashes.
fn key(file: &str) -> String {
    file.replace('/', "_")
}

/// What has to be done first, and what the files cannot say.
fn before(facts: &Facts, name: &str, beside: bool) -> String {
    let mut lines = Vec::new();
    let secret = |name: &str, entries: Vec<String>| {
        format!(
            "# Before: kubectl create secret generic {name} {}",
            entries.join(" ")
        )
    };
    let variables: Vec<String> = variables(facts)
        .map(|one| format!("--from-literal={one}=..."))
        .collect();
    if !variables.is_empty() {
        lines.push(secret(&format!("{name}-sidegate"), variables));
    }
    let files = facts.home.files.iter();
    let files: Vec<String> = files
        .map(|file| format!("--from-file={}={file}", key(file)))
        .collect();
    if !files.is_empty() {
        lines.push(secret(&format!("{name}-sidegate-files"), files));
    }
    lines.push(facts.home.elsewhere());
    if beside {
        lines.push(format!(
            "# The app has to listen on 127.0.0.1:{} and nowhere else.",
            facts.app.port
        ));
    }
    if facts.sidegate.secure {
        lines.push(
            "# TLS: mount a Secret of type kubernetes.io/tls and name it in `tls` of the listener."
                .to_owned(),
        );
    }
    if kept_here(facts) {
        lines.push(
            "# API keys are kept in SQLite: give `sidegate-state` a PersistentVolumeClaim, and the Deployment\n\
             # `strategy: { type: Recreate }`."
                .to_owned(),
        );
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// Every variable that has to be set.
fn variables(facts: &Facts) -> impl Iterator<Item = &str> {
    let database = needs_database(facts).then_some("DATABASE_URL");
    facts
        .home
        .variables
        .iter()
        .map(String::as_str)
        .chain(database)
}
