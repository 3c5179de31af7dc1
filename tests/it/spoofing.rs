//! Identity headers that a caller sends never reach the upstream, in no spelling and by no detour.

use serde_json::json;

use crate::support::client::Connection;
use crate::support::{Call, House};

const RULES: &str = r#"
identity_headers:
  X-User: "{{ principal.subject }}"
  X-User-Email: "{{ principal.email }}"
  X-Forwarded-User: "{{ principal.subject }}"
strip_headers: [X-Internal-*]
routes:
  - { path: /public/**, public: true }
  - path: /api/**
"#;

fn house() -> House {
    House::with(RULES)
}

impl House {
    /// The two kinds of requests that reach the upstream: with an identity and without.
    fn calls(&self) -> [Call; 2] {
        let token = self.issuer.token(&json!({}));
        [
            self.gate.get("/public/page"),
            self.gate.get("/api/page").bearer(&token),
        ]
    }

    /// Sends both kinds, changed by `spoof`, and fails if anything of it arrives.
    #[track_caller]
    fn assert_clean(&self, what: &str, spoof: impl Fn(Call) -> Call) {
        for call in self.calls() {
            self.upstream.forget();
            let answer = spoof(call).send();
            let Some(seen) = self.upstream.seen().pop() else {
                assert_eq!(answer.status, 400, "{what}: neither refused nor forwarded");
                continue;
            };
            let all = format!("{:?} {:?}", seen.message.headers, seen.message.trailers);
            assert!(!all.contains("mallory"), "{what}: {all}");
            let users = seen
                .folded_names()
                .iter()
                .filter(|name| *name == "x-user")
                .count();
            let wanted = usize::from(seen.target.starts_with("/api"));
            assert_eq!(users, wanted, "{what}: {all}");
        }
    }
}

#[test]
fn identity_header_is_removed_in_every_spelling() {
    let house = house();
    for name in [
        "X-User",
        "x-user",
        "X-USER",
        "x_user",
        "X_User",
        "X.User",
        "x-User_Email",
        "X.USER.EMAIL",
        "X-Sidegate-User",
        "x_sidegate_anything",
        "X-Internal-Token",
        "x_internal_id",
    ] {
        house.assert_clean(name, |call| call.header(name, "mallory"));
    }
}

#[test]
fn identity_header_given_twice_is_removed_twice() {
    let house = house();
    house.assert_clean("twice", |call| {
        call.header("X-User", "mallory").header("X-User", "mallory")
    });
}

#[test]
fn identity_header_in_two_spellings_is_removed_twice() {
    let house = house();
    house.assert_clean("both", |call| {
        call.header("X_User", "mallory").header("X-User", "mallory")
    });
}

#[test]
fn identity_header_in_a_trailer_is_removed() {
    let house = house();
    house.assert_clean("trailer", |call| {
        call.header("Trailer", "X-User")
            .body("content")
            .trailer("X-User", "mallory")
    });
}

#[test]
fn identity_header_in_an_unannounced_trailer_is_removed() {
    let house = house();
    house.assert_clean("trailer", |call| {
        call.body("content")
            .trailer("x_user", "mallory")
            .trailer("X-Internal-A", "mallory")
    });
}

#[test]
fn connection_header_cannot_take_the_injected_identity_away() {
    let house = house();
    for value in [
        "X-User",
        "x-user",
        "keep-alive, X-User",
        "close, x-user, x-user-email",
    ] {
        let token = house.issuer.token(&json!({}));
        let call = house
            .gate
            .get("/api/page")
            .bearer(&token)
            .header("Connection", value);
        let mut connection = Connection::open(house.gate.address);
        connection.send(&call).assert_passed();
        assert_eq!(
            house.upstream.last().header("x-user"),
            Some("alice"),
            "{value}"
        );
    }
}

#[test]
fn connection_header_does_not_save_a_spoofed_one() {
    let house = house();
    house.assert_clean("nominated", |call| {
        call.header("Connection", "X-User")
            .header("X-User", "mallory")
    });
}

#[test]
fn claim_that_is_absent_leaves_the_header_absent() {
    let house = house();
    let token = house.issuer.token(&json!({}));
    let call = house
        .gate
        .get("/api/page")
        .bearer(&token)
        .header("X-User-Email", "mallory");
    call.send().assert_passed();
    assert_eq!(house.upstream.last().header("x-user-email"), None);
}

#[test]
fn injected_value_is_the_tokens() {
    let house = house();
    let token = house
        .issuer
        .token(&json!({ "sub": "bob", "email": "bob@example.test" }));
    house
        .gate
        .get("/api/page")
        .bearer(&token)
        .header("X-User", "mallory")
        .send()
        .assert_passed();
    let seen = house.upstream.last();
    assert_eq!(seen.header("x-user"), Some("bob"));
    assert_eq!(seen.header("x-user-email"), Some("bob@example.test"));
}

/// RFC 9110 section 5.5: a claim cannot end the field it is written to.
/// Apps that stood behind oauth2-proxy know a caller by this name.
#[test]
fn forwarded_user_is_the_gates_to_set() {
    let house = house();
    let token = house.issuer.token(&json!({ "sub": "alice" }));
    let call = house.gate.get("/api/page").bearer(&token);
    call.header("X-Forwarded-User", "mallory")
        .send()
        .assert_passed();
    assert_eq!(
        house.upstream.last().header("x-forwarded-user"),
        Some("alice")
    );
}

#[test]
fn claim_with_line_ends_makes_no_header() {
    let house = house();
    for (subject, wanted) in [
        ("a\r\nX-Admin: yes", "a%0D%0AX-Admin: yes"),
        ("a\nb", "a%0Ab"),
        ("a\u{0}b", "a%00b"),
        ("ünï", "%C3%BCn%C3%AF"),
        ("a\u{2028}b", "a%E2%80%A8b"),
    ] {
        house
            .ask("/api/page", &json!({ "sub": subject }))
            .assert_passed();
        let seen = house.upstream.last();
        assert_eq!(seen.header("x-user"), Some(wanted), "{subject:?}");
        assert_eq!(seen.header("x-admin"), None, "{subject:?}");
    }
}

#[test]
fn list_in_a_header_cannot_grow_by_a_comma_in_a_role() {
    let rules = "identity_headers: { X-Roles: \"{{ principal.roles }}\" }\nroles: { viewer: [], admin: [] }\nroutes: [ { path: /** } ]\n";
    let house = House::with(rules);
    house
        .ask("/", &json!({ "roles": ["viewer,admin", "b"] }))
        .assert_passed();
    let seen = house.upstream.last();
    assert_eq!(seen.header("x-roles"), Some("viewer%2Cadmin,b"));
}

#[test]
fn headers_that_rewrite_the_target_play_no_part() {
    let house = house();
    for name in [
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded-Uri",
        "X-HTTP-Method-Override",
    ] {
        house.upstream.forget();
        house
            .gate
            .get("/api/page")
            .header(name, "/public/page")
            .send()
            .assert_refused(401, "TOKEN_MISSING");
        assert_eq!(house.upstream.count(), 0, "{name}");
    }
}
