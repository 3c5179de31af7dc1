use super::*;
use crate::document::{Node, Problems, Read, parse};

fn read(text: &str) -> (Option<Entrance>, Vec<String>) {
    let problems = Problems::new();
    let node: Node = parse("sidegate.yaml", text, &|_| None, &problems).unwrap();
    let entrance = Entrance::read(&node, &problems);
    let problems = problems.into_sorted();
    (entrance, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn listener_is_a_proxy_unless_it_says_otherwise() {
    let (entrance, problems) = read("{ address: '127.0.0.1:1' }");
    assert_eq!(problems, Vec::<String>::new());
    let entrance = entrance.unwrap();
    assert_eq!(*entrance.door, Door::default());
    assert!(!entrance.door.only_answers());
}

#[test]
fn each_door_has_a_word() {
    for (word, bodies) in [
        ("nginx", false),
        ("traefik", true),
        ("caddy", false),
        ("haproxy", false),
        ("envoy_http", true),
    ] {
        let (entrance, problems) = read(&format!("{{ address: '127.0.0.1:1', door: {word} }}"));
        assert_eq!(problems, Vec::<String>::new());
        let door = entrance.unwrap().door;
        assert_eq!(door.name(), word);
        assert!(door.only_answers() && !door.has_bodies() && !door.can_reply());
        let (_, problems) = read(&format!(
            "{{ address: '127.0.0.1:1', door: {word}, max_body: 1MiB }}"
        ));
        assert_eq!(problems.is_empty(), bodies, "{word}: {problems:?}");
    }
}

#[test]
fn key_that_a_door_has_no_use_for_is_refused() {
    for (keys, wrong) in [
        ("door: gate", "`gate` is not known here"),
        ("max_body: 1MiB", "`max_body` is not for this door"),
        (
            "door: nginx, prefix: /check",
            "`prefix` is not for this door",
        ),
        (
            "door: envoy_http, prefix: check",
            "not the beginning of a path",
        ),
        (
            "door: envoy_http, prefix: /check/",
            "not the beginning of a path",
        ),
        (
            "door: nginx, unfit_routes: allow",
            "`allow` is not known here",
        ),
    ] {
        let (_, problems) = read(&format!("{{ address: '127.0.0.1:1', {keys} }}"));
        assert_eq!(problems.len(), 1, "{keys}: {problems:?}");
        assert!(problems[0].contains(wrong), "{keys}: {problems:?}");
    }
}
