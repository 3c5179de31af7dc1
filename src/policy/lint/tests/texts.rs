use super::{problems, warned, with_issuer};

const ROUTES: &str = "routes: [ { path: / } ]\n";

/// Whether a header's value is taken for a secret. It must never be shown.
fn is_secret(name: &str, value: &str) -> bool {
    let text = with_issuer(&format!(
        "identity_headers: {{ {name}: \"{value}\" }}\n{ROUTES}"
    ));
    let found = problems(&text);
    for problem in &found {
        assert_eq!(problem.lint, Some("plaintext-secret"), "{problem}");
        assert!(!problem.to_string().contains(value), "{problem}");
        assert_eq!(problem.path, format!("identity_headers.{name}"));
    }
    !found.is_empty()
}

#[test]
fn secrets_are_known_by_their_names() {
    for name in [
        "X-Api-Key",
        "X-Client-Secret",
        "X-authToken",
        "X-DB-PASSWORD",
        "X-Signing-Key",
    ] {
        assert!(is_secret(name, "correct-horse"), "{name}");
    }
    for name in ["X-Key", "X-Token-Use", "X-Secretary", "X-User"] {
        assert!(!is_secret(name, "correct-horse"), "{name}");
    }
    assert!(!is_secret("X-Api-Key", "none"));
    assert!(!is_secret("X-Api-Key", "{{ principal.claims.key }}"));
    assert!(!is_secret("X-Api-Key", "${VALUE}"));
}

#[test]
fn secrets_are_known_by_their_shape() {
    for value in [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIiwiZXhwIjo5OTk5fQ.c2lnbmF0dXJlLW5vdC1yZWFs",
        "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIiwiZXhwIjo5OTk5fQ.c2lnbmF0dXJlLW5vdC1yZWFs",
        "ghp_0123456789abcdefghij",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
        "Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZkdISg==",
        "-----BEGIN PRIVATE KEY----- MIIEvQIBADANBg -----END PRIVATE KEY-----",
    ] {
        assert!(is_secret("X-Value", value), "{value}");
    }
    for value in [
        "a-value-that-is-long-but-written-by-people",
        "00000000000000000000000000000000",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "https://example.com/a/b/c/d/e/f/g",
    ] {
        assert!(!is_secret("X-Value", value), "{value}");
    }
}

#[test]
fn identifiers_that_are_public_are_left_alone() {
    let id = "Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZkdISg";
    let text = format!(
        "issuers: {{ a: {{ client_id: {id}, audience: [{id}], clients: {id}, user_pool: {id} }} }}\n{ROUTES}"
    );
    assert_eq!(problems(&text), []);
    let rights = "roles: { token: token:read, secret: [token:read] }\n\
                  routes: [ { path: /, permission: token:read } ]\n";
    assert_eq!(warned(rights), []);
}

#[test]
fn private_parts_of_keys_written_here_are_named() {
    let key = |part: &str| {
        format!(
            "issuers: {{ a: {{ jwks: {{ keys: [ {{ kty: EC, x: f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU, {part}: jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI }} ] }} }} }}\n{ROUTES}"
        )
    };
    let found = problems(&key("d"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, "issuers.a.jwks.keys[0].d");
    assert!(!found[0].to_string().contains("jpsQ"));
    assert_eq!(problems(&key("y")), []);
}
