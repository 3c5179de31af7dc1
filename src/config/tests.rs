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
    assert_eq!(loaded.log.decisions, Decisions::All, "defaults stay");
}

#[test]
fn no_file_is_needed() {
    let problems = Problems::new();
    let flags = pairs(&[("policy", "p.yaml"), ("upstream", "http://127.0.0.1:9000")]);
    let config = load(None, std::iter::empty(), flags, &problems).unwrap();
    assert_eq!(config.policy, PathBuf::from("p.yaml"));
    assert_eq!(config.listeners[0].address.to_string(), "127.0.0.1:8080");
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
fn missing_file_and_missing_policy_are_told() {
    let reported = Problems::new();
    let none = load(
        Some(Path::new("/no/such")),
        std::iter::empty(),
        Vec::new(),
        &reported,
    );
    assert!(none.is_none());
    let found = reported.into_sorted();
    assert!(
        found[0]
            .to_string()
            .starts_with("/no/such: error: cannot be read: ")
    );
    let found = problems("upstream: http://127.0.0.1:9000\n", &[], &[]);
    assert!(found[0].contains("no policy file is named"), "{found:?}");
}

#[test]
fn shorthands_mean_the_long_forms() {
    let loaded = config(&format!("{SMALL}listen: 0.0.0.0:1\n"), &[], &[]);
    assert_eq!(loaded.listeners[0].address.to_string(), "0.0.0.0:1");
    let text = "policy: p\nlisteners: [{ address: '0.0.0.0:1' }, { address: '0.0.0.0:2' }]\nupstream: http://a\n";
    let loaded = config(text, &[("SIDEGATE_LISTEN", "[::1]:3")], &[]);
    assert_eq!(
        loaded.listeners.len(),
        1,
        "a listener from above replaces the list"
    );
    assert_eq!(loaded.listeners[0].address.to_string(), "[::1]:3");
}

#[test]
fn shorthand_beside_its_long_form_is_refused() {
    let text = format!(
        "{SMALL}listen: 0.0.0.0:1\nlisteners: [{{ address: '0.0.0.0:2' }}]\nupstreams: {{ default: {{ url: 'http://b' }} }}\n"
    );
    let found = problems(&text, &[], &[]);
    assert!(
        found[0].starts_with("sidegate.yaml:2:11: error: `upstream`: `upstream` is short for"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("sidegate.yaml:3:9: error: `listen`: `listen` is short for"),
        "{found:?}"
    );
}

#[test]
fn problem_names_line_variable_or_flag() {
    let text = format!("{SMALL}drain:\n  timeout: soon\n");
    let environment = [
        ("SIDEGATE_DRAIN__DELAY", "later"),
        ("SIDEGATE_LIMITS__HEADER_COUNT", "many"),
    ];
    let found = problems(&text, &environment, &[("admin.listen", "here")]);
    let starts = [
        "environment variable SIDEGATE_DRAIN__DELAY: error: `drain.delay`: expected a duration",
        "environment variable SIDEGATE_LIMITS__HEADER_COUNT: error: `limits.header_count`: expected a whole number",
        "flag --admin-listen: error: `admin.listen`: expected an address",
        "sidegate.yaml:4:12: error: `drain.timeout`: expected a duration",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for start in starts {
        assert!(
            found.iter().any(|it| it.starts_with(start)),
            "{start}\n{found:#?}"
        );
    }
}

#[test]
fn values_from_the_environment_are_never_quoted() {
    let text = format!("{SMALL}drain: {{ delay: '${{MINE}}' }}\n");
    let environment = [
        ("MINE", "hunter2"),
        ("SIDEGATE_WORKERS", "hunter2"),
        ("SIDEGATE_ADMIN", "hunter2"),
        ("SIDEGATE_ADMIN__LISTEN", "hunter2"),
        ("SIDEGATE_LISTEN", "[hunter2, {]"),
        ("SIDEGATE_LIMITS", "[hunter2]"),
        (
            "SIDEGATE_LOG",
            "{ level: hunter2, format: hunter2, decisions: hunter2 }",
        ),
    ];
    let found = problems(&text, &environment, &[]);
    assert!(found.len() >= 8, "{found:#?}");
    assert!(!found.join("\n").contains("hunter2"), "{found:#?}");
}

#[test]
fn unknown_key_is_an_error_with_a_suggestion_wherever_it_stands() {
    let text = format!("{SMALL}lstn: 0.0.0.0:1\nlimits: {{ conections: 1 }}\n");
    let environment = [("SIDEGATE_POLCY", "x"), ("SIDEGATE_DRAIN__TIMOUT", "1s")];
    let found = problems(&text, &environment, &[("worker", "3")]);
    for (place, help) in [
        (
            "environment variable SIDEGATE_DRAIN__TIMOUT: error: ",
            "did you mean `timeout`?",
        ),
        (
            "environment variable SIDEGATE_POLCY: error: ",
            "did you mean `policy`?",
        ),
        ("flag --worker: error: ", "did you mean `workers`?"),
        ("sidegate.yaml:3:1: error: ", "did you mean `listen`?"),
        ("sidegate.yaml:4:11: error: ", "did you mean `connections`?"),
    ] {
        let told = found
            .iter()
            .any(|it| it.starts_with(place) && it.contains(help));
        assert!(told, "{place} {help}\n{found:#?}");
    }
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
fn variables_that_contradict_each_other_are_refused() {
    let environment = [
        ("SIDEGATE_ADMIN", "off"),
        ("SIDEGATE_ADMIN__LISTEN", "127.0.0.1:1"),
    ];
    let found = problems(SMALL, &environment, &[]);
    assert!(
        found[0].contains("contradicts environment variable SIDEGATE_ADMIN:"),
        "{found:?}"
    );
    let found = problems(SMALL, &[("SIDEGATE_LOG____LEVEL", "info")], &[]);
    assert!(found[0].contains("names no key"), "{found:?}");
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
    assert!(!loaded.listeners[0].protocols.http1);
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
    let tls = loaded.listeners[0].tls.as_ref().unwrap();
    assert_eq!(tls.certificate, folder.path().join("a.crt"));
    assert_eq!(tls.key, PathBuf::from("/etc/a.key"));
    assert_eq!(
        load(&[("policy", "p.yaml")]).policy,
        PathBuf::from("p.yaml")
    );
}

#[test]
fn workers_and_listeners_are_within_bounds() {
    for (text, wrong) in [
        ("workers: 0\n", "from 1 to 1024"),
        ("workers: 9999\n", "from 1 to 1024"),
        ("listeners: []\n", "at least one listener"),
        (
            "listeners: [{ address: '[::]:1' }, { address: '[::]:1' }]\n",
            "two listeners on `[::]:1`",
        ),
    ] {
        let found = problems(&format!("{SMALL}{text}"), &[], &[]);
        assert!(
            found.iter().any(|it| it.contains(wrong)),
            "{wrong}: {found:?}"
        );
    }
}

#[test]
fn file_that_is_not_a_map_is_refused() {
    let found = problems("- a\n", &[], &[]);
    assert!(
        found[0].contains("expected a map of settings, found a list"),
        "{found:?}"
    );
}

#[test]
fn reference_shows_every_key_and_is_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/reference.sidegate.yaml");
    let problems = Problems::new();
    let loaded = load(Some(&path), std::iter::empty(), Vec::new(), &problems);
    // What cannot stand beside its alternative in one file.
    let short = pairs(&[
        ("listen", "127.0.0.1:1"),
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
