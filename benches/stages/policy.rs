//! The law: may this caller do this, and what is the upstream told? Conditions belong here too.

use std::hint::black_box;
use std::sync::Arc;

use futures_util::FutureExt as _;
use sidegate::credential::{Accepted, Verification};
use sidegate::model::{KeyFacts, Principal, PrincipalKind, Reason};

use crate::stage::{Stage, Work, fresh, same};
use crate::world::{RS256, bearer, issuers, keep, open, policy_of, request, rules, verifiers};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("authorize/bare", || allowed(BARE)),
    Stage::new("authorize/tenant-and-role", || allowed(TENANT_AND_ROLE)),
    Stage::new("authorize/permission", || allowed(PERMISSION)),
    Stage::new("authorize/key-by-pattern", || by_key(PERMISSION)),
    Stage::new("authorize/key-for-sources-and-networks", || by_key(SOURCE)),
    Stage::new("authorize/tenant-role-and-four-headers", || {
        allowed(&rules(10))
    }),
    Stage::new("authorize/four-headers-of-new-caller", new_caller),
    Stage::new("authorize/condition", || allowed(CONDITION)),
    Stage::new("authorize/condition-and-three-headers", || {
        allowed(CONDITION_AND_HEADERS)
    }),
    Stage::new("authorize/condition-on-header-and-query", || {
        denied(CONDITION_ON_WORDS, Reason::ConditionFalse)
    }),
    Stage::new("authorize/wrong-role", || {
        denied(WRONG_ROLE, Reason::InsufficientRole)
    }),
    Stage::new("authorize/wrong-tenant", || {
        denied(WRONG_TENANT, Reason::TenantMismatch)
    }),
    Stage::new("render/public-route-three-headers", public),
];

const BARE: &str = r"routes:
  - path: /api/v1/**
";
const TENANT_AND_ROLE: &str = r"routes:
  - { path: '/api/v1/tenants/{tenant}/**', roles: [admin] }
";
const PERMISSION: &str = r"roles:
  user: ['thing:read']
  admin: ['thing:*']
routes:
  - { path: '/api/v1/**', permission: 'thing:write' }
";
const SOURCE: &str = r"routes:
  - { path: '/api/v1/tenants/{source}/**' }
";
const CONDITION: &str = r#"routes:
  - path: /api/v1/tenants/{org}/**
    when: request.method == "GET" && principal.tenant == path.org && "admin" in principal.roles
"#;
/// Two of the headers are expressions, one of which is worked out for every request.
const CONDITION_AND_HEADERS: &str = r#"identity_headers:
  X-User: "{{ principal.subject }}"
  X-Name: "{{ has(principal.claims.name) ? principal.claims.name : 'nobody' }}"
routes:
  - path: /api/v1/tenants/{org}/**
    when: request.method == "GET" && principal.tenant == path.org && "admin" in principal.roles
    identity_headers:
      X-Area: "{{ path.org + '/' + request.method }}"
"#;
const CONDITION_ON_WORDS: &str = r#"routes:
  - path: /api/v1/**
    when: "'x-kind' in request.headers || 'q' in request.query"
"#;
const WRONG_ROLE: &str = r"routes:
  - { path: '/api/v1/**', roles: [owner] }
";
const WRONG_TENANT: &str = r"routes:
  - { path: '/api/v1/tenants/{rest}/{tenant}/**' }
";
const PUBLIC: &str = r#"identity_headers:
  X-Method: "{{ request.method }}"
  X-Path: "{{ request.path }}"
  X-Address: "{{ client.address }}"
routes:
  - { path: /api/v1/**, public: true }
"#;

const TARGET: &str = "/api/v1/tenants/acme/thing5/42/details";

/// The principal that the usual token speaks for.
fn principal() -> Arc<Principal> {
    let (verifiers, request) = (verifiers(&open(2)), bearer("/", RS256));
    let verification = verifiers.verify(&request, &Accepted::All).now_or_never();
    match verification {
        Some(Verification::Verified(verified)) => verified.principal,
        other => panic!("{other:?}"),
    }
}

fn allowed(rules: &str) -> Work {
    judged(rules, None)
}

fn denied(rules: &str, reason: Reason) -> Work {
    judged(rules, Some(reason))
}

fn judged(rules: &str, wanted: Option<Reason>) -> Work {
    let policy = policy_of(&(issuers(2) + rules));
    let (request, principal) = (keep(request(TARGET)), principal());
    let matched = policy.find(request).expect("a route matches");
    let verdict = policy.authorize(&matched, request, &principal);
    let reason = verdict.err().map(|denied| denied.reason);
    assert_eq!(reason, wanted, "{rules}");
    same(move || policy.authorize(black_box(&matched), request, &principal))
}

/// A key of the usual owner, with several scopes, of which a pattern grants what is asked for last.
fn by_key(rules: &str) -> Work {
    let policy = policy_of(&format!(
        "api_keys: {{ partners: {{ prefix: acme_ }} }}\n{rules}"
    ));
    let (request, owner) = (keep(request(TARGET)), principal());
    let facts = KeyFacts {
        id: "k1".into(),
        sources: Some(["globex".into(), "acme".into()].into()),
        networks: Some(
            ["10.0.0.0/8", "0.0.0.0/0"]
                .map(|net| net.parse().expect("a network"))
                .into(),
        ),
    };
    let scopes = ["reports:read", "alerts:*", "*:list", "thing:*"];
    let key = Arc::new(Principal {
        kind: PrincipalKind::ApiKey,
        issuer: "partners".into(),
        scopes: scopes.map(Into::into).into(),
        key: rules.contains("{source}").then(|| Arc::new(facts)),
        ..Principal::clone(&owner)
    });
    let matched = policy.find(request).expect("a route matches");
    assert!(policy.authorize(&matched, request, &key).is_ok());
    same(move || policy.authorize(black_box(&matched), request, &key))
}

/// Whose headers nobody has rendered yet.
fn new_caller() -> Work {
    let policy = policy_of(&(issuers(2) + &rules(10)));
    let (request, known) = (keep(request(TARGET)), principal());
    let matched = keep(policy.find(request).expect("a route matches"));
    fresh(
        move || Arc::new(Principal::clone(&known)),
        |principal| policy.authorize(black_box(matched), request, principal),
    )
}

/// Headers of the request alone: nobody is judged.
fn public() -> Work {
    let policy = policy_of(&(issuers(2) + PUBLIC));
    let request = keep(request(TARGET));
    let matched = policy.find(request).expect("a route matches");
    same(move || policy.admit(black_box(&matched), request))
}
