//! What is said about mistakes.

use super::*;

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
        "flag --admin: error: `admin.listen`: expected an address",
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
        ("flag --set worker: error: ", "did you mean `workers`?"),
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
fn door_that_is_misspelt_is_the_one_mistake() {
    let text = "listen: 127.0.0.1:1\ndoor: nginxx\npolicy: policy.yaml\n";
    let found = problems(text, &[], &[]);
    assert!(
        found.len() == 1 && found[0].contains("did you mean `nginx`?"),
        "{found:?}"
    );
}

#[test]
fn flags_are_named_as_they_are_spelled() {
    let flags = [("trusted_proxies.cidrs", "[localhost]"), ("prefix", "/x")];
    let found = problems(SMALL, &[], &flags);
    for named in ["flag --trust: error: ", "flag --set prefix: error: "] {
        assert!(found.iter().any(|it| it.starts_with(named)), "{found:?}");
    }
}

#[test]
fn door_that_only_answers_needs_no_upstream_but_somebody_who_may_ask() {
    let door = "listen: 127.0.0.1:1\ndoor: nginx\npolicy: policy.yaml\n";
    let found = problems(door, &[], &[]);
    assert!(
        found.len() == 1 && found[0].contains("nobody may ask at the door `nginx` on 127.0.0.1:1"),
        "{found:?}"
    );
    for (named, fine) in [("cidrs: 127.0.0.1", true), ("count: 1", false)] {
        let text = format!("{door}trusted_proxies: {{ {named} }}\n");
        let (_, found) = load_all(&text, &[], &[]);
        assert_eq!(found.is_empty(), fine, "{named}: {found:?}");
    }
    let found = problems(
        "door: nginx\npolicy: p\nupstream: http://127.0.0.1:2\n",
        &[],
        &[],
    );
    assert!(
        found[0].contains("`door` says what stands behind `listen`"),
        "{found:?}"
    );
}

#[test]
fn file_that_is_not_a_map_is_refused() {
    let found = problems("- a\n", &[], &[]);
    assert!(
        found[0].contains("expected a map of settings, found a list"),
        "{found:?}"
    );
}
