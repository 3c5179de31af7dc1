//! Which facts an expression depends on.

use super::super::{Program, Slot};
use super::facts::{
    ABSENT, CLAIMS, HEADERS, METHOD, ORG, QUERY, ROLES, TENANT, TENANT_ID, declarations,
};

fn reads(text: &str) -> Vec<(Slot, String)> {
    let program =
        Program::compile(text, &declarations()).unwrap_or_else(|error| panic!("{text}: {error}"));
    let reads = program.reads().iter();
    reads.map(|read| (read.slot, read.keys.join("/"))).collect()
}

#[test]
fn constant_keys_are_read_by_themselves() {
    for (text, wanted) in [
        ("request.method == path.org", vec![(METHOD, ""), (ORG, "")]),
        ("request.headers['x-a'] == 'b'", vec![(HEADERS, "x-a")]),
        ("'x-a' in request.headers", vec![(HEADERS, "x-a")]),
        (
            "request.headers[request.method] == 'b'",
            vec![(METHOD, ""), (HEADERS, "")],
        ),
        ("request.headers.exists(h, h == 'a')", vec![(HEADERS, "")]),
        ("request.query.tag[0] == 'a'", vec![(QUERY, "tag")]),
        ("principal.claims.a.b == 1", vec![(CLAIMS, "a/b")]),
        ("principal.claims['a']['b'].c == 1", vec![(CLAIMS, "a/b/c")]),
        (
            "principal.claims.a[path.org] == 1",
            vec![(ORG, ""), (CLAIMS, "a")],
        ),
        ("principal.claims.a[0].b == 1", vec![(CLAIMS, "a")]),
        ("'x' in principal.claims.groups", vec![(CLAIMS, "groups")]),
        ("has(principal.claims.a.b)", vec![(CLAIMS, "a/b")]),
        ("has(principal.email)", vec![(ABSENT, "")]),
        ("size(principal.claims) == 1", vec![(CLAIMS, "")]),
        (
            "path['tenant-id'] == principal.tenant",
            vec![(TENANT_ID, ""), (TENANT, "")],
        ),
        (
            "principal.roles.exists(r, r in principal.roles)",
            vec![(ROLES, "")],
        ),
        ("request.headers['x-' + 'a'] == ''", vec![(HEADERS, "x-a")]),
        ("1 == 2", vec![]),
    ] {
        let wanted: Vec<_> = wanted
            .into_iter()
            .map(|(slot, keys)| (slot, keys.to_owned()))
            .collect();
        let mut found = reads(text);
        found.sort();
        let mut sorted = wanted;
        sorted.sort();
        assert_eq!(found, sorted, "{text}");
    }
}

#[test]
fn a_read_knows_its_place() {
    let text = "true && request.headers['X-A'] == 'b'";
    let program = Program::compile(text, &declarations()).unwrap();
    assert_eq!(program.reads()[0].offset, 8);
}
