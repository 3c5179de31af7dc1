//! What refused callers are told.

mod levels;
mod mistakes;
mod redirects;
mod values;

use super::*;
use crate::policy::{ErrorAnswer, ErrorContent, Moment, Refused};

/// A policy with a route for `/a/{id}`, one for `/b` with these errors, and these errors of the file.
fn with(file: &str, route: &str) -> Policy {
    policy(&format!(
        "errors: {file}\nroutes:\n  - path: /a/{{id}}\n  - {{ path: /b, errors: {route} }}\n"
    ))
}

/// What a caller is told that nothing is known of.
fn answer(policy: &Policy, reason: Reason) -> ErrorAnswer {
    policy.answer(&Refused {
        reason,
        route: None,
        principal: None,
        request: None,
        request_id: "r-1",
        browser: false,
    })
}

/// What is told to a caller who asked for something.
fn tell(policy: &Policy, reason: Reason, request: &Request, browser: bool) -> ErrorAnswer {
    let matched = policy.find(request);
    policy.answer(&Refused {
        reason,
        route: matched.as_ref().map(|matched| matched.route),
        principal: None,
        request: Some(request),
        request_id: "r-1",
        browser,
    })
}

/// Status and body, where the body is the operator's; the word `problem` where it is not.
fn said(answer: &ErrorAnswer) -> String {
    let body = match &answer.content {
        ErrorContent::Problem => "problem".to_owned(),
        ErrorContent::Page { body, .. } => String::from_utf8(body.to_vec()).unwrap(),
        ErrorContent::Redirect(location) => location.to_str().unwrap().to_owned(),
    };
    format!("{} {body}", answer.status.as_u16())
}

fn content_type(answer: &ErrorAnswer) -> &str {
    match &answer.content {
        ErrorContent::Page { content_type, .. } => content_type.to_str().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_says_nothing_gets_problem_documents() {
    let policy = policy("routes:\n  - path: /a\n");
    for reason in Reason::ALL {
        let answer = answer(&policy, *reason);
        assert_eq!(answer.status, reason.status());
        assert_eq!(answer.content, ErrorContent::Problem);
        assert!(!answer.varies);
    }
    assert!(!policy.redirects());
    assert!(!policy.speaks_of_requests(None, Moment::Denied));
}

/// Row A2.
#[test]
fn body_is_the_operators_choice() {
    let policy = with(
        "{ 401: { json: { detail: Unauthorized } } }",
        "{ 403: { text: no } }",
    );
    let answer = answer(&policy, Reason::TokenExpired);
    assert_eq!(said(&answer), r#"401 {"detail":"Unauthorized"}"#);
    assert_eq!(content_type(&answer), "application/json");
}

#[test]
fn most_specific_key_holds() {
    let file = "{ any: { text: any }, 4xx: { text: 4xx }, 401: { text: '401' }, TOKEN_MISSING: { text: code } }";
    let policy = with(file, "{ 4xx: { text: own }, TOKEN_EXPIRED: problem }");
    for (reason, of_file, of_route) in [
        (Reason::TokenMissing, "401 code", "401 code"),
        (Reason::TokenExpired, "401 401", "401 problem"),
        (Reason::TokenMalformed, "401 401", "401 401"),
        (Reason::InsufficientRole, "403 4xx", "403 own"),
        (Reason::UpstreamTimeout, "504 any", "504 any"),
    ] {
        assert_eq!(
            said(&tell(&policy, reason, &get("/a/1"), false)),
            of_file,
            "{reason}"
        );
        assert_eq!(
            said(&tell(&policy, reason, &get("/b"), false)),
            of_route,
            "{reason}"
        );
        assert_eq!(said(&answer(&policy, reason)), of_file, "{reason}");
    }
}

#[test]
fn status_can_change_and_stays_a_refusal() {
    let policy = with(
        "{ NO_ROUTE: { status: 404 }, 403: { json: { error: '{{ error.status }}' }, status: 404 } }",
        "{ any: problem }",
    );
    assert_eq!(said(&answer(&policy, Reason::NoRoute)), "404 problem");
    assert_eq!(
        said(&answer(&policy, Reason::InsufficientRole)),
        r#"404 {"error":"404"}"#
    );
}

#[test]
fn kinds_have_their_content_types() {
    let file = "{ 401: { json: [1] }, 403: { text: no }, 400: { html: <p>no }, \
                502: { json: 1, content_type: application/vnd.api+json }, 504: { html: <a/>, content_type: application/xml } }";
    let policy = with(file, "{ any: problem }");
    for (reason, wanted) in [
        (Reason::TokenMissing, "application/json"),
        (Reason::NoRoute, "text/plain; charset=utf-8"),
        (Reason::HostInvalid, "text/html; charset=utf-8"),
        (Reason::UpstreamUnreachable, "application/vnd.api+json"),
        (Reason::UpstreamTimeout, "application/xml"),
    ] {
        assert_eq!(content_type(&answer(&policy, reason)), wanted);
    }
}

#[test]
fn json_is_written_as_the_file_has_it() {
    let json =
        r#"{ z: 1, "a\"b": [true, null, 1.5, "x\n\u2028<é"], e: {}, l: [], t: "", n: -0.0 }"#;
    let policy = with(
        &format!("{{ any: {{ json: {json} }} }}"),
        "{ any: problem }",
    );
    assert_eq!(
        said(&answer(&policy, Reason::NoRoute)),
        "403 {\"z\":1,\"a\\\"b\":[true,null,1.5,\"x\\n\u{2028}<é\"],\"e\":{},\"l\":[],\"t\":\"\",\"n\":-0.0}"
    );
}

#[test]
fn what_a_reason_says_is_ready_before_anybody_asks() {
    let policy = with(
        "{ any: { json: { code: '{{ error.code }}', title: '{{error.title}}' } } }",
        "{ any: { text: '{{ request.path }}' } }",
    );
    assert_eq!(
        said(&answer(&policy, Reason::NoRoute)),
        r#"403 {"code":"NO_ROUTE","title":"No route"}"#
    );
    let [a, b] = policy.routes() else {
        panic!("two routes")
    };
    for moment in [Moment::Denied, Moment::Permitted] {
        assert!(!policy.speaks_of_requests(None, moment));
        assert!(!policy.speaks_of_requests(Some(a), moment));
        assert!(policy.speaks_of_requests(Some(b), moment));
    }
}

#[test]
fn permitted_requests_are_kept_only_for_what_may_still_fail() {
    let policy = with(
        "{ 401: { text: '{{ request.path }}' } }",
        "{ 502: { text: '{{ request.path }}' } }",
    );
    let [a, b] = policy.routes() else {
        panic!("two routes")
    };
    assert!(policy.speaks_of_requests(Some(a), Moment::Denied));
    assert!(!policy.speaks_of_requests(Some(a), Moment::Permitted));
    assert!(policy.speaks_of_requests(Some(b), Moment::Permitted));
}

#[test]
fn claims_that_answers_speak_of_are_kept() {
    let policy = with(
        "{ 403: { text: '{{ principal.claims.plan }}' } }",
        "{ 403: { text: '{{ principal.claims.org.name }}' } }",
    );
    assert_eq!(policy.claims_read(), ["org", "plan"].into());
}
