//! `matches`: what RE2 means, not what the engine would.

use super::super::pattern::Pattern;

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
