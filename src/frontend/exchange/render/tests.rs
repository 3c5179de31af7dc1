use super::*;

fn manner(method: Method, content: Option<&'static str>) -> Manner {
    let mut headers = Fields::new();
    if let Some(content) = content {
        headers.append(&CONTENT_TYPE, &HeaderValue::from_static(content));
    }
    Manner::of(Version::HTTP_2, &method, &headers, false)
}

/// The answer that the policy gives where the operator says nothing.
fn usual(reason: Reason) -> Refusal<'static> {
    said(reason, reason.status(), ErrorContent::Problem)
}

fn said(reason: Reason, status: StatusCode, content: ErrorContent) -> Refusal<'static> {
    Refusal {
        reason,
        answer: ErrorAnswer {
            status,
            content,
            varies: false,
        },
        request_id: Some("r-1"),
        challenge: "",
    }
}

#[test]
fn grpc_is_told_from_what_looks_like_it() {
    for (version, content, grpc) in [
        (Version::HTTP_2, "application/grpc", true),
        (Version::HTTP_2, "application/grpc; charset=x", true),
        (Version::HTTP_2, "application/grpc-web+proto", false),
        (Version::HTTP_2, "application/grp", false),
        // A refusal with the status 200 would pass for a success.
        (Version::HTTP_11, "application/grpc", false),
    ] {
        let mut headers = Fields::new();
        headers.append(&CONTENT_TYPE, &HeaderValue::from_static(content));
        let manner = Manner::of(version, &Method::POST, &headers, false);
        assert_eq!(manner.grpc, grpc, "{version:?} {content}");
    }
}

fn text<'a>(answer: &'a Answer<Content>, name: &str) -> &'a str {
    std::str::from_utf8(answer.fields.get(name).unwrap()).unwrap()
}

fn json(content: &Content) -> serde_json::Value {
    match content {
        Content::Own(bytes) => serde_json::from_slice(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn refusal_is_a_problem_document() {
    let answer = refusal(usual(Reason::TokenExpired), manner(Method::GET, None));
    assert_eq!(answer.status, 401);
    assert_eq!(text(&answer, "content-type"), "application/problem+json");
    assert_eq!(text(&answer, "cache-control"), "no-store");
    let wanted = serde_json::json!({
        "type": "urn:sidegate:reason:TOKEN_EXPIRED", "title": "Token expired",
        "status": 401, "code": "TOKEN_EXPIRED", "request_id": "r-1",
    });
    assert_eq!(json(&answer.body), wanted);
}

#[test]
fn challenge_tells_missing_from_wrong() {
    for (reason, wanted) in [
        (
            Reason::TokenMissing,
            Some(r#"Bearer realm="sidegate", code="TOKEN_MISSING""#),
        ),
        (
            Reason::TokenExpired,
            Some(r#"Bearer realm="sidegate", error="invalid_token", code="TOKEN_EXPIRED""#),
        ),
        (
            Reason::InsufficientScope,
            Some(
                r#"Bearer realm="sidegate", error="insufficient_scope", code="INSUFFICIENT_SCOPE""#,
            ),
        ),
        (
            Reason::TenantMismatch,
            Some(r#"Bearer realm="sidegate", code="TENANT_MISMATCH""#),
        ),
        (Reason::NoRoute, None),
        (Reason::PathAmbiguous, None),
        (Reason::UpstreamTimeout, None),
    ] {
        let answer = refusal(usual(reason), manner(Method::GET, None));
        let challenge = answer.fields.get(&WWW_AUTHENTICATE);
        assert_eq!(challenge, wanted.map(str::as_bytes));
    }
}

#[test]
fn head_has_no_body() {
    let answer = refusal(usual(Reason::NoRoute), manner(Method::HEAD, None));
    assert!(matches!(&answer.body, Content::Empty));
    assert_eq!(answer.status, 403);
}

#[test]
fn grpc_gets_its_own_kind_of_refusal() {
    for (reason, status) in [
        (Reason::TokenMissing, "16"),
        (Reason::InsufficientRole, "7"),
        (Reason::UpstreamTimeout, "14"),
        (Reason::IssuerUnavailable, "14"),
    ] {
        let manner = manner(Method::POST, Some("application/grpc+proto"));
        let answer = refusal(usual(reason), manner);
        assert_eq!(answer.status, 200);
        assert_eq!(text(&answer, "grpc-status"), status);
        assert_eq!(text(&answer, "grpc-message"), reason.code());
        assert!(matches!(&answer.body, Content::Empty));
    }
}

#[test]
fn unavailable_says_when_to_come_back() {
    let answer = refusal(usual(Reason::IssuerUnavailable), manner(Method::GET, None));
    assert_eq!(text(&answer, "retry-after"), "5");
}

/// The operator's words, with a status of the operator's choice.
fn page(reason: Reason, status: u16) -> Answer<Content> {
    let content = ErrorContent::Page {
        content_type: HeaderValue::from_static("application/json"),
        body: "{}".into(),
    };
    let status = StatusCode::from_u16(status).unwrap();
    refusal(said(reason, status, content), manner(Method::GET, None))
}

#[test]
fn own_words_keep_what_every_refusal_has() {
    let answer = page(Reason::TokenMissing, 401);
    assert_eq!(text(&answer, "content-type"), "application/json");
    assert_eq!(text(&answer, "cache-control"), "no-store");
    assert_eq!(text(&answer, "x-content-type-options"), "nosniff");
    assert!(text(&answer, "www-authenticate").contains("TOKEN_MISSING"));
    assert!(matches!(&answer.body, Content::Own(body) if body == "{}"));
    assert_eq!(text(&page(Reason::Overloaded, 503), "retry-after"), "5");
}

/// RFC 9110 section 11.6.1.
#[test]
fn whatever_has_the_status_401_has_a_challenge() {
    for reason in Reason::ALL {
        assert!(
            page(*reason, 401).fields.contains(&WWW_AUTHENTICATE),
            "{reason}"
        );
    }
}

#[test]
fn refusal_that_hides_what_it_is_about_has_no_challenge() {
    for reason in Reason::ALL {
        assert!(
            !page(*reason, 404).fields.contains(&WWW_AUTHENTICATE),
            "{reason}"
        );
    }
}

#[test]
fn problem_document_has_the_status_of_its_answer() {
    let said = said(
        Reason::NoRoute,
        StatusCode::NOT_FOUND,
        ErrorContent::Problem,
    );
    let answer = refusal(said, manner(Method::GET, None));
    assert_eq!(answer.status, 404);
    assert_eq!(json(&answer.body)["status"], 404);
    assert_eq!(json(&answer.body)["code"], "NO_ROUTE");
}

#[test]
fn redirect_is_a_place_and_nothing_else() {
    let place = HeaderValue::from_static("https://login.example/?a=b");
    let mut said = said(
        Reason::TokenMissing,
        StatusCode::FOUND,
        ErrorContent::Redirect(place),
    );
    said.answer.varies = true;
    let answer = refusal(said, manner(Method::GET, None));
    assert_eq!(answer.status, 302);
    assert_eq!(text(&answer, "location"), "https://login.example/?a=b");
    assert_eq!(text(&answer, "cache-control"), "no-store");
    assert_eq!(text(&answer, "vary"), browser::ASKED);
    assert!(text(&answer, "www-authenticate").contains("TOKEN_MISSING"));
    assert!(!answer.fields.contains(&CONTENT_TYPE));
    assert!(matches!(&answer.body, Content::Empty));
}

#[test]
fn grpc_and_head_take_no_words() {
    let content = ErrorContent::Page {
        content_type: HeaderValue::from_static("text/plain"),
        body: "no".into(),
    };
    let said = || said(Reason::NoRoute, StatusCode::FORBIDDEN, content.clone());
    let grpc = refusal(said(), manner(Method::POST, Some("application/grpc")));
    assert_eq!(
        (grpc.status.as_u16(), text(&grpc, "grpc-status")),
        (200, "7")
    );
    assert!(matches!(&grpc.body, Content::Empty));
    let head = refusal(said(), manner(Method::HEAD, None));
    assert_eq!(text(&head, "content-type"), "text/plain");
    assert!(matches!(&head.body, Content::Empty));
}

/// RFC 6750 section 3 and RFC 9470 section 3.
#[test]
fn challenge_says_what_would_do() {
    for (reason, more, wanted) in [
        (
            Reason::InsufficientScope,
            r#", scope="a b""#,
            r#"Bearer realm="sidegate", error="insufficient_scope", scope="a b", code="INSUFFICIENT_SCOPE""#,
        ),
        (
            Reason::StepUpRequired,
            r#", acr_values="x", max_age="300""#,
            r#"Bearer realm="sidegate", error="insufficient_user_authentication", acr_values="x", max_age="300", code="STEP_UP_REQUIRED""#,
        ),
    ] {
        let mut refused = usual(reason);
        refused.challenge = more;
        let answer = refusal(refused, manner(Method::GET, None));
        assert_eq!(text(&answer, "www-authenticate"), wanted);
    }
}
