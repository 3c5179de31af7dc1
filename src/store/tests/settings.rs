//! What may stand under `store`.

use std::time::Duration;

use crate::document::{Problems, Read, parse};
use crate::store::{Backend, Settings};

const PASSWORD: &str = "hunter2";

fn read(text: &str) -> (Option<Settings>, String) {
    let problems = Problems::new();
    let environment = |name: &str| match name {
        "STORE" => Some(format!("postgres://sidegate:{PASSWORD}@db/keys")),
        "FILE" => Some("sqlite:here.db".to_owned()),
        _ => None,
    };
    let node = parse("conf/sidegate.yaml", text, &environment, &problems).unwrap();
    let settings = Settings::read(node.at("store").unwrap(), &problems);
    let problems = problems.into_sorted();
    let settings = settings.filter(|_| problems.is_empty());
    let messages: Vec<_> = problems.iter().map(ToString::to_string).collect();
    (settings, messages.join("\n"))
}

fn path(text: &str) -> String {
    match read(text) {
        (
            Some(Settings {
                backend: Backend::Sqlite(path),
                ..
            }),
            _,
        ) => path.display().to_string(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn file_is_looked_for_beside_the_file_that_names_it() {
    assert_eq!(path("store: sqlite:keys.db"), "conf/keys.db");
    assert_eq!(path("store: sqlite:/var/lib/keys.db"), "/var/lib/keys.db");
    assert_eq!(path("store: sqlite:///var/lib/keys.db"), "/var/lib/keys.db");
    assert_eq!(path("store: ${FILE}"), "conf/here.db");
    assert_eq!(path("store: { url: sqlite:keys.db }"), "conf/keys.db");
}

#[test]
fn section_says_more() {
    let text =
        "store: { url: \"postgres://db/keys\", timeout: 300ms, migrate: false, ca_file: ca.pem }";
    let settings = read(text).0.unwrap();
    assert_eq!(settings.timeout, Duration::from_millis(300));
    assert!(!settings.migrate);
    assert_eq!(settings.ca_file, Some("ca.pem".into()));
    let settings = read("store: postgres://db/keys").0.unwrap();
    assert_eq!(settings.timeout, Duration::from_secs(1));
    assert!(settings.migrate);
}

#[test]
fn url_with_a_password_comes_from_elsewhere() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("postgres://u:{PASSWORD}@db/keys\n")).unwrap();
    let from_file = format!("store: {{ url: {{ file: {} }} }}", file.path().display());
    for text in [
        "store: ${STORE}",
        "store: { url: \"${STORE}\" }",
        &from_file,
    ] {
        let (settings, problems) = read(text);
        let settings = settings.unwrap_or_else(|| panic!("{text}: {problems}"));
        assert!(!format!("{settings:?}").contains(PASSWORD));
    }
    for text in [
        "store: postgres://u:hunter2@db/keys",
        "store: postgres://db/keys?user=u&password=hunter2",
        "store: { url: \"postgresql://u:hunter2@db/keys\" }",
        "store: postgres://u:hunter2@db/keys?application_name=${FILE}",
    ] {
        let (settings, problems) = read(text);
        assert!(settings.is_none(), "{text}");
        assert!(problems.contains("must not be written"), "{problems}");
        assert!(!problems.contains(PASSWORD), "{problems}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_without_quoting_it() {
    for (text, wanted) in [
        ("store: mysql://u:hunter2@db", "expected `sqlite:PATH`"),
        ("store: keys.db", "expected `sqlite:PATH`"),
        ("store: \"sqlite:\"", "expected the path of a file"),
        ("store: \"sqlite::memory:\"", "expected the path of a file"),
        (
            "store: postgres://u:hunter2@db:port/keys",
            "are written `%40`",
        ),
        ("store: { timeout: 1s }", "needs the key `url`"),
        (
            "store: { url: \"sqlite:a\", timeout: 0s }",
            "longer than zero",
        ),
        (
            "store: { url: \"sqlite:a\", timeout: 5m }",
            "at most a minute",
        ),
        (
            "store: { url: \"sqlite:a\", ca_file: b }",
            "is for PostgreSQL",
        ),
        (
            "store: { url: \"sqlite:a\", timeot: 1s }",
            "did you mean `timeout`?",
        ),
        ("store: 7", "expected text"),
        ("store: [a]", "expected text"),
    ] {
        let (settings, problems) = read(text);
        assert!(settings.is_none(), "{text}");
        assert!(problems.contains(wanted), "{text}: {problems}");
        assert!(!problems.contains(PASSWORD), "{problems}");
    }
}
