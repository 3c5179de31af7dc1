//! Headers that only sidegate may set. What a caller puts into them says `mallory`, which no app ever sees.

use super::{ALICE, Callers};
use crate::doors::row::{Follows, Row, get, passes, passes_as};
use crate::support::Call;

/// Names that every front can list.
const KNOWN: [&str; 12] = [
    "X-User",
    "x-user",
    "X-USER",
    "x_user",
    "X_User",
    "X-User_Email",
    "X_USER_EMAIL",
    "X-Tenant",
    "X-Roles",
    "X-Debug",
    "x_debug",
    "X-Request-User",
];

/// Names that not every front can take away: there the request may be refused.
const OPEN: [&str; 13] = [
    "X-Sidegate-User",
    "x_sidegate_anything",
    "X-Sidegate-Target",
    "X-Sidegate-Status",
    "X-Sidegate-Body",
    "X-Internal-Token",
    "x_internal_id",
    "X.User",
    "X.USER.EMAIL",
    // Claims of proxies, as no proxy spells them.
    "X_Forwarded_For",
    "X.Real.IP",
    "X_HTTP_Method-Override",
    "X-Original_URL",
];

pub(super) fn rows(callers: &Callers) -> Vec<Row> {
    let mut rows = Vec::new();
    for name in KNOWN.into_iter().filter(|name| *name != "X-Request-User") {
        rows.extend(both(
            callers,
            name,
            |call| call.header(name, "mallory"),
            false,
        ));
    }
    for name in OPEN {
        rows.extend(both(
            callers,
            name,
            |call| call.header(name, "mallory"),
            true,
        ));
    }
    rows.extend(odd(callers));
    rows
}

fn odd(callers: &Callers) -> Vec<Row> {
    let twice = |call: Call| call.header("X-User", "mallory").header("X-User", "mallory");
    let mixed = |call: Call| call.header("X_User", "mallory").header("X-User", "mallory");
    let space = |call: Call| call.header("X-User ", "mallory");
    let tab = |call: Call| call.header("X-User\t", "mallory");
    let hop = |call: Call| {
        call.header("Connection", "X-User")
            .header("X-User", "mallory")
    };
    let folded = |call: Call| call.header("X-A", "1\r\n X-User: mallory");
    let trailer = |call: Call| {
        call.header("Trailer", "X-User")
            .trailer("X-User", "mallory")
    };
    let lone = |call: Call| call.header("X-A", "1\nX-User: mallory");
    [
        both(callers, "X-User twice", twice, false),
        both(callers, "X-User in two spellings", mixed, false),
        both(callers, "a space before the colon", space, true),
        both(callers, "a tab before the colon", tab, true),
        both(callers, "X-User named in Connection", hop, true),
        both(callers, "X-User on a folded line", folded, true),
        both(callers, "X-User in a trailer", trailer, true),
        both(callers, "X-User after a lone line feed", lone, true),
    ]
    .concat()
}

/// A case with an identity and one without: what is set is overwritten, what is not set is taken away.
fn both(
    callers: &Callers,
    what: &str,
    spoof: impl Fn(Call) -> Call,
    may_be_refused: bool,
) -> Vec<Row> {
    let follows = |follows: Follows| match may_be_refused {
        true => Follows::Lawful,
        false => follows,
    };
    let public = spoof(get("/public/spoofed"));
    let me = spoof(get("/me/spoofed").bearer(&callers.alice));
    let root = spoof(get("/admin/spoofed").bearer(&callers.root));
    vec![
        Row::of(
            format!("{what}, public"),
            &public,
            follows(passes("/public/spoofed")),
        ),
        Row::of(
            format!("{what}, with a token"),
            &me,
            follows(passes_as("/me/spoofed", ALICE)),
        ),
        // This caller has no e-mail address: the header has no value that could hide what was sent.
        Row::of(
            format!("{what}, beside a missing value"),
            &root,
            Follows::Lawful,
        ),
    ]
}
