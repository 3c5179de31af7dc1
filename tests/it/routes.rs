//! Groups, `{action}`, stronger sign-ins and `check --explain-routes`, through the real binary.

use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::support::gate::sidegate;
use crate::support::{Answer, House, now};

const RULES: &str = r#"
roles:
  reader: [articles:read]
  writer: { includes: [reader], permissions: [articles:write] }
  editor: { includes: [writer], permissions: [articles:delete] }
  admin: []
  auditor: []
defaults: { methods: [GET, POST, DELETE] }
identity_headers: { X-User: "{{ principal.subject }}", X-Area: app }
routes:
  - path: /articles/**
    permission: "articles:{action}"
  - group: admin
    path: /admin
    defaults: { roles: [admin], max_age: 8h, identity_headers: { X-Area: admin } }
    routes:
      - path: /users/**
      - { path: /audit/**, roles: [auditor] }
      - { path: /news, roles: any, max_age: any }
      - { path: /health, public: true }
      - path: /tenants/{tenant}
        defaults: { max_age: any }
        routes: [ { path: /** } ]
  - { path: /vault, acr: ["urn:mfa", "urn:key"], max_age: 5m }
"#;

fn house() -> House {
    House::with(RULES)
}

impl House {
    fn call(&self, method: &str, path: &str, claims: &Value) -> Answer {
        let token = self.issuer.token(claims);
        self.gate.call(method, path).bearer(&token).send()
    }
}

#[test]
fn group_shares_its_prefix_and_its_rules() {
    let house = house();
    let admin = json!({ "roles": ["admin"], "auth_time": now() - 60 });
    house.ask("/admin/users/1", &admin).assert_passed();
    let seen = house.upstream.last();
    assert_eq!(seen.target, "/admin/users/1");
    assert_eq!(seen.header("x-area"), Some("admin"));
    assert_eq!(seen.header("x-user"), Some("alice"));
    house
        .ask("/admin/audit/1", &admin)
        .assert_refused(403, "INSUFFICIENT_ROLE");
    house
        .ask("/users/1", &admin)
        .assert_refused(403, "NO_ROUTE");
    house
        .call("PUT", "/admin/users/1", &admin)
        .assert_refused(403, "NO_ROUTE");
    let old = json!({ "roles": ["admin"], "auth_time": now() - 9 * 3600 });
    house
        .ask("/admin/users/1", &old)
        .assert_refused(401, "STEP_UP_REQUIRED");
}

#[test]
fn route_sets_what_it_inherits_aside() {
    let house = house();
    let auditor = json!({ "roles": ["auditor"], "auth_time": now() });
    house.ask("/admin/audit/1", &auditor).assert_passed();
    house.ask("/admin/news", &json!({})).assert_passed();
    house
        .gate
        .get("/admin/news")
        .send()
        .assert_refused(401, "TOKEN_MISSING");
    house.gate.get("/admin/health").send().assert_passed();
    assert_eq!(house.upstream.last().header("x-area"), Some("admin"));
    assert_eq!(house.upstream.last().header("x-user"), None);
}

#[test]
fn capture_in_a_group_binds_the_tenant() {
    let house = house();
    let acme = json!({ "roles": ["admin"], "tenant_id": "acme" });
    house.ask("/admin/tenants/acme/x", &acme).assert_passed();
    house
        .ask("/admin/tenants/other/x", &acme)
        .assert_refused(403, "TENANT_MISMATCH");
}

#[test]
fn permission_follows_the_method() {
    let house = house();
    for (role, read, write, delete) in [
        ("reader", 200, 403, 403),
        ("writer", 200, 200, 403),
        ("editor", 200, 200, 200),
        ("admin", 403, 403, 403),
    ] {
        let claims = json!({ "roles": [role] });
        for (method, wanted) in [
            ("GET", read),
            ("HEAD", read),
            ("POST", write),
            ("DELETE", delete),
        ] {
            let answer = house.call(method, "/articles/1", &claims);
            assert_eq!(answer.status, wanted, "{role} {method}");
        }
    }
    house
        .call("POST", "/articles/1", &json!({ "roles": ["reader"] }))
        .assert_refused(403, "PERMISSION_DENIED");
}

/// RFC 9470 section 3.
#[test]
fn weak_or_old_sign_in_is_asked_to_step_up() {
    let house = house();
    for (claims, passes) in [
        (json!({ "acr": "urn:mfa", "auth_time": now() }), true),
        (json!({ "acr": "urn:key", "auth_time": now() - 290 }), true),
        (json!({ "acr": "urn:mfa", "auth_time": now() - 320 }), false),
        (json!({ "acr": "urn:pwd", "auth_time": now() }), false),
        (json!({ "acr": "urn:mfa" }), false),
        (json!({ "auth_time": now() }), false),
        (json!({}), false),
    ] {
        // The second time the token is known: its claims must have been kept.
        let token = house.issuer.token(&claims);
        for _ in 0..2 {
            let answer = house.gate.get("/vault").bearer(&token).send();
            match passes {
                true => answer.assert_passed(),
                false => answer.assert_refused(401, "STEP_UP_REQUIRED"),
            }
        }
    }
    house
        .gate
        .get("/vault")
        .send()
        .assert_refused(401, "TOKEN_MISSING");
}

/// Runs `check --explain-routes` on the rules.
fn explained(more: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let issuers = "issuers:\n  main: { url: https://idp.example.com, audience: my-api }\n";
    std::fs::write(
        folder.path().join("policy.yaml"),
        format!("{issuers}{RULES}"),
    )
    .unwrap();
    let output = sidegate()
        .current_dir(folder.path())
        .args(["check", "--policy", "policy.yaml", "--explain-routes"])
        .args(more)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text)
}

#[test]
fn explained_routes_show_what_holds_and_where_it_stands() {
    let (output, text) = explained(&[]);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let block = text
        .split("\n\n")
        .find(|block| block.starts_with("GET,POST,DELETE /admin/users/**"))
        .unwrap();
    let wanted = "\
GET,POST,DELETE /admin/users/**
  path        /admin/users/**                  policy.yaml:19
  name        GET,POST,DELETE /admin/users/**
  hosts       any
  methods     GET, POST, DELETE, HEAD          policy.yaml:10, whole file
  access      tokens of any issuer
  tenant      any
  acr         any
  max_age     28800 s                          policy.yaml:17, group admin
  roles       admin                            policy.yaml:17, group admin
  scopes      any
  permission  any
  upstream    default
  headers     x-user: {{ principal.subject }}  policy.yaml:11, whole file
              x-area: admin                    policy.yaml:17, group admin";
    assert_eq!(block, wanted, "{text}");
    assert!(
        text.contains("  permission  GET articles:read (in editor, reader, writer)"),
        "{text}"
    );
    assert!(
        text.contains("              DELETE articles:delete (in editor)"),
        "{text}"
    );
    assert!(
        text.contains("  access      public: everybody passes"),
        "{text}"
    );
    assert!(text.contains("  acr         urn:mfa or urn:key"), "{text}");
    assert!(
        text.contains("  tenant      the path's `tenant` is the caller's"),
        "{text}"
    );
    assert!(text.ends_with("policy.yaml: fine\n"), "{text}");
}

#[test]
fn explained_routes_are_there_for_programs() {
    let (_, text) = explained(&["--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&report["schema"], &report["ok"]),
        (&json!(1), &json!(true))
    );
    let routes = report["routes"].as_array().unwrap();
    assert_eq!(routes.len(), 7);
    let users = &routes[1];
    assert_eq!(users["path"], "/admin/users/**");
    assert_eq!(users["roles"], json!(["admin"]));
    assert_eq!(users["max_age_seconds"], 28800);
    assert_eq!(users["public"], false);
    assert_eq!(users["scopes"], Value::Null);
    let from = &users["from"]["roles"];
    assert_eq!(
        (&from["line"], &from["group"]),
        (&json!(17), &json!("admin"))
    );
    assert_eq!(from["level"], "group");
    assert_eq!(users["from"]["methods"]["level"], "file");
    assert_eq!(users["from"]["path"]["level"], "route");
    let first = &routes[0]["permissions"];
    let get = json!({
        "method": "GET", "permission": "articles:read",
        "roles": ["editor", "reader", "writer"], "scopes": ["articles:read"],
    });
    assert_eq!(first[0], get, "{first}");
    assert_eq!(routes[4]["public"], true);
    assert_eq!(users["identity_headers"][1]["value"], "admin");
}

#[test]
fn policy_with_a_mistake_has_no_routes_to_explain() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, "routes: [ { path: a, public: true } ]\n").unwrap();
    for (more, wanted) in [(None, "policy.yaml:1:"), (Some("--json"), "\"routes\":[]")] {
        let output = sidegate()
            .args(["check", "--explain-routes", "--policy"])
            .arg(&file)
            .args(more)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(wanted), "{text}");
    }
}
