//! Which claims a policy reads.

use super::*;

#[test]
fn claims_of_every_header_of_every_route_are_read() {
    let policy = policy(
        r#"
identity_headers:
  X-User: "{{ principal.subject }}"
  X-Plan: "{{ principal.claims.plan.name }} {{ principal.claims[\"custom:seat\"] }}"
routes:
  - path: /a
  - path: /b
    identity_headers: { X-Other: "{{ principal.claims.plan.since }}", X-Jti: "{{ principal.claims.jti }}" }
  - path: /c
    public: true
"#,
    );
    let read: Vec<&str> = policy.claims_read().into_iter().collect();
    assert_eq!(read, ["custom:seat", "jti", "plan"]);
}

#[test]
fn policy_without_claims_reads_none() {
    let policy = policy(
        "identity_headers: { X-User: \"{{ principal.subject }}\" }\nroutes: [{ path: /a }]\n",
    );
    assert!(policy.claims_read().is_empty());
}
