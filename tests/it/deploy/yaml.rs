//! Manifests as trees, and the process files and policies in them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sidegate::document::{Problems, parse};

use super::tools::{folder, said};

/// The documents of a file.
pub(super) fn documents(text: &str) -> Vec<Value> {
    let whole = format!("\n{text}");
    let documents = whole.split("\n---").filter(|part| {
        let mut lines = part.lines();
        lines.any(|line| !line.trim().is_empty() && !line.starts_with('#'))
    });
    documents.map(tree).collect()
}

/// One document. Variables stay as they are: these are no files of ours.
pub(super) fn tree(text: &str) -> Value {
    let problems = Problems::new();
    // `$${` is what stands for `${` in our own files.
    let text = text.replace("${", "$${");
    match parse("manifest", &text, &|_| None, &problems) {
        Some(node) => node.to_json(),
        None => panic!("{:?}\n{text}", problems.into_sorted()),
    }
}

/// The document of this kind with this name, or else one whose name ends so.
pub(super) fn find<'d>(documents: &'d [Value], kind: &str, ending: &str) -> &'d Value {
    let of_kind = || documents.iter().filter(|one| one["kind"] == kind);
    let name = |one: &Value| {
        one["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    of_kind()
        .find(|one| name(one) == ending)
        .or_else(|| of_kind().find(|one| name(one).ends_with(ending)))
        .unwrap_or_else(|| panic!("no {kind} called *{ending}"))
}

/// The value of a data key, of whichever ConfigMap has it.
pub(super) fn data<'d>(documents: &'d [Value], key: &str) -> Option<&'d str> {
    let maps = documents.iter().filter(|one| one["kind"] == "ConfigMap");
    maps.filter_map(|map| map["data"][key].as_str()).next()
}

/// The container called `sidegate`, wherever in a pod it stands.
pub(super) fn container(pod: &Value) -> &Value {
    let lists = ["initContainers", "containers"].iter();
    let mut all = lists.filter_map(|list| pod[*list].as_array()).flatten();
    all.find(|one| one["name"] == "sidegate").unwrap()
}

/// Has `sidegate check` read both files, laid out as they are in the container.
pub(super) fn assert_checked(process: &str, policy: &str, place: &str) {
    let root = folder();
    let at = |path: &str| root.path().join(path);
    for (path, text) in [
        ("process/sidegate.yaml", process),
        ("policy/policy.yaml", policy),
    ] {
        std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        std::fs::write(at(path), text).unwrap();
    }
    // What the Secrets would bring.
    std::fs::create_dir_all(at("secrets")).unwrap();
    std::fs::write(at("secrets/github"), "a secret of GitHub's").unwrap();
    std::fs::create_dir_all(at("tls")).unwrap();
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(at("tls/tls.crt"), issued.cert.pem()).unwrap();
    std::fs::write(at("tls/tls.key"), issued.signing_key.serialize_pem()).unwrap();
    assert_fine(
        root.path(),
        &["check", "--config", "process/sidegate.yaml"],
        place,
    );
}

/// Runs the binary with the variables that the manifests take from Secrets.
pub(super) fn assert_fine(folder: &Path, arguments: &[&str], place: &str) {
    let said = said(sidegate().args(arguments).current_dir(folder));
    assert!(said.good, "{place}: {arguments:?}\n{}", said.all);
}

pub(super) fn sidegate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidegate"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("JWT_SECRET", "a secret that is long enough for HS256")
        .env("GITHUB_SECRET", "a secret of GitHub's")
        .env("DATABASE_URL", "postgres://gate@localhost/sidegate")
        .env("REDIS_URL", "redis://localhost:6379/0");
    command
}
