//! Content arrives whole, and large heads arrive at all.

use super::{ALICE, Callers};
use crate::doors::row::{Follows, HOST, Row, call, get, passes_as, refused};
use crate::support::sender::chunked;

pub(super) fn rows(callers: &Callers) -> Vec<Row> {
    let arrives = |body: &[u8]| Follows::Passes {
        target: "/echo/x".to_owned(),
        identity: ALICE.to_vec(),
        body: Some(body.to_vec()),
    };
    let post = |body: &[u8]| call("POST", "/echo/x").bearer(&callers.alice).body(body);
    let binary: Vec<u8> = (0..=255).collect();
    let large = binary.repeat(400);
    let pieces = chunked_post(&callers.alice, &large);
    let mut rows = about_as_many_fields_as_fronts_have(callers);
    rows.extend([
        Row::of("small content", &post(b"hello"), arrives(b"hello")),
        Row::of("no content with a length", &post(b""), arrives(b"")),
        Row::of("every byte", &post(&binary), arrives(&binary)),
        Row::of("a hundred kilobytes", &post(&large), arrives(&large)),
        Row::raw("a hundred kilobytes in chunks", pieces, arrives(&large)),
        Row::of(
            "content without a token",
            &call("POST", "/echo/x").body(large.clone()),
            refused(401, "TOKEN_MISSING"),
        ),
        Row::of(
            "a cookie of eight kilobytes",
            &get("/me/x")
                .bearer(&callers.alice)
                .header("Cookie", &format!("big={}", "c".repeat(7_900))),
            passes_as("/me/x", ALICE),
        ),
        Row::of(
            "many cookies beside the token's",
            &get("/me/x").header(
                "Cookie",
                &format!("{}id={}", "c=1; ".repeat(200), callers.alice),
            ),
            passes_as("/me/x", ALICE),
        ),
        Row::of(
            "sixty header fields",
            &(0..60).fold(get("/me/x").bearer(&callers.alice), |call, number| {
                call.header(&format!("X-Field-{number}"), "value")
            }),
            passes_as("/me/x", ALICE),
        ),
        Row::of(
            "more header fields than anybody has",
            &(0..500).fold(get("/me/x").bearer(&callers.alice), |call, number| {
                call.header(&format!("X-Field-{number}"), "value")
            }),
            Follows::Lawful,
        ),
        Row::of(
            "a head of forty kilobytes",
            &(0..10).fold(get("/me/x").bearer(&callers.alice), |call, number| {
                call.header(&format!("X-Field-{number}"), &"v".repeat(4_000))
            }),
            Follows::Lawful,
        ),
        // What is sent on may be longer than what came: where there is no room for it, nothing is sent on.
        Row::of(
            "a head that fills what a front has, with a path that grows",
            &(0..10).fold(
                get(&format!("/public/{}", "{".repeat(2_500))),
                |call, number| call.header(&format!("X-Field-{number}"), &"v".repeat(6_050)),
            ),
            Follows::Lawful,
        ),
    ]);
    rows
}

/// Questions have a few fields of their own: one more than a front can hold must not be its end.
fn about_as_many_fields_as_fronts_have(callers: &Callers) -> Vec<Row> {
    let row = |count: usize| {
        let call = (0..count).fold(get("/me/x").bearer(&callers.alice), |call, number| {
            call.header(&format!("X-{number}"), "value")
        });
        Row::of(format!("{count} header fields"), &call, Follows::Lawful)
    };
    (88..=102).map(row).collect()
}

fn chunked_post(token: &str, body: &[u8]) -> Vec<u8> {
    let bearer = format!("Bearer {token}");
    let bytes = chunked("POST /echo/x", &[("Authorization", &bearer)], body, 9_000);
    let text = String::from_utf8_lossy(&bytes[..40]).into_owned();
    assert!(text.contains("Host: a.test"), "{text}");
    // The support's helper names a host of its own.
    let line = b"POST /echo/x HTTP/1.1\r\nHost: a.test\r\n".len();
    let mut named = format!("POST /echo/x HTTP/1.1\r\nHost: {HOST}\r\n").into_bytes();
    named.extend_from_slice(&bytes[line..]);
    named
}
