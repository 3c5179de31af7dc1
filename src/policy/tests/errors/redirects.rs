//! Browsers that are sent elsewhere.

use super::*;

const LOGIN: &str = "{ TOKEN_MISSING: { redirect: 'https://login.example.com/in?return_to={{ request.url }}&why={{ error.code }}' }, \
                     401: { text: no } }";

#[test]
fn browser_is_sent_and_everybody_else_gets_the_next_best() {
    let policy = with(LOGIN, "{ 403: problem }");
    let request = get("/a/x?b=c&d=%20e");
    let ask = |reason, browser| tell(&policy, reason, &request, browser);
    let sent = ask(Reason::TokenMissing, true);
    assert_eq!(
        said(&sent),
        "302 https://login.example.com/in?return_to=https%3A%2F%2Fapi.example.com%2Fa%2Fx%3Fb%3Dc%26d%3D%2520e&why=TOKEN_MISSING"
    );
    let other = ask(Reason::TokenMissing, false);
    assert_eq!(said(&other), "401 no");
    assert!(sent.varies && other.varies);
    let expired = ask(Reason::TokenExpired, true);
    assert_eq!(said(&expired), "401 no");
    assert!(!expired.varies);
    assert!(policy.redirects());
    let all = policy.routes().iter();
    for route in all {
        assert!(policy.speaks_of_requests(Some(route), Moment::Denied));
        assert!(!policy.speaks_of_requests(Some(route), Moment::Permitted));
    }
}

#[test]
fn route_can_take_a_redirect_away_and_bring_its_own() {
    let policy = with(
        LOGIN,
        "{ TOKEN_MISSING: problem, 403: { redirect: /denied } }",
    );
    assert_eq!(
        said(&tell(&policy, Reason::TokenMissing, &get("/b"), true)),
        "401 problem"
    );
    assert_eq!(
        said(&tell(&policy, Reason::InsufficientRole, &get("/b"), true)),
        "302 /denied"
    );
    assert_eq!(
        said(&tell(&policy, Reason::InsufficientRole, &get("/b"), false)),
        "403 problem"
    );
}

#[test]
fn nobody_is_sent_to_where_he_is() {
    let text = "errors: { 401: { redirect: '/in?u={{ request.url }}' }, 403: { redirect: https://api.example.com/no } }\n\
                routes:\n  - { path: /in, public: true }\n  - path: /**\n";
    let policy = policy(text);
    for (path, reason, wanted) in [
        ("/in", Reason::TokenExpired, "401 problem"),
        ("/in/?u=x", Reason::TokenExpired, "401 problem"),
        (
            "/i",
            Reason::TokenExpired,
            "302 /in?u=https%3A%2F%2Fapi.example.com%2Fi",
        ),
        ("/no", Reason::InsufficientRole, "403 problem"),
        (
            "/in",
            Reason::InsufficientRole,
            "302 https://api.example.com/no",
        ),
    ] {
        assert_eq!(
            said(&tell(&policy, reason, &get(path), true)),
            wanted,
            "{path}"
        );
    }
    let elsewhere = request("GET", "other.example.com", "/no");
    let told = tell(&policy, Reason::InsufficientRole, &elsewhere, true);
    assert_eq!(said(&told), "302 https://api.example.com/no");
}

#[test]
fn caller_chooses_no_address_and_no_field() {
    let policy = with(
        "{ any: { redirect: 'https://login.example.com/?s={{ principal.subject }}&p={{ path.id }}#top' } }",
        "{ 403: problem }",
    );
    let mut caller = principal(&[], &[]);
    caller.subject = "@evil.example/\r\nSet-Cookie: a=b#?&é".into();
    let request = get("/a/%0Ax%26p%3D//.."
        .trim_end_matches("//..")
        .replace("%0A", "")
        .as_str());
    let matched = policy.find(&request).unwrap();
    let answer = policy.answer(&Refused {
        reason: Reason::InsufficientRole,
        route: Some(matched.route),
        principal: Some(&caller),
        request: Some(&request),
        request_id: "r-1",
        browser: true,
    });
    assert_eq!(
        said(&answer),
        "302 https://login.example.com/?s=%40evil.example%2F%0D%0ASet-Cookie%3A%20a%3Db%23%3F%26%C3%A9&p=x%26p%3D#top"
    );
}

#[test]
fn address_that_gets_too_long_is_not_sent() {
    let policy = with(LOGIN, "{ 403: problem }");
    let long = get(&format!("/a/{}", "x".repeat(8200)));
    assert_eq!(
        said(&tell(&policy, Reason::TokenMissing, &long, true)),
        "401 no"
    );
}

#[test]
fn request_that_could_not_be_read_can_be_redirected() {
    let policy = with(
        "{ 400: { redirect: 'https://example.com/oops?u={{ request.url }}' } }",
        "{ 403: problem }",
    );
    let answer = policy.answer(&Refused {
        reason: Reason::PathAmbiguous,
        route: None,
        principal: None,
        request: None,
        request_id: "",
        browser: true,
    });
    assert_eq!(said(&answer), "302 https://example.com/oops?u=");
}

/// Warnings leave a policy; this gives them.
fn warnings(text: &str) -> Vec<String> {
    let (policy, problems) = compile(text);
    assert!(policy.is_some(), "{problems:#?}");
    problems
}

#[test]
fn sign_in_page_that_asks_for_a_token_is_warned_of() {
    let head = "errors: { 401: { redirect: /login } }\nroutes:\n";
    let said = warnings(&format!("{head}  - path: /**\n"));
    assert!(
        said[0].contains("asks for a credential too") && said[0].contains("policy.yaml:1:"),
        "{said:?}"
    );
    let said = warnings(&format!("{head}  - path: /a\n"));
    assert!(said[0].contains("no route is for"), "{said:?}");
    for sound in [
        "  - { path: /login, public: true }\n",
        "  - { path: /**, host: a.example }\n",
    ] {
        assert_eq!(
            warnings(&format!("{head}{sound}")),
            Vec::<String>::new(),
            "{sound}"
        );
    }
    let own = "routes:\n  - { path: /a, errors: { TOKEN_MISSING: { redirect: /a/login } } }\n";
    assert_eq!(warnings(own).len(), 1);
    let denied = "errors: { 403: { redirect: /denied } }\nroutes:\n  - path: /**\n";
    assert_eq!(warnings(denied), Vec::<String>::new());
}
