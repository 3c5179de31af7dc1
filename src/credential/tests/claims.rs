//! One line for each thing a claim can be.

use serde_json::{Value, json};

use super::*;

#[test]
fn genuine_token_of_every_algorithm_names_its_holder() {
    let verifiers = verifiers(&policy(""));
    for signer in [&*RSA, &*EC, &*EC384, &*ED] {
        let principal = accept(&verifiers, &signer.sign(&claims()));
        assert_eq!(&*principal.subject, "u1");
        assert_eq!(principal.tenant.as_deref(), Some("acme"));
        assert_eq!(principal.email.as_deref(), Some("u1@example.com"));
        assert_eq!(principal.roles, [Box::<str>::from("admin"), "user".into()]);
        assert_eq!(&*principal.issuer, "main");
        assert_eq!(principal.expires_at, at(NOW + 600 + 30));
    }
    for algorithm in [
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
    ] {
        let mut jwk = RSA.jwk.clone();
        jwk["alg"] = format!("{algorithm:?}").into();
        let policy = policy("").replace(&RSA.jwk.to_string(), &jwk.to_string());
        let key = RSA.key.clone();
        let signer = Signer {
            algorithm,
            key,
            jwk,
        };
        accept(&super::verifiers(&policy), &signer.sign(&claims()));
    }
}

#[test]
fn shared_secret_works_with_every_hash() {
    for (name, algorithm) in [
        ("HS256", Algorithm::HS256),
        ("HS384", Algorithm::HS384),
        ("HS512", Algorithm::HS512),
    ] {
        let policy = format!(
            "issuers:\n  app: {{ issuer: any, audience: any, secret: '${{SECRET}}', algorithms: {name} }}"
        );
        let verifiers = verifiers(&policy);
        let bare = json!({ "sub": "u1", "name": "U", "role": "guest", "exp": NOW + 60 });
        let token = hmac(algorithm).sign_with(&json!({ "alg": name, "typ": "JWT" }), &bare);
        assert_eq!(&*accept(&verifiers, &token).subject, "u1");
    }
}

#[test]
fn each_wrong_claim_has_its_reason() {
    use Reason::{
        TokenAudienceMismatch as Audience, TokenClaimInvalid as Invalid,
        TokenClaimMissing as Missing, TokenExpired as Expired, TokenIssuerUnknown as Issuer,
        TokenNotYetValid as Early,
    };
    let verifiers = verifiers(&policy(
        "require: [email, tenant_id]\nexpect: { plan: [pro, 2, true] }",
    ));
    let base = || json!({ "plan": "pro" });
    let none = || "none at all";
    let table: Vec<(Value, Reason)> = vec![
        (json!({ "exp": none() }), Invalid),
        (json!({ "exp": true }), Invalid),
        (json!({ "exp": [] }), Invalid),
        (json!({ "exp": {} }), Invalid),
        (json!({ "exp": -1 }), Invalid),
        (json!({ "exp": -0.5 }), Invalid),
        (json!({ "exp": 0 }), Expired),
        (json!({ "exp": NOW - 30 }), Expired),
        (json!({ "exp": NOW as f64 - 30.5 }), Expired),
        (json!({ "nbf": NOW + 31 }), Early),
        (json!({ "nbf": NOW as f64 + 30.5 }), Early),
        (json!({ "nbf": (NOW + 31).to_string() }), Invalid),
        (json!({ "nbf": false }), Invalid),
        (json!({ "nbf": u64::MAX }), Early),
        (json!({ "iat": NOW + 86_400 }), Early),
        (json!({ "iat": "now" }), Invalid),
        (json!({ "iss": "https://idp.example.com/" }), Issuer),
        (json!({ "iss": "https://IDP.example.com" }), Issuer),
        (json!({ "iss": "http://idp.example.com" }), Issuer),
        (json!({ "iss": "https://idp.example.co" }), Issuer),
        (json!({ "iss": "" }), Issuer),
        (json!({ "iss": ["https://idp.example.com"] }), Invalid),
        (json!({ "iss": 7 }), Invalid),
        (json!({ "aud": "" }), Audience),
        (json!({ "aud": [] }), Audience),
        (json!({ "aud": "my-ap" }), Audience),
        (json!({ "aud": "My-Api" }), Audience),
        (json!({ "aud": "my-api,other" }), Audience),
        (json!({ "aud": 7 }), Invalid),
        (json!({ "aud": { "my-api": true } }), Invalid),
        (json!({ "aud": [["my-api"]] }), Invalid),
        (json!({ "aud": ["my-api", 7] }), Invalid),
        (
            json!({ "aud": ["my-api", "other"], "azp": "mallory" }),
            Audience,
        ),
        (json!({ "azp": 7 }), Invalid),
        (json!({ "sub": "" }), Invalid),
        (json!({ "sub": 7 }), Invalid),
        (json!({ "sub": {} }), Invalid),
        (json!({ "sub": "s".repeat(1025) }), Invalid),
        (json!({ "tenant_id": "" }), Missing),
        (json!({ "tenant_id": 7 }), Invalid),
        (json!({ "tenant_id": ["acme"] }), Invalid),
        (json!({ "email": "" }), Missing),
        (json!({ "email": 7 }), Invalid),
        (json!({ "roles": { "admin": false } }), Invalid),
        (json!({ "roles": [["admin"]] }), Invalid),
        (json!({ "roles": true }), Invalid),
        (json!({ "roles": ["admin", ""] }), Invalid),
        (json!({ "cnf": { "jkt": "thumbprint" } }), Invalid),
        (json!({ "plan": "free" }), Invalid),
        (json!({ "plan": ["free"] }), Invalid),
        (json!({ "plan": 3 }), Invalid),
    ];
    for (changes, reason) in table {
        let mut all = changed(base());
        for (name, value) in changes.as_object().unwrap() {
            all[name] = value.clone();
        }
        assert_eq!(refuse(&verifiers, &EC.sign(&all)), reason, "{changes}");
    }
    for name in ["exp", "iss", "aud", "sub", "email", "tenant_id", "plan"] {
        let mut all = changed(base());
        all.as_object_mut().unwrap().remove(name);
        assert_eq!(
            refuse(&verifiers, &EC.sign(&all)),
            Missing,
            "{name} missing"
        );
        if name != "plan" {
            all[name] = Value::Null;
            let reason = refuse(&verifiers, &EC.sign(&all));
            assert!(matches!(reason, Missing | Invalid), "{name} null: {reason}");
        }
    }
}

#[test]
fn what_is_allowed_passes() {
    let verifiers = verifiers(&policy(""));
    for changes in [
        json!({ "exp": NOW - 29 }),
        json!({ "exp": NOW as f64 - 29.5 }),
        json!({ "exp": u64::MAX }),
        json!({ "exp": 1e300 }),
        json!({ "exp": NOW * 1000 }),
        json!({ "nbf": NOW + 30 }),
        json!({ "iat": NOW + 30 }),
        json!({ "nbf": 0, "iat": 0.5 }),
        json!({ "aud": ["other", "my-api"] }),
        json!({ "aud": ["other", "my-api"], "azp": "my-api" }),
        json!({ "aud": "my-api", "azp": "some-client" }),
        json!({ "sub": "s".repeat(1024) }),
        json!({ "roles": [] }),
        json!({ "unknown": { "deep": [1, 2, { "x": null }] } }),
    ] {
        accept(&verifiers, &EC.sign(&changed(changes.clone())));
    }
    let without = accept(
        &verifiers,
        &EC.sign(&changed(json!({
            "tenant_id": null, "roles": null, "email": null, "nbf": null, "iat": null,
        }))),
    );
    assert_eq!((&without.tenant, &without.email), (&None, &None));
    assert!(without.roles.is_empty());
}

#[test]
fn huge_exp_does_not_overflow_but_a_longest_lifetime_bounds_it() {
    let verifiers = verifiers(&policy("max_lifetime: 24h\nleeway: 0s"));
    accept(
        &verifiers,
        &EC.sign(&changed(json!({ "exp": NOW + 86_400 }))),
    );
    for exp in [
        json!(NOW + 86_401),
        json!(u64::MAX),
        json!(NOW * 1000),
        json!(1e300),
    ] {
        let token = EC.sign(&changed(json!({ "exp": exp })));
        assert_eq!(refuse(&verifiers, &token), Reason::TokenClaimInvalid);
    }
    let ended = EC.sign(&changed(json!({ "exp": NOW })));
    assert_eq!(refuse(&verifiers, &ended), Reason::TokenExpired);
}

#[test]
fn facts_come_from_the_claims_that_the_file_names() {
    let verifiers = verifiers(&policy(
        "claims:\n  subject: [uid, sub]\n  tenant: custom:tenant\n  \
         roles: ['https://example.com/roles', realm_access.roles, groups]\n  scopes: scp",
    ));
    for (changes, subject, roles) in [
        (
            json!({ "uid": "u9", "groups": "a  b" }),
            "u9",
            vec!["a", "b"],
        ),
        (
            json!({ "realm_access": { "roles": ["a b", "c"] } }),
            "u1",
            vec!["a b", "c"],
        ),
        (
            json!({ "https://example.com/roles": "x,y", "groups": ["z"] }),
            "u1",
            vec!["x,y"],
        ),
        (json!({ "groups": "" }), "u1", vec![]),
    ] {
        let principal = accept(&verifiers, &EC.sign(&changed(changes)));
        assert_eq!(&*principal.subject, subject);
        assert_eq!(principal.tenant, None);
        let given: Vec<&str> = principal.roles.iter().map(|role| &**role).collect();
        assert_eq!(given, roles);
    }
    let scoped = accept(
        &verifiers,
        &EC.sign(&changed(json!({ "scp": "a:read b:write" }))),
    );
    assert_eq!(
        scoped.scopes,
        [Box::<str>::from("a:read"), "b:write".into()]
    );
}

#[test]
fn claim_that_is_null_says_nothing() {
    let verifiers = verifiers(&policy(
        "claims: { subject: [uid, sub], tenant: [org, tenant_id], roles: [groups, roles] }",
    ));
    let mut claims = changed(json!({ "roles": ["a"], "tenant_id": "t1" }));
    for name in ["uid", "org", "groups", "scope", "email"] {
        claims[name] = Value::Null;
    }
    let principal = accept(&verifiers, &EC.sign(&claims));
    assert_eq!(&*principal.subject, "u1");
    assert_eq!(principal.tenant.as_deref(), Some("t1"));
    assert_eq!(principal.roles, [Box::<str>::from("a")]);
    assert!(principal.scopes.is_empty() && principal.email.is_none());
}

#[test]
fn expected_values_may_be_text_numbers_or_members_of_a_list() {
    let verifiers = verifiers(&policy(
        "expect: { hd: example.com, amr: [mfa, otp], level: 2, ok: true }",
    ));
    let good = json!({ "hd": "example.com", "amr": ["pwd", "otp"], "level": 2.0, "ok": true });
    accept(&verifiers, &EC.sign(&changed(good.clone())));
    for (name, wrong) in [
        ("hd", json!("example.com.evil")),
        ("amr", json!(["pwd"])),
        ("level", json!("2")),
        ("level", json!(2.5)),
        ("ok", json!("true")),
        ("ok", json!(false)),
    ] {
        let mut claims = changed(good.clone());
        claims[name] = wrong;
        let reason = refuse(&verifiers, &EC.sign(&claims));
        assert_eq!(reason, Reason::TokenClaimInvalid, "{name}");
    }
}
