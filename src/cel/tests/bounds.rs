//! What is too large is refused, and what takes too long ends.

use std::time::{Duration, Instant};

use super::super::ErrorKind::Bound;
use super::super::EvalErrorKind::{Budget, TooLarge};
use super::super::{Declarations, MAX_TEXT, Program, Type, Value};
use super::{One, compile, failure, refused, value};

#[test]
fn a_text_that_is_too_long_is_refused() {
    let long = format!("'{}' == ''", "a".repeat(MAX_TEXT));
    assert_eq!(refused(&long).kind, Bound);
    assert_eq!(refused(&vec!["true"; 3_000].join(" || ")).kind, Bound);
    assert_eq!(refused(&"(".repeat(10_000)).kind, Bound);
}

#[test]
fn nesting_is_bounded_in_every_form() {
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("!", "true", ""),
        ("-", "x", ""),
        ("{1:", "1", "}"),
        ("f(", "1", ")"),
        ("true ? 1 : ", "1", ""),
        ("1 + (", "1", ")"),
        ("", "x", ".a"),
        ("", "x", "[0]"),
        ("", "1", " + 1"),
        ("", "x", ".f()"),
    ] {
        let text = format!("{}{middle}{}", open.repeat(300), close.repeat(300));
        assert_eq!(refused(&text).kind, Bound, "{open}{middle}{close}");
    }
    assert_eq!(
        value(&format!("{}7{}", "(".repeat(60), ")".repeat(60))),
        "7"
    );
}

#[test]
fn the_deepest_expression_runs_on_a_small_stack() {
    let text = format!("{}true{}", "!(".repeat(31), ")".repeat(31));
    let run = move || assert_eq!(value(&text), "false");
    let thread = std::thread::Builder::new()
        .stack_size(1024 * 1024)
        .spawn(run);
    thread.unwrap().join().unwrap();
}

#[test]
fn parts_are_bounded() {
    let text = format!("[{}] == []", vec!["1"; 1_100].join(","));
    assert_eq!(refused(&text).kind, Bound);
    assert_eq!(
        value(&format!("{} == 1", vec!["1"; 60].join(" * "))),
        "true"
    );
    assert_eq!(value(&vec!["false"; 500].join("||")), "false");
}

#[test]
fn loops_stand_at_most_two_deep_in_each_other() {
    let list = "[1,2,3]";
    let two = format!("{list}.all(a, {list}.all(b, a < 9 && b < 9))");
    assert_eq!(value(&two), "true");
    let four = format!("{list}.all(a, {list}.all(b, {list}.all(c, {list}.all(d, true))))");
    let error = refused(&four);
    assert_eq!(error.kind, Bound);
    assert!(error.message.contains("2 deep"), "{error}");
}

fn over_claims(text: &str, claims: serde_json::Value) -> Result<bool, super::EvalError> {
    let declared = Declarations::new().variable("x", Type::Dyn, 0);
    let claims: &'static serde_json::Value = Box::leak(Box::new(claims));
    let program = Program::condition(text, &declared).unwrap();
    program.holds(&One(Value::from(claims)))
}

#[test]
fn steps_are_bounded() {
    let long = serde_json::json!((0..1_000).collect::<Vec<_>>());
    let started = Instant::now();
    for text in [
        "x.all(a, x.all(b, a + b >= 0))",
        "x.all(a, !(a in x.map(b, b + 5000)))",
        "x.map(a, x) == x.map(a, x)",
        "x.exists(a, x == [a]) || x.all(a, x.all(b, true)) || true",
        "x.all(a, x.all(b, a / 0 == b)) || x.all(a, x.all(b, true))",
    ] {
        let error = over_claims(text, long.clone()).unwrap_err();
        assert_eq!(error.kind, Budget, "{text}");
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn large_texts_take_steps_too() {
    let long = serde_json::json!("ab".repeat(30_000));
    for text in [
        "[1,2,3,4,5,6,7,8,9,10,11,12].all(a, x == x + '')",
        "[1,2,3,4].all(a, x.matches('(a|b)*c') == false)",
        "[1,2,3,4,5,6,7,8,9,10,11,12].all(a, x.contains('c') == false)",
    ] {
        let error = over_claims(text, long.clone()).unwrap_err();
        assert_eq!(error.kind, Budget, "{text}");
    }
}

#[test]
fn what_an_evaluation_makes_is_bounded() {
    let long = serde_json::json!("ab".repeat(30_000));
    for text in [
        "x + x == ''",
        "x.replace('a', 'aaa') == ''",
        "x.split('') == []",
        "[x, x].join() == ''",
    ] {
        let error = over_claims(text, long.clone()).unwrap_err();
        assert_eq!(error.kind, TooLarge, "{text}");
    }
    let doubling = format!(
        "{}[0]{} == []",
        "cel.bind(a, ".repeat(3),
        ", a + a + a + a)".repeat(3)
    );
    assert!(compile(&doubling).is_ok());
    assert_eq!(
        failure(
            "cel.bind(a, principal.roles.map(r, 'aaaaaaaaaaaaaaaa'), cel.bind(b, a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a, cel.bind(c, b+b+b+b+b+b+b+b+b+b+b+b+b+b+b+b, c+c+c+c+c+c+c+c+c)))"
        ),
        TooLarge
    );
}

#[test]
fn patterns_are_bounded() {
    for text in [
        "request.method.matches('((a{1,100}){1,100}){1,100}')",
        "request.method.matches('\\\\pL{1000}')",
    ] {
        let error = refused(text);
        assert!(error.message.contains("too large"), "{error}");
    }
}

#[test]
fn variables_of_macros_are_bounded() {
    let text =
        "cel.bind(a, 1, cel.bind(b, 2, cel.bind(c, 3, cel.bind(d, 4, cel.bind(e, 5, true)))))";
    assert_eq!(refused(text).kind, Bound);
}
