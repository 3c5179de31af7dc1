use super::{problems, said, warned};

const HOLE: &str = "  - { path: /api/** }\n";

fn hole(ignore: &str) -> String {
    format!("routes:\n{HOLE}  - {{ path: /api/health, public: true, {ignore} }}\n")
}

#[test]
fn lint_is_silenced_on_a_route_a_group_or_the_file() {
    assert_eq!(warned(&hole("")), [("public-under-protected", 4)]);
    let ignore = "ignore: { public-under-protected: probes have no token }";
    assert_eq!(warned(&hole(ignore)), []);
    assert_eq!(warned(&format!("{}{ignore}\n", hole(""))), []);
    let group = format!(
        "routes:\n{HOLE}  - {{ group: g, path: /api, {ignore}, routes: [ {{ path: /health, public: true }} ] }}\n"
    );
    assert_eq!(warned(&group), []);
    assert_eq!(
        warned(&group.replace(&format!("{ignore}, "), "")),
        [("public-under-protected", 4)]
    );
}

#[test]
fn silence_reaches_no_further_than_its_section() {
    let routes: Vec<String> = (1..=10)
        .map(|number| format!("  - {{ path: /api/{number}, public: true }}\n"))
        .collect();
    let text = format!("routes:\n{HOLE}{}", routes.concat());
    let silenced = text.replace(
        "/api/1,",
        "/api/1, ignore: { public-under-protected: a reason },",
    );
    // `routes[1]` is not `routes[10]`.
    assert_eq!(warned(&text).len(), 10);
    assert_eq!(warned(&silenced).len(), 9);
}

#[test]
fn silence_without_effect_is_a_warning_of_its_own() {
    let ignore = "ignore: { unbound-tenant: a reason, public-under-protected: a reason }";
    assert_eq!(warned(&hole(ignore)), [("unused-ignore", 4)]);
    let said = said(&hole(ignore));
    let wanted = "warning[unused-ignore]: `routes[1].ignore.unbound-tenant`: there is no \
                  `unbound-tenant` here to silence";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn silence_needs_a_reason_and_a_lint_that_exists() {
    for (ignore, wanted) in [
        (
            "{ public-under-protected: '' }",
            "silenced without a reason",
        ),
        (
            "{ public-under-protected: ' ' }",
            "silenced without a reason",
        ),
        ("{ public-under-protected: }", "silenced without a reason"),
        (
            "{ public-under-protected: true }",
            "silenced without a reason",
        ),
        (
            "{ public-under-protect: x }",
            "did you mean `public-under-protected`?",
        ),
        ("{ nothing-like-it: x }", "lints: audience-any, "),
        ("{ unused-ignore: x }", "`unused-ignore` cannot be silenced"),
        (
            "[public-under-protected]",
            "expected a map from lints to reasons",
        ),
    ] {
        let said = said(&hole(&format!("ignore: {ignore}")));
        assert!(
            said.contains("error: ") && said.contains(wanted),
            "{ignore}: {said}"
        );
    }
}

#[test]
fn nothing_is_said_of_silence_in_a_file_with_mistakes() {
    let text = hole("ignore: { unbound-tenant: a reason }, roles: [a]");
    let found = problems(&super::with_issuer(&text));
    assert!(
        found.iter().all(|problem| problem.lint.is_none()),
        "{found:?}"
    );
}

#[test]
fn warnings_of_other_rooms_are_silenced_too() {
    let text = "ignore: { colon-capture: a reason }\nroutes: [ { path: '/:id' } ]\n";
    assert_eq!(warned(text), []);
}
