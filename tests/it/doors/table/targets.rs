//! Spellings of a target. Fronts differ in what they send on: whatever reaches the app was judged as it is.

use super::{ALICE, Callers};
use crate::doors::row::{Follows, HOST, Row, get, passes_as};

/// Targets by which somebody without a role, or without a token, would get to `/admin`.
const TRICKS: [&str; 62] = [
    "//admin/x",
    "/public//admin/x",
    "/public/./x",
    "/./admin/x",
    "/public/../admin/x",
    "/public/..",
    "/public/.",
    "/public/../../admin/x",
    "/../admin/x",
    "/public/%2e%2e/admin/x",
    "/public/%2E%2e/admin/x",
    "/public/.%2e/admin/x",
    "/public/%2e/x",
    "/public/..%2fadmin/x",
    "/public/..%2Fadmin%2Fx",
    "/public%2f..%2fadmin/x",
    "/public/a%2fb",
    "/%2fadmin/x",
    "/public/..%5cadmin/x",
    "/public/a%5cb",
    "/public\\..\\admin\\x",
    "/public/..\\admin/x",
    "/public/x;a=b",
    "/public;/../admin/x",
    "/public/..;/admin/x",
    "/public/.;/x",
    "/public/x%3ba",
    "/public/x%00",
    "/public/x%00/../admin/x",
    "/public/%c0%ae%c0%ae/admin/x",
    "/public/%c0%afadmin",
    "/public/%e0%80%af",
    "/public/%ff",
    "/%61dmin/x",
    "/%41dmin/x",
    "/ADMIN/x",
    "/admin%20/x",
    "/public/%61bc",
    "/public/%7euser",
    "/public/a%20b",
    "/public/a+b",
    "/public/%252e%252e/admin/x",
    "/public/%2561dmin",
    "/public/..%252fadmin/x",
    "/public/%u002e%u002e/admin",
    "/public/%",
    "/public/%zz",
    "/public/x/..",
    "/public/x/.",
    "/public/x..",
    "/public/...",
    "/public/x%0d%0aX-User:mallory",
    "/public/x%09y",
    "/public/x#/../../admin/x",
    "/admin/x#/public/",
    "/admin/x?/public/",
    "/public/x?/../admin/x",
    "/public/x?a=%2e%2e%2f",
    "/public/x?a=b?c=d",
    "/public?x=/../admin",
    "public/x",
    "*",
];

/// Targets of another form, or of a length that some will not have.
fn odd() -> Vec<(String, String)> {
    let absolute = |path: &str| format!("http://{HOST}{path}");
    let long = |count| format!("/public/{}", "a".repeat(count));
    [
        ("absolute", absolute("/public/x")),
        ("absolute, protected", absolute("/admin/x")),
        (
            "absolute, other host",
            "http://open.test/hosted/x".to_owned(),
        ),
        (
            "absolute, with a name",
            "http://user@app.test/admin/x".to_owned(),
        ),
        ("absolute, without a path", absolute("")),
        ("absolute, only a query", absolute("?/public/x")),
        ("absolute, other scheme", format!("https://{HOST}/public/x")),
        ("absolute, capitals", format!("HTTP://{HOST}/public/x")),
        ("four kilobytes", long(4_000)),
        ("twenty kilobytes", long(20_000)),
        ("ninety kilobytes", long(90_000)),
        (
            "a long query",
            format!("/public/x?{}", "q=1&".repeat(1_000)),
        ),
        ("many segments", format!("/public{}", "/a".repeat(500))),
        ("bytes beyond ASCII", "/public/\u{fc}".to_owned()),
        ("a query beyond ASCII", "/public/x?q=\u{fc}".to_owned()),
        ("a quote", "/public/\"x\"".to_owned()),
        ("angle brackets", "/public/<x>".to_owned()),
        ("braces", "/public/{x}|^`".to_owned()),
        ("a space in a query", "/public/x?a=%20b".to_owned()),
    ]
    .map(|(what, target)| (what.to_owned(), target))
    .to_vec()
}

pub(super) fn rows(callers: &Callers) -> Vec<Row> {
    let tricks = TRICKS.map(|trick| (trick.to_owned(), trick.to_owned()));
    let mut rows: Vec<Row> = Vec::new();
    for (what, target) in tricks.into_iter().chain(odd()) {
        let nobody = Row::of(format!("target: {what}"), &get(&target), Follows::Lawful);
        let alice = get(&target).bearer(&callers.alice);
        let alice = Row::of(
            format!("target with a token: {what}"),
            &alice,
            Follows::Lawful,
        );
        let is_elsewhere = target.contains("open.test");
        rows.extend([nobody, alice].map(|row| Row {
            is_elsewhere,
            ..row
        }));
    }
    rows.extend(plain(callers));
    rows
}

/// Targets that nobody has a reason to touch: they arrive as they were sent.
fn plain(callers: &Callers) -> Vec<Row> {
    let targets = [
        "/me/a-b_c~d.e",
        "/me/a%20b",
        "/me/caf%C3%A9",
        "/me/x?a=1&b=%2F&c=%20+&d=%C3%A9",
        "/me/x?",
        "/me/",
        "/me/x,y:z@w!$'()*",
    ];
    let row = |target: &str| {
        let call = get(target).bearer(&callers.alice);
        Row::of(
            format!("target that stays: {target}"),
            &call,
            passes_as(target, ALICE),
        )
    };
    targets.into_iter().map(row).collect()
}
