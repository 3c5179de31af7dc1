//! Hosts: a route for one host is not reached under another name, and the app sees the name that was judged.

use super::Callers;
use crate::doors::row::{Follows, HOST, Row, get, passes, refused};

pub(super) fn rows(callers: &Callers) -> Vec<Row> {
    let hosted = |host: &str| get("/hosted/x").host(host);
    let mut rows = vec![
        Row::of("open host", &hosted("open.test"), passes("/hosted/x")),
        Row::of(
            "open host in capitals",
            &hosted("OPEN.Test"),
            passes("/hosted/x"),
        ),
        Row::of(
            "open host with a port",
            &hosted("open.test:8080"),
            passes("/hosted/x"),
        ),
        Row::of(
            "another host",
            &hosted("other.test"),
            refused(401, "TOKEN_MISSING"),
        ),
        Row::of(
            "another host with a token",
            &hosted("other.test").bearer(&callers.alice),
            refused(403, "INSUFFICIENT_ROLE"),
        ),
        Row::of(
            "a name below it",
            &hosted("x.open.test"),
            refused(401, "TOKEN_MISSING"),
        ),
    ];
    for host in [
        "open.test.",
        "open.test:",
        "open.test:x",
        "open.test:99999",
        "open.test@app.test",
        "app.test@open.test",
        "open.test/",
        "open.test#",
        "open.test,app.test",
        "open.test app.test",
        "open.test\tx",
        "[::1]",
        "127.0.0.1",
        "",
        "open_test",
        "*.test",
        "%6fpen.test",
    ] {
        rows.push(Row::of(
            format!("host `{host}`"),
            &hosted(host),
            Follows::Lawful,
        ));
    }
    rows.extend(raw());
    rows.into_iter().map(Row::elsewhere).collect()
}

fn raw() -> Vec<Row> {
    let lines = |lines: &str| format!("GET /hosted/x HTTP/1.1\r\n{lines}\r\n");
    [
        ("none", lines("")),
        (
            "none, version 1.0",
            "GET /hosted/x HTTP/1.0\r\n\r\n".to_owned(),
        ),
        (
            "version 1.0",
            "GET /hosted/x HTTP/1.0\r\nHost: open.test\r\n\r\n".to_owned(),
        ),
        (
            "two",
            lines(&format!("Host: open.test\r\nHost: {HOST}\r\n")),
        ),
        (
            "two, the other way",
            lines(&format!("Host: {HOST}\r\nHost: open.test\r\n")),
        ),
        (
            "two of a kind",
            lines("Host: open.test\r\nHost: open.test\r\n"),
        ),
        ("with a space", lines("Host : open.test\r\n")),
        ("folded", lines("Host: open.test\r\n app.test\r\n")),
        (
            "other than the target's",
            format!("GET http://open.test/hosted/x HTTP/1.1\r\nHost: {HOST}\r\n\r\n"),
        ),
        (
            "other than the target's, the other way",
            format!("GET http://{HOST}/hosted/x HTTP/1.1\r\nHost: open.test\r\n\r\n"),
        ),
    ]
    .map(|(what, text)| Row::raw(format!("host: {what}"), text.into_bytes(), Follows::Lawful))
    .to_vec()
}
