//! Every file of cases that comes with sidegate, run by the command that anybody would run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::gate::sidegate;
use crate::support::repository;

pub(crate) fn cases_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(cases_below(&path));
        } else if name == "cases.yaml" || name.ends_with(".cases.yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

#[test]
fn every_file_of_cases_passes_and_leaves_nothing_out() {
    let files = cases_below(&repository("config"));
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let (code, out, err) = run(sidegate().arg("test").arg(&file).arg("--require-coverage"));
        assert_eq!(code, 0, "{}:\n{out}{err}", file.display());
    }
}

#[test]
fn cases_beside_a_policy_are_found() {
    let policy = repository("config/demo/policy.yaml");
    let (code, out, _) = run(sidegate()
        .arg("test")
        .arg("--policy")
        .arg(policy)
        .arg("--json"));
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &report["ok"], &report["schema"]),
        (0, &true.into(), &1.into())
    );
    assert_eq!(report["cases"], report["passed"]);
}

/// A policy with one case that passes and one that does not.
fn folder(cases: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let policy = "issuers:\n  main: { url: https://idp.example.com, audience: a }\nroutes:\n  - path: /a/**\n";
    std::fs::write(folder.path().join("policy.yaml"), policy).unwrap();
    std::fs::write(folder.path().join("cases.yaml"), cases).unwrap();
    folder
}

#[test]
fn failing_case_is_reported_to_people_and_to_build_servers() {
    let folder = folder(
        "cases:\n  - { name: one, request: GET /a, as: { subject: x }, expect: allow }\n  - { name: <two> & \"more\", request: GET /a, expect: allow }\n",
    );
    let test = || {
        let mut command = sidegate();
        command
            .current_dir(folder.path())
            .args(["test", "cases.yaml"]);
        command
    };
    let (code, out, _) = run(test().args(["--junit", "report.xml"]));
    assert_eq!(
        (code, out.as_str()),
        (
            1,
            "FAIL cases.yaml:3:5: <two> & \"more\": expected allow; got deny 401 TOKEN_MISSING by route `/a/**`\n\
             2 cases, 1 passed, 1 failed\n"
        )
    );
    let report = std::fs::read_to_string(folder.path().join("report.xml")).unwrap();
    assert!(
        report.contains("<testsuites tests=\"2\" failures=\"1\">"),
        "{report}"
    );
    assert!(
        report.contains("name=\"&lt;two&gt; &amp; &quot;more&quot;\""),
        "{report}"
    );
    let (code, out, _) = run(test().args(["--filter", "one", "--verbose"]));
    assert_eq!(
        (code, out.lines().last()),
        (0, Some("1 case, 1 passed, 0 failed"))
    );
    assert!(out.starts_with("ok   one: allow by route `/a/**`"), "{out}");
}

#[test]
fn exit_codes_tell_who_has_to_act() {
    let good = "cases: [ { request: GET /, expect: deny NO_ROUTE } ]\n";
    for (cases, words, wanted) in [
        (good, &["test", "cases.yaml"][..], 0),
        (good, &["test", "cases.yaml", "--coverage"], 0),
        (good, &["test", "cases.yaml", "--require-coverage"], 1),
        ("cases: []\n", &["test", "cases.yaml"], 1),
        (good, &["test", "cases.yaml", "--filter", "none"], 1),
        (
            "cases: [ { request: GET /, expect: deny NO_RUTE } ]\n",
            &["test", "cases.yaml"],
            3,
        ),
        (good, &["test"], 2),
        (good, &["test", "missing.yaml"], 4),
        (good, &["test", "--policy", "cases.yaml"], 3),
    ] {
        let folder = folder(cases);
        let (code, out, err) = run(sidegate().current_dir(folder.path()).args(words));
        assert_eq!(code, wanted, "{words:?}: {out}{err}");
    }
}

/// A real token stands in the environment only; neither a report nor a list shows it.
#[test]
fn token_of_the_environment_is_never_printed() {
    let folder = folder("cases: [ { request: GET /a, token: \"${TOKEN}\", expect: deny } ]\n");
    for flag in ["--verbose", "--json", "--list"] {
        let mut command = sidegate();
        command
            .current_dir(folder.path())
            .env("TOKEN", "s3cret.s3cret.s3cret");
        let (code, out, err) = run(command.args(["test", "cases.yaml", flag]));
        assert_eq!(code, 0, "{out}{err}");
        assert!(
            !out.contains("s3cret") && !err.contains("s3cret"),
            "{flag}: {out}{err}"
        );
    }
}
