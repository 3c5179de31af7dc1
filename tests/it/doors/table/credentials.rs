//! Who calls, and whether that is enough.

use super::{ALICE, Callers, KEY};
use crate::doors::row::{Follows, Row, get, passes, passes_as, refused};

const PARTNER: &[(&str, &str)] = &[("x-user", "partner-7"), ("x-tenant", "acme")];

pub(super) fn rows(callers: &Callers) -> Vec<Row> {
    [tokens(callers), rules(callers), keys(callers)].concat()
}

fn tokens(callers: &Callers) -> Vec<Row> {
    let me = || get("/me/page");
    let forged = callers.forged();
    vec![
        Row::of(
            "public",
            &get("/public/page?a=b"),
            passes("/public/page?a=b"),
        ),
        Row::of(
            "public with a wrong token",
            &get("/public/page").bearer("rubbish"),
            passes("/public/page"),
        ),
        Row::of("no token", &me(), refused(401, "TOKEN_MISSING")),
        Row::of(
            "no token, but text",
            &me().bearer("rubbish"),
            refused(401, "TOKEN_MALFORMED"),
        ),
        Row::of(
            "forged token",
            &me().bearer(&forged),
            refused(401, "TOKEN_SIGNATURE_INVALID"),
        ),
        Row::of(
            "expired token",
            &me().bearer(&callers.expired),
            refused(401, "TOKEN_EXPIRED"),
        ),
        Row::of(
            "token for another app",
            &me().bearer(&callers.elsewhere),
            refused(401, "TOKEN_AUDIENCE_MISMATCH"),
        ),
        Row::of(
            "token",
            &me().bearer(&callers.alice),
            passes_as("/me/page", ALICE),
        ),
        Row::of(
            "token and a query",
            &get("/me/page?x=1&y=%2F&x=2&empty=").bearer(&callers.alice),
            passes_as("/me/page?x=1&y=%2F&x=2&empty=", ALICE),
        ),
        Row::of(
            "token in a cookie, among others",
            &me().header("Cookie", &format!("a=1; id={}; b=2", callers.alice)),
            passes_as("/me/page", ALICE),
        ),
        Row::of(
            "token, and another one in a cookie",
            &me()
                .bearer(&callers.alice)
                .header("Cookie", &format!("id={}", callers.root)),
            refused(400, "CREDENTIAL_AMBIGUOUS"),
        ),
        Row::of(
            "token given twice",
            &me().bearer(&callers.alice).bearer(&callers.root),
            Follows::RefusedBySomebody {
                status: 400,
                reason: "CREDENTIAL_AMBIGUOUS",
            },
        ),
        Row::of(
            "name beyond ASCII",
            &me().bearer(&callers.juergen),
            passes_as(
                "/me/page",
                &[
                    ("x-user", "J%C3%BCrgen %CE%A9"),
                    ("x-tenant", "acme"),
                    ("x-roles", "reader"),
                ],
            ),
        ),
    ]
}

fn rules(callers: &Callers) -> Vec<Row> {
    let root: &[(&'static str, &'static str)] = &[
        ("x-user", "root"),
        ("x-tenant", "acme"),
        ("x-roles", "reader,admin"),
    ];
    vec![
        Row::of(
            "role missing",
            &get("/admin/page").bearer(&callers.alice),
            refused(403, "INSUFFICIENT_ROLE"),
        ),
        Row::of(
            "role",
            &get("/admin/page").bearer(&callers.root),
            passes_as("/admin/page", root),
        ),
        Row::of(
            "own tenant",
            &get("/api/tenants/acme/x").bearer(&callers.alice),
            passes_as("/api/tenants/acme/x", ALICE),
        ),
        Row::of(
            "other tenant",
            &get("/api/tenants/globex/x").bearer(&callers.alice),
            refused(403, "TENANT_MISMATCH"),
        ),
        Row::of(
            "no route",
            &get("/nowhere").bearer(&callers.alice),
            refused(403, "NO_ROUTE"),
        ),
        Row::of(
            "condition",
            &get("/when/x?go=yes").bearer(&callers.alice),
            passes_as("/when/x?go=yes", ALICE),
        ),
        Row::of(
            "condition that is false",
            &get("/when/x?go=no").bearer(&callers.alice),
            refused(403, "CONDITION_FALSE"),
        ),
    ]
}

fn keys(callers: &Callers) -> Vec<Row> {
    let keys = || get("/keys/page");
    vec![
        Row::of(
            "key",
            &keys().header("X-API-Key", KEY),
            passes_as("/keys/page", PARTNER),
        ),
        Row::of(
            "key in a cookie",
            &keys().header("Cookie", &format!("a=1; api_key={KEY}")),
            passes_as("/keys/page", PARTNER),
        ),
        Row::of("no key", &keys(), refused(401, "KEY_MISSING")),
        Row::of(
            "wrong key",
            &keys().header("X-API-Key", "pk_wrong"),
            refused(401, "KEY_UNKNOWN"),
        ),
        Row::of(
            "key where either counts",
            &get("/either/page").header("x-api-key", KEY),
            passes_as("/either/page", PARTNER),
        ),
        Row::of(
            "key where tokens count",
            &get("/me/page").header("X-API-Key", KEY),
            refused(401, "KEY_UNKNOWN"),
        ),
        Row::of(
            "key beside a token",
            &get("/me/page")
                .bearer(&callers.alice)
                .header("X-API-Key", KEY),
            refused(400, "CREDENTIAL_AMBIGUOUS"),
        ),
        Row::of(
            "key in a spelling that is none",
            &keys().header("X_API_Key", KEY),
            refused(401, "KEY_MISSING"),
        ),
    ]
}
