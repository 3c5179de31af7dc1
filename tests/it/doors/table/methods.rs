//! Methods: the one that was judged is the one that the app gets.

use super::{ALICE, Callers};
use crate::doors::row::{Follows, HOST, Row, call, passes_as, refused};

pub(super) fn rows(callers: &Callers) -> Vec<Row> {
    let mut rows = Vec::new();
    for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "POST"] {
        let me = call(method, "/me/x").bearer(&callers.alice);
        rows.push(Row::of(
            format!("{method} with a token"),
            &me,
            passes_as("/me/x", ALICE),
        ));
        let nobody = call(method, "/me/x");
        rows.push(Row::of(
            format!("{method} without one"),
            &nobody,
            refused(401, "TOKEN_MISSING"),
        ));
    }
    let head = call("HEAD", "/read/x").bearer(&callers.alice);
    rows.push(Row::of(
        "HEAD where it may",
        &head,
        passes_as("/read/x", ALICE),
    ));
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let read = call(method, "/read/x").bearer(&callers.alice);
        rows.push(Row::of(
            format!("{method} where only reading may"),
            &read,
            refused(403, "NO_ROUTE"),
        ));
    }
    for method in [
        "get",
        "Get",
        "PROPFIND",
        "PURGE",
        "FROBNICATE",
        "TRACE",
        "CONNECT",
        "G\u{2} T",
        "QUERY",
    ] {
        for path in ["/me/x", "/read/x", "/public/x", "/admin/x"] {
            let odd = call(method, path).bearer(&callers.alice);
            rows.push(Row::of(format!("{method} {path}"), &odd, Follows::Lawful));
        }
    }
    rows.extend(raw(callers));
    rows
}

/// Request lines and framings that are not quite right.
fn raw(callers: &Callers) -> Vec<Row> {
    let token = &callers.alice;
    let rest = format!("Host: {HOST}\r\nAuthorization: Bearer {token}\r\n");
    [
        ("two spaces", format!("GET  /admin/x HTTP/1.1\r\n{rest}\r\n")),
        ("a tab", format!("GET\t/admin/x HTTP/1.1\r\n{rest}\r\n")),
        ("no version", "GET /public/x\r\n\r\n".to_owned()),
        ("version 1.0", format!("GET /me/x HTTP/1.0\r\n{rest}\r\n")),
        ("version 1.2", format!("GET /me/x HTTP/1.2\r\n{rest}\r\n")),
        ("version 3.0", format!("GET /me/x HTTP/3.0\r\n{rest}\r\n")),
        ("an empty line first", format!("\r\nGET /me/x HTTP/1.1\r\n{rest}\r\n")),
        ("bare line feeds", format!("GET /me/x HTTP/1.1\r\n{rest}\r\n").replace('\r', "")),
        (
            "length and chunks",
            format!("POST /public/x HTTP/1.1\r\n{rest}Content-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin/x HTTP/1.1\r\nHost: {HOST}\r\n\r\n"),
        ),
        (
            "chunks in a spelling",
            format!("POST /public/x HTTP/1.1\r\n{rest}Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "two lengths",
            format!("POST /public/x HTTP/1.1\r\n{rest}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
        ),
        (
            "a length with a body after a GET",
            format!("GET /public/x HTTP/1.1\r\n{rest}Content-Length: 5\r\n\r\nhello"),
        ),
    ]
    .map(|(what, text)| Row::raw(format!("framing: {what}"), text.into_bytes(), Follows::Lawful))
    .to_vec()
}
