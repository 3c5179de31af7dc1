//! What `sidegate gen` prints for platforms: whole, valid, and for the very policy that it was made for.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::tools::{assert_valid, folder, said};
use super::yaml::{assert_checked, container, data, documents, find, sidegate, tree};
use super::{compose, systemd};
use crate::support::repository;

/// Tokens of a shared secret, keys in a store, and deliveries whose secret is in a file.
const POLICY: &str = "\
issuers:
  people: { url: https://idp.example.com, audience: shop }
  office: { issuer: back-office, audience: shop, secret: \"${JWT_SECRET}\" }
api_keys:
  partners: { prefix: acme_ }
webhooks:
  github: { preset: github, secrets: { file: hooks/github.secret } }
authenticate: [people]
identity_headers:
  X-User: \"{{ principal.subject }}\"
routes:
  - path: /hooks/github
    methods: [POST]
    authenticate: github
  - path: /**
";
const SMALL: &str = "\
issuers:
  main: { url: https://idp.example.com, audience: shop }
routes:
  - path: /**
";

/// Runs `gen` with these arguments into a folder.
fn generated(policy: &str, process: Option<&str>, arguments: &[&str]) -> TempDir {
    let root = folder();
    std::fs::create_dir(root.path().join("hooks")).unwrap();
    std::fs::write(
        root.path().join("hooks/github.secret"),
        "a secret of GitHub's",
    )
    .unwrap();
    std::fs::write(root.path().join("policy.yaml"), policy).unwrap();
    let mut command = sidegate();
    command.current_dir(root.path()).arg("gen").args(arguments);
    command.args(["--policy", "policy.yaml", "--dir", "out"]);
    if let Some(text) = process {
        std::fs::write(root.path().join("sidegate.yaml"), text).unwrap();
        command.args(["--config", "sidegate.yaml"]);
    }
    let said = said(&mut command);
    assert!(said.good, "{arguments:?}\n{}", said.all);
    root
}

fn read(root: &TempDir, name: &str) -> String {
    std::fs::read_to_string(root.path().join("out").join(name)).unwrap()
}

fn kubernetes(policy: &str, process: Option<&str>, more: &[&str]) -> Vec<Value> {
    let root = generated(policy, process, &[&["kubernetes"], more].concat());
    let text = read(&root, "kubernetes.yaml");
    assert!(!text.contains('@'), "a place is not filled:\n{text}");
    assert_valid(&text, "gen kubernetes");
    documents(&text)
}

fn pod(documents: &[Value]) -> &Value {
    &find(documents, "Deployment", "")["spec"]["template"]["spec"]
}

#[test]
fn kubernetes_puts_the_gate_beside_an_app_on_loopback() {
    let documents = kubernetes(POLICY, None, &["--host", "shop.example.com"]);
    let pod = pod(&documents);
    assert_eq!(pod["initContainers"][0]["name"], "sidegate");
    assert_eq!(pod["initContainers"][0]["restartPolicy"], "Always");
    let process = data(&documents, "sidegate.yaml").unwrap();
    assert_eq!(data(&documents, "policy.yaml"), Some(POLICY));
    assert!(
        process.contains("upstream: http://127.0.0.1:9000\n"),
        "{process}"
    );
    let beside = POLICY.replace("hooks/github.secret", "../secrets/github");
    assert_checked(process, &beside, "gen kubernetes");
}

#[test]
fn kubernetes_takes_secrets_from_secrets() {
    let documents = kubernetes(POLICY, None, &["--host", "shop.example.com"]);
    let gate = container(pod(&documents));
    let from = |name: &str| {
        let all = gate["env"].as_array().unwrap();
        let one = all.iter().find(|one| one["name"] == name).unwrap();
        one["valueFrom"]["secretKeyRef"]["key"].clone()
    };
    assert_eq!(from("JWT_SECRET"), "JWT_SECRET");
    // Keys that are made are kept where two replicas find them.
    assert_eq!(from("DATABASE_URL"), "DATABASE_URL");
    let volumes = pod(&documents)["volumes"].as_array().unwrap();
    let policy = volumes
        .iter()
        .find(|one| one["name"] == "sidegate-policy")
        .unwrap();
    let secret = &policy["projected"]["sources"][1]["secret"];
    assert_eq!(secret["items"][0]["path"], "hooks/github.secret");
    assert_eq!(secret["name"], "shop-sidegate-files");
}

#[test]
fn kubernetes_gives_room_to_bodies_only_where_they_are_held() {
    let limit = |policy: &str| {
        let documents = kubernetes(policy, None, &[]);
        container(pod(&documents))["resources"]["limits"]["memory"].clone()
    };
    assert_eq!(
        (limit(SMALL), limit(POLICY)),
        ("160Mi".into(), "224Mi".into())
    );
}

#[test]
fn kubernetes_puts_the_gate_in_front_of_a_service() {
    let arguments = [
        "--app",
        "http://shop.default.svc:80",
        "--front",
        "10.0.0.0/8",
    ];
    let documents = kubernetes(SMALL, None, &arguments);
    assert!(pod(&documents)["initContainers"].is_null());
    let app = &find(&documents, "NetworkPolicy", "shop-behind-sidegate")["spec"];
    let from = &app["ingress"][0]["from"][0]["podSelector"]["matchLabels"];
    assert_eq!(from["app.kubernetes.io/name"], "app-sidegate");
    let process = data(&documents, "sidegate.yaml").unwrap();
    assert!(
        process.contains("trusted_proxies: { cidrs: [\"10.0.0.0/8\"] }"),
        "{process}"
    );
    assert_checked(process, SMALL, "gen kubernetes");
}

#[test]
fn process_file_that_is_there_is_taken_over() {
    let own = "listen: 127.0.0.1:1\n# of the address\nlimits:\n  connections: 500\nupstream: http://127.0.0.1:7000\npolicy: policy.yaml\n";
    let documents = kubernetes(SMALL, Some(own), &[]);
    let process = data(&documents, "sidegate.yaml").unwrap();
    assert!(
        process.contains("limits:\n  connections: 500\nupstream: http://127.0.0.1:7000\n"),
        "{process}"
    );
    assert!(!process.contains("127.0.0.1:1\n"), "{process}");
    assert_checked(process, SMALL, "gen kubernetes");
}

#[test]
fn compose_mounts_a_folder_that_is_whole() {
    for policy in [POLICY, SMALL] {
        let root = generated(policy, None, &["compose", "--app", "http://shop:9000"]);
        let file = root.path().join("out/compose.yaml");
        compose::assert_valid(&file);
        let compose = tree(&read(&root, "compose.yaml"));
        let variable = &compose["services"]["sidegate"]["environment"]["JWT_SECRET"];
        let named = policy.contains("JWT_SECRET");
        assert_eq!(variable.is_null(), !named);
        assert!(compose["services"]["shop"]["ports"].is_null());
        assert_eq!(read(&root, "sidegate/policy.yaml"), policy);
        assert_checks(&root.path().join("out/sidegate"), policy);
    }
}

#[test]
fn systemd_gives_the_hardened_unit() {
    let root = generated(POLICY, None, &["systemd"]);
    let unit = read(&root, "sidegate.service");
    systemd::assert_sound(&unit, "gen systemd");
    assert!(
        unit.contains("# LoadCredential=github.secret:/etc/sidegate/github.secret\n"),
        "{unit}"
    );
    assert!(read(&root, "environment").contains("\nJWT_SECRET=\n"));
    assert_checks(&root.path().join("out"), POLICY);
    let small = generated(SMALL, None, &["systemd"]);
    assert!(!small.path().join("out/environment").exists());
    let shipped = std::fs::read_to_string(repository("deploy/systemd/sidegate.service")).unwrap();
    assert_eq!(read(&small, "sidegate.service"), shipped);
}

/// Has the process file in a folder checked, once the files that the policy names are beside it.
fn assert_checks(folder: &Path, policy: &str) {
    if policy.contains("hooks/") {
        std::fs::create_dir_all(folder.join("hooks")).unwrap();
        std::fs::write(folder.join("hooks/github.secret"), "a secret of GitHub's").unwrap();
    }
    super::yaml::assert_fine(folder, &["check", "--config", "sidegate.yaml"], "gen");
}
