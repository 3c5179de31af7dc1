//! The JSON Schemas that editors use: they take what works and refuse what cannot.

mod agreement;
mod checker;
mod pattern;

use std::path::{Path, PathBuf};

use serde_json::Value;
use sidegate::document::{Problems, parse};

use crate::support::gate::sidegate;
use crate::support::repository;
use checker::Checker;

const FILES: [(&str, &str); 2] = [
    ("policy", "config/policy.schema.json"),
    ("process", "config/sidegate.schema.json"),
];

fn checked_in(file: &str) -> Checker {
    let text = std::fs::read_to_string(repository(file)).unwrap_or_default();
    Checker(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}")))
}

fn policy() -> Checker {
    checked_in(FILES[0].1)
}

fn process() -> Checker {
    checked_in(FILES[1].1)
}

/// A YAML text as an editor sees it: variables stand as they are written.
fn value(text: &str) -> Value {
    let problems = Problems::new();
    let verbatim = |name: &str| Some(format!("${{{name}}}"));
    let node = parse("file.yaml", text, &verbatim, &problems);
    let found = problems.into_sorted();
    assert!(found.is_empty(), "{text}\n{found:#?}");
    node.unwrap().to_json()
}

fn assert_taken(checker: &Checker, text: &str, place: &str) {
    let refused = checker.refused(&value(text));
    assert!(refused.is_empty(), "{place}:\n{}", refused.join("\n"));
}

#[test]
fn checked_in_schemas_are_those_that_the_command_makes() {
    for (name, file) in FILES {
        let output = sidegate().args(["schema", name]).output().unwrap();
        assert!(output.status.success());
        let made = String::from_utf8(output.stdout).unwrap();
        let checked_in = std::fs::read_to_string(repository(file)).unwrap_or_default();
        assert!(
            made == checked_in,
            "{file} is not what the code says; make it anew: cargo run -- schema {name} --out {file}"
        );
    }
}

#[test]
fn schema_goes_to_a_file_when_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.schema.json");
    let words = ["schema", "--out", file.to_str().unwrap()];
    let output = sidegate().args(words).output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty());
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(written, policy().0);
    let nowhere = ["schema", "--out", "/does/not/exist/schema.json"];
    let output = sidegate().args(nowhere).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(yaml_files(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(path);
        }
    }
    found
}

/// Which schema is for a file of this name, if one is.
fn schema_for(file: &str) -> Option<Checker> {
    match file {
        _ if file.contains("sidegate") => Some(process()),
        _ if file.contains("policy") => Some(policy()),
        _ => None,
    }
}

#[test]
fn every_file_in_config_is_taken() {
    let mut files = 0;
    for path in yaml_files(&repository("config")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(schema) = schema_for(name) {
            let text = std::fs::read_to_string(&path).unwrap();
            assert_taken(&schema, &text, &path.display().to_string());
            files += 1;
        }
    }
    assert!(files > 8, "{files}");
}

#[test]
fn every_yaml_block_of_the_pages_is_taken() {
    let (policy, process) = (policy(), process());
    let mut blocks = 0;
    for page in ["README.md", "config/README.md", "deploy/README.md"] {
        let text = std::fs::read_to_string(repository(page)).unwrap();
        for block in text.split("\n```yaml\n").skip(1) {
            let block = block.split("\n```").next().unwrap();
            match block.lines().next().unwrap() {
                "# policy.yaml" => assert_taken(&policy, block, page),
                "# sidegate.yaml" => assert_taken(&process, block, page),
                "# part of policy.yaml" if block.contains("\nroutes:") => {
                    assert_taken(&policy, block, page);
                }
                "# part of policy.yaml" => {
                    let whole = format!("{block}\nroutes:\n  - path: /**\n");
                    assert_taken(&policy, &whole, page);
                }
                _ => continue,
            }
            blocks += 1;
        }
    }
    assert!(blocks > 10, "{blocks}");
}

#[test]
fn mistakes_of_a_policy_are_refused() {
    let schema = policy();
    for (mistake, wanted) in [
        ("routes: []", "minItems"),
        ("issuers: {}", "required"),
        (
            "routes: [{ path: /a, publik: true }]",
            "publik`: unknown key",
        ),
        ("routes: [{ host: a.example.com }]", "required"),
        ("routes: [{ path: 1 }]", "routes[0].path"),
        (
            "routes: [{ path: /a, public: yes please }]",
            "routes[0].public",
        ),
        (
            "routes: [{ path: /a, roles: { admin: true } }]",
            "routes[0].roles",
        ),
        ("routes: [{ path: /a, roles: }]", "routes[0].roles"),
        ("routes: [/a]", "routes[0]"),
        ("issuers: [a]\nroutes: [{ path: /a }]", "issuers"),
        (
            "issuers: { a: { preset: congito } }\nroutes: [{ path: /a }]",
            "issuers.a.preset",
        ),
        (
            "issuers: { a: { leeway: 30 } }\nroutes: [{ path: /a }]",
            "issuers.a.leeway",
        ),
        (
            "issuers: { a: { secret: hunter2 } }\nroutes: [{ path: /a }]",
            "issuers.a.secret",
        ),
        (
            "tokens: { from: [bearr] }\nroutes: [{ path: /a }]",
            "tokens.from",
        ),
        (
            "tokens: { memory: 64 megabytes }\nroutes: [{ path: /a }]",
            "tokens.memory",
        ),
        (
            "paths: { allow: [slash] }\nroutes: [{ path: /a }]",
            "paths.allow",
        ),
        ("route: []\nroutes: [{ path: /a }]", "route`: unknown key"),
    ] {
        let refused = schema.refused(&value(mistake)).join("\n");
        assert!(refused.contains(wanted), "{mistake}: {refused}");
    }
}

#[test]
fn mistakes_of_a_process_file_are_refused() {
    let schema = process();
    for (mistake, wanted) in [
        ("listen: 8080", "listen"),
        ("listeners: []", "minItems"),
        ("listeners: [{ adress: 0.0.0.0:80 }]", "listeners"),
        (
            "upstreams: { default: { url: http://a, protocol: h2 } }",
            "upstreams.default.protocol",
        ),
        ("upstreams: [http://a]", "upstreams"),
        ("workers: 0", "workers"),
        ("workers: many", "workers"),
        ("limits: { header_timeout: 10 }", "limits"),
        ("drain: { timout: 1s }", "drain"),
        ("log: { format: xml }", "log"),
        ("admin: { listen: localhost }", "admin"),
    ] {
        let refused = schema.refused(&value(mistake)).join("\n");
        assert!(refused.contains(wanted), "{mistake}: {refused}");
    }
}

#[test]
fn values_from_the_environment_are_taken_for_every_kind() {
    let file = "workers: ${N}\nlisten: ${L}\nlimits: { header_timeout: \"${T}\", header_bytes: \"${B:-64 KiB}\" }\n\
                log: { format: \"${F}\" }\nkey_sets: { proxy: \"${P}\" }\n";
    assert_taken(&process(), file, "process");
}

#[test]
fn every_key_is_described_and_what_is_said_of_it_is_right() {
    for (_, file) in FILES {
        let checker = checked_in(file);
        let definitions = checker.0["$defs"].as_object().unwrap().values();
        let sections: Vec<&Value> = definitions.chain([&checker.0]).collect();
        let properties = |section: &&Value| section.get("properties").cloned();
        let mut described = 0;
        for (name, property) in sections
            .iter()
            .filter_map(properties)
            .flat_map(|all| all.as_object().unwrap().clone())
        {
            assert!(property["description"].is_string(), "{file}: {name}");
            let examples = property["examples"].as_array().cloned().unwrap_or_default();
            for value in examples.iter().chain(property.get("default")) {
                let refused = checker.refused_by(&property, value);
                assert!(refused.is_empty(), "{file}: {name}: {refused:?}");
            }
            described += 1;
        }
        assert!(described > 30, "{file}: {described}");
    }
}
