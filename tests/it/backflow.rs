//! Backflow: the policy in `config/examples/backflow`, rows B1 to B3. Rows B4 and B5 are in
//! `backflow_keys.rs`.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::gate::Setup;
use crate::support::issuer::overlaid;
use crate::support::keys::SigningKey;
use crate::support::{Gate, Issuer, Upstream, now};

pub(crate) const SECRET: &str = "backflow-secret-of-more-than-32-characters";

struct House {
    gate: Gate,
    google: Issuer,
    upstream: Upstream,
    /// Where the tenants' keys are.
    _store: TempDir,
}

fn house() -> House {
    let (google, upstream) = (Issuer::start(), Upstream::start());
    let store = tempfile::tempdir().unwrap();
    let gate = Setup::example("backflow")
        .argument(&format!("--store={}", url_of(&store)))
        .env("JWT_SECRET", SECRET)
        .env("FIREBASE_PROJECT_ID", "proj-1")
        .env("FIREBASE_JWKS_URL", google.jwks_url())
        .upstream(&upstream)
        .start();
    House {
        gate,
        google,
        upstream,
        _store: store,
    }
}

/// A store in a folder.
pub(crate) fn url_of(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("keys.db").display())
}

fn jwt(role: &str) -> String {
    SigningKey::secret(SECRET).sign(&json!({ "sub": "u-9", "role": role, "exp": now() + 600 }))
}

impl House {
    fn firebase(&self, more: &Value) -> String {
        let claims = json!({
            "iss": "https://securetoken.google.com/proj-1", "aud": "proj-1", "sub": "fb-1",
            "auth_time": now() - 5, "iat": now() - 5, "exp": now() + 3600,
        });
        self.google.key().sign(&overlaid(claims, more))
    }
}

/// Row B1.
#[test]
fn permission_is_asked_per_method() {
    let house = house();
    for (role, method, wanted) in [
        ("admin", "GET", 200),
        ("admin", "POST", 200),
        ("admin", "DELETE", 200),
        ("support", "GET", 200),
        ("support", "POST", 403),
        ("support", "DELETE", 403),
        ("user", "GET", 403),
        ("user", "DELETE", 403),
    ] {
        house.upstream.forget();
        let answer = house
            .gate
            .call(method, "/admin/users/5")
            .bearer(&jwt(role))
            .send();
        assert_eq!(answer.status, wanted, "{role} {method}: {}", answer.text());
        assert_eq!(house.upstream.count(), usize::from(wanted == 200));
    }
}

/// Row B1: a method that the route does not list needs a permission that nobody has.
#[test]
fn method_without_a_permission_is_denied() {
    let house = house();
    let answer = house
        .gate
        .call("PATCH", "/admin/users")
        .bearer(&jwt("admin"))
        .body("{}")
        .send();
    answer.assert_refused(403, "PERMISSION_DENIED");
    assert_eq!(house.upstream.count(), 0);
}

/// Row B1.
#[test]
fn route_that_requires_auth_refuses_without_a_token() {
    let house = house();
    house
        .gate
        .get("/admin/users")
        .send()
        .assert_refused(401, "TOKEN_MISSING");
}

/// Row B2.
#[test]
fn firebase_token_of_the_project_opens_the_profile() {
    let house = house();
    house
        .gate
        .get("/profile")
        .bearer(&house.firebase(&json!({})))
        .send()
        .assert_passed();
    assert_eq!(house.upstream.last().header("x-auth-sub"), Some("fb-1"));
}

/// Row B2.
#[test]
fn firebase_token_that_breaks_a_rule_is_refused() {
    let house = house();
    for broken in [
        json!({ "aud": "proj-2" }),
        json!({ "iss": "https://securetoken.google.com/proj-2" }),
        json!({ "sub": "" }),
        json!({ "sub": null }),
        json!({ "auth_time": now() + 3600 }),
        json!({ "auth_time": null }),
        json!({ "exp": now() - 3600 }),
    ] {
        let answer = house
            .gate
            .get("/profile")
            .bearer(&house.firebase(&broken))
            .send();
        assert_eq!(answer.status, 401, "{broken}: {}", answer.text());
    }
    assert_eq!(house.upstream.count(), 0);
}

/// Row B2: a route takes tokens of the provider it names, and of no other.
#[test]
fn provider_is_chosen_per_route() {
    let house = house();
    let answer = house.gate.get("/profile").bearer(&jwt("admin")).send();
    assert_eq!(answer.status, 401);
    let answer = house
        .gate
        .get("/api/data")
        .bearer(&house.firebase(&json!({})))
        .send();
    assert_eq!(answer.status, 401);
    assert_eq!(house.upstream.count(), 0);
}

/// Row B3.
#[test]
fn identity_stands_in_injected_headers() {
    let house = house();
    let call = house.gate.get("/api/data").bearer(&jwt("support"));
    call.header("X-Auth-Role", "admin").send().assert_passed();
    let seen = house.upstream.last();
    assert_eq!(seen.header("x-auth-sub"), Some("u-9"));
    assert_eq!(seen.header("x-auth-role"), Some("support"));
}

/// Row B3: what cannot be computed is left out, and nobody else's value stands in.
#[test]
fn identity_that_is_not_there_is_left_out() {
    let house = house();
    let call = house
        .gate
        .get("/profile")
        .bearer(&house.firebase(&json!({})));
    call.header("X-Auth-Role", "admin").send().assert_passed();
    assert_eq!(house.upstream.last().header("x-auth-role"), None);
}
