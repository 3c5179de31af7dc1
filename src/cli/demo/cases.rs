//! The requests that the demo shows, and what must come of each.

use crate::model::Reason;

/// One request.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) method: &'static str,
    pub(super) target: &'static str,
    /// Names of the tokens to present; usually one, or none.
    pub(super) tokens: &'static [&'static str],
    /// Names of the API keys to present.
    pub(super) keys: &'static [&'static str],
    /// More header fields.
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) outcome: Outcome,
}

/// What must come of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It reaches the upstream with exactly these identity headers.
    Passes(&'static [(&'static str, &'static str)]),
    /// It ends at the gate.
    Refused(Reason),
    /// The gate answers it itself.
    Answered(u16),
}

/// Requests that belong together.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) cases: &'static [Case],
}

/// The headers that tell the upstream who is calling: those of `config/demo/policy.yaml`.
pub(super) const IDENTITY_HEADERS: &[&str] = &["x-user", "x-tenant", "x-roles", "x-kind"];

/// Who carries which token.
pub(super) const CAST: &[(&str, &str)] = &[
    ("alice", "admin of acme"),
    ("bob", "viewer of acme"),
    ("carol", "admin of globex"),
    ("dave", "viewer of globex"),
    ("robot", "a program of acme, scope reports:read"),
    ("expired", "alice's token of yesterday"),
    ("early", "alice's token of tomorrow"),
    ("elsewhere", "a token for another audience"),
    ("foreign", "a token that names another issuer"),
    ("wrongtype", "genuine, but not an ID token"),
    ("forged", "signed by somebody else in the issuer's name"),
    ("stranger", "signed with a key the issuer does not know"),
    ("unsigned", "says it needs no signature"),
    ("key", "an API key that alice made, scope reports:read"),
    ("mistyped", "the same key with one character wrong"),
];

const ALICE: Outcome = Outcome::Passes(&[
    ("x-user", "alice"),
    ("x-tenant", "acme"),
    ("x-roles", "admin"),
    ("x-kind", "user"),
]);
const BOB: Outcome = Outcome::Passes(&[
    ("x-user", "bob"),
    ("x-tenant", "acme"),
    ("x-roles", "viewer"),
    ("x-kind", "user"),
]);
const CAROL: Outcome = Outcome::Passes(&[
    ("x-user", "carol"),
    ("x-tenant", "globex"),
    ("x-roles", "admin"),
    ("x-kind", "user"),
]);
const ROBOT: Outcome = Outcome::Passes(&[
    ("x-user", "robot"),
    ("x-tenant", "acme"),
    ("x-roles", "service"),
    ("x-kind", "machine"),
]);
const KEY: Outcome = Outcome::Passes(&[
    ("x-user", "alice"),
    ("x-tenant", "acme"),
    ("x-roles", "admin"),
    ("x-kind", "api_key"),
]);
const NOBODY: Outcome = Outcome::Passes(&[]);

/// A caller who tries to be somebody else, in several spellings.
const SPOOFED: &[(&str, &str)] = &[
    ("x-user", "root"),
    ("x_user", "root"),
    ("x-tenant", "globex"),
    ("x_roles", "admin"),
    ("x-sidegate-anything", "1"),
];

const fn get(target: &'static str, tokens: &'static [&'static str], outcome: Outcome) -> Case {
    request("GET", target, tokens, outcome)
}

const fn request(
    method: &'static str,
    target: &'static str,
    tokens: &'static [&'static str],
    outcome: Outcome,
) -> Case {
    Case {
        method,
        target,
        tokens,
        keys: &[],
        headers: &[],
        outcome,
    }
}

/// With an API key, and whichever tokens besides.
const fn with_key(key: &'static [&'static str], case: Case) -> Case {
    Case { keys: key, ..case }
}

const fn refused(reason: Reason) -> Outcome {
    Outcome::Refused(reason)
}

/// Everything the demo shows.
pub(super) const GROUPS: &[Group] = &[
    Group {
        title: "Who is calling",
        cases: &[
            get("/health", &[], NOBODY),
            get("/api/hello", &[], refused(Reason::TokenMissing)),
            get("/api/hello", &["bob"], BOB),
            get("/api/hello?page=2", &["alice"], ALICE),
            get("/api/hello", &["expired"], refused(Reason::TokenExpired)),
            get("/api/hello", &["early"], refused(Reason::TokenNotYetValid)),
            get(
                "/api/hello",
                &["forged"],
                refused(Reason::TokenSignatureInvalid),
            ),
            get(
                "/api/hello",
                &["stranger"],
                refused(Reason::TokenKeyUnknown),
            ),
            get(
                "/api/hello",
                &["unsigned"],
                refused(Reason::TokenSignatureInvalid),
            ),
            get(
                "/api/hello",
                &["elsewhere"],
                refused(Reason::TokenAudienceMismatch),
            ),
            get(
                "/api/hello",
                &["foreign"],
                refused(Reason::TokenIssuerUnknown),
            ),
            get(
                "/api/hello",
                &["wrongtype"],
                refused(Reason::WrongTokenType),
            ),
            get(
                "/api/hello",
                &["alice", "bob"],
                refused(Reason::CredentialAmbiguous),
            ),
        ],
    },
    Group {
        title: "Roles, permissions, scopes",
        cases: &[
            get("/admin/users", &["alice"], ALICE),
            get("/admin/users", &["bob"], refused(Reason::InsufficientRole)),
            get("/api/reports/1", &["bob"], BOB),
            request(
                "POST",
                "/api/reports/1",
                &["bob"],
                refused(Reason::PermissionDenied),
            ),
            request("POST", "/api/reports/1", &["alice"], ALICE),
            get("/api/reports/1", &["robot"], ROBOT),
            request(
                "POST",
                "/api/reports/1",
                &["robot"],
                refused(Reason::PermissionDenied),
            ),
            request(
                "DELETE",
                "/api/reports/1",
                &["alice"],
                refused(Reason::PermissionDenied),
            ),
        ],
    },
    Group {
        title: "API keys",
        cases: &[
            with_key(&["key"], get("/api/reports/1", &[], KEY)),
            with_key(
                &["key"],
                request(
                    "POST",
                    "/api/reports/1",
                    &[],
                    refused(Reason::PermissionDenied),
                ),
            ),
            with_key(
                &["key"],
                get("/admin/users", &[], refused(Reason::KeyUnknown)),
            ),
            with_key(
                &["key"],
                get(
                    "/api/tenants/globex/orders",
                    &[],
                    refused(Reason::TenantMismatch),
                ),
            ),
            with_key(
                &["mistyped"],
                get("/api/reports/1", &[], refused(Reason::KeyUnknown)),
            ),
            with_key(
                &["key"],
                get(
                    "/api/reports/1",
                    &["bob"],
                    refused(Reason::CredentialAmbiguous),
                ),
            ),
            get("/keys", &["alice"], Outcome::Answered(200)),
            get("/keys", &["bob"], refused(Reason::InsufficientRole)),
            with_key(&["key"], get("/keys", &[], refused(Reason::KeyUnknown))),
        ],
    },
    Group {
        title: "Tenants",
        cases: &[
            get("/api/tenants/acme/orders", &["bob"], BOB),
            get("/api/tenants/globex/orders", &["carol"], CAROL),
            get(
                "/api/tenants/globex/orders",
                &["bob"],
                refused(Reason::TenantMismatch),
            ),
            get(
                "/api/tenants/acme/orders",
                &["carol"],
                refused(Reason::TenantMismatch),
            ),
            get(
                "/api/tenants/acme/orders",
                &["dave"],
                refused(Reason::TenantMismatch),
            ),
        ],
    },
    Group {
        title: "Spoofed headers",
        cases: &[
            Case {
                headers: SPOOFED,
                ..get("/api/hello", &["bob"], BOB)
            },
            Case {
                headers: SPOOFED,
                ..get("/health", &[], NOBODY)
            },
        ],
    },
    Group {
        title: "Paths",
        cases: &[
            get("/nowhere", &["alice"], refused(Reason::NoRoute)),
            get(
                "/api/tenants/acme/../globex/orders",
                &["bob"],
                refused(Reason::PathAmbiguous),
            ),
            get(
                "/api/%2e%2e/admin/users",
                &["bob"],
                refused(Reason::PathAmbiguous),
            ),
            get("/api//hello", &["bob"], refused(Reason::PathAmbiguous)),
            get(
                "/api/tenants/acme%2forders",
                &["bob"],
                refused(Reason::PathAmbiguous),
            ),
            get(
                "/%61dmin/users",
                &["bob"],
                refused(Reason::InsufficientRole),
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_of_the_cast_appears_and_nobody_else() {
        let cases = || GROUPS.iter().flat_map(|group| group.cases);
        for (name, _) in CAST {
            let shown = |case: &Case| case.tokens.contains(name) || case.keys.contains(name);
            assert!(cases().any(shown), "{name}");
        }
        for name in cases().flat_map(|case| case.tokens.iter().chain(case.keys)) {
            assert!(CAST.iter().any(|(known, _)| known == name), "{name}");
        }
    }

    #[test]
    fn identity_headers_are_those_of_the_policy_file() {
        let policy = include_str!("../../../config/demo/policy.yaml").to_lowercase();
        for name in IDENTITY_HEADERS {
            assert!(policy.contains(&format!("  {name}:")), "{name}");
        }
    }
}
