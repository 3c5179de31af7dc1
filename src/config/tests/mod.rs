//! What is loaded.

mod mistakes;

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::document::Problem;
use crate::telemetry::{Decisions, LogFormat};

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Loads a file with this text, these variables and these flags.
fn load_all(
    text: &str,
    environment: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> (Option<ProcessConfig>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sidegate.yaml");
    std::fs::write(&file, text).unwrap();
    let problems = Problems::new();
    let environment = pairs(environment).into_iter();
    let config = load(Some(&file), environment, pairs(flags), &problems);
    let prefix = format!("{}/", folder.path().display());
    let shown = |problem: &Problem| problem.to_string().replace(&prefix, "");
    (config, problems.into_sorted().iter().map(shown).collect())
}

fn config(text: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> ProcessConfig {
    let (config, problems) = load_all(text, environment, flags);
    config.unwrap_or_else(|| panic!("{problems:#?}"))
}

fn problems(text: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Vec<String> {
    let (config, problems) = load_all(text, environment, flags);
    assert!(config.is_none(), "no problem found");
    problems
}

const SMALL: &str = "policy: p.yaml\nupstream: http://127.0.0.1:9000\n";

#[test]
fn flag_wins_over_environment_and_environment_over_file() {
    let text = format!("{SMALL}log: {{ level: warn, format: json }}\nworkers: 3\n");
    let environment = [("SIDEGATE_LOG__LEVEL", "debug"), ("SIDEGATE_WORKERS", "4")];
    let loaded = config(&text, &environment, &[("log.level", "trace")]);
    assert_eq!(loaded.log.level, "trace");
    assert_eq!(
        loaded.log.format,
        LogFormat::Json,
        "the file's other keys stay"
    );
    assert_eq!(loaded.workers.get(), 4);
    assert_eq!(loaded.log.decisions.record, Decisions::All, "defaults stay");
}

#[test]
fn no_file_is_needed() {
    let problems = Problems::new();
    let flags = pairs(&[("policy", "p.yaml"), ("upstream", "http://127.0.0.1:9000")]);
    let config = load(None, std::iter::empty(), flags, &problems).unwrap();
    assert_eq!(config.policy, PathBuf::from("p.yaml"));
    assert_eq!(
        config.listeners[0].listener.address.to_string(),
        "127.0.0.1:8080"
    );
    assert!(problems.is_empty());
}

#[test]
fn file_may_be_named_by_the_environment() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), SMALL).unwrap();
    let name = file.path().to_str().unwrap();
    let environment = pairs(&[("SIDEGATE_CONFIG", name)]).into_iter();
    assert!(load(None, environment, Vec::new(), &Problems::new()).is_some());
}

#[test]
fn shorthands_mean_the_long_forms() {
    let loaded = config(&format!("{SMALL}listen: 0.0.0.0:1\n"), &[], &[]);
    assert_eq!(
        loaded.listeners[0].listener.address.to_string(),
        "0.0.0.0:1"
    );
    let text = "policy: p\nlisteners: [{ address: '0.0.0.0:1' }, { address: '0.0.0.0:2' }]\nupstream: http://a\n";
    let loaded = config(text, &[("SIDEGATE_LISTEN", "[::1]:3")], &[]);
    assert_eq!(
        loaded.listeners.len(),
        1,
        "a listener from above replaces the list"
    );
    assert_eq!(loaded.listeners[0].listener.address.to_string(), "[::1]:3");
}

#[test]
fn variables_that_are_not_settings_are_left_alone() {
    let environment = [
        ("SIDEGATE_CONFIG", "elsewhere.yaml"),
        ("SIDEGATE_WORKERS", ""),
        ("SIDEGATE_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("SIDEGATED", "x"),
        ("PATH", "/bin"),
    ];
    config(SMALL, &environment, &[]);
}

#[test]
fn environment_may_hold_lists_maps_and_switches() {
    let environment = [
        (
            "SIDEGATE_LISTENERS",
            "[{ address: '127.0.0.1:1', protocols: [http2] }]",
        ),
        ("SIDEGATE_ADMIN", "off"),
        (
            "SIDEGATE_LIMITS",
            "{ header_bytes: 32 KiB, keep_alive: 1m }",
        ),
    ];
    let loaded = config(SMALL, &environment, &[]);
    assert!(!loaded.listeners[0].listener.protocols.http1);
    assert_eq!(loaded.admin.listen, None);
    assert_eq!(loaded.limits.header_bytes, 32 << 10);
    assert_eq!(loaded.limits.keep_alive, Duration::from_secs(60));
}

#[test]
fn paths_in_the_file_start_from_its_folder_and_others_from_here() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sidegate.yaml");
    let text = "policy: rules/p.yaml\nupstream: http://a\nlisteners:\n  - address: 127.0.0.1:1\n    tls: { certificate: a.crt, key: /etc/a.key }\n";
    std::fs::write(&file, text).unwrap();
    let load = |flags: &[(&str, &str)]| {
        load(
            Some(&file),
            std::iter::empty(),
            pairs(flags),
            &Problems::new(),
        )
        .unwrap()
    };
    let loaded = load(&[]);
    assert_eq!(loaded.policy, folder.path().join("rules/p.yaml"));
    let tls = loaded.listeners[0].listener.tls.as_ref().unwrap();
    assert_eq!(tls.certificate, folder.path().join("a.crt"));
    assert_eq!(tls.key, PathBuf::from("/etc/a.key"));
    assert_eq!(
        load(&[("policy", "p.yaml")]).policy,
        PathBuf::from("p.yaml")
    );
}

#[test]
fn reference_shows_every_key_and_is_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/reference.sidegate.yaml");
    let problems = Problems::recording();
    let secrets = ["ADMIN_TOKEN", "ENCRYPTION_KEY"].map(|name| (name.to_owned(), "x".repeat(32)));
    let loaded = load(Some(&path), secrets.into_iter(), Vec::new(), &problems);
    // What cannot stand beside its alternative in one file.
    let short = pairs(&[
        ("listen", "127.0.0.1:1"),
        ("door", "proxy"),
        ("upstream", "http://127.0.0.1:1"),
        ("policy", "p.yaml"),
        ("trusted_proxies.count", "1"),
    ]);
    let other = load(None, std::iter::empty(), short, &problems);
    assert_eq!(problems.unused_keys(), Vec::<String>::new());
    let found = problems.into_sorted();
    assert!(loaded.is_some() && other.is_some(), "{found:#?}");
    assert!(found.is_empty(), "{found:#?}");
}

/// Where the keys are, by what is loaded.
fn database(config: &ProcessConfig) -> Option<&std::path::Path> {
    match &config.store.backend {
        crate::store::Backend::Sqlite(path) => Some(path),
        crate::store::Backend::Postgres(_) => None,
    }
}

#[test]
fn keys_are_kept_beside_the_policy_unless_something_else_is_said() {
    let flags = pairs(&[("policy", "/etc/gate/p.yaml"), ("upstream", "http://a")]);
    let loaded = load(None, std::iter::empty(), flags, &Problems::new()).unwrap();
    let beside = std::path::Path::new("/etc/gate/sidegate.db");
    assert_eq!(database(&loaded), Some(beside));
}

#[test]
fn database_is_found_from_the_file_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sidegate.yaml");
    for store in ["sqlite:keys.db", "{ url: sqlite:keys.db, timeout: 2s }"] {
        std::fs::write(&file, format!("{SMALL}store: {store}\n")).unwrap();
        let of = |environment: &[(&str, &str)], flags: &[(&str, &str)]| {
            let environment = pairs(environment).into_iter();
            let problems = Problems::new();
            let loaded = load(Some(&file), environment, pairs(flags), &problems);
            loaded.unwrap_or_else(|| panic!("{:#?}", problems.into_sorted()))
        };
        assert_eq!(
            database(&of(&[], &[])),
            Some(&*folder.path().join("keys.db"))
        );
        let variable = [("SIDEGATE_STORE", "sqlite:here.db")];
        assert_eq!(database(&of(&variable, &[])), Some("here.db".as_ref()));
        let flag = [("store", "sqlite:there.db")];
        let loaded = of(&variable, &flag);
        assert_eq!(database(&loaded), Some("there.db".as_ref()));
        assert_eq!(loaded.store.timeout.as_secs() == 2, store.contains("2s"));
        let variable = [("SIDEGATE_STORE", "postgres://gate:secret@db/keys")];
        assert_eq!(database(&of(&variable, &[])), None);
    }
}

#[test]
fn password_in_the_file_is_refused_and_not_shown() {
    let found = problems(
        &format!("{SMALL}store: postgres://gate:hunter2@db/keys\n"),
        &[],
        &[],
    );
    assert!(found[0].contains("password"), "{found:?}");
    assert!(!found[0].contains("hunter2"), "{found:?}");
}

#[test]
fn how_keys_are_remembered_is_settled_at_start() {
    let text = format!("{SMALL}api_keys: {{ keep_known: 0s }}\n");
    let loaded = config(&text, &[("SIDEGATE_API_KEYS__MEMORY", "8 MiB")], &[]);
    assert!(loaded.api_keys.keep_known.is_zero());
    assert_eq!(loaded.api_keys.memory, 8 << 20);
}
