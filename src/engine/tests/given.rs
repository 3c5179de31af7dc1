//! Callers given outright, and checks judged beyond the first that fails.

use super::*;

/// A caller given outright, with the facts that [`token`] states.
fn given(subject: &str, issuer: &str) -> Arc<Principal> {
    Arc::new(Principal {
        kind: crate::model::PrincipalKind::User,
        subject: subject.into(),
        tenant: Some("acme".into()),
        email: None,
        roles: Vec::new(),
        scopes: Vec::new(),
        issuer: issuer.into(),
        claims: crate::model::Claims::default(),
        expires_at: SystemTime::UNIX_EPOCH,
        key: None,
        webhook: None,
        memo: crate::model::Memo::default(),
    })
}

fn decide_as(engine: &Engine, target: &str, principal: Option<&Arc<Principal>>) -> Decision {
    let request = request(target, &[("authorization", "Bearer a".to_owned())]);
    let plan = engine.plan(&request);
    engine.decide_as(&plan, &request, principal)
}

#[test]
fn caller_given_outright_is_judged_as_one_with_a_token() {
    let engine = engine();
    let alice = given("alice", "main");
    let decided = decide_as(&engine, "/api/things/1", Some(&alice));
    let permit = decided.permit().unwrap();
    assert!(
        told(permit).contains(&"x-user: alice".to_owned()),
        "{:?}",
        told(permit)
    );
    // What may hold a credential goes all the same.
    let mut fields = request("/api/x", &[("authorization", "Bearer a".to_owned())]).headers;
    permit.clear(&mut fields);
    assert!(fields.is_empty());
    assert_eq!(
        reason(decide_as(&engine, "/api/x", None)),
        Some(Reason::TokenMissing)
    );
    assert_eq!(
        reason(decide_as(&engine, "/nowhere", Some(&alice))),
        Some(Reason::NoRoute)
    );
    assert_eq!(reason(decide_as(&engine, "/open", None)), None);
    assert!(
        decide_as(&engine, "/open", Some(&alice))
            .principal()
            .is_none()
    );
}

#[test]
fn caller_of_an_issuer_that_the_route_does_not_accept_is_refused() {
    let policy = POLICY.replace(
        "path: '/api/{thing}/**',",
        "path: '/api/{thing}/**', authenticate: [main],",
    );
    let engine = engine_of(&policy);
    let bob = given("bob", "other");
    let decided = decide_as(&engine, "/api/x", Some(&bob));
    assert_eq!(reason(decided), Some(Reason::TokenIssuerUnknown));
}

#[test]
fn every_check_is_judged_also_behind_one_that_fails() {
    let engine = engine_of(
        "
issuers:
  main: { url: 'https://idp.example', audience: api, secret: '${KEY}' }
routes:
  - { path: '/t/{tenant}', roles: admin, scopes: read }
",
    );
    let alice = given("alice", "main");
    let request = request("/t/globex", &[]);
    let plan = engine.plan(&request);
    let judged = engine.judged(&plan, &request, Some(&alice));
    let failed: Vec<Option<Reason>> = judged
        .iter()
        .map(|judged| judged.outcome.as_ref().err().map(|denied| denied.reason))
        .collect();
    let wanted = [
        Reason::TenantMismatch,
        Reason::InsufficientRole,
        Reason::InsufficientScope,
    ];
    assert_eq!(failed, wanted.map(Some));
    let decision = engine.decide_as(&plan, &request, Some(&alice));
    assert_eq!(
        decision.denied().map(|denied| denied.reason),
        Some(wanted[0])
    );
}
