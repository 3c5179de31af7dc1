//! What fronts tell sidegate about the original request, told by callers: it changes nothing.

use super::{ALICE, Callers};
use crate::doors::row::{Follows, HOST, Row, get, passes_as, refused};

/// Fields by which one front or another tells the target, the method or the host.
fn fields() -> Vec<(&'static str, String)> {
    let url = format!("http://{HOST}/public/elsewhere");
    let mut fields = vec![
        ("X-Original-URL", url.clone()),
        ("X_Original_URL", url.clone()),
        ("X-Forwarded-Uri", "/public/elsewhere".to_owned()),
        ("X_Forwarded_Uri", "/public/elsewhere".to_owned()),
        ("X-Envoy-Original-Path", "/public/elsewhere".to_owned()),
        ("X-Rewrite-URL", "/public/elsewhere".to_owned()),
        ("X-Original-URI", "/public/elsewhere".to_owned()),
        ("X-Auth-Request-Redirect", "/public/elsewhere".to_owned()),
        ("X-Forwarded-Path", "/public/elsewhere".to_owned()),
        ("X-Forwarded-Prefix", "/public".to_owned()),
    ];
    let others = [
        ("X-Original-Method", "OPTIONS"),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-HTTP-Method-Override", "OPTIONS"),
        ("X-Forwarded-Host", "open.test"),
        ("X-Original-Host", "open.test"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Scheme", "gopher"),
        ("X-Forwarded-Port", "1"),
        ("X-Forwarded-For", "192.0.2.66"),
        ("X-Real-IP", "192.0.2.66"),
        ("X-Envoy-External-Address", "192.0.2.66"),
        ("X-Envoy-Auth-Partial-Body", "true"),
        ("X-Envoy-Internal", "true"),
        ("Forwarded", "for=192.0.2.66;host=open.test;proto=gopher"),
    ];
    fields.extend(others.map(|(name, value)| (name, value.to_owned())));
    fields
}

pub(super) fn rows(callers: &Callers) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, value) in fields() {
        let denied = get("/admin/x").bearer(&callers.alice).header(name, &value);
        let allowed = get("/me/x").bearer(&callers.alice).header(name, &value);
        let hosted = get("/hosted/x").bearer(&callers.alice).header(name, &value);
        let role = || refused(403, "INSUFFICIENT_ROLE");
        rows.push(Row::of(format!("{name} beside a refusal"), &denied, role()));
        rows.push(Row::of(
            format!("{name} at another host's route"),
            &hosted,
            role(),
        ));
        rows.push(Row::of(
            format!("{name} beside a pass"),
            &allowed,
            passes_as("/me/x", ALICE),
        ));
    }
    rows.extend(twice(callers));
    rows
}

/// Many at once, and one twice: fronts that add a line must not leave the caller's beside it.
fn twice(callers: &Callers) -> Vec<Row> {
    let mut denied = get("/admin/x").bearer(&callers.alice);
    for (name, value) in fields() {
        denied = denied.header(name, &value);
    }
    let url = format!("http://{HOST}/public/elsewhere");
    let double = get("/admin/x")
        .bearer(&callers.alice)
        .header("X-Original-URL", &url)
        .header("X-Original-URL", &url)
        .header("X-Forwarded-Uri", "/public/elsewhere")
        .header("X-Forwarded-Uri", "/public/elsewhere");
    vec![
        Row::of("all of them", &denied, refused(403, "INSUFFICIENT_ROLE")),
        Row::of(
            "the target, twice",
            &double,
            refused(403, "INSUFFICIENT_ROLE"),
        ),
        Row::of(
            "a target that hop-by-hop rules take away",
            &get("/admin/x")
                .bearer(&callers.alice)
                .header(
                    "Connection",
                    "X-Original-URL, X-Forwarded-Uri, X-Original-Method",
                )
                .header("X-Original-URL", &url),
            Follows::Lawful,
        ),
    ]
}
