//! The task every gateway is measured by, in the ten lines of `DESIGN` section 4: one issuer, an
//! audience, a role for `/admin`, the tenant of the path, one identity header.

use serde_json::json;

use crate::support::House;

/// The policy as the README shows it; only the issuer's address is the test's.
fn house() -> House {
    let policy = r#"
issuers:
  main: { url: ISSUER, audience: my-api }
identity_headers:
  X-User: "{{ principal.subject }}"
routes:
  - path: /admin/**
    roles: [admin]
  - path: /api/tenants/{tenant}/**
  - path: /api/**
"#;
    House::built(|issuer| policy.replace("ISSUER", &issuer.url()))
}

#[test]
fn api_is_for_everyone_with_a_token() {
    let house = house();
    house.ask("/api/things", &json!({})).assert_passed();
    assert_eq!(house.upstream.last().header("x-user"), Some("alice"));
    house
        .gate
        .get("/api/things")
        .send()
        .assert_refused(401, "TOKEN_MISSING");
}

#[test]
fn admin_is_for_admins() {
    let house = house();
    house
        .ask("/admin/users", &json!({ "roles": ["admin"] }))
        .assert_passed();
    house
        .ask("/admin/users", &json!({ "roles": ["user"] }))
        .assert_refused(403, "INSUFFICIENT_ROLE");
    house
        .ask("/admin", &json!({}))
        .assert_refused(403, "INSUFFICIENT_ROLE");
    assert_eq!(house.upstream.count(), 1);
}

#[test]
fn tenant_of_the_path_is_the_tokens() {
    let house = house();
    let acme = json!({ "tenant_id": "acme" });
    house.ask("/api/tenants/acme/orders", &acme).assert_passed();
    for path in [
        "/api/tenants/Acme/orders",
        "/api/tenants/other/orders",
        "/api/tenants/acme2/orders",
    ] {
        house
            .ask(path, &acme)
            .assert_refused(403, "TENANT_MISMATCH");
    }
    house
        .ask("/api/tenants/acme/orders", &json!({}))
        .assert_refused(403, "TENANT_MISMATCH");
    assert_eq!(house.upstream.count(), 1);
}

/// RFC 3986 section 6.2.2.2: another spelling of one tenant is that tenant.
#[test]
fn tenant_in_another_spelling_is_the_same_tenant() {
    let house = house();
    let acme = json!({ "tenant_id": "acme" });
    house
        .ask("/api/tenants/%61cme/orders", &acme)
        .assert_passed();
    assert_eq!(house.upstream.last().target, "/api/tenants/acme/orders");
}

#[test]
fn everything_else_is_refused() {
    let house = house();
    house
        .ask("/", &json!({ "roles": ["admin"] }))
        .assert_refused(403, "NO_ROUTE");
    assert_eq!(house.upstream.count(), 0);
}
