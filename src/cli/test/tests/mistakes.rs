use super::*;

#[test]
fn every_mistake_has_a_place_and_says_what_would_be_right() {
    for (cases, wanted) in [
        (
            "cases: [ { request: GET /, expect: deny TOKEN_EXPIRD } ]",
            "did you mean `TOKEN_EXPIRED`?",
        ),
        (
            "cases: [ { request: GET /, expect: { route: report } } ]",
            "did you mean `reports`?",
        ),
        (
            "cases: [ { request: GET /, expect: { upstream: defalt, path: / } } ]",
            "did you mean `default`?",
        ),
        (
            "cases: [ { request: GET /, claims: { issuer: mian, sub: a }, expect: deny } ]",
            "did you mean `main`?",
        ),
        (
            "cases: [ { request: GET /, claims: { sub: a }, expect: deny } ]",
            "write `issuer:` with one of: main, shared",
        ),
        (
            "cases: [ { request: GET /, as: bob, expect: deny } ]",
            "there is no principal `bob`",
        ),
        (
            "cases: [ { request: GET /, as: { subject: a, issur: main }, expect: deny } ]",
            "did you mean `issuer`?",
        ),
        (
            "cases: [ { request: GET /, expect: 200 } ]",
            "gets its status from the upstream",
        ),
        (
            "cases: [ { request: GET /, expect: { deny: NO_ROUTE, path: / } } ]",
            "neither allowed nor refused",
        ),
        (
            "cases: [ { request: GET /, alg: none, expect: deny } ]",
            "belongs beside `claims`",
        ),
        (
            "cases: [ { request: GET /, claims: {}, alg: HS1, expect: deny } ]",
            "`HS1` is not an algorithm",
        ),
        (
            "cases: [ { request: GET /, token: a, as: b, expect: deny } ]",
            "only one of",
        ),
        (
            "cases: [ { request: GET, expect: deny } ]",
            "a method and a URL",
        ),
        (
            "cases: [ { request: { url: /, path: / }, expect: deny } ]",
            "one of `url` and `path`",
        ),
        (
            "cases: [ { request: { url: /, client: here }, expect: deny } ]",
            "expected an IP address",
        ),
        (
            "cases: [ { request: GET /, now: today, expect: deny } ]",
            "RFC 3339",
        ),
        ("cases: [ { request: GET / } ]", "needs the key `expect`"),
        ("cases: [ { request: GET /, expect: } ]", "without a value"),
        ("case: []", "did you mean `cases`?"),
        ("{}", "has no `cases`"),
        (
            "cases: [ { each: { a: [b] }, request: \"GET /{{ a }}\", expect: { c: allow } } ]",
            "no value of `a`",
        ),
        (
            "cases: [ { each: { a: [b] }, request: \"GET /{{ a }}\", expect: { b b: allow } } ]",
            "a word for each variable",
        ),
        (
            "cases: [ { each: { a: [b, c] }, request: \"GET /{{ a }}\", expect: { b: allow } } ]",
            "nothing is expected of `c`",
        ),
        (
            "cases: [ { each: { a: [b] }, request: \"GET /{{ a }}\", expect: { b: deny, \"*\": allow } } ]",
            "leave nothing to it",
        ),
        (
            "cases: [ { each: { a: [b] }, request: \"GET /{{ c }}\", expect: deny } ]",
            "no variable `c`",
        ),
        (
            "cases: [ { each: { a: [b, c] }, request: GET /, expect: deny } ]",
            "write `{{ a }}` where its value belongs",
        ),
        (
            "cases: [ { request: GET reports, expect: deny } ]",
            "write `/reports`",
        ),
        (
            "cases: [ { request: { path: reports }, expect: deny } ]",
            "a path begins with `/`",
        ),
        (
            "cases: [ { request: /reports, expect: deny } ]",
            "such as `GET /reports`",
        ),
        (
            "cases: [ { request: GET /, expect: NO_ROUTE } ]",
            "write `deny NO_ROUTE`",
        ),
        ("routes: []", "this is a policy"),
        (
            "cases: [ { each: { a: [] }, request: GET /, expect: deny } ]",
            "no case",
        ),
        (
            "cases: [ { each: { a: [\"b c\"] }, request: \"GET /{{ a }}\", expect: { b: deny } } ]",
            "cannot stand in a table's key",
        ),
    ] {
        let found = mistakes(cases);
        assert!(found.contains(wanted), "{cases}:\n{found}");
        assert!(found.contains("cases.yaml:1:"), "{cases}:\n{found}");
    }
}

#[test]
fn mistake_in_a_table_is_said_once() {
    let found = mistakes(
        "cases: [ { each: { a: [b, c, d] }, request: \"GET /{{ a }}\", expect: deny X } ]",
    );
    assert_eq!(found.matches("error").count(), 1, "{found}");
}

/// Every combination is a copy of the case, its own table included.
#[test]
fn table_that_comes_to_too_much_is_refused_before_it_is_made() {
    let numbers: Vec<String> = (0..3_000).map(|number| format!("n{number}")).collect();
    let rows: Vec<String> = numbers.iter().map(|name| format!("{name}: deny")).collect();
    let cases = format!(
        "cases: [ {{ each: {{ a: [{}] }}, request: \"GET /{{{{ a }}}}\", expect: {{ {} }} }} ]",
        numbers.join(", "),
        rows.join(", ")
    );
    let found = mistakes(&cases);
    assert!(found.contains("comes to too much text"), "{found}");
}
