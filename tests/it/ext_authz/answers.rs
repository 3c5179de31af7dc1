//! What Envoy is told.

use serde_json::json;

use super::House;
use super::client::Question;

const RULES: &str = r#"
identity_headers:
  X-User: "{{ principal.subject }}"
  X-Name: "{{ principal.claims.name }}"
strip_headers: [X-Internal-*]
routes:
  - { path: /public/**, public: true }
  - { path: /admin/**, roles: [admin] }
  - path: /api/**
"#;

fn house() -> House {
    House::with(RULES, "")
}

#[test]
fn pass_sets_identity_and_takes_the_credential_out() {
    let house = house();
    let token = house
        .issuer
        .token(&json!({ "sub": "ann", "name": "Zo\u{eb}" }));
    for question in [
        Question::get("/api/a?b=c"),
        Question::get("/api/a?b=c").mapped(),
    ] {
        let answer = question
            .bearer(&token)
            .header("accept", "*/*")
            .ask(house.address());
        let passed = answer.passed();
        let set = passed.set();
        assert!(set.contains(&("x-user", "ann")), "{set:?}");
        assert!(set.contains(&("x-name", "Zo%C3%AB")), "{set:?}");
        assert!(
            set.iter().any(|(name, _)| *name == "x-request-id"),
            "{set:?}"
        );
        assert_eq!(set.len(), 3, "{set:?}");
        assert_eq!(passed.removed(), ["authorization"]);
        assert_eq!(answer.fact("subject"), Some("ann"));
        assert_eq!(answer.fact("route"), Some("/api/**"));
        assert_eq!(answer.fact("reason"), None);
    }
}

#[test]
fn identity_headers_of_the_caller_are_removed_in_every_spelling() {
    let house = house();
    let mut question = Question::get("/public/a");
    let spellings = [
        "x-user",
        "x_user",
        "x.name",
        "x-sidegate-user",
        "x-internal-id",
        "x_internal_id",
    ];
    for name in spellings {
        question = question.header(name, "mallory");
    }
    let answer = question.header("x-users", "kept").ask(house.address());
    let mut wanted = spellings.to_vec();
    wanted.sort_unstable();
    assert_eq!(answer.passed().removed(), wanted);
}

#[test]
fn what_is_set_is_not_removed() {
    let house = house();
    let token = house.issuer.token(&json!({ "sub": "ann" }));
    let question = Question::get("/api/a").bearer(&token);
    let question = question.header("x-user", "mallory").header("x-user", "eve");
    let answer = question.header("x_user", "mallory").ask(house.address());
    let passed = answer.passed();
    assert!(passed.set().contains(&("x-user", "ann")));
    assert_eq!(passed.removed(), ["authorization", "x_user"]);
}

#[test]
fn target_is_set_where_it_was_judged_in_another_spelling() {
    let house = house();
    let path = |path: &str| {
        let answer = Question::get(path).ask(house.address());
        let set = answer.passed().set().into_iter();
        let mut set = set.filter(|(name, _)| *name == ":path");
        set.next().map(|(_, path)| path.to_owned())
    };
    assert_eq!(
        path("/public/a%2Db?q=%2d"),
        Some("/public/a-b?q=%2d".to_owned())
    );
    assert_eq!(path("/public/a-b?q=%2d"), None);
    let question = Question::get("/public/a").with(|http| http.host = "APP.example.com".to_owned());
    let answer = question.ask(house.address());
    assert!(
        answer
            .passed()
            .set()
            .contains(&(":authority", "app.example.com"))
    );
}

#[test]
fn refusal_has_status_fields_and_body() {
    let house = house();
    let answer = Question::get("/api/a").ask(house.address());
    let denied = answer.refused(401, "TOKEN_MISSING");
    assert_eq!(answer.code(), 16);
    assert!(
        denied
            .header("www-authenticate")
            .unwrap()
            .starts_with("Bearer")
    );
    assert_eq!(
        denied.header("content-type"),
        Some("application/problem+json")
    );
    assert!(denied.body.contains("TOKEN_MISSING"), "{}", denied.body);
    let token = house.issuer.token(&json!({ "sub": "ann" }));
    let answer = Question::get("/admin/a")
        .bearer(&token)
        .ask(house.address());
    answer.refused(403, "INSUFFICIENT_ROLE");
    assert_eq!((answer.code(), answer.fact("subject")), (7, Some("ann")));
    Question::get("/none")
        .ask(house.address())
        .refused(403, "NO_ROUTE");
    Question::get("/public/../api")
        .ask(house.address())
        .refused(400, "PATH_AMBIGUOUS");
}

#[test]
fn questions_of_others_than_the_front_are_refused() {
    let issuer = crate::support::Issuer::start();
    let policy = format!("{}{RULES}", issuer.section());
    let process = super::process("").replace("127.0.0.1, ", "");
    let gate = crate::support::gate::Setup::policy(&policy)
        .process(&process)
        .without_listen()
        .start();
    let answer = Question::get("/public/a").ask(gate.address);
    answer.refused(403, "FRONT_UNTRUSTED");
}

#[test]
fn questions_are_recorded_as_what_they_ask() {
    let house = house();
    let token = house.issuer.token(&json!({ "sub": "ann" }));
    let question = Question::new("DELETE", "/api/a").bearer(&token);
    question.ask(house.address()).passed();
    crate::support::eventually("the decision is logged", || {
        let lines = house.gate.output.all();
        lines.iter().any(|line| {
            ["DELETE", "/api/a", "203.0.113.9", "ext_authz", "ann"]
                .iter()
                .all(|part| line.contains(part))
        })
    });
}
