//! AgentFlow's API keys: row A3 of the policy in `config/examples/agentflow`.

use crate::agentflow::{KEYS, SECRET, assert_unauthorized, house, setup, token};
use crate::support::gate::Setup;
use crate::support::{Answer, Gate, Upstream};

/// Asks with a key, as the page's clients do.
fn ask(gate: &Gate, method: &str, path: &str, key: &str) -> Answer {
    gate.call(method, path)
        .header("X-API-Key", key)
        .body("{}")
        .send()
}

/// Row A3.
#[test]
fn every_key_of_the_variable_passes_and_stays_here() {
    let (gate, upstream) = house();
    let mut ids = Vec::new();
    for key in KEYS {
        ask(&gate, "POST", "/v1/graph/invoke", key).assert_passed();
        let seen = upstream.last();
        assert_eq!(seen.header("x-user-id"), Some("api-key-user"));
        assert_eq!(seen.header("x-user-role"), Some("api-user"));
        assert_eq!(seen.header("x-api-key"), None);
        ids.push(seen.header("x-api-key-id").unwrap().to_owned());
        assert!(!ids.iter().any(|id| id.contains(key)), "{ids:?}");
    }
    assert_ne!(ids[0], ids[1]);
}

/// Row A3: on the routes that take keys, tokens go on counting.
#[test]
fn token_and_key_open_the_same_route() {
    let (gate, upstream) = house();
    let user = token(Some("user"));
    gate.get("/v1/threads").bearer(&user).send().assert_passed();
    assert_eq!(upstream.last().header("x-user-id"), Some("user-123"));
    assert_eq!(upstream.last().header("x-api-key-id"), None);
    ask(&gate, "GET", "/v1/threads", KEYS[0]).assert_passed();
    assert_eq!(upstream.last().header("x-user-id"), Some("api-key-user"));
}

/// Row A3: a wrong key is told what the app has always told.
#[test]
fn wrong_key_is_answered_in_the_apps_words() {
    let (gate, upstream) = house();
    let both = KEYS.join(",");
    let longer = format!("{}x", KEYS[0]);
    let shorter = KEYS[0].strip_suffix('s').unwrap();
    for key in ["secret-key-123", "", ",", &both, &longer, shorter] {
        assert_unauthorized(&ask(&gate, "POST", "/v1/graph/invoke", key), "KEY_UNKNOWN");
    }
    assert_eq!(upstream.count(), 0);
}

/// Row A3: who presents two things is not asked which one was meant.
#[test]
fn key_beside_a_token_is_refused() {
    let (gate, upstream) = house();
    let call = gate.get("/v1/threads").bearer(&token(Some("admin")));
    let answer = call.header("X-API-Key", KEYS[0]).send();
    answer.assert_refused(400, "CREDENTIAL_AMBIGUOUS");
    assert_eq!(upstream.count(), 0);
}

/// Row A3: a key is read where the page says, and nowhere else.
#[test]
fn key_in_another_place_is_none() {
    let (gate, upstream) = house();
    let bearer = gate.get("/v1/threads").bearer(KEYS[0]).send();
    assert_unauthorized(&bearer, "TOKEN_MALFORMED");
    let query = format!("/v1/threads?api_key={}", KEYS[0]);
    assert_unauthorized(&gate.get(&query).send(), "TOKEN_MISSING");
    assert_eq!(upstream.count(), 0);
}

/// Rows A3 and A5: a key may what a user may.
#[test]
fn key_acts_with_its_role() {
    let (gate, upstream) = house();
    for (method, path, wanted) in [
        ("POST", "/v1/graph/invoke", 200),
        ("POST", "/v1/graph/stream", 200),
        ("POST", "/v1/graph/stop", 403),
        ("POST", "/v1/graph/setup", 403),
        ("GET", "/v1/threads", 200),
        ("PUT", "/v1/threads/7/state", 403),
        ("DELETE", "/v1/threads/7", 403),
        ("GET", "/v1/store/memories", 200),
        ("POST", "/v1/store/memories", 403),
    ] {
        upstream.forget();
        let answer = ask(&gate, method, path, KEYS[1]);
        assert_eq!(answer.status, wanted, "{method} {path}: {}", answer.text());
        assert_eq!(upstream.count(), usize::from(wanted == 200), "{path}");
    }
}

/// Row A3: a variable that was forgotten is no open door.
#[test]
fn variable_without_keys_is_refused_at_load() {
    for value in [None, Some(""), Some(" , ,")] {
        let setup = Setup::example("agentflow")
            .upstream(&Upstream::start())
            .env("JWT_SECRET_KEY", SECRET);
        let setup = match value {
            Some(value) => setup.env("VALID_API_KEYS", value),
            None => setup,
        };
        let (code, said) = setup.refusal();
        assert_eq!(code, 3, "{value:?}: {said}");
        assert!(said.contains("VALID_API_KEYS"), "{said}");
    }
}

/// Row A3.
#[test]
fn spaces_around_keys_do_not_count() {
    let upstream = Upstream::start();
    let list = format!(" {} , {} ,", KEYS[0], KEYS[1]);
    let gate = setup(&upstream).env("VALID_API_KEYS", list).start();
    for key in KEYS {
        ask(&gate, "POST", "/v1/graph/invoke", key).assert_passed();
    }
    assert_unauthorized(&ask(&gate, "POST", "/v1/graph/invoke", ""), "KEY_UNKNOWN");
}
