//! What the gate says of itself, held against what it does: schemathesis makes requests out of the OpenAPI
//! description, right ones and wrong ones, and looks at every answer.
//!
//! The number of cases is bounded, and nothing about them is left to chance: a run finds what the last one
//! found.

use std::process::Command;

use super::stand::{OWN, Stand};
use crate::support::operator::ADMIN_TOKEN;
use crate::support::process::real_part;
use crate::support::repository;

/// Cases for each operation and phase.
const CASES: &str = "20";

fn stand() -> (Stand, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("keys.db").display());
    (Stand::new(&store), folder)
}

/// Holds the description at a URL against the service; `more` is said to schemathesis.
fn assert_true(description: &str, token: &str, more: &[&str]) {
    let python = real_part("schemathesis/bin/python");
    // It leaves a folder where it runs.
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(repository("tests/real/schemathesis.toml"))
        .args(["run", description, "--no-color"])
        .args(["--max-examples", CASES, "--generation-deterministic"])
        .args(["--request-timeout", "10"])
        .args(more)
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success(), "{errors}");
}

#[test]
fn description_of_the_admin_listener_is_true() {
    let (stand, _folder) = stand();
    stand.make_many(3);
    let description = format!("http://{}/keys/openapi.json", stand.gate.admin);
    assert_true(&description, ADMIN_TOKEN, &[]);
    // Whatever was asked, it still works.
    stand.ask(&stand.make("afterwards")).assert_passed();
}

#[test]
fn description_of_a_route_that_serves_keys_is_true() {
    let (stand, _folder) = stand();
    stand.make_many(3);
    let description = format!("http://{}{OWN}/openapi.json", stand.gate.address);
    // No route can take TRACE, and what no route takes is forbidden.
    let more = ["--exclude-checks", "unsupported_method"];
    assert_true(&description, &stand.person(), &more);
    stand.ask(&stand.make("afterwards")).assert_passed();
}
