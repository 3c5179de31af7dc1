//! The shared table: every case goes through every door, and the same follows.

mod answers;
mod bodies;
mod credentials;
mod hosts;
mod methods;
mod originals;
mod spoofing;
mod targets;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::row::Row;
use crate::support::{Issuer, now};

/// The text of the one API key.
pub(super) const KEY: &str = "pk_0123456789abcdefghijklmnopqrstuvwxyz";

/// What the callers of the table show.
pub(super) struct Callers {
    /// A reader of tenant `acme`.
    pub(super) alice: String,
    /// The same, with the role `admin`.
    pub(super) root: String,
    /// A user whose name needs more than ASCII.
    pub(super) juergen: String,
    pub(super) expired: String,
    pub(super) elsewhere: String,
    /// Of the issuer whose keys cannot be had.
    pub(super) stranded: String,
}

/// The identity headers of `alice`.
pub(super) const ALICE: &[(&str, &str)] = &[
    ("x-user", "alice"),
    ("x-user-email", "alice@acme.test"),
    ("x-tenant", "acme"),
    ("x-roles", "reader"),
];

impl Callers {
    /// Tokens by this issuer.
    pub(super) fn of(issuer: &Issuer) -> Self {
        let alice = json!({
            "tenant_id": "acme", "roles": ["reader"], "email": "alice@acme.test"
        });
        let with = |more: serde_json::Value| {
            issuer.token(&crate::support::issuer::overlaid(alice.clone(), &more))
        };
        Self {
            alice: with(json!({})),
            root: with(json!({ "sub": "root", "roles": ["reader", "admin"], "email": null })),
            juergen: with(json!({ "sub": "J\u{fc}rgen \u{3a9}", "email": null })),
            expired: with(json!({ "iat": now() - 900, "exp": now() - 600 })),
            elsewhere: with(json!({ "aud": "another-api" })),
            stranded: with(json!({ "iss": DOWN })),
        }
    }
}

impl Callers {
    /// Alice's token with another signature.
    fn forged(&self) -> String {
        let middle = self.alice.len() - 100;
        let (before, after) = self.alice.split_at(middle);
        let mut after = after.chars();
        let other = if after.next() == Some('A') { "B" } else { "A" };
        format!("{before}{other}{}", after.as_str())
    }
}

/// An issuer that nobody can reach.
const DOWN: &str = "http://127.0.0.1:1";

/// How a policy writes down a key.
pub(super) fn hash(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The policy of the table.
pub(super) fn policy(issuer: &Issuer) -> String {
    let down = format!("  down: {{ url: '{DOWN}', audience: my-api }}\n");
    let section = issuer.section();
    format!("{section}{down}{}", RULES.replace("HASH", &hash(KEY)))
}

const RULES: &str = r#"
tokens: { from: [bearer, { cookie: id }] }
api_keys:
  partners:
    prefix: pk_
    from: [{ header: X-API-Key }, { cookie: api_key }]
    format: any
    keys:
      - { name: partner, hash: "sha256:HASH", owner: partner-7, tenant: acme, scopes: ["*"] }
authenticate: main
identity_headers:
  X-User: "{{ principal.subject }}"
  X-User-Email: "{{ principal.email }}"
  X-Tenant: "{{ principal.tenant }}"
  X-Roles: "{{ principal.roles }}"
strip_headers: [X-Internal-*, X-Debug]
errors:
  NO_ROUTE: { json: { message: "there is no such place", code: "{{ error.code }}" } }
  CONDITION_FALSE: { html: "<p>not today, {{ principal.subject }}</p>" }
routes:
  - { path: /public/**, public: true }
  - { path: /me/** }
  - { path: /echo/** }
  - { path: /upgrade/** }
  - { path: /admin/**, roles: [admin] }
  - { path: "/api/tenants/{tenant}/**" }
  - { path: /keys/**, authenticate: partners }
  - { path: /either/**, authenticate: [main, partners] }
  - { path: /down/**, authenticate: down }
  - { path: /read/**, methods: [GET, HEAD] }
  - { path: /when/**, when: '"yes" in request.query["go"]' }
  - path: /page/**
    errors: { TOKEN_MISSING: { redirect: "http://127.0.0.1:1/login?to={{ request.path }}" } }
  - { path: /hosted/**, host: open.test, public: true }
  - { path: /hosted/**, roles: [admin] }
"#;

/// All cases.
pub(super) fn rows(callers: &Callers) -> Vec<Row> {
    [
        credentials::rows(callers),
        spoofing::rows(callers),
        originals::rows(callers),
        targets::rows(callers),
        methods::rows(callers),
        hosts::rows(callers),
        bodies::rows(callers),
        answers::rows(callers),
    ]
    .concat()
}
