//! Every file of cases that comes with sidegate, run by the command that anybody would run, and the pages of the
//! examples: their commands work as they stand.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::gate::sidegate;
use crate::support::repository;

const EXAMPLES: [&str; 5] = ["agentflow", "backflow", "calseta", "causeflow", "stackflow"];

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
    assert_eq!(files.len(), EXAMPLES.len() + 1, "{files:?}");
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

#[test]
fn cases_of_a_folder_are_found_by_its_name() {
    let folder = repository("config/examples/calseta");
    let (code, out, err) = run(sidegate().arg("test").arg(folder));
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn filter_that_fits_nothing_says_so() {
    let folder = folder("cases: [ { request: GET /, expect: deny NO_ROUTE } ]\n");
    let (code, _, err) =
        run(sidegate()
            .current_dir(folder.path())
            .args(["test", "cases.yaml", "--filter", "Get"]));
    assert_eq!((code, err.as_str()), (1, "no case has `Get` in its name\n"));
}

/// The name of a role that nobody has is the likeliest mistake in a case.
#[test]
fn failing_case_of_an_unknown_role_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "policy.yaml",
        "issuers:\n  main: { url: https://idp.example.com, audience: a }\nroles: { viewer: [\"*:read\"] }\nroutes:\n  - { path: /a, permission: a:read }\n",
    );
    write(
        "cases.yaml",
        "cases: [ { request: GET /a, as: { subject: u, roles: viewr }, expect: allow } ]\n",
    );
    let (code, out, _) = run(sidegate()
        .current_dir(folder.path())
        .args(["test", "cases.yaml"]));
    let note = "note      the policy has no role `viewr`; did you mean `viewer`?";
    assert!(code == 1 && out.contains(note), "{out}");
    let line = [
        "explain",
        "--policy",
        "policy.yaml",
        "GET",
        "/a",
        "--as-subject",
        "u",
        "--role",
        "viewr",
    ];
    let (_, out, _) = run(sidegate().current_dir(folder.path()).args(line));
    assert!(out.contains("the policy has no role viewr"), "{out}");
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
            "FAIL cases.yaml:3:5: <two> & \"more\"\n\
             \x20 sent      GET /a\n\
             \x20 expected  allow\n\
             \x20 got       deny 401 TOKEN_MISSING by route `/a/**`\n\
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

/// The commands of a page, a text for each block.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1);
    let text = |block: &str| block.split("```").next().unwrap().to_owned();
    blocks.map(text).collect()
}

/// Runs a block in a copy of the example's folder, with nothing in the environment.
fn run_block(example: &str, block: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(repository("config/examples").join(example)).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_sidegate")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    // `serve` runs until it is stopped, and its port may be taken here.
    let ports = ["3000", "8000", "8080"];
    let block = ports.iter().fold(block.to_owned(), |block, port| {
        block.replace(&format!("127.0.0.1:{port}"), "127.0.0.1:0")
    });
    let block = block.replace(
        "sidegate serve",
        "timeout --preserve-status -s TERM 3 sidegate serve --admin 127.0.0.1:0",
    );
    run(Command::new("sh")
        .args(["-ec", &block])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path))
}

#[test]
fn commands_of_every_example_work_as_its_page_says() {
    std::thread::scope(|scope| {
        for example in EXAMPLES {
            let page = crate::support::example(&format!("{example}/README.md"));
            for verb in ["check", "test", "serve"] {
                assert!(
                    page.contains(&format!("sidegate {verb} ")),
                    "{example}: {verb}"
                );
            }
            for block in commands(&page) {
                scope.spawn(move || {
                    let (code, out, err) = run_block(example, &block);
                    assert_eq!(code, 0, "{example}: {block}\n{out}{err}");
                });
            }
        }
    });
}

/// What a page names is there: rows of the cases, files, and the test of the system.
#[test]
fn pages_of_the_examples_name_what_is_there() {
    for example in EXAMPLES {
        let folder = repository("config/examples").join(example);
        let page = std::fs::read_to_string(folder.join("README.md")).unwrap();
        let links = page
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links {
            assert!(folder.join(link).exists(), "{example}: {link}");
        }
        let test = format!("tests/it/{example}.rs");
        assert!(
            page.contains(&test) && repository(&test).exists(),
            "{example}"
        );
        let cases = std::fs::read_to_string(folder.join("cases.yaml")).unwrap();
        let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
        let rows = rows.filter_map(|line| line.split(" |").next());
        let is_row = |word: &&str| {
            let (letter, number) = word.split_at(word.len().min(1));
            "ABCKS".contains(letter) && number.parse::<u8>().is_ok()
        };
        for row in rows.filter(is_row) {
            assert!(
                cases.contains(row),
                "{example}: no case speaks of row {row}"
            );
        }
    }
}
