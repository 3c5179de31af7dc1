//! The commands of the pages in `deploy/`, given in a copy of the repository's folder.

use std::path::Path;
use std::process::Command;

use super::tools::{folder, good, said};
use crate::docs::blocks;
use crate::support::process::real_part;
use crate::support::repository;

/// The pages, and how many of their commands are given here.
const PAGES: [(&str, usize); 8] = [
    ("deploy/README.md", 5),
    ("deploy/compose/README.md", 1),
    ("deploy/grafana/README.md", 0),
    ("deploy/helm/README.md", 4),
    ("deploy/image/README.md", 0),
    ("deploy/kubernetes/README.md", 4),
    ("deploy/prometheus/README.md", 2),
    ("deploy/systemd/README.md", 2),
];

/// What needs a cluster, a Docker engine, systemd as the first process, or a long build, or goes on until it is
/// stopped (the README's own page on proxies is where that is run): the start of the command, by which the page's
/// reader sees it as well.
const ELSEWHERE: [&str; 14] = [
    "kubectl apply",
    "kubectl create",
    "kubectl port-forward",
    "kubectl --namespace",
    "helm install",
    "helm upgrade",
    "docker ",
    "deploy/image/build",
    "systemctl ",
    "install ",
    "curl ",
    "OUTPUT=",
    "sidegate serve",
    "sidegate doctor",
];

/// A folder with what the commands read, and what they write goes nowhere else.
fn copied() -> tempfile::TempDir {
    let root = folder();
    good(
        Command::new("cp")
            .arg("-r")
            .arg(repository("deploy"))
            .arg(root.path()),
    );
    std::fs::write(
        root.path().join("policy.yaml"),
        "issuers:\n  main: { url: https://idp.example.com, audience: shop }\nroutes:\n  - path: /**\n",
    )
    .unwrap();
    root
}

fn give(line: &str, folder: &Path) -> super::tools::Said {
    let programs = [
        Path::new(env!("CARGO_BIN_EXE_sidegate"))
            .parent()
            .unwrap()
            .to_owned(),
        real_part("kube"),
        repository("target/real/prometheus/usr/bin"),
    ];
    let path = programs
        .map(|program| program.display().to_string())
        .join(":");
    let path = format!("{path}:{}", std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command
        .args(["-ec", line])
        .current_dir(folder)
        .env("PATH", path);
    for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(name, folder.join("home"));
    }
    said(&mut command)
}

#[test]
fn commands_of_the_pages_work() {
    let root = copied();
    for (page, wanted) in PAGES {
        let mut given = 0;
        for block in blocks(page).iter().filter(|block| block.language == "sh") {
            for line in block.text.replace("\\\n", "").lines() {
                if ELSEWHERE.iter().any(|start| line.starts_with(start)) {
                    continue;
                }
                let said = give(line, root.path());
                assert!(said.good, "{}: {line}\n{}", block.place, said.all);
                given += 1;
            }
        }
        assert_eq!(given, wanted, "{page}");
    }
}

/// Values and kustomizations of the pages are whole files: they are used as they stand.
#[test]
fn files_of_the_pages_can_be_used() {
    for (page, _) in PAGES {
        for block in blocks(page).iter().filter(|block| block.language == "yaml") {
            let root = copied();
            let first = block.text.lines().next().unwrap().trim_start_matches("# ");
            let line = match first {
                "values.yaml" => {
                    "helm template shop deploy/helm/sidegate --values values.yaml --set-file policy.inline=policy.yaml"
                }
                "kustomization.yaml" => "kubectl kustomize .",
                _ => continue,
            };
            std::fs::write(root.path().join(first), &block.text).unwrap();
            let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\n  labels: { sidegate: sidecar }\n\
                 spec:\n  selector: { matchLabels: { a: b } }\n  template:\n    metadata: { labels: { a: b } }\n    \
                 spec:\n      containers:\n        - { name: shop, image: shop }\n";
            std::fs::write(root.path().join("deployment.yaml"), deployment).unwrap();
            let said = give(line, root.path());
            assert!(said.good, "{}\n{}", block.place, said.all);
            super::tools::assert_valid(&said.output, &block.place);
            assert!(said.output.contains("name: sidegate"), "{}", block.place);
        }
    }
}
