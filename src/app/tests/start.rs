//! What stops the start.

use std::fs;
use std::net::TcpListener;
use std::num::NonZeroUsize;

use crate::jwks::KeySets;
use crate::listener;
use crate::telemetry::Registry;

use super::super::*;
use super::{OPEN, config, folder};

#[test]
fn policy_with_mistakes_stops_the_start_with_each_of_them() {
    let (_folder, path) = folder("routes:\n  - path: /**\n    publik: true\nrouts: []\n");
    let Err(Error::Policy(Mistakes(problems))) = build(config(&path, &[])) else {
        panic!("expected mistakes");
    };
    let lines: Vec<_> = problems.iter().map(|problem| problem.place.line).collect();
    assert!(lines.contains(&3) && lines.contains(&4), "{problems:#?}");
}

#[test]
fn empty_and_absent_policy_files_stop_the_start() {
    for (policy, reason) in [(Some("\n"), "is empty"), (None, "cannot be read")] {
        let (_folder, path) = folder(policy.unwrap_or_default());
        if policy.is_none() {
            fs::remove_file(&path).unwrap();
        }
        let error = build(config(&path, &[])).err().unwrap().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn taken_address_stops_the_start() {
    let (_folder, path) = folder(OPEN);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = build(config(&path, &[("listen", &address)])).err().unwrap();
    assert!(
        matches!(error, Error::Listener(listener::Error::InUse(_))),
        "{error}"
    );
    let error = build(config(&path, &[("admin.listen", &address)]))
        .err()
        .unwrap();
    assert!(matches!(error, Error::Admin(_)), "{error}");
}

#[test]
fn secret_that_was_rotated_is_noticed() {
    let (folder, path) = folder("");
    let secret = folder.path().join("secret");
    // Beside the policy file, wherever the process runs.
    let policy = format!(
        "issuers: {{ main: {{ issuer: me, audience: a, secret: {{ file: secret }} }} }}\n{OPEN}"
    );
    fs::write(&path, policy).unwrap();
    fs::write(&secret, "0123456789abcdef0123456789abcdef").unwrap();
    let loader = Loader {
        path,
        upstreams: None,
        doors: Vec::new(),
        key_sets: KeySets::new(Default::default(), &Registry::new()).unwrap(),
        workers: NonZeroUsize::MIN,
        directory: None,
        metrics: None,
        deliveries: crate::app::Deliveries::default(),
    };
    let loaded = loader.load();
    assert!(loaded.engine.is_some(), "{:#?}", loaded.problems);
    assert!(!loader.has_changed(&loaded.seen));
    fs::write(&secret, "fedcba9876543210fedcba9876543210").unwrap();
    assert!(loader.has_changed(&loaded.seen));
}

#[test]
fn keys_that_are_listed_elsewhere_are_noticed_when_they_change() {
    let policy = "api_keys: { main: { file: keys.yaml }, more: { from: { header: X-More }, folder: keys } }\n\
                  routes: [ { path: /, public: true } ]\n";
    let (folder, path) = folder(policy);
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("keys")).unwrap();
    fs::write(at("keys.yaml"), "[]").unwrap();
    let key_sets = KeySets::new(Default::default(), &Registry::new()).unwrap();
    let loader = Loader {
        path,
        upstreams: None,
        doors: Vec::new(),
        key_sets,
        directory: None,
        workers: NonZeroUsize::MIN,
        metrics: None,
        deliveries: crate::app::Deliveries::default(),
    };
    let mut seen = loader.load().seen;
    assert!(!loader.has_changed(&seen));
    let changes: [&dyn Fn(); 3] = [
        &|| fs::write(at("keys.yaml"), "[").unwrap(),
        &|| fs::write(at("keys/ci"), "the-text-of-an-api-key").unwrap(),
        &|| fs::remove_file(at("keys/ci")).unwrap(),
    ];
    for change in changes {
        change();
        assert!(loader.has_changed(&seen));
        seen = loader.load().seen;
        assert!(!loader.has_changed(&seen));
    }
}
