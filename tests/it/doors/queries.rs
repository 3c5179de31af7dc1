//! Credentials in the query: the app never sees them, at doors whose fronts can send a request elsewhere.

use super::front::Front;
use super::house::House;
use super::row::{Follows, Row, get, passes, passes_as, refused};
use super::table::{KEY, hash};
use crate::support::Issuer;

fn policy(issuer: &Issuer) -> String {
    let keys = format!(
        "api_keys:\n  partners:\n    prefix: pk_\n    from: {{ query: api_key }}\n    format: any\n    keys:\n      \
         - {{ name: partner, hash: 'sha256:{}', owner: partner-7, scopes: ['*'] }}\n",
        hash(KEY)
    );
    format!("{}{keys}{RULES}", issuer.section())
}

const RULES: &str = "tokens: { from: [bearer, { query: access_token }] }
authenticate: [main, partners]
identity_headers: { X-User: '{{ principal.subject }}' }
routes: [ { path: /public/**, public: true }, { path: /** } ]
";

fn rows(token: &str) -> Vec<Row> {
    let partner = |target: &str| passes_as(target, &[("x-user", "partner-7")]);
    let alice = |target: &str| passes_as(target, &[("x-user", "alice")]);
    let row = |target: &str, follows: Follows| Row::of(target, &get(target), follows);
    vec![
        row(&format!("/a?api_key={KEY}"), partner("/a")),
        row(
            &format!("/a?x=1&api_key={KEY}&y=%2F"),
            partner("/a?x=1&y=%2F"),
        ),
        row(&format!("/a?api_key={KEY}&x"), partner("/a?x")),
        row(&format!("/a?access_token={token}&x=1"), alice("/a?x=1")),
        row(&format!("/a?%61pi_key={KEY}&x=1"), partner("/a?x=1")),
        row("/a?api_key=pk_wrong", refused(401, "KEY_UNKNOWN")),
        row("/a?x=api_key", refused(401, "TOKEN_MISSING")),
        row(
            &format!("/a?api_key={KEY}&api_key=pk_wrong"),
            refused(400, "CREDENTIAL_AMBIGUOUS"),
        ),
        row(
            &format!("/public/a?api_key={KEY}&x=1"),
            passes("/public/a?x=1"),
        ),
        Row::of(
            "in the address of the page before",
            &get("/public/a").header("Referer", &format!("http://app.test/a?api_key={KEY}&x=1")),
            passes("/public/a"),
        ),
    ]
}

fn query_never_reaches_the_app_with_its_credential(door: Front) {
    let house = House::start(door, policy);
    let token = house.token(&serde_json::json!({}));
    let mut wrong = Vec::new();
    for row in rows(&token) {
        let outcome = house.put(&row);
        wrong.extend(
            outcome
                .complaints(&row, door)
                .into_iter()
                .map(|said| format!("{}: {said}", row.what)),
        );
        let seen = format!("{:?}", outcome.seen);
        if seen.contains(KEY) || seen.contains(&token) {
            wrong.push(format!("{}: the app saw the credential: {seen}", row.what));
        }
    }
    assert!(wrong.is_empty(), "{door:?}:\n{}", wrong.join("\n"));
}

super::at!(query_never_reaches_the_app_with_its_credential:
    proxy Proxy, nginx Nginx, haproxy Haproxy, apache Apache, ext_authz ExtAuthz);
