//! CauseFlow: the policy in `config/examples/causeflow`, rows C1 to C4. For those about keys see
//! `causeflow_keys`.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::gate::Setup;
use crate::support::issuer::overlaid;
use crate::support::keys::SigningKey;
use crate::support::{Gate, Issuer, Upstream, now};

pub(crate) struct House {
    pub(crate) gate: Gate,
    pub(crate) issuer: Issuer,
    pub(crate) upstream: Upstream,
    /// Where the store of API keys is.
    pub(crate) folder: TempDir,
}

fn house() -> House {
    House::with(|setup| setup)
}

impl House {
    /// The example, with something said besides.
    pub(crate) fn with(more: impl Fn(Setup) -> Setup) -> Self {
        let (issuer, upstream) = (Issuer::start(), Upstream::start());
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}", folder.path().join("keys.db").display());
        let setup = Setup::example("causeflow")
            .env("CAUSEFLOW_JWKS_URL", issuer.jwks_url())
            .env("SIDEGATE_STORE", store)
            .upstream(&upstream);
        Self {
            gate: more(setup).start(),
            issuer,
            upstream,
            folder,
        }
    }

    fn claims(more: &Value) -> Value {
        let base = json!({
            "iss": "causeflow", "aud": "causeflow-api", "exp": now() + 3600, "sub": "u-1",
            "email": "ada@example.test", "tenant_id": "acme", "roles": ["analyst", "oncall"],
        });
        overlaid(base, more)
    }

    pub(crate) fn token(&self, more: &Value) -> String {
        self.issuer.key().sign(&Self::claims(more))
    }

    #[track_caller]
    fn refuses(&self, token: &str, code: &str) {
        self.gate
            .get("/v1/incidents")
            .bearer(token)
            .send()
            .assert_refused(401, code);
        assert_eq!(
            self.upstream.count(),
            0,
            "a refused request reached the upstream"
        );
    }
}

/// Row C1.
#[test]
fn good_token_passes_and_its_claims_become_headers() {
    let house = house();
    let token = house.token(&json!({}));
    house
        .gate
        .get("/v1/incidents?limit=10")
        .bearer(&token)
        .send()
        .assert_passed();
    let seen = house.upstream.last();
    assert_eq!(seen.target, "/v1/incidents?limit=10");
    assert_eq!(seen.header("x-user-id"), Some("u-1"));
    assert_eq!(seen.header("x-user-email"), Some("ada@example.test"));
    assert_eq!(seen.header("x-tenant-id"), Some("acme"));
    assert_eq!(seen.header("x-user-roles"), Some("analyst,oncall"));
    assert_eq!(
        seen.header("authorization"),
        None,
        "the token went on to the app"
    );
}

/// Row C2.
#[test]
fn token_without_a_required_claim_is_refused() {
    let house = house();
    for claim in ["sub", "email", "tenant_id", "roles"] {
        house.refuses(&house.token(&json!({ claim: null })), "TOKEN_CLAIM_MISSING");
    }
}

/// Row C2.
#[test]
fn token_with_an_empty_required_claim_is_refused() {
    let house = house();
    for (claim, empty) in [
        ("sub", json!("")),
        ("email", json!("")),
        ("tenant_id", json!("")),
        ("roles", json!([])),
    ] {
        house.refuses(
            &house.token(&json!({ claim: empty })),
            "TOKEN_CLAIM_MISSING",
        );
    }
}

/// Row C2.
#[test]
fn token_whose_claim_is_of_a_wrong_kind_is_refused() {
    let house = house();
    for (claim, wrong) in [
        ("sub", json!(7)),
        ("email", json!(["ada@example.test"])),
        ("tenant_id", json!({ "acme": true })),
        ("roles", json!(true)),
        ("roles", json!([["admin"]])),
    ] {
        house.refuses(
            &house.token(&json!({ claim: wrong })),
            "TOKEN_CLAIM_INVALID",
        );
    }
}

/// Row C2.
#[test]
fn token_of_another_issuer_is_refused() {
    let house = house();
    for issuer in [
        json!("causeflow2"),
        json!("Causeflow"),
        json!(null),
        json!(["causeflow"]),
    ] {
        let token = house.token(&json!({ "iss": issuer }));
        let answer = house.gate.get("/v1/incidents").bearer(&token).send();
        assert_eq!(answer.status, 401, "{issuer}");
    }
    assert_eq!(house.upstream.count(), 0);
}

/// Row C2.
#[test]
fn token_for_another_audience_is_refused() {
    let house = house();
    for audience in [
        json!("other-api"),
        json!(null),
        json!([]),
        json!("causeflow"),
        json!({}),
    ] {
        let token = house.token(&json!({ "aud": audience }));
        let answer = house.gate.get("/v1/incidents").bearer(&token).send();
        assert_eq!(answer.status, 401, "{audience}");
    }
    assert_eq!(house.upstream.count(), 0);
}

/// Row C2.
#[test]
fn token_whose_audience_list_names_the_app_passes() {
    let house = house();
    let token = house.token(&json!({ "aud": ["other-api", "causeflow-api"] }));
    house
        .gate
        .get("/v1/incidents")
        .bearer(&token)
        .send()
        .assert_passed();
}

/// Row C2.
#[test]
fn expired_token_is_refused() {
    let house = house();
    house.refuses(
        &house.token(&json!({ "exp": now() - 3600 })),
        "TOKEN_EXPIRED",
    );
}

/// Row C2.
#[test]
fn token_without_expiry_is_refused() {
    let house = house();
    for expiry in [json!(null), json!("soon"), json!(true)] {
        let token = house.token(&json!({ "exp": expiry }));
        assert_eq!(
            house.gate.get("/v1/incidents").bearer(&token).send().status,
            401,
            "{expiry}"
        );
    }
    assert_eq!(house.upstream.count(), 0);
}

/// Row C2: the algorithm of the header is not the caller's choice.
#[test]
fn token_signed_in_another_way_is_refused() {
    let house = house();
    let claims = House::claims(&json!({}));
    for key in [
        SigningKey::other_rsa("main"),
        SigningKey::p256("main"),
        SigningKey::secret("a secret that is long enough for sha-256"),
        house.issuer.key().with(jsonwebtoken::Algorithm::RS512),
    ] {
        let token = key.sign(&claims);
        let answer = house.gate.get("/v1/incidents").bearer(&token).send();
        assert_eq!(answer.status, 401, "{:?}", key.algorithm);
    }
    assert_eq!(house.upstream.count(), 0);
}

/// Row C3.
#[test]
fn health_and_sign_in_are_public() {
    let house = house();
    for path in [
        "/health",
        "/health/detailed",
        "/auth/github",
        "/auth/github/callback?code=abc&state=xyz",
        "/auth/google",
        "/auth/google/callback",
    ] {
        house.gate.get(path).send().assert_passed();
        assert_eq!(house.upstream.last().target, path);
    }
}

/// Row C3.
#[test]
fn public_routes_do_not_forward_a_callers_identity_headers() {
    let house = house();
    let call = house
        .gate
        .get("/auth/github/callback")
        .header("X-User-Id", "mallory");
    call.header("x_tenant_id", "acme")
        .header("X-User-Roles", "admin")
        .send()
        .assert_passed();
    let names = house.upstream.last().folded_names();
    for name in ["x-user-id", "x-tenant-id", "x-user-roles", "x-user-email"] {
        assert!(!names.contains(&name.to_owned()), "{names:?}");
    }
}

/// Row C3: only the method that is meant is open.
#[test]
fn public_get_does_not_open_post() {
    let house = house();
    house
        .gate
        .post("/health")
        .body("x")
        .send()
        .assert_refused(401, "TOKEN_MISSING");
    assert_eq!(house.upstream.count(), 0);
}

/// Row C4.
#[test]
fn everything_else_needs_a_token() {
    let house = house();
    for path in [
        "/",
        "/v1/incidents",
        "/health/other",
        "/healthy",
        "/v1/webhooks/acme/datadog",
        "/v1/api-keys",
    ] {
        house
            .gate
            .get(path)
            .send()
            .assert_refused(401, "TOKEN_MISSING");
    }
    assert_eq!(house.upstream.count(), 0);
}
