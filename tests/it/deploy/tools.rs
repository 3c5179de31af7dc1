//! The programs that check what stands in `deploy/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::process::real_part;
use crate::support::repository;

/// What a program said, and whether it was content.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) good: bool,
    pub(super) output: String,
    /// Both outputs.
    pub(super) all: String,
}

pub(super) fn said(command: &mut Command) -> Said {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let output = String::from_utf8_lossy(&stdout).into_owned();
    let all = format!("{output}{}", String::from_utf8_lossy(&stderr));
    Said {
        good: status.success(),
        output,
        all,
    }
}

/// What a program says that has to be content.
pub(super) fn good(command: &mut Command) -> String {
    let said = said(command);
    assert!(said.good, "{command:?}\n{}", said.all);
    said.output
}

pub(super) fn deploy(path: &str) -> PathBuf {
    repository("deploy").join(path)
}

/// A program that `tests/run` puts into `target/real/kube`.
pub(super) fn kube(program: &str) -> Command {
    let mut command = Command::new(real_part("kube").join(program));
    // Its caches and settings have no business in the home of whoever runs the tests.
    for name in [
        "HELM_CACHE_HOME",
        "HELM_CONFIG_HOME",
        "HELM_DATA_HOME",
        "KUBECACHEDIR",
    ] {
        command.env(name, repository("target/real/kube/home"));
    }
    command
}

/// `promtool`: installed, or taken out of its package.
pub(super) fn promtool() -> Command {
    let unpacked = repository("target/real/prometheus/usr/bin/promtool");
    match unpacked.exists() {
        true => Command::new(unpacked),
        false => Command::new("promtool"),
    }
}

/// Holds manifests against the schemas of Kubernetes. Nothing but what the operator brings may be unknown there.
pub(super) fn assert_valid(manifests: &str, place: &str) {
    let folder = folder();
    let file = folder.path().join("manifests.yaml");
    std::fs::write(&file, manifests).unwrap();
    let mut command = kube("bin/kubernetes-validate");
    let said = said(command.args(["--strict", "--quiet"]).arg(&file));
    assert!(said.good, "{place}\n{}", said.all);
    for line in said.all.lines() {
        // Kinds that are defined in the cluster, by the Prometheus operator: their schemas are in no package.
        let operator = line.contains("monitoring.coreos.com/v1");
        assert!(operator, "{place}: {line}");
    }
}

pub(super) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Folders and files below a folder, in order.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}
