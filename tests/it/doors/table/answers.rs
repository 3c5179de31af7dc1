//! What refused callers are told: other statuses, the operator's own words, the way to sign in.

use super::Callers;
use crate::doors::row::{Row, get, refused};

pub(super) fn rows(callers: &Callers) -> Vec<Row> {
    let browser =
        get("/page/x").header("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    vec![
        Row::of(
            "the issuer cannot be asked",
            &get("/down/x").bearer(&callers.stranded),
            refused(503, "ISSUER_UNAVAILABLE"),
        ),
        Row::of(
            "a browser is sent to sign in",
            &browser,
            refused(302, "TOKEN_MISSING"),
        ),
        Row::of(
            "a program is told",
            &get("/page/x"),
            refused(401, "TOKEN_MISSING"),
        ),
    ]
}
