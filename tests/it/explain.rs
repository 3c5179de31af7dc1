//! `explain` as it is used: pasted lines, piped records, and nothing secret in what it prints.

use std::io::Write;
use std::process::{Output, Stdio};

use crate::support::gate::sidegate;
use crate::support::repository;

/// Explains a request to the demo's policy; gives the exit code and all that was printed.
fn explain(words: &[&str], input: &str) -> (i32, String) {
    let mut command = sidegate();
    let policy = repository("config/demo/policy.yaml");
    command
        .env("DEMO_ISSUER", "http://127.0.0.1:9000")
        .arg("explain")
        .arg("--policy")
        .arg(policy);
    command
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    let text = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap_or(-1), text)
}

#[test]
fn refusal_names_the_check_and_the_nearest_change() {
    let (code, said) = explain(
        &[
            "POST",
            "/api/reports/7",
            "--as-subject",
            "bob",
            "--role",
            "viewer",
        ],
        "",
    );
    assert_eq!(code, 1, "{said}");
    for line in [
        "takes it   /api/reports/**: decides",
        "ruled out  /api/**: less specific than `/api/reports/**`",
        "fails  permission: asks for reports:write; has viewer",
        "decision: deny 403 PERMISSION_DENIED",
        "passes if  the permission reports:write",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
}

#[test]
fn request_that_passes_shows_what_the_app_gets() {
    let words = [
        "GET",
        "/admin/%75sers",
        "--as-subject",
        "alice",
        "--role",
        "admin",
        "--tenant",
        "acme",
        "-H",
        "x_user: root",
    ];
    let (code, said) = explain(&words, "");
    assert_eq!(code, 0, "{said}");
    for line in [
        "sent       /admin/%75sers",
        "path       /admin/users",
        "sets       x-user: alice",
        "removes    x_user",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
    assert!(!said.contains("root"), "{said}");
}

#[test]
fn nothing_secret_of_a_pasted_line_is_printed() {
    let line = "curl 'https://api.example.com/api/x?q=1' -H 'Authorization: Bearer s3cret-a' -b 'session=s3cret-b' \\\n \
                -u me:s3cret-c --data 's3cret-d' -H 'X-Api-Key: s3cret-e' --strange";
    for words in [&["--curl", line][..], &["--curl", line, "--json"]] {
        let (code, said) = explain(words, "");
        assert_eq!(code, 1, "{said}");
        assert!(
            said.contains("CREDENTIAL_AMBIGUOUS") && said.contains("--strange"),
            "{said}"
        );
        assert!(!said.contains("s3cret") && !said.contains("bWU6"), "{said}");
    }
}

#[test]
fn record_is_read_from_a_pipe() {
    let record = r#"{"schema":1,"time":"2026-01-01T00:00:00Z","decision":"deny","reason":"INSUFFICIENT_ROLE","method":"GET","host":"a.test","path":"/admin/x","kind":"user","subject":"bob","issuer":"demo","roles":["viewer"],"policy":"0"}"#;
    let (code, said) = explain(&["--record", "-"], &format!("{record}\n"));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("said       deny INSUFFICIENT_ROLE"), "{said}");
    assert!(said.contains("passes if  the role admin"), "{said}");
}

#[test]
fn exit_codes_tell_who_has_to_act() {
    assert_eq!(explain(&["GET", "/health"], "").0, 0);
    assert_eq!(explain(&[], "").0, 2);
    assert_eq!(explain(&["--curl", "curl 'open"], "").0, 2);
    let output = sidegate()
        .args(["explain", "GET", "/", "--policy", "/missing.yaml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    std::fs::write(&policy, "routes: 1\n").unwrap();
    let output = sidegate()
        .args(["explain", "GET", "/", "--policy"])
        .arg(&policy)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
}
