//! The reference files say every key that the code knows.

use std::path::Path;

use crate::config;
use crate::credential;
use crate::document::{Fields, Problems, parse};
use crate::jwks::{KeySets, Settings};
use crate::policy::lint::{self, Cases, Ignores};
use crate::policy::{self, Known};
use crate::telemetry::Registry;

const REFERENCE: &str = include_str!("../../config/reference.policy.yaml");
const KEYS: &str = r#"{"keys":[{"kty":"EC","kid":"one","crv":"P-256",
    "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

/// Reads and compiles a policy; gives its mistakes and the keys that it does not use.
fn load(text: &str, folder: &Path) -> (Vec<String>, Vec<String>) {
    let problems = Problems::recording();
    let secret = |name: &str| {
        ["JWT_SECRET", "PARTNER_SIGNING_SECRET"]
            .contains(&name)
            .then(|| "x".repeat(32))
    };
    let key_sets = KeySets::new(Settings::default(), &Registry::new()).unwrap();
    let mut ignores = Ignores::default();
    if let Some(top) = parse("policy.yaml", text, &secret, &problems) {
        ignores = Ignores::read(&top, &problems);
        let mut fields = Fields::of(&top, "policy file", &problems).unwrap();
        let mut credentials = credential::Config::read(&mut fields, &problems);
        let keys = |name: &str| (name == "VALID_API_KEYS").then(|| "k".repeat(32));
        credentials.gather_keys(folder, &keys, false, &problems);
        let rules = policy::Config::read(&mut fields, &problems);
        fields.finish();
        let known = Known {
            webhooks: &credentials.webhook_profiles(),
            issuers: &credentials.issuer_names(),
            key_sets: &credentials.key_set_names(),
            stored_key_sets: &credentials.stored_key_set_names(),
            upstreams: None,
        };
        if let Some(policy) = rules.compile(&known, &problems) {
            lint::run(&policy, &top, Cases::Unknown, &ignores, &problems);
        }
        credentials.build(folder, &key_sets, &problems);
    }
    let unused = problems.unused_keys();
    let found = ignores.settle(problems.into_sorted());
    (found.iter().map(ToString::to_string).collect(), unused)
}

#[test]
fn reference_policy_uses_every_key_and_has_no_mistake() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys.json"), KEYS).unwrap();
    std::fs::write(folder.path().join("keys.yaml"), "[]").unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    let (found, unused) = load(REFERENCE, folder.path());
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(
        unused.is_empty(),
        "config/reference.policy.yaml lacks {unused:?}"
    );
}

#[test]
fn demo_policy_has_no_mistake() {
    let demo = include_str!("../../config/demo/policy.yaml");
    let text = demo.replace("${DEMO_ISSUER}", "http://127.0.0.1:1");
    let (found, _) = load(&text, Path::new("."));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn reference_process_file_uses_every_key_and_has_no_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sidegate.yaml");
    std::fs::write(&file, include_str!("../../config/reference.sidegate.yaml")).unwrap();
    let problems = Problems::recording();
    // The short forms cannot stand beside the long ones in one file.
    let flags = [
        ("listen", "127.0.0.1:1"),
        ("door", "proxy"),
        ("upstream", "http://127.0.0.1:2"),
    ];
    let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let secrets = ["ADMIN_TOKEN", "ENCRYPTION_KEY"].map(|name| (name.to_owned(), "x".repeat(32)));
    let secrets = || secrets.clone().into_iter();
    let loaded = config::load(Some(&file), secrets(), Vec::new(), &problems);
    let short = config::load(Some(&file), secrets(), flags.into(), &problems);
    let mut unused = problems.unused_keys();
    // One of the two ways to say it.
    unused.retain(|key| key != "trusted_proxies.count");
    let found: Vec<String> = problems
        .into_sorted()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        loaded.is_some() && short.is_some() && found.is_empty(),
        "{}",
        found.join("\n")
    );
    assert!(
        unused.is_empty(),
        "config/reference.sidegate.yaml lacks {unused:?}"
    );
}
