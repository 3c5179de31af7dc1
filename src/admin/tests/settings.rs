//! The section `admin`.

use super::super::AdminSettings;
use crate::document::{Problems, parse};

#[test]
fn settings_are_read() {
    let read = |text: &str| {
        let problems = Problems::new();
        let node = parse("sidegate.yaml", text, &|_| None, &problems).unwrap();
        let settings = AdminSettings::read(node.at("admin"), &problems);
        (settings, problems.len())
    };
    let (settings, problems) = read("{}");
    assert_eq!(
        (settings.listen, problems),
        (AdminSettings::default().listen, 0)
    );
    assert!(settings.hosts.is_empty() && settings.token.is_none());
    for off in ["admin: off", "admin: false"] {
        assert_eq!(read(off).0.listen, None);
    }
    let (settings, problems) = read("admin: { listen: '0.0.0.0:1', hosts: A.example }");
    assert_eq!((problems, settings.hosts[0].name()), (0, "a.example"));
    for wrong in [
        "admin: on",
        "admin: { hosts: 'a:80' }",
        "admin: { host: a }",
    ] {
        assert_eq!(read(wrong).1, 1, "{wrong}");
    }
}

#[test]
fn token_comes_from_elsewhere_and_is_long() {
    let read = |token: &str| {
        let problems = Problems::new();
        let environment = |_: &str| Some(token.to_owned());
        let text = "admin: { token: '${TOKEN}' }";
        let node = parse("sidegate.yaml", text, &environment, &problems).unwrap();
        let settings = AdminSettings::read(node.at("admin"), &problems);
        let found = problems.into_sorted().first().map(ToString::to_string);
        (settings.token.is_some(), found.unwrap_or_default())
    };
    assert_eq!(read(&"a".repeat(32)), (true, String::new()));
    for short in [
        "hunter2",
        &"a".repeat(31),
        &"a b".repeat(20),
        &"ü".repeat(20),
    ] {
        let (found, problem) = read(short);
        assert!(
            !found && problem.contains("openssl rand -hex 32"),
            "{problem}"
        );
        assert!(!problem.contains(short), "{problem}");
    }
    let problems = Problems::new();
    let text = format!("admin: {{ token: {} }}", "a".repeat(40));
    let node = parse("sidegate.yaml", &text, &|_| None, &problems).unwrap();
    assert!(
        AdminSettings::read(node.at("admin"), &problems)
            .token
            .is_none()
    );
    assert_eq!(problems.len(), 1);
}
