//! Which sets may share places and names.

use super::mistakes::{mistakes, set};
use super::*;

#[test]
fn places_are_shared_only_where_prefixes_tell_keys_apart() {
    let issuers = "issuers: { main: { issuer: a, audience: b, secret: '${SECRET}' } }\n";
    let house = House::new().set("SECRET", super::SECRET);
    let two = |one: &str, other: &str| {
        format!(
            "{issuers}api_keys:\n  first: {{ keys: [], {one} }}\n  second: {{ keys: [], {other} }}\n"
        )
    };
    for (one, other, wrong) in [
        ("prefix: a1_", "prefix: a2_", None),
        (
            "prefix: pk_, from: bearer",
            "prefix: sk_, from: bearer",
            None,
        ),
        ("from: { header: X-A }", "from: { header: X-B }", None),
        ("from: { header: X-A }", "prefix: pk_", None),
        (
            "prefix: pk_, from: { header: X-A }",
            "prefix: pk_, from: { header: X-B }",
            None,
        ),
        ("prefix: pk_", "prefix: pk_", Some("begin alike")),
        ("prefix: pk_", "prefix: pk_more_", Some("begin alike")),
        ("prefix: pk_more_", "prefix: pk_", Some("begin alike")),
        (
            "from: { header: X-A }",
            "from: { header: x-a }",
            Some("nobody can tell them apart"),
        ),
        (
            "prefix: pk_",
            "from: { header: X-API-Key }",
            Some("nobody can tell them apart"),
        ),
        (
            "prefix: pk_",
            "from: bearer",
            Some("may hold a token as well"),
        ),
        (
            "from: [bearer, { header: X-A }]",
            "prefix: pk_",
            Some("may hold a token as well"),
        ),
    ] {
        let policy = two(one, other);
        match (house.build(&policy), wrong) {
            (Ok(_), None) => {}
            (Err(found), Some(wrong)) => {
                let found = found.join("\n");
                assert!(found.contains(wrong), "{policy}{found}");
                assert!(found.contains("help: "), "{found}");
            }
            (built, _) => panic!("{policy}{built:?}"),
        }
    }
    // Without an issuer no token is read anywhere.
    assert!(house.build(&set("keys: [], from: bearer")).is_ok());
}

#[test]
fn issuers_and_sets_have_one_name_space() {
    let house = House::new().set("SECRET", super::SECRET);
    let policy = format!(
        "issuers: {{ main: {{ issuer: a, audience: b, secret: '${{SECRET}}' }} }}\n{}",
        set("prefix: pk_")
    );
    let found = mistakes(&house, &policy).join("\n");
    assert!(
        found.contains("there is an issuer `main` as well"),
        "{found}"
    );
}
