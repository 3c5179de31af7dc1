//! The names of all lints, also of those that other rooms find while they read.

/// A lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lint {
    /// The name under which it warns and can be silenced.
    pub name: &'static str,
    /// What it finds, as the documentation says it.
    pub finds: &'static str,
}

const fn lint(name: &'static str, finds: &'static str) -> Lint {
    Lint { name, finds }
}

/// Every lint, in alphabetical order.
pub const LINTS: [Lint; 35] = [
    lint(
        "audience-any",
        "`audience: any`: tokens that were made for other apps count",
    ),
    lint(
        "closed-sign-in",
        "`errors` sends browsers to a path that asks for a credential, or that no route is for",
    ),
    lint(
        "colon-capture",
        "a segment such as `:id`, which is plain text here",
    ),
    lint(
        "falls-through",
        "requests that a strict route leaves out by method or host go to a looser route for the same path",
    ),
    lint(
        "http-issuer",
        "`allow_http: true`: keys are fetched over plain `http://`",
    ),
    lint(
        "invariant-without-route",
        "an invariant speaks of a path that no route serves",
    ),
    lint(
        "issuer-any",
        "`issuer: any`: the `iss` of tokens is not asked",
    ),
    lint(
        "issuers-share-tenants",
        "a route binds the tenant, and each of several issuers may name any tenant",
    ),
    lint(
        "key-needs-everything",
        "a route takes tokens and API keys and asks for roles alone, which a key has only with the scope `*`",
    ),
    lint(
        "method-without-permission",
        "a route lists a method that its `permission` does not name",
    ),
    lint(
        "missing-tests",
        "more than ten routes and no `cases.yaml` or `*.cases.yaml` beside the policy (only `check` looks)",
    ),
    lint(
        "open-key-service",
        "a route serves API keys and asks for neither roles nor a permission",
    ),
    lint(
        "permission-never-asked",
        "a role or a scope grants a permission that no route asks for",
    ),
    lint(
        "plaintext-secret",
        "a text that looks like a password, a token or a private key",
    ),
    lint(
        "protected-under-public",
        "a public `**` route takes whatever the protected routes below it do not match",
    ),
    lint(
        "public-tenant",
        "a public route with a `{tenant}` capture, which equals nobody's tenant",
    ),
    lint(
        "public-under-protected",
        "a public route whose path lies under a protected one, other than `/**`",
    ),
    lint(
        "role-never-asked",
        "a role that no route asks for, and none of whose permissions a route asks for",
    ),
    lint(
        "scope-never-asked",
        "a scope that no route asks for, and none of whose permissions a route asks for",
    ),
    lint(
        "shadowed-route",
        "some methods of a route never reach it: more specific routes take them all",
    ),
    lint(
        "short-key",
        "an API key of fewer than 16 characters, in a variable or a folder",
    ),
    lint(
        "unbound-source",
        "a key of the file is for some sources only, and no route that accepts it names a source",
    ),
    lint(
        "unbound-tenant",
        "a capture such as `{org_id}` that looks like a tenant and is not held against the caller's",
    ),
    lint(
        "unknown-kind",
        "a condition compares `principal.kind` with something that is no kind of caller",
    ),
    lint(
        "unknown-role",
        "an issuer gives programs, or a set its keys, a role that `roles` does not have",
    ),
    lint(
        "unreachable-route",
        "no request can reach a route: more specific routes take them all",
    ),
    lint("unused-ignore", "an `ignore` that silences nothing"),
    lint(
        "unusual-method",
        "a method that looks like a misspelled one",
    ),
    lint(
        "webhook-alternatives",
        "a route takes deliveries of several webhooks, so that the weakest of them decides",
    ),
    lint(
        "webhook-any-method",
        "a route takes deliveries and says no method: senders post",
    ),
    lint(
        "webhook-challenge-method",
        "a webhook answers challenges by a method that no route for the path takes",
    ),
    lint(
        "webhook-digest",
        "a scheme of the kind `digest`: whoever has seen one signature can make that of a longer text",
    ),
    lint(
        "webhook-enrolled",
        "a webhook's secret is there, and the file still says until when its sender may bring it",
    ),
    lint(
        "webhook-partial-coverage",
        "a route takes deliveries whose signature covers a part of the body, or nothing of it",
    ),
    lint(
        "webhook-short-secret",
        "a webhook's secret of fewer than 16 bytes",
    ),
];

/// The lint of this name, with the text that lives as long as the program.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let found = LINTS.iter().find(|lint| lint.name == name);
    found.map(|lint| lint.name)
}
