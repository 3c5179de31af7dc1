//! StackFlow: the policy in `config/examples/stackflow` with a real Cognito emulator, rows S1 to S6
//! and S8. For row S7, the keys, see `stackflow_keys`.

use std::net::SocketAddr;

use serde_json::json;
use tempfile::TempDir;

use crate::support::gate::Setup;
use crate::support::moto::{Pool, moto};
use crate::support::{Answer, Gate, Issuer, Upstream, eventually, now};

struct House {
    gate: Gate,
    pool: Pool,
    upstream: Upstream,
    /// Stands for Cognito's own domain.
    domain: Upstream,
    /// Where the store of API keys is.
    _folder: TempDir,
}

/// The example with this pool, these upstreams and this store of API keys.
pub(crate) fn setup(pool: &Pool, upstream: &Upstream, domain: &Upstream, store: &str) -> Setup {
    Setup::example("stackflow")
        .env("COGNITO_USER_POOL", &*pool.id)
        .env("COGNITO_CLIENT_ID", &*pool.client)
        .env("COGNITO_JWKS_URL", pool.jwks_url())
        .env("COGNITO_MACHINE_CLIENT", "machine-1")
        .env("COGNITO_DOMAIN", domain.url())
        .env("STACKFLOW_API", upstream.url())
        .env("STACKFLOW_DATABASE", store)
}

/// A store for the tests that are not about keys.
fn some_store() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("keys.db").display());
    (folder, store)
}

fn house() -> House {
    let (upstream, domain) = (Upstream::start(), Upstream::start());
    let pool = moto().pool();
    let (folder, store) = some_store();
    let gate = setup(&pool, &upstream, &domain, &store).start();
    House {
        gate,
        pool,
        upstream,
        domain,
        _folder: folder,
    }
}

impl House {
    fn token(&self, role: &str) -> String {
        self.pool
            .id_token(&json!({ "custom:role": role, "custom:tenant_id": "t-42" }))
    }

    fn ask(&self, token: &str, method: &str, path: &str) -> Answer {
        self.gate.call(method, path).bearer(token).send()
    }
}

/// Row S1: a token that Cognito itself issued.
#[test]
fn id_token_of_the_pool_passes() {
    let house = house();
    let tokens = house.pool.sign_in(
        "alice",
        &[("custom:role", "viewer"), ("custom:tenant_id", "t-42")],
    );
    house
        .ask(&tokens.id, "GET", "/prod/api/incidents?limit=10")
        .assert_passed();
    assert_eq!(house.upstream.last().target, "/prod/api/incidents?limit=10");
}

/// Row S1.
#[test]
fn key_set_is_fetched_once_for_many_tokens() {
    let house = house();
    for _ in 0..20 {
        house
            .ask(&house.token("viewer"), "GET", "/prod/api/incidents")
            .assert_passed();
    }
    let fetches = house.gate.metric(
        "sidegate_jwks_fetches_total",
        &["issuer=\"pool\"", "result=\"ok\""],
    );
    assert!((fetches - 1.0).abs() < f64::EPSILON, "{fetches} fetches");
}

/// Row S1: the pool's key set is a stranger's at first; then the true one is published.
#[test]
fn rotated_key_is_picked_up_without_a_restart() {
    let (upstream, domain) = (Upstream::start(), Upstream::start());
    let pool = moto().pool();
    let front = Issuer::with(vec![crate::support::keys::SigningKey::other_rsa("old")]);
    let (_folder, store) = some_store();
    let gate = setup(&pool, &upstream, &domain, &store)
        .env("COGNITO_JWKS_URL", front.jwks_url())
        .env("SIDEGATE_KEY_SETS__COOLDOWN", "1s")
        .start();
    let token = pool.id_token(&json!({ "custom:role": "viewer", "custom:tenant_id": "t-42" }));
    let ask = || gate.get("/prod/api/incidents").bearer(&token).send();
    ask().assert_refused(401, "TOKEN_KEY_UNKNOWN");
    let real = crate::support::Call::new(moto().address, "GET", &pool.jwks_path())
        .send()
        .text();
    front.feel(crate::support::issuer::Mood::Babbling(real));
    eventually("the new key is known", || ask().status == 200);
}

/// Row S2.
#[test]
fn access_token_of_the_pool_is_of_the_wrong_type() {
    let house = house();
    let tokens = house.pool.sign_in(
        "bob",
        &[("custom:role", "super_admin"), ("custom:tenant_id", "t-42")],
    );
    house
        .ask(&tokens.access, "GET", "/prod/api/incidents")
        .assert_refused(403, "WRONG_TOKEN_TYPE");
    assert_eq!(house.upstream.count(), 0);
}

/// Row S3.
#[test]
fn missing_token_is_named_in_body_and_challenge() {
    let house = house();
    let answer = house.gate.get("/prod/api/incidents").send();
    answer.assert_refused(401, "TOKEN_MISSING");
    assert_challenged(&answer, "TOKEN_MISSING");
}

/// Row S3.
#[test]
fn expired_token_is_named_in_body_and_challenge() {
    let house = house();
    let token = house
        .pool
        .id_token(&json!({ "exp": now() - 3600, "custom:role": "viewer" }));
    let answer = house.ask(&token, "GET", "/prod/api/incidents");
    answer.assert_refused(401, "TOKEN_EXPIRED");
    assert_challenged(&answer, "TOKEN_EXPIRED");
}

/// Row S3.
#[test]
fn role_that_lacks_the_permission_is_named_in_body_and_challenge() {
    let house = house();
    let answer = house.ask(&house.token("viewer"), "GET", "/prod/api/admin/users");
    answer.assert_refused(403, "INSUFFICIENT_ROLE");
    assert_challenged(&answer, "INSUFFICIENT_ROLE");
    assert_eq!(house.upstream.count(), 0);
}

/// Row S3.
#[test]
fn other_tenants_resource_is_named_in_body_and_challenge() {
    let house = house();
    let token = house.token("super_admin");
    house
        .ask(&token, "GET", "/prod/api/tenants/t-42/assets")
        .assert_passed();
    let answer = house.ask(&token, "GET", "/prod/api/tenants/t-43/assets");
    answer.assert_refused(403, "TENANT_MISMATCH");
    assert_challenged(&answer, "TENANT_MISMATCH");
    assert_eq!(house.upstream.count(), 1);
}

#[track_caller]
fn assert_challenged(answer: &Answer, code: &str) {
    let challenge = answer.header("www-authenticate").expect("no challenge");
    assert!(
        challenge.starts_with("Bearer ") && challenge.contains(code),
        "{challenge}"
    );
}

/// Row S4.
#[test]
fn claims_become_identity_headers() {
    let house = house();
    let attributes = [
        ("custom:role", "itsm_agent"),
        ("custom:tenant_id", "t-42"),
        ("email", "carol@example.test"),
        ("name", "Carol"),
    ];
    let tokens = house.pool.sign_in("carol", &attributes);
    house
        .ask(&tokens.id, "GET", "/prod/api/incidents")
        .assert_passed();
    let seen = house.upstream.last();
    assert_eq!(seen.header("x-stackflow-role"), Some("itsm_agent"));
    assert_eq!(seen.header("x-stackflow-tenant"), Some("t-42"));
    assert_eq!(seen.header("x-stackflow-email"), Some("carol@example.test"));
    assert_eq!(seen.header("x-stackflow-name"), Some("Carol"));
}

/// Methods and paths of the table's columns, and who may use them.
pub(crate) const TABLE: &[(&str, &str, &[&str])] = &[
    (
        "GET",
        "/prod/api/incidents",
        &[
            "viewer",
            "itsm_agent",
            "itsm_manager",
            "cloud_admin",
            "super_admin",
        ],
    ),
    (
        "GET",
        "/prod/api/cloud/vms",
        &[
            "viewer",
            "itsm_agent",
            "itsm_manager",
            "cloud_admin",
            "super_admin",
        ],
    ),
    (
        "POST",
        "/prod/api/incidents",
        &["itsm_agent", "itsm_manager", "cloud_admin", "super_admin"],
    ),
    (
        "DELETE",
        "/prod/api/incidents/1",
        &["itsm_agent", "itsm_manager", "cloud_admin", "super_admin"],
    ),
    (
        "POST",
        "/prod/api/cloud/vms",
        &["itsm_manager", "cloud_admin", "super_admin"],
    ),
    (
        "PUT",
        "/prod/api/itsm/config/sla",
        &["itsm_manager", "super_admin"],
    ),
    (
        "PUT",
        "/prod/api/cloud/config/quota",
        &["cloud_admin", "super_admin"],
    ),
    ("PUT", "/prod/api/admin/users", &["super_admin"]),
    (
        "POST",
        "/prod/api/ai/summary",
        &["itsm_agent", "itsm_manager", "cloud_admin", "super_admin"],
    ),
];

/// Row S5, the five human roles.
#[test]
fn every_cell_of_the_role_table_holds() {
    let house = house();
    for role in [
        "viewer",
        "itsm_agent",
        "itsm_manager",
        "cloud_admin",
        "super_admin",
    ] {
        let token = house.token(role);
        for (method, path, allowed) in TABLE {
            house.upstream.forget();
            let answer = house.ask(&token, method, path);
            let cell = format!("{role}: {method} {path}: {}", answer.text());
            if allowed.contains(&role) {
                assert_eq!(answer.status, 200, "{cell}");
                assert_eq!(house.upstream.last().target, *path, "{cell}");
            } else {
                // Row S3: the code that the app's callers know.
                let refused = (403, "INSUFFICIENT_ROLE".to_owned());
                assert_eq!(answer.outcome(), refused, "{cell}");
                assert_eq!(house.upstream.count(), 0, "{cell}");
            }
        }
    }
}

/// Row S5.
#[test]
fn user_without_a_known_role_may_do_nothing() {
    let house = house();
    for role in ["", "Viewer", "viewer,super_admin", "nobody"] {
        let answer = house.ask(&house.token(role), "GET", "/prod/api/incidents");
        assert_eq!(answer.status, 403, "`{role}`");
    }
    assert_eq!(house.upstream.count(), 0);
}

/// Rows S5 and S6, the sixth role: what a machine may do is what its scopes and its role both say.
#[test]
fn machine_token_acts_as_service_account_within_its_scopes() {
    let house = house();
    let read = house.pool.machine_token("machine-1", "stackflow/api.read");
    let write = house.pool.machine_token("machine-1", "stackflow/api.write");
    let all = house.pool.machine_token(
        "machine-1",
        "stackflow/api.read stackflow/api.write stackflow/api.ai",
    );
    for (token, method, path, wanted) in [
        (&read, "GET", "/prod/api/incidents", 200),
        (&read, "POST", "/prod/api/incidents", 403),
        (&read, "POST", "/prod/api/ai/summary", 403),
        (&write, "POST", "/prod/api/incidents", 200),
        (&write, "GET", "/prod/api/incidents", 403),
        (&all, "POST", "/prod/api/ai/summary", 200),
        (&all, "PUT", "/prod/api/itsm/config/sla", 403),
        (&all, "PUT", "/prod/api/admin/users", 403),
    ] {
        house.upstream.forget();
        let answer = house.ask(token, method, path);
        assert_eq!(answer.status, wanted, "{method} {path}: {}", answer.text());
        assert_eq!(house.upstream.count(), usize::from(wanted == 200));
        if wanted == 200 {
            let seen = house.upstream.last();
            assert_eq!(seen.header("x-stackflow-role"), Some("service_account"));
        }
    }
}

/// Row S6.
#[test]
fn machine_token_of_an_unknown_client_is_refused() {
    let house = house();
    let token = house.pool.machine_token("machine-2", "stackflow/api.read");
    let answer = house.ask(&token, "GET", "/prod/api/incidents");
    assert!(matches!(answer.status, 401 | 403), "{}", answer.status);
    assert_eq!(house.upstream.count(), 0);
}

/// Row S8.
#[test]
fn providers_endpoints_are_reachable_untouched() {
    let house = house();
    let form = "grant_type=authorization_code&client_id=c&code=AUTH&code_verifier=V";
    let answer = house
        .gate
        .post("/oauth2/token")
        .header("Authorization", "Basic Y2xpZW50OnNlY3JldA==")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form)
        .send();
    answer.assert_passed();
    let seen = house.domain.last();
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("POST", "/oauth2/token")
    );
    assert_eq!(seen.message.body.bytes, form.as_bytes());
    assert_eq!(
        seen.header("authorization"),
        Some("Basic Y2xpZW50OnNlY3JldA==")
    );
    assert_eq!(
        house.upstream.count(),
        0,
        "the app saw the provider's request"
    );
}

/// Row S8.
#[test]
fn authorize_keeps_its_query_and_the_providers_host() {
    let house = house();
    let target = "/oauth2/authorize?response_type=code&scope=openid+email&code_challenge=a%2Fb";
    house.gate.get(target).send().assert_passed();
    let seen = house.domain.last();
    assert_eq!(seen.target, target);
    let host: SocketAddr = seen.header("host").unwrap().parse().unwrap();
    assert_eq!(host, house.domain.address);
}
