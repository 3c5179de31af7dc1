//! `matches`: what RE2 means, not what the engine would.

use super::super::EvalErrorKind::Budget;
use super::super::pattern::Pattern;
use super::super::{Declarations, Program, Type, Value};
use super::One;

fn found(pattern: &str, text: &str) -> bool {
    Pattern::compile(pattern)
        .unwrap_or_else(|why| panic!("{pattern}: {why}"))
        .found_in(text)
}

#[test]
fn patterns_mean_what_re2_means() {
    for (pattern, text, wanted) in [
        ("^a+$", "aaa", true),
        ("b", "abc", true),
        (r"\d", "٣", false),
        (r"\d", "3", true),
        (r"\D", "٣", true),
        (r"^\w+$", "é", false),
        (r"[\w.]+@[^\s]", "a@b", true),
        (r"^[^\d]$", "٣", true),
        (r"^[\D]$", "3", false),
        (r"\bcat\b", "a cat", true),
        ("^[[a]$", "[", true),
        ("^[a&&b]+$", "a&b", true),
        ("^[a--]+$", "-", true),
        ("^[]a]$", "]", true),
        ("^[[:digit:]]$", "4", true),
        ("(?i)straSSe", "STRASSE", true),
        (r"^\pL+$", "日本", true),
        (r"^\p{Greek}$", "α", true),
        (r"\.", "a", false),
        ("a{2}", "aa", true),
        ("^(a|b)*$", "abab", true),
        ("^.$", "\n", false),
        (r"^\x{e9}[\x{e8}\x41]$", "\u{e9}A", true),
        ("(?s)^.$", "\n", true),
    ] {
        assert_eq!(found(pattern, text), wanted, "{pattern} in {text:?}");
    }
}

#[test]
fn what_re2_does_not_know_is_refused() {
    for pattern in [
        "(?x) a",
        "(?=a)",
        "(?<!a)",
        r"\1",
        "(",
        "[a",
        r"\",
        "(?u)a",
        r"\p{Alphabetic=yes}",
        r"\u0041",
        "a{,3}",
        r"\x{zz}",
        r"\x{41",
        "{",
        r"\K",
        r"\b{start}",
        "[b-a]",
        "*",
    ] {
        assert!(Pattern::compile(pattern).is_err(), "{pattern}");
    }
}

#[test]
fn a_pattern_that_would_backtrack_is_linear() {
    let started = std::time::Instant::now();
    assert!(!found(
        "^(a|a)*(a|a)*(a|a)*$",
        &format!("{}b", "a".repeat(50_000))
    ));
    assert!(started.elapsed() < std::time::Duration::from_secs(2));
}

#[test]
fn a_pattern_costs_the_more_the_larger_it_is() {
    let weight = |pattern| Pattern::compile(pattern).unwrap().weight();
    assert_eq!(weight("^[a-z0-9]+(-[a-z0-9]+)*$"), 1);
    assert!(weight("[01]*1[01]{100}") > 1);
    assert!(weight("[01]*1[01]{900}") >= 8);
}

#[test]
fn a_pattern_with_many_states_ends_within_the_steps() {
    let text = "01".repeat(8_000);
    let declared = Declarations::new().variable("x", Type::String, 0);
    for (pattern, wanted) in [("[01]*1[01]{900}x", Err(Budget)), ("^[01]*x", Ok(false))] {
        let program = Program::condition(&format!("x.matches('{pattern}')"), &declared).unwrap();
        let found = program.holds(&One(Value::from(text.clone())));
        assert_eq!(found.map_err(|error| error.kind), wanted, "{pattern}");
    }
}
