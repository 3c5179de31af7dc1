//! Credentials never show: not in logs at any level, metrics, status, or answers.

use serde_json::json;

use crate::support::gate::Setup;
use crate::support::keys::SigningKey;
use crate::support::{Gate, Issuer, Upstream, now};

const SHARED: &str = "canary-secret-of-more-than-thirty-two-characters";

const RULES: &str = "tokens: { from: [ bearer, { cookie: id }, { query: access_token } ] }\n\
                     routes: [ { path: /public/**, public: true }, { path: /** } ]\n";

fn house(format: &str) -> (Gate, Issuer, Upstream) {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let shared = "  shared: { issuer: me, audience: any, secret: \"${SHARED}\" }\n";
    let gate = Setup::policy(&format!("{}{shared}{RULES}", issuer.section()))
        .process(&format!("log: {{ format: {format}, level: trace }}\n"))
        .env("SHARED", SHARED)
        .upstream(&upstream)
        .start();
    (gate, issuer, upstream)
}

/// Presents `token` in every way there is, and also where nobody looks for it.
fn present(gate: &Gate, token: &str) {
    gate.get("/a").bearer(token).send();
    gate.get("/a")
        .header("Authorization", &format!("bearer  {token}"))
        .send();
    gate.get("/a").header("Authorization", token).send();
    gate.get("/a")
        .header("Cookie", &format!("id={token}"))
        .send();
    gate.get(&format!("/a?access_token={token}")).send();
    gate.get(&format!("/public/a?access_token={token}")).send();
    gate.get("/public/a").bearer(token).send();
    gate.get("/close").bearer(token).send();
    gate.call("PATCH", "/a")
        .bearer(token)
        .bearer("other")
        .send();
}

/// Fails when any of the parts of a token, or a secret, stands anywhere.
#[track_caller]
fn assert_hidden(gate: &Gate, tokens: &[String]) {
    let mut all = gate.output.text();
    all.push_str(&gate.ask_admin("/metrics").text());
    all.push_str(&gate.ask_admin("/status").text());
    assert!(all.contains("/a"), "there are no logs to look through");
    for token in tokens {
        for part in token.split('.').skip(1).filter(|part| part.len() > 20) {
            assert!(!all.contains(part), "a part of a token was logged: {part}");
        }
    }
    assert!(!all.contains(SHARED), "the shared secret was logged");
}

fn tokens(issuer: &Issuer) -> Vec<String> {
    let shared = SigningKey::secret(SHARED);
    vec![
        issuer.token(&json!({ "canary": "good" })),
        issuer.token(&json!({ "canary": "late", "exp": now() - 3600 })),
        issuer.token(&json!({ "canary": "elsewhere", "iss": "https://other.test" })),
        SigningKey::other_rsa("main").sign(&issuer.claims(&json!({ "canary": "forged" }))),
        shared.sign(&json!({ "iss": "me", "sub": "canary-subject", "exp": now() + 600 })),
        "canarynonsense.canarynonsensecanarynonsense.canarynonsensecanarynonsense".to_owned(),
    ]
}

#[test]
fn credentials_are_in_no_text_log() {
    let (gate, issuer, _upstream) = house("text");
    let tokens = tokens(&issuer);
    tokens.iter().for_each(|token| present(&gate, token));
    assert_hidden(&gate, &tokens);
}

#[test]
fn credentials_are_in_no_json_log() {
    let (gate, issuer, _upstream) = house("json");
    let tokens = tokens(&issuer);
    tokens.iter().for_each(|token| present(&gate, token));
    assert_hidden(&gate, &tokens);
}

#[test]
fn refusal_does_not_repeat_the_credential() {
    let (gate, issuer, _upstream) = house("text");
    for token in tokens(&issuer) {
        let answer = gate
            .call("PATCH", "/a")
            .bearer(&token)
            .header("Cookie", "id=other")
            .send();
        let whole = format!("{:?} {}", answer.message.headers, answer.text());
        assert!(!whole.contains(&token), "{whole}");
    }
}

#[test]
fn literal_secret_in_a_policy_is_refused_unquoted() {
    let policy = "issuers: { a: { issuer: me, audience: any, secret: canary-literal-secret-0123456789abcdef } }\nroutes: [ { path: /** } ]\n";
    let (code, said) = Setup::policy(policy).upstream(&Upstream::start()).refusal();
    assert_eq!(code, 3, "{said}");
    assert!(!said.contains("canary-literal"), "{said}");
}

/// A caller cannot write lines into the log.
#[test]
fn log_line_stays_one_line() {
    let (gate, issuer, _upstream) = house("json");
    let token = issuer.token(&json!({ "sub": "a\n{\"forged\":true}\r\n\u{1b}[31m" }));
    gate.get("/a")
        .bearer(&token)
        .header("User-Agent", "x\u{1b}[2J")
        .send();
    gate.get("/public/a?%0a%0dforged").send();
    for line in gate.output.all() {
        assert!(!line.starts_with("{\"forged\""), "{line}");
        assert!(!line.contains('\u{1b}'), "{line:?}");
    }
}
