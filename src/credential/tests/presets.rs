//! What each preset makes of its parameters, with tokens as the providers make them.

use serde_json::json;

use super::*;

/// An issuer from a preset, with our keys instead of the provider's.
fn preset(parameters: &str) -> Verifiers {
    let keys = json!([EC.jwk]);
    verifiers(&format!(
        "issuers:\n  main: {{ {parameters}, jwks: {{ keys: {keys} }} }}"
    ))
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

fn sign(claims: &Value) -> String {
    EC.sign(claims)
}

#[test]
fn cognito_takes_id_tokens_and_named_machines() {
    let verifiers = preset(
        "preset: cognito, region: us-east-1, user_pool: us-east-1_WKK1AVJ2m, client_id: c1, \
         machine_clients: [robot], machine: { roles: service_account }",
    );
    let iss = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_WKK1AVJ2m";
    let id = json!({
        "iss": iss, "aud": "c1", "sub": "u1", "token_use": "id", "exp": NOW + 60,
        "email": "u1@example.com", "custom:role": "admin", "custom:tenant_id": "acme",
    });
    let principal = accept(&verifiers, &sign(&id));
    assert_eq!(principal.tenant.as_deref(), Some("acme"));
    assert_eq!(principal.roles, [Box::<str>::from("admin")]);
    let access = json!({
        "iss": iss, "client_id": "c1", "sub": "u1", "username": "u1", "token_use": "access",
        "scope": "aws.cognito.signin.user.admin", "exp": NOW + 60,
    });
    assert_eq!(refuse(&verifiers, &sign(&access)), Reason::WrongTokenType);
    let machine = json!({
        "iss": iss, "client_id": "robot", "sub": "robot", "token_use": "access",
        "scope": "stackflow/api.read", "exp": NOW + 60,
    });
    let principal = accept(&verifiers, &sign(&machine));
    assert_eq!(principal.roles, [Box::<str>::from("service_account")]);
    assert_eq!(principal.scopes, [Box::<str>::from("stackflow/api.read")]);
    let other = sign(&with(&machine, "client_id", json!("c1")));
    assert_eq!(refuse(&verifiers, &other), Reason::TokenAudienceMismatch);
    let other_pool = sign(&with(&id, "iss", json!(format!("{iss}2"))));
    assert_eq!(refuse(&verifiers, &other_pool), Reason::TokenIssuerUnknown);
}

#[test]
fn firebase_checks_when_the_user_signed_in() {
    let verifiers = preset("preset: firebase, project: demo-1");
    let id = json!({
        "iss": "https://securetoken.google.com/demo-1", "aud": "demo-1", "sub": "u1",
        "auth_time": NOW - 5, "exp": NOW + 60, "firebase": { "tenant": "acme" },
    });
    assert_eq!(
        accept(&verifiers, &sign(&id)).tenant.as_deref(),
        Some("acme")
    );
    for (changes, reason) in [
        (
            with(&id, "auth_time", json!(NOW + 100)),
            Reason::TokenClaimInvalid,
        ),
        (
            with(&id, "auth_time", json!("now")),
            Reason::TokenClaimInvalid,
        ),
        (with(&id, "sub", json!("")), Reason::TokenClaimInvalid),
        (
            with(&id, "aud", json!("demo-2")),
            Reason::TokenAudienceMismatch,
        ),
    ] {
        assert_eq!(refuse(&verifiers, &sign(&changes)), reason);
    }
    let mut without = id.clone();
    without.as_object_mut().unwrap().remove("auth_time");
    assert_eq!(
        refuse(&verifiers, &sign(&without)),
        Reason::TokenClaimMissing
    );
}

#[test]
fn other_providers_tokens_pass_and_name_tenant_and_roles() {
    let directory = "11111111-2222-3333-4444-555555555555";
    let entra = format!("https://login.microsoftonline.com/{directory}/v2.0");
    for (parameters, claims, tenant, roles) in [
        (
            "preset: google, client_id: g1".to_owned(),
            json!({ "iss": "https://accounts.google.com", "aud": "g1", "hd": "example.com" }),
            Some("example.com"),
            vec![],
        ),
        (
            "preset: auth0, domain: d.eu.auth0.com, audience: 'https://api'".into(),
            json!({
                "iss": "https://d.eu.auth0.com/", "azp": "spa", "org_id": "o1", "roles": ["r"],
                "aud": ["https://api", "https://d.eu.auth0.com/userinfo"],
            }),
            Some("o1"),
            vec!["r"],
        ),
        (
            format!("preset: entra, tenant: {directory}, client_id: app1"),
            json!({ "iss": entra, "aud": "app1", "tid": directory, "ver": "2.0", "roles": ["R"] }),
            Some(directory),
            vec!["R"],
        ),
        (
            "preset: okta, domain: d.okta.com, audience: 'api://default'".into(),
            json!({ "iss": "https://d.okta.com/oauth2/default", "aud": "api://default", "groups": ["g"] }),
            None,
            vec!["g"],
        ),
        (
            "preset: keycloak, url: 'https://k/auth/', realm: r, audience: api, client: web".into(),
            json!({
                "iss": "https://k/auth/realms/r", "aud": ["api", "account"], "azp": "web",
                "typ": "Bearer", "realm_access": { "roles": ["x", "y"] },
            }),
            None,
            vec!["x", "y"],
        ),
        (
            "preset: kubernetes, audience: app".into(),
            json!({
                "iss": "https://kubernetes.default.svc.cluster.local", "aud": ["app"],
                "kubernetes.io": { "namespace": "ns1", "serviceaccount": { "name": "a" } },
            }),
            Some("ns1"),
            vec![],
        ),
    ] {
        let verifiers = preset(&parameters);
        let mut claims = claims;
        claims["sub"] = "u1".into();
        claims["exp"] = (NOW + 60).into();
        let principal = accept(&verifiers, &sign(&claims));
        assert_eq!(principal.tenant.as_deref(), tenant, "{parameters}");
        let given: Vec<&str> = principal.roles.iter().map(|role| &**role).collect();
        assert_eq!(given, roles, "{parameters}");
    }
}

#[test]
fn keycloak_refuses_refresh_tokens_and_other_clients() {
    let verifiers =
        preset("preset: keycloak, url: 'https://k', realm: r, audience: api, client: web");
    let token = json!({
        "iss": "https://k/realms/r", "aud": "api", "azp": "web", "typ": "Bearer", "sub": "u1",
        "exp": NOW + 60,
    });
    accept(&verifiers, &sign(&token));
    let refresh = sign(&with(&token, "typ", json!("Refresh")));
    assert_eq!(refuse(&verifiers, &refresh), Reason::WrongTokenType);
    let other = sign(&with(&token, "azp", json!("other")));
    assert_eq!(refuse(&verifiers, &other), Reason::TokenAudienceMismatch);
}

#[test]
fn keys_of_the_section_override_the_preset() {
    let verifiers = preset(
        "preset: cognito, region: r, user_pool: p, client_id: c, issuer: 'http://localhost:5000/p', \
         audience: other, token_type: { claims: {} }, claims: { roles: groups }",
    );
    let token = json!({
        "iss": "http://localhost:5000/p", "aud": "other", "sub": "u1", "exp": NOW + 60,
        "groups": ["g"], "custom:tenant_id": "acme",
    });
    let principal = accept(&verifiers, &sign(&token));
    assert_eq!(principal.roles, [Box::<str>::from("g")]);
    assert_eq!(principal.tenant.as_deref(), Some("acme"));
}
