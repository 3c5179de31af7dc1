//! Recorded callers with API keys.

use super::*;

const KEYED: &str = "issuers: { main: { url: 'https://idp.example.com', audience: a } }
api_keys:
  partners: { prefix: acme_ }
  ci: { prefix: ci_ }
authenticate: main
";

fn keyed(route: &str) -> Loaded {
    written(&format!("{KEYED}routes: [ {{ {route} }} ]\n"))
}

/// A record of somebody with a key of `partners`.
fn of_key(more: Value) -> Value {
    let mut key = json!({ "kind": "api_key", "issuer": "partners", "key": "k1", "roles": [], "scopes": ["a:read"] });
    for (name, value) in more.as_object().unwrap() {
        key[name] = value.clone();
    }
    record(key)
}

#[test]
fn key_is_judged_by_its_scopes_and_by_what_bounds_it() {
    let loaded = keyed("path: '/{source}', authenticate: partners, scopes: a:read");
    assert_eq!(verdict(&loaded, &of_key(json!({}))), ALLOW);
    let found = verdict(&loaded, &of_key(json!({ "scopes": ["b:read"] })));
    assert_eq!(found, deny(Reason::InsufficientScope));
    assert_eq!(
        verdict(&loaded, &of_key(json!({ "sources": ["a", "b"] }))),
        ALLOW
    );
    for bounds in [
        json!({ "sources": ["b"] }),
        json!({ "networks": ["10.0.0.0/8"] }),
    ] {
        let found = verdict(&loaded, &of_key(bounds));
        assert_eq!(found, deny(Reason::SourceNotAllowed));
    }
}

#[test]
fn bounds_that_are_hidden_are_unknown_where_they_count() {
    let loaded = keyed("path: '/{source}', authenticate: [main, partners]");
    let hidden = of_key(json!({ "sources": "[redacted]" }));
    assert_eq!(missing(&loaded, &hidden), ["sources, networks: redacted"]);
    let lifted = keyed("path: '/{source}', source: any, authenticate: [main, partners]");
    assert_eq!(verdict(&lifted, &hidden), ALLOW);
    // Where the client is hidden, that matters to keys with networks only.
    let from_nowhere = of_key(json!({ "client": "[redacted]" }));
    assert_eq!(verdict(&loaded, &from_nowhere), ALLOW);
    let bounded = of_key(json!({ "client": "[redacted]", "networks": ["10.0.0.0/8"] }));
    assert_eq!(missing(&loaded, &bounded), ["client: redacted"]);
}

#[test]
fn set_that_the_route_does_not_accept_is_refused_as_when_serving() {
    let loaded = keyed("path: /**, authenticate: ci");
    assert_eq!(
        verdict(&loaded, &of_key(json!({}))),
        deny(Reason::KeyUnknown)
    );
    let former = of_key(json!({ "issuer": "former" }));
    assert_eq!(
        missing(&loaded, &former),
        ["what the changed sets of API keys say: sets of API keys differ"]
    );
    // The name of an issuer is no set's.
    let strange = of_key(json!({ "issuer": "main" }));
    assert_eq!(verdict(&loaded, &strange), Some(Verdict::Unknown));
}

#[test]
fn missing_credential_is_missed_as_the_route_says() {
    let of_ci = keyed("path: /**, authenticate: ci");
    let of_both = keyed("path: /**, authenticate: [main, ci]");
    for missing in ["TOKEN_MISSING", "KEY_MISSING"] {
        assert_eq!(verdict(&of_ci, &denied(missing)), deny(Reason::KeyMissing));
        assert_eq!(
            verdict(&of_both, &denied(missing)),
            deny(Reason::TokenMissing)
        );
    }
}

#[test]
fn refused_key_stays_refused_and_a_store_that_is_down_decides_nothing() {
    let loaded = keyed("path: /**, authenticate: [main, partners]");
    for reason in [
        Reason::KeyExpired,
        Reason::KeyRevoked,
        Reason::KeyNotYetValid,
    ] {
        assert_eq!(
            verdict(&loaded, &denied(reason.code())),
            deny(reason),
            "{reason}"
        );
    }
    let unknown = denied("KEY_UNKNOWN");
    assert_eq!(
        missing(&loaded, &unknown),
        ["whose API key it was: not recorded"]
    );
    let of_tokens = keyed("path: /**");
    assert_eq!(verdict(&of_tokens, &unknown), deny(Reason::KeyUnknown));
    assert_eq!(verdict(&loaded, &denied("STORE_UNAVAILABLE")), None);
}

/// As when serving.
#[test]
fn keys_are_served_to_nobody_without_a_tenant() {
    let loaded = keyed("path: /keys/**, api_keys: partners, scopes: keys");
    let asking = |more: Value| {
        let mut record = record(json!({ "path": "/keys", "scopes": ["keys"] }));
        for (name, value) in more.as_object().unwrap() {
            record[name] = value.clone();
        }
        record
    };
    assert_eq!(verdict(&loaded, &asking(json!({}))), ALLOW);
    let nobodys = asking(json!({ "tenant": null }));
    assert_eq!(verdict(&loaded, &nobodys), deny(Reason::TenantMismatch));
    let hidden = asking(json!({ "tenant": "[redacted]" }));
    assert_eq!(missing(&loaded, &hidden).len(), 1);
    let elsewhere = keyed("path: /keys/**, scopes: keys");
    assert_eq!(verdict(&elsewhere, &nobodys), ALLOW);
}
