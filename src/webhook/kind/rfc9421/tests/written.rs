//! Structured fields: what is read, what is refused, and how it is written again.

use super::super::structured::{Bare, Member, dictionary, item};

#[test]
fn dictionaries_are_written_again_in_their_one_form() {
    for (text, canonical) in [
        ("a=1", "a=1"),
        ("a=1 ,\tb=2", "a=1, b=2"),
        ("  a  ", "a=?1"),
        ("a;x;y=1", "a=?1;x;y=1"),
        ("a=(1   2 );p=\"q\"", "a=(1 2);p=\"q\""),
        ("a=()", "a=()"),
        ("a=\"\\\"\\\\\"", "a=\"\\\"\\\\\""),
        ("a=token/x:y*", "a=token/x:y*"),
        ("a=:AA:", "a=:AA==:"),
        ("a=::", "a=::"),
        ("a=?0, *b-c.d_e=?1", "a=?0, *b-c.d_e=?1"),
        (
            "a=-12, b=1.50, c=-0.5, d=3.0",
            "a=-12, b=1.5, c=-0.5, d=3.0",
        ),
        ("a=@1659578233", "a=@1659578233"),
        (
            "a=999999999999999, b=999999999999.999",
            "a=999999999999999, b=999999999999.999",
        ),
        ("a=1;  b=2", "a=1;b=2"),
    ] {
        let members = dictionary(text).unwrap_or_else(|| panic!("{text}"));
        let written = members
            .iter()
            .map(|(key, member)| format!("{key}={member}"));
        assert_eq!(written.collect::<Vec<_>>().join(", "), canonical, "{text}");
    }
    assert_eq!(dictionary("").unwrap(), Vec::new());
}

#[test]
fn what_has_no_one_reading_is_refused() {
    for text in [
        "a=1, a=2",
        "a=1;b=1;b=2",
        "A=1",
        "1=1",
        "=1",
        "a=",
        "a=1,",
        ",a=1",
        "a=1,,b=1",
        "a=1 b=2",
        "a = 1",
        "a=\"",
        "a=\"\\x\"",
        "a=\"\u{e4}\"",
        "a='x'",
        "a=:A:",
        "a=:AA",
        "a=:A A:",
        "a=:AB==:",
        "a=:-_:",
        "a=?2",
        "a=?",
        "a=(1",
        "a=(1 2",
        "a=(1\t2)",
        "a=(1,2)",
        "a=(\"x\"\"y\")",
        "a=((1))",
        "a=)",
        "a=1.",
        "a=.5",
        "a=1.2345",
        "a=1234567890123456",
        "a=1234567890123.1",
        "a=--1",
        "a=-",
        "a=@1.5",
        "a=@x",
        "a=%\"x\"",
        "a=1;",
        "a=1;B",
        "a=1;b=",
        "a=\"x\ty\"",
        "a=1\u{7f}",
        "a=(1);;b",
    ] {
        assert_eq!(dictionary(text), None, "{text}");
    }
    let many: Vec<String> = (0..65).map(|number| format!("a{number}")).collect();
    assert!(dictionary(&many.join(",")).is_none());
    assert!(dictionary(&many[..64].join(",")).is_some());
    assert!(dictionary(&format!("a=({})", "1 ".repeat(65))).is_none());
}

#[test]
fn items_stand_alone() {
    let Some(read) = item("\"@query-param\";name=\"a b\"") else {
        panic!()
    };
    assert_eq!(read.bare, Bare::Text("@query-param".into()));
    assert_eq!(read.to_string(), "\"@query-param\";name=\"a b\"");
    for text in ["", "(1)", "1 2", "1,2", "\"a\" x"] {
        assert_eq!(item(text), None, "{text}");
    }
}

#[test]
fn deep_and_long_texts_cost_no_stack() {
    assert_eq!(dictionary(&format!("a={}", "(".repeat(100_000))), None);
    let long = format!("a=\"{}\"", "x".repeat(100_000));
    assert!(matches!(dictionary(&long).unwrap()[0].1, Member::Item(_)));
}
