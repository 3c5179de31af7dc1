//! Policies that change while requests pass.

use std::fs;
use std::thread;
use std::time::Duration;

use super::{BROKEN, OPEN, OTHER, Running, WITH_ISSUER, config, folder};

#[test]
fn broken_policy_changes_nothing_and_the_next_good_one_is_taken() {
    let (_folder, path) = folder(OPEN);
    let mut running = Running::start(config(&path, &[]));
    let first = running.admin("GET /status");
    let hash = hash(&first);

    fs::write(&path, BROKEN).unwrap();
    let status = running.admin_until("GET /status", "publik");
    assert!(status.contains(&hash), "{status}");
    assert!(status.contains(":3:"), "{status}");
    let metrics = running.admin("GET /metrics");
    assert!(metrics.contains("sidegate_config_last_reload_successful 0"));

    fs::write(&path, OTHER).unwrap();
    let status = running.admin_until("GET /status", "\"last_error\": null");
    assert!(!status.contains(&hash), "{status}");
    let metrics = running.admin("GET /metrics");
    assert!(metrics.contains("sidegate_config_last_reload_successful 1"));
    assert!(metrics.contains("sidegate_reloads_total{result=\"success\"} 1"));
    assert!(metrics.contains("sidegate_reloads_total{result=\"failure\"} 1"));
    running.stop().unwrap();
}

#[test]
fn unchanged_policy_is_reloaded_on_request_only() {
    let (_folder, path) = folder(OPEN);
    let mut running = Running::start(config(&path, &[]));
    fs::write(&path, OPEN).unwrap();
    thread::sleep(Duration::from_millis(600));
    let metrics = running.admin("GET /metrics");
    assert!(!metrics.contains("sidegate_reloads_total{"), "{metrics}");
    let answer = running.admin("POST /reload");
    assert!(
        answer.contains("200 OK") && answer.contains("loaded"),
        "{answer}"
    );
    fs::write(&path, BROKEN).unwrap();
    let answer = running.admin("POST /reload");
    assert!(answer.contains("publik"), "{answer}");
    running.stop().unwrap();
}

#[test]
fn idle_workers_let_go_of_the_policy_before_and_of_its_issuers() {
    let (_folder, path) = folder(WITH_ISSUER);
    let mut running = Running::start(config(&path, &[]));
    assert!(running.admin("GET /readyz").contains("key set main"));
    // Whoever asks for readiness first sends no requests until it is there.
    fs::write(&path, OPEN).unwrap();
    running.admin_until("GET /status", "\"key_sets\": []");
    assert!(running.admin("GET /readyz").contains("200 OK"));
    running.stop().unwrap();
}

/// The policy's hash in a status.
fn hash(status: &str) -> String {
    let (_, rest) = status.split_once("\"hash\": ").unwrap();
    rest.chars()
        .skip_while(|c| *c != '"')
        .skip(1)
        .take(12)
        .collect()
}
