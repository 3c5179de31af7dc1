//! What the reader finds, and how it says so.

use std::time::Duration;

use super::*;

fn environment(name: &str) -> Option<String> {
    match name {
        "NAME" => Some("from-outside".to_owned()),
        "PORT" => Some("8080".to_owned()),
        _ => None,
    }
}

fn parsed(text: &str) -> (Option<Node>, Vec<String>) {
    let problems = Problems::new();
    let node = parse("policy.yaml", text, &environment, &problems);
    (node, lines(problems))
}

fn lines(problems: Problems) -> Vec<String> {
    problems
        .into_sorted()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// Reads the value under `key` and returns it with the problems found.
fn read<T: Read>(text: &str) -> (Option<T>, Vec<String>) {
    let problems = Problems::new();
    let node = parse("policy.yaml", text, &environment, &problems).unwrap();
    let value = T::read(node.at("key").unwrap(), &problems);
    (value, lines(problems))
}

#[test]
fn every_value_knows_its_place_and_path() {
    let (node, problems) = parsed("routes:\n  - path: /a\n    roles: [x, y]\n");
    assert_eq!(problems, Vec::<String>::new());
    let node = node.unwrap();
    let Value::List(routes) = &node.at("routes").unwrap().value else {
        panic!()
    };
    let roles = routes[0].at("roles").unwrap();
    assert_eq!((roles.place.line, roles.place.column), (3, 12));
    assert_eq!(roles.path.as_ref(), "routes[0].roles");
}

#[test]
fn unquoted_words_mean_what_yaml_1_2_says() {
    let (node, _) = parsed("a: no\nb: true\nc: 10\nd: 1.5\ne: '10'\nf:\ng: 0x10\nh: .nan");
    let node = node.unwrap();
    let kinds: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h"]
        .map(|key| node.at(key).unwrap().value.kind())
        .into();
    let text = "text";
    assert_eq!(
        kinds,
        [
            text,
            "true or false",
            "a number",
            "a number",
            text,
            "nothing",
            text,
            text
        ]
    );
}

#[test]
fn broken_files_say_where() {
    for (text, wanted) in [
        ("a: 1\nb: [1", "policy.yaml:2:"),
        (
            "a: 1\na: 2",
            "policy.yaml:2:1: error: `a`: the key `a` is already set at policy.yaml:1:1",
        ),
        (
            "a: 1\n---\nb: 2",
            "policy.yaml:2:1: error: a second document",
        ),
        ("a:\n\t- b", "policy.yaml:2:"),
        ("? [a]\n: b", "a key must be plain text"),
        ("%YAML 1.2\n---\na: 1", "policy.yaml:1:1"),
    ] {
        let (_, problems) = parsed(text);
        assert!(
            problems.iter().any(|line| line.contains(wanted)),
            "{text}: {problems:?}"
        );
    }
}

#[test]
fn bombs_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let inside = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{inside}]\n"));
    }
    let (_, problems) = parsed(&text);
    assert!(problems[0].contains("holds too much"), "{problems:?}");
    let (_, problems) = parsed(&format!("{}{}", "[".repeat(40), "]".repeat(40)));
    assert!(problems[0].contains("too deep"), "{problems:?}");
}

#[test]
fn environment_is_filled_in_and_never_quoted() {
    let (text, problems) = read::<String>("key: a-${NAME}-${NOPE:-b}-$${NAME}");
    assert_eq!(
        (text.as_deref(), problems.len()),
        (Some("a-from-outside-b-${NAME}"), 0)
    );
    let (port, _) = read::<u16>("key: ${PORT}");
    assert_eq!(port, Some(8080));
    let (_, problems) = read::<u16>("key: ${NAME}");
    assert!(!problems[0].contains("from-outside"), "{problems:?}");
    let (_, problems) = parsed("key: ${NOPE}");
    assert!(problems[0].contains("`NOPE` is not set"), "{problems:?}");
}

#[test]
fn durations_and_sizes_have_units() {
    assert_eq!(
        read::<Duration>("key: 500ms").0,
        Some(Duration::from_millis(500))
    );
    assert_eq!(
        read::<Duration>("key: 24h").0,
        Some(Duration::from_secs(86_400))
    );
    assert_eq!(read::<ByteSize>("key: 64 KiB").0, Some(ByteSize(65_536)));
    assert_eq!(read::<ByteSize>("key: 1000").0, Some(ByteSize(1000)));
    for text in [
        "key: 30",
        "key: 1w",
        "key: -1s",
        "key: 99999999999999999999s",
        "key: 4000000000s",
    ] {
        assert_eq!(read::<Duration>(text).0, None, "{text}");
    }
}

#[test]
fn text_that_looks_like_something_else_must_be_quoted() {
    let (text, problems) = read::<String>("key: 10");
    assert_eq!(text, None);
    assert!(
        problems[0].contains("expected text (in quotes"),
        "{problems:?}"
    );
}

#[test]
fn all_mistakes_of_a_section_are_named_at_once() {
    let problems = Problems::new();
    let text = "audiance: x\nport: many\nextra: 1\n";
    let node = parse("policy.yaml", text, &environment, &problems).unwrap();
    let mut fields = Fields::of(&node, "issuer", &problems).unwrap();
    let _: Option<String> = fields.required("audience");
    let _: Option<u16> = fields.optional("port");
    fields.finish();
    let found = lines(problems);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(
        found
            .iter()
            .any(|line| line.contains("did you mean `audience`?")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|line| line.contains("unknown key `extra` in issuer")),
        "{found:?}"
    );
}

#[test]
fn words_that_are_not_known_come_with_those_that_are() {
    let problems = Problems::new();
    let node = parse("policy.yaml", "key: jsno", &environment, &problems).unwrap();
    let value = choice(
        node.at("key").unwrap(),
        &problems,
        &[("text", 1), ("json", 2)],
    );
    assert_eq!(value, None);
    let found = lines(problems);
    assert!(
        found[0].contains("did you mean `json`? Known: `text`, `json`"),
        "{found:?}"
    );
}

#[test]
fn keys_that_no_file_uses_can_be_listed() {
    let problems = Problems::recording();
    let node = parse("policy.yaml", "a: x", &environment, &problems).unwrap();
    let mut fields = Fields::of(&node, "section", &problems).unwrap();
    let _: (Option<String>, Option<String>) = (fields.optional("a"), fields.optional("b"));
    assert_eq!(problems.unused_keys(), ["section.b"]);
}

#[test]
fn places_within_a_text_are_exact_where_it_stands_as_it_is() {
    let text =
        "a: one two\nb: 'one two'\nc: \"one \\\"two\"\nd: |\n  one\n    two\ne: >\n  one\n  two\n";
    let (node, _) = parsed(text);
    let node = node.unwrap();
    for (key, within, line, column) in [
        ("a", "two", 1, 8),
        ("b", "two", 2, 9),
        // Escaped or folded: where the text begins.
        ("c", "two", 3, 4),
        ("e", "two", 8, 3),
        ("d", "one", 5, 3),
        ("d", "two", 6, 5),
    ] {
        let node = node.at(key).unwrap();
        let place = node.place_of(node.text().unwrap().find(within).unwrap());
        assert_eq!((place.line, place.column), (line, column), "{key}");
    }
    let first = node.at("a").unwrap();
    assert_eq!(first.place_of(100), first.place);
}

/// The first brace would end both, and what is left would pass for a value.
#[test]
fn variables_do_not_nest() {
    let (_, problems) = parsed("a: ${NOPE:-${NAME}}\n");
    assert!(problems[0].contains("do not nest"), "{problems:?}");
}
