//! Backflow's API keys: row B4 of the policy in `config/examples/backflow`. Row B5 is in
//! `backflow_key_life.rs`.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::backflow::{SECRET, url_of};
use crate::support::gate::Setup;
use crate::support::keys::SigningKey;
use crate::support::{Answer, Gate, Upstream, eventually, now};

const KEYS: &str = "/tenant/api-keys";

/// A gate, and the store that outlives it.
pub(crate) struct House {
    pub(crate) gate: Gate,
    pub(crate) upstream: Upstream,
    pub(crate) store: TempDir,
}

pub(crate) fn gate(store: &TempDir, upstream: &Upstream) -> Gate {
    Setup::example("backflow")
        .env("JWT_SECRET", SECRET)
        .argument(&format!("--store={}", url_of(store)))
        .upstream(upstream)
        .start()
}

pub(crate) fn house() -> House {
    let (store, upstream) = (tempfile::tempdir().unwrap(), Upstream::start());
    let gate = gate(&store, &upstream);
    House {
        gate,
        upstream,
        store,
    }
}

/// A token of somebody in a tenant.
fn token(role: &str, tenant: Option<&str>) -> String {
    let mut claims = json!({ "sub": "u-9", "role": role, "exp": now() + 600 });
    if let Some(tenant) = tenant {
        claims["tenant_id"] = json!(tenant);
    }
    SigningKey::secret(SECRET).sign(&claims)
}

pub(crate) fn admin(tenant: &str) -> String {
    token("admin", Some(tenant))
}

impl House {
    /// Asks about keys.
    pub(crate) fn ask(
        &self,
        token: &str,
        method: &str,
        below: &str,
        body: Option<Value>,
    ) -> Answer {
        let call = self.gate.call(method, &format!("{KEYS}{below}"));
        let call = call.bearer(token);
        match body {
            Some(body) => call
                .header("Content-Type", "application/json")
                .body(body.to_string()),
            None => call,
        }
        .send()
    }

    /// A new key, as its maker is shown it.
    #[track_caller]
    pub(crate) fn key(&self, token: &str, wish: Value) -> Value {
        let made = self.ask(token, "POST", "", Some(wish));
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()
    }

    /// The keys that somebody sees.
    #[track_caller]
    pub(crate) fn list(&self, token: &str) -> Vec<Value> {
        let list = self.ask(token, "GET", "", None);
        assert_eq!(list.status, 200, "{}", list.text());
        list.json()["keys"].as_array().unwrap().clone()
    }

    pub(crate) fn data(&self, key: &str) -> Answer {
        self.gate.get("/api/data").header("x-api-key", key).send()
    }
}

pub(crate) fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    document[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}: {document}"))
}

/// Row B4.
#[test]
fn key_is_shown_once_and_opens_the_api_for_its_tenant() {
    let house = house();
    let admin = admin("acme");
    let wish = json!({ "name": "Production API", "scopes": ["*"] });
    let answer = house.ask(&admin, "POST", "", Some(wish));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let made = answer.json();
    let key = text(&made, "key");
    assert!(key.starts_with("bfk_") && key.starts_with(text(&made, "start")));
    assert_eq!(
        (&made["name"], &made["scopes"], &made["tenant"]),
        (&json!("Production API"), &json!(["*"]), &json!("acme"))
    );
    house.data(key).assert_passed();

    let id = text(&made, "id");
    let list = house.ask(&admin, "GET", "", None).text();
    let shown = house.ask(&admin, "GET", &format!("/{id}"), None).text();
    for page in [list, shown] {
        assert!(page.contains(id) && !page.contains(key), "{page}");
        assert!(
            !page.contains(key.get("bfk_".len() + id.len()..).unwrap()),
            "{page}"
        );
    }
    // Only what sidegate answers itself was asked for, but for one request.
    assert_eq!(house.upstream.count(), 1);
}

/// Row B4: the page's own command says nothing of the body, so `curl` calls it a form.
#[test]
fn command_of_the_page_works_as_it_stands() {
    let house = house();
    let ask = |token: &str, kind: &str| {
        let call = house.gate.post(KEYS).bearer(token);
        let call = call.header("Content-Type", kind);
        call.body(r#"{"name": "Production API", "scopes": ["*"]}"#)
            .send()
    };
    let made = ask(&admin("acme"), "application/x-www-form-urlencoded");
    assert_eq!(made.status, 201, "{}", made.text());
    house.data(text(&made.json(), "key")).assert_passed();
    assert_eq!(ask(&admin("acme"), "text/plain").status, 415);
}

/// Row B4: the caller's word for its tenant is worth nothing, however it is spelled.
#[test]
fn tenant_comes_from_the_key() {
    let house = house();
    let made = house.key(&admin("acme"), json!({ "name": "ci", "scopes": ["*"] }));
    let spellings = [
        "x-tenant-id",
        "X-Tenant-Id",
        "X-TENANT-ID",
        "x_tenant_id",
        "X.Tenant.Id",
    ];
    for name in spellings {
        let call = house.gate.get("/api/data").header(name, "globex");
        call.header("X-API-Key", text(&made, "key"))
            .send()
            .assert_passed();
        let seen = house.upstream.last();
        assert_eq!(seen.header("x-tenant-id"), Some("acme"), "{name}");
        assert_eq!(seen.header("x-auth-sub"), Some("u-9"));
        assert_eq!(seen.header("x-api-key-id"), made["id"].as_str());
        assert_eq!(seen.header("x-api-key"), None);
        let all = &seen.message.headers;
        assert!(!all.iter().any(|(_, value)| value == "globex"), "{all:?}");
    }
}

/// Row B4.
#[test]
fn another_tenants_keys_are_not_there() {
    let house = house();
    let (acme, globex) = (admin("acme"), admin("globex"));
    let made = house.key(&acme, json!({ "name": "ci", "scopes": ["*"] }));
    let id = text(&made, "id");
    assert!(house.list(&globex).is_empty());
    assert_eq!(house.list(&acme).len(), 1);
    for (method, below) in [
        ("GET", format!("/{id}")),
        ("DELETE", format!("/{id}")),
        ("POST", format!("/{id}/rotate")),
    ] {
        let body = (method == "POST").then(|| json!({}));
        let answer = house.ask(&globex, method, &below, body);
        assert_eq!(
            (answer.status, &*answer.code()),
            (404, "KEY_NOT_FOUND"),
            "{method}"
        );
    }
    let body = json!({ "name": "x", "scopes": ["*"], "tenant": "acme" });
    let elsewhere = house.ask(&globex, "POST", "", Some(body));
    assert_eq!(
        (elsewhere.status, &*elsewhere.code()),
        (403, "TENANT_MISMATCH")
    );
    house.data(text(&made, "key")).assert_passed();
}

/// Row B4.
#[test]
fn revoked_key_is_refused_at_once() {
    let house = house();
    let admin = admin("acme");
    let made = house.key(&admin, json!({ "name": "ci", "scopes": ["*"] }));
    let key = text(&made, "key");
    house.data(key).assert_passed();
    let below = format!("/{}", text(&made, "id"));
    let revoked = house.ask(&admin, "DELETE", &below, None);
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    eventually("every worker knows", || house.data(key).status == 401);
    house.data(key).assert_refused(401, "KEY_REVOKED");
}

/// Row B4: only who runs a tenant, and only with a token.
#[test]
fn nobody_else_makes_keys() {
    let house = house();
    let made = house.key(&admin("acme"), json!({ "name": "ci", "scopes": ["*"] }));
    let wish = json!({ "name": "mine", "scopes": ["*"] });
    for (role, tenant, code) in [
        ("user", Some("acme"), "PERMISSION_DENIED"),
        ("support", Some("acme"), "PERMISSION_DENIED"),
        ("nothing", Some("acme"), "PERMISSION_DENIED"),
        ("admin", None, "TENANT_MISMATCH"),
    ] {
        let token = token(role, tenant);
        let below = format!("/{}", text(&made, "id"));
        house
            .ask(&token, "POST", "", Some(wish.clone()))
            .assert_refused(403, code);
        house.ask(&token, "GET", "", None).assert_refused(403, code);
        house
            .ask(&token, "DELETE", &below, None)
            .assert_refused(403, code);
    }
    let by_key = house
        .gate
        .post(KEYS)
        .header("x-api-key", text(&made, "key"));
    by_key.send().assert_refused(401, "KEY_UNKNOWN");
    let nobody = house.gate.get(KEYS).send();
    nobody.assert_refused(401, "TOKEN_MISSING");
    assert_eq!(house.list(&admin("acme")).len(), 1);
    assert_eq!(house.upstream.count(), 0);
}

/// Row B4: nobody hands on more than they have.
#[test]
fn key_may_no_more_than_who_made_it() {
    let house = house();
    let manager = token("manager", Some("acme"));
    let wish = json!({ "name": "x", "scopes": ["*"], "roles": ["admin"] });
    let refused = house.ask(&manager, "POST", "", Some(wish));
    assert_eq!((refused.status, &*refused.code()), (403, "RIGHTS_EXCEEDED"));
    // Neither does who is given the text of somebody else's key.
    let strong = house.key(&admin("acme"), json!({ "name": "strong", "scopes": ["*"] }));
    let below = format!("/{}/rotate", text(&strong, "id"));
    let refused = house.ask(&manager, "POST", &below, Some(json!({})));
    assert_eq!((refused.status, &*refused.code()), (403, "RIGHTS_EXCEEDED"));

    // Nor is a scope handed on that names what its maker may not do.
    let wish = json!({ "name": "own", "scopes": ["users:delete"] });
    let refused = house.ask(&manager, "POST", "", Some(wish));
    assert_eq!((refused.status, &*refused.code()), (403, "RIGHTS_EXCEEDED"));

    // What a pattern grants is bounded by the roles of who made the key.
    for scope in ["*", "users:*"] {
        let made = house.key(&manager, json!({ "name": "own", "scopes": [scope] }));
        assert_eq!(made["roles"], json!(["manager"]));
        let ask = |method: &str, path: &str| {
            let call = house.gate.call(method, path);
            call.header("x-api-key", text(&made, "key")).send()
        };
        ask("DELETE", "/admin/users/5").assert_refused(403, "PERMISSION_DENIED");
        ask("GET", "/admin/users").assert_passed();
    }
}

/// Row B4.
#[test]
fn key_may_what_its_scopes_say() {
    let house = house();
    let wish = json!({ "name": "reports", "scopes": ["data:read"] });
    let made = house.key(&admin("acme"), wish);
    let ask = |method: &str, path: &str| {
        let call = house.gate.call(method, path);
        call.header("x-api-key", text(&made, "key")).send()
    };
    ask("GET", "/api/data").assert_passed();
    ask("DELETE", "/api/data/7").assert_refused(403, "PERMISSION_DENIED");
    ask("GET", "/admin/users").assert_refused(403, "PERMISSION_DENIED");
    ask("GET", "/profile").assert_refused(401, "KEY_UNKNOWN");
    assert_eq!(house.upstream.count(), 1);
}
