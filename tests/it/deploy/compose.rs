//! The Compose files, held against the Compose specification. No Docker engine runs here, so none is started.

use std::path::Path;

use super::tools::{deploy, entries, kube, said};
use super::yaml::{assert_fine, tree};

/// Holds a file against the schema of the Compose specification.
pub(super) fn assert_valid(file: &Path) {
    let mut command = kube("bin/check-jsonschema");
    let said = said(
        command
            .args(["--builtin-schema", "vendor.compose-spec"])
            .arg(file),
    );
    assert!(said.good, "{}\n{}", file.display(), said.all);
}

fn folders() -> Vec<std::path::PathBuf> {
    let all = entries(&deploy("compose"));
    let folders: Vec<_> = all.into_iter().filter(|path| path.is_dir()).collect();
    assert_eq!(folders.len(), 3);
    folders
}

#[test]
fn every_compose_file_is_valid() {
    for folder in folders() {
        assert_valid(&folder.join("compose.yaml"));
    }
}

#[test]
fn wrong_compose_file_would_be_noticed() {
    let folder = super::tools::folder();
    let file = folder.path().join("compose.yaml");
    std::fs::write(&file, "services:\n  a: { image: a, portz: [80] }\n").unwrap();
    let mut command = kube("bin/check-jsonschema");
    let said = said(
        command
            .args(["--builtin-schema", "vendor.compose-spec"])
            .arg(&file),
    );
    assert!(!said.good && said.all.contains("portz"), "{}", said.all);
}

#[test]
fn files_beside_them_pass_check() {
    for folder in folders() {
        let place = folder.display().to_string();
        assert_fine(
            &folder.join("sidegate"),
            &["check", "--config", "sidegate.yaml"],
            &place,
        );
    }
}

#[test]
fn app_is_reached_by_nobody_but_its_front() {
    for folder in folders() {
        let place = folder.display().to_string();
        let file = tree(&std::fs::read_to_string(folder.join("compose.yaml")).unwrap());
        let app = &file["services"]["app"];
        assert!(app["ports"].is_null(), "{place}");
        assert_eq!(app["networks"], serde_json::json!(["inside"]), "{place}");
        assert_eq!(file["networks"]["inside"]["internal"], true, "{place}");
        let gate = &file["services"]["sidegate"];
        assert_eq!(gate["read_only"], true, "{place}");
        assert_eq!(gate["cap_drop"], serde_json::json!(["ALL"]), "{place}");
        assert_eq!(gate["user"], "65532:65532", "{place}");
        let published = gate["ports"].as_array();
        let admin = published
            .into_iter()
            .flatten()
            .any(|port| port.as_str().unwrap().contains("9901"));
        assert!(!admin, "{place}: the admin port is published");
    }
}

/// Only the front's fixed address may ask, and the process file names that one.
#[test]
fn trusted_front_is_the_one_that_asks() {
    for front in ["nginx", "traefik"] {
        let folder = deploy("compose").join(front);
        let file = tree(&std::fs::read_to_string(folder.join("compose.yaml")).unwrap());
        let address = &file["services"][front]["networks"]["inside"]["ipv4_address"];
        let process =
            tree(&std::fs::read_to_string(folder.join("sidegate/sidegate.yaml")).unwrap());
        assert_eq!(process["trusted_proxies"]["cidrs"][0], *address, "{front}");
        assert_eq!(process["listeners"][0]["door"], front);
    }
}
