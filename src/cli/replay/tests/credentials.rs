//! What a record says of a credential is a fact, as far as it goes.

use super::*;

const REFUSALS: [Reason; 7] = [
    Reason::TokenExpired,
    Reason::TokenMalformed,
    Reason::TokenSignatureInvalid,
    Reason::TokenAudienceMismatch,
    Reason::TokenIssuerUnknown,
    Reason::WrongTokenType,
    Reason::CredentialAmbiguous,
];

#[test]
fn refused_credential_stays_refused_where_the_same_issuers_count() {
    let loaded = policy("routes: [ { path: /** } ]\n");
    for reason in REFUSALS {
        let found = verdict(&loaded, &denied(reason.code()));
        assert_eq!(found, deny(reason), "{reason}");
    }
}

#[test]
fn credential_is_not_judged_on_a_public_route() {
    let open = policy("routes: [ { path: /**, public: true } ]\n");
    for reason in REFUSALS.into_iter().chain([Reason::TokenMissing]) {
        assert_eq!(verdict(&open, &denied(reason.code())), ALLOW, "{reason}");
    }
    let asking = policy("routes: [ { path: /**, public: true, when: request.method == 'PUT' } ]\n");
    let expired = denied("TOKEN_EXPIRED");
    assert_eq!(verdict(&asking, &expired), deny(Reason::ConditionFalse));
}

#[test]
fn missing_token_stays_missing() {
    let loaded = written(&format!(
        "{TWO}routes: [ {{ path: /**, authenticate: [other] }} ]\n"
    ));
    let found = verdict(&loaded, &denied("TOKEN_MISSING"));
    assert_eq!(found, deny(Reason::TokenMissing));
}

#[test]
fn issuer_that_the_route_no_longer_accepts_is_refused_as_when_serving() {
    let loaded = written(&format!(
        "{TWO}routes: [ {{ path: /**, authenticate: [other] }} ]\n"
    ));
    let of = |issuer: &str| verdict(&loaded, &record(json!({ "issuer": issuer })));
    assert_eq!(of("other"), ALLOW);
    assert_eq!(of("main"), deny(Reason::TokenIssuerUnknown));
}

#[test]
fn issuer_that_the_policy_does_not_have_is_not_known() {
    let loaded = policy("routes: [ { path: /** } ]\n");
    let stranger = record(json!({ "issuer": "former" }));
    assert_eq!(
        missing(&loaded, &stranger),
        ["what the changed issuers say: issuers differ"]
    );
}

#[test]
fn unknown_issuer_stays_unknown_unless_more_are_accepted() {
    let (narrow, wide) = (
        "[ { path: /**, authenticate: [main] } ]",
        "[ { path: /** } ]",
    );
    let of = |routes: &str| written(&format!("{TWO}routes: {routes}\n"));
    let refused = denied("TOKEN_ISSUER_UNKNOWN");
    for (before, after, wanted) in [
        (narrow, narrow, deny(Reason::TokenIssuerUnknown)),
        (wide, narrow, deny(Reason::TokenIssuerUnknown)),
        (narrow, wide, Some(Verdict::Unknown)),
    ] {
        let (before, after) = (of(before), of(after));
        let access = before.world.engine.policy().routes()[0].access();
        let found = judged_with(&after, &refused, Trust::Assumed, Prior::Of(access));
        assert_eq!(found.map(|found| found.verdict), wanted);
    }
    // Nobody knows what the route accepted.
    assert_eq!(
        missing(&of(wide), &refused),
        ["whose token it was: not recorded"]
    );
    let expired = denied("TOKEN_EXPIRED");
    let (before, after) = (of(narrow), of(wide));
    let access = before.world.engine.policy().routes()[0].access();
    let found = judged_with(&after, &expired, Trust::Assumed, Prior::Of(access));
    assert_eq!(found.map(|found| found.verdict), DENY);
}

#[test]
fn caller_that_nobody_judged_is_not_known() {
    let loaded = policy("routes: [ { path: /** } ]\n");
    let open = of_nobody(json!({}));
    let unrouted = of_nobody(json!({ "decision": "deny", "reason": "NO_ROUTE", "status": 403 }));
    let condition =
        of_nobody(json!({ "decision": "deny", "reason": "CONDITION_FALSE", "status": 403 }));
    for record in [open, unrouted, condition] {
        assert_eq!(
            missing(&loaded, &record),
            ["who called: no credential was judged"]
        );
    }
}

#[test]
fn caller_does_not_matter_where_nobody_could_pass() {
    let open = of_nobody(json!({ "headers": { "x-org": null } }));
    for (route, wanted) in [
        ("{ path: /**, when: request.method == 'PUT' }", DENY),
        ("{ path: /**, tenant: '{{ header.x-org }}' }", DENY),
        ("{ path: /**, permission: { PUT: 'a:write' } }", DENY),
        (
            "{ path: /**, when: request.method == 'GET' }",
            Some(Verdict::Unknown),
        ),
        (
            "{ path: /**, when: request.method == 'PUT' && principal.subject == 'x' }",
            Some(Verdict::Unknown),
        ),
        ("{ path: /**, roles: [admin] }", Some(Verdict::Unknown)),
    ] {
        let loaded = policy(&format!("roles: {{ admin: ['*'] }}\nroutes: [ {route} ]\n"));
        assert_eq!(verdict(&loaded, &open), wanted, "{route}");
    }
}

#[test]
fn reason_of_another_version_says_nothing_of_the_caller() {
    let loaded = policy("routes: [ { path: /** } ]\n");
    assert_eq!(
        missing(&loaded, &denied("TOKEN_ENCHANTED")),
        ["what the reason means: of another version"]
    );
}
