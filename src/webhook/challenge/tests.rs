//! The challenges of known senders, and what is not answered.

use std::time::SystemTime;

use http::Method;

use crate::document::{Fields, Problems, parse};
use crate::secret::Secret;

use super::super::candidates::{Candidates, Held, Key};
use super::super::refusal::Refusal;
use super::super::scheme::Parameters;
use super::super::staged::{Staged, lines};
use super::super::{Reply, Why};
use super::Challenges;

const META: &str = "answer_challenges: true
challenge_token: ${TOKEN}
challenges:
  - when: { method: GET, query: { hub.mode: subscribe } }
    signed: false
    token: { query: hub.verify_token }
    input: { query: hub.challenge }
    answer: { text: '{input}' }
";
const X: &str = "answer_challenges: true
challenges:
  - when: { method: GET, query: { crc_token: '*' } }
    signed: false
    input: { query: crc_token }
    mac: { encoding: base64 }
    answer: { json: { response_token: 'sha256={mac}' } }
";
const ZOOM: &str = "answer_challenges: true
challenges:
  - when: { method: POST, json: { /event: endpoint.url_validation } }
    input: { json: /payload/plainToken }
    mac: {}
    answer: { json: { plainToken: '{input}', encryptedToken: '{mac}' } }
";
const BRAINTREE: &str = "answer_challenges: true
challenges:
  - when: { method: GET, query: { bt_challenge: '*' } }
    signed: false
    input: { query: bt_challenge, allow: hex, least: 20, most: 32 }
    mac: { alg: sha1 }
    answer: { text: '{config:public_key}|{mac}' }
";
const CLOUD_EVENTS: &str = "answer_challenges: true
challenge_origins: eventemitter.example.com
challenges:
  - when: { method: OPTIONS, header: { WebHook-Request-Origin: '*' } }
    signed: false
    input: { header: WebHook-Request-Origin, allow: origin }
    answer: { headers: { WebHook-Allowed-Origin: '{input}', WebHook-Allowed-Rate: '120' } }
";
const EVENT_GRID: &str = "answer_challenges: true
challenges:
  - when: { method: POST, header: { aeg-event-type: SubscriptionValidation } }
    signed: false
    input: { json: /0/data/validationCode }
    answer: { json: { validationResponse: '{input}' } }
";
const GRAPH: &str = "answer_challenges: true
challenges:
  - when: { method: POST, query: { validationToken: '*' } }
    signed: false
    input: { query: validationToken }
    answer: { text: '{input}' }
";
const OTHERS: &str = "answer_challenges: true
challenges:
  - when: { method: HEAD }
    signed: false
    answer: {}
  - when: { method: POST, json: { /type: 1 } }
    answer: { json: { type: 1 } }
  - when: { method: POST, json: { /type: url_verification } }
    input: { json: /challenge }
    answer: { json: { challenge: '{input}' } }
  - when: { method: POST, json: { /events: [], /entropy: '*' } }
    answer: {}
  - when: { method: GET, header: { X-Okta-Verification-Challenge: '*' } }
    signed: false
    input: { header: X-Okta-Verification-Challenge }
    answer: { json: { verification: '{input}' } }
  - when: { method: POST, header: { Twitch-Eventsub-Message-Type: webhook_callback_verification } }
    input: { json: /challenge }
    answer: { text: '{input}' }
";

fn read(text: &str) -> (Challenges, Vec<String>) {
    let problems = Problems::new();
    let environment = |name: &str| (name == "TOKEN").then(|| "meatyhamhock".to_owned());
    let node = parse("policy.yaml", text, &environment, &problems).unwrap();
    let parameters = "public_key: integration_public_key";
    let parameters = parse("policy.yaml", parameters, &|_| None, &problems).unwrap();
    let parameters = Parameters::read(&parameters, &problems).unwrap();
    let mut fields = Fields::of(&node, "webhook", &problems).unwrap();
    let challenges = Challenges::read(&mut fields, &parameters, &problems);
    fields.finish();
    (challenges, lines(problems))
}

fn challenges(text: &str) -> Challenges {
    let (challenges, problems) = read(text);
    assert!(problems.is_empty(), "{text}\n{problems:?}");
    challenges
}

fn held(text: &str) -> Vec<Held> {
    vec![Held {
        id: "1".into(),
        key: Key::Secret(Secret::new(text.as_bytes().to_vec())),
        not_before: None,
        not_after: None,
    }]
}

/// Asks as one who has not signed.
fn ask(text: &str, staged: &Staged, body: Option<&[u8]>) -> Option<Result<Reply, Refusal>> {
    let held = held("it is a test secret");
    let candidates = Candidates::new(&held, SystemTime::UNIX_EPOCH);
    challenges(text).unsigned(&staged.message(), body, &candidates)
}

/// Asks as one whose signature was right.
fn ask_signed(text: &str, staged: &Staged, body: &str) -> Option<Reply> {
    let held = held("it is a test secret");
    let candidates = Candidates::new(&held, SystemTime::UNIX_EPOCH);
    challenges(text).signed(&staged.message(), body.as_bytes(), &candidates, 0)
}

fn get(target: &str) -> Staged {
    Staged::new(Method::GET, target, &[])
}

fn post(headers: &[(&str, &str)]) -> Staged {
    Staged::new(Method::POST, "/hooks", headers)
}

fn body(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).unwrap()
}

fn field<'r>(reply: &'r Reply, name: &str) -> Option<&'r str> {
    let mut fields = reply.fields.iter();
    let found = fields.find(|(own, _)| own == name);
    found.map(|(_, value)| value.to_str().unwrap())
}

#[test]
fn fixed_token_must_be_right_before_a_text_is_given_back() {
    let target = |token: &str| {
        format!("/hooks?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}")
    };
    let reply = ask(META, &get(&target("meatyhamhock")), None)
        .unwrap()
        .unwrap();
    assert_eq!((reply.status.as_u16(), body(&reply)), (200, "1158201444"));
    for (name, value) in [
        ("content-type", "text/plain"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(field(&reply, name), Some(value));
    }
    for token in [
        "",
        "meatyhamhoc",
        "meatyhamhock2",
        "meatyhamhock&hub.verify_token=meatyhamhock",
    ] {
        let refusal = ask(META, &get(&target(token)), None).unwrap().unwrap_err();
        assert_eq!(refusal.reason, Why::Challenge, "{token}");
    }
    assert!(ask(META, &get("/hooks?hub.mode=unsubscribe"), None).is_none());
    assert!(ask(META, &get("/hooks"), None).is_none());
}

#[test]
fn mac_is_made_of_one_plain_word_and_never_of_a_delivery() {
    let reply = ask(X, &get("/hooks?crc_token=challenge_string"), None)
        .unwrap()
        .unwrap();
    let mac = "sha256=A+ci8/5m9G9YfEJHDHMz3+T1ylie1I9/oCBAvpaJn8g=";
    assert_eq!(body(&reply), format!(r#"{{"response_token":"{mac}"}}"#));
    assert_eq!(field(&reply, "content-type"), Some("application/json"));
    let long = "a".repeat(129);
    for token in [
        "%7B%22for_user_id%22%3A%221%22%7D",
        "a+b",
        "a%20b",
        "a.b",
        "",
        "%C3%A9",
        "%FF",
        // JSON as well: a delivery with such a body would be signed.
        "1",
        "-17",
        "12345678901234567890",
        "1e5",
        "true",
        "null",
        &long,
    ] {
        let asked = ask(X, &get(&format!("/hooks?crc_token={token}")), None);
        assert!(asked.is_none_or(|asked| asked.is_err()), "{token}");
    }
    assert!(ask(X, &get("/hooks?crc_token=a&crc_token=b"), None).is_none());
    assert!(
        ask(
            X,
            &get(&format!("/hooks?crc_token={}", "a".repeat(128))),
            None
        )
        .unwrap()
        .is_ok()
    );
}

#[test]
fn nothing_is_made_without_a_secret_that_counts() {
    let staged = get("/hooks?crc_token=word");
    let challenges = challenges(X);
    for held in [Vec::new(), held("")] {
        let candidates = Candidates::new(&held, SystemTime::UNIX_EPOCH);
        let asked = challenges.unsigned(&staged.message(), None, &candidates);
        assert_eq!(asked.unwrap().unwrap_err().reason, Why::Challenge);
    }
}

#[test]
fn signed_challenges_are_answered_behind_a_right_signature_only() {
    let asked =
        r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
    assert!(ask(ZOOM, &post(&[]), Some(asked.as_bytes())).is_none());
    let reply = ask_signed(ZOOM, &post(&[]), asked).unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(answer["plainToken"], "qgg8vlvZRS6UYooatFL8Aw");
    assert_eq!(
        answer["encryptedToken"],
        "67085a679e85fe1362284d7c89146447c59aa4f727d55b643241171facd7281f"
    );
    let json = asked.replace("qgg8", r#"{\"event\":1}"#);
    assert!(ask_signed(ZOOM, &post(&[]), &json).is_none());
    assert!(ask_signed(ZOOM, &post(&[]), r#"{"event":"meeting.started"}"#).is_none());
    assert!(ask_signed(ZOOM, &post(&[]), "not JSON").is_none());
}

#[test]
fn challenge_of_digits_takes_so_many_digits_only() {
    let staged = get("/hooks?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53");
    let reply = ask(BRAINTREE, &staged, None).unwrap().unwrap();
    assert!(body(&reply).starts_with("integration_public_key|"));
    assert_eq!(body(&reply).len(), "integration_public_key|".len() + 40);
    for digits in [
        "20f9f8ed05f77439fe9",
        "20f9f8ed05f77439fe955c977e4c8a532",
        "20f9f8ed05f77439fe955c977e4c8a5g",
    ] {
        let asked = ask(
            BRAINTREE,
            &get(&format!("/hooks?bt_challenge={digits}")),
            None,
        );
        assert!(asked.unwrap().is_err(), "{digits}");
    }
}

#[test]
fn leave_is_given_to_listed_origins_only() {
    let ask = |origin| {
        let headers = [("webhook-request-origin", origin)];
        ask(
            CLOUD_EVENTS,
            &Staged::new(Method::OPTIONS, "/hooks", &headers),
            None,
        )
        .unwrap()
    };
    let reply = ask("eventemitter.example.com").unwrap();
    assert_eq!(
        field(&reply, "webhook-allowed-origin"),
        Some("eventemitter.example.com")
    );
    assert_eq!(field(&reply, "webhook-allowed-rate"), Some("120"));
    assert_eq!((field(&reply, "content-type"), body(&reply)), (None, ""));
    for origin in [
        "evil.example.com",
        "EventEmitter.example.com",
        "x.eventemitter.example.com",
    ] {
        assert_eq!(ask(origin).unwrap_err().reason, Why::Challenge, "{origin}");
    }
}

#[test]
fn unsigned_challenge_in_the_body_waits_for_it() {
    let staged = post(&[("aeg-event-type", "SubscriptionValidation")]);
    assert!(challenges(EVENT_GRID).want_body(&staged.message()));
    assert!(!challenges(EVENT_GRID).want_body(&post(&[]).message()));
    assert!(ask(EVENT_GRID, &staged, None).is_none());
    let asked = br#"[{"data":{"validationCode":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6",
        "validationUrl":"https://rp-eastus2.example.net/validate"}}]"#;
    let reply = ask(EVENT_GRID, &staged, Some(asked)).unwrap().unwrap();
    let wanted = r#"{"validationResponse":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}"#;
    assert_eq!(body(&reply), wanted);
    for broken in ["", "[]", "{}", r#"[{"data":{"validationCode":1}}]"#] {
        let asked = ask(EVENT_GRID, &staged, Some(broken.as_bytes()));
        assert!(asked.unwrap().is_err(), "{broken}");
    }
}

#[test]
fn text_is_given_back_decoded_printable_and_short() {
    let staged = |token: &str| {
        let target = format!("/hooks?validationToken={token}");
        Staged::new(Method::POST, &target, &[])
    };
    let token = "Validation%3a+Testing+client+application+reachability%21";
    let reply = ask(GRAPH, &staged(token), None).unwrap().unwrap();
    assert_eq!(
        body(&reply),
        "Validation: Testing client application reachability!"
    );
    for token in ["a%0Ab", "%C3%A9", "%00", &"a".repeat(1025)] {
        assert!(
            ask(GRAPH, &staged(token), None).unwrap().is_err(),
            "{token}"
        );
    }
    assert!(
        ask(GRAPH, &staged(&"a".repeat(1024)), None)
            .unwrap()
            .is_ok()
    );
}

#[test]
fn senders_are_told_apart_by_their_conditions() {
    let head = Staged::new(Method::HEAD, "/hooks", &[]);
    let reply = ask(OTHERS, &head, None).unwrap().unwrap();
    assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 0));
    let twitch = post(&[(
        "twitch-eventsub-message-type",
        "webhook_callback_verification",
    )]);
    for (staged, asked, answer) in [
        (post(&[]), r#"{"type":1,"id":"0"}"#, Some(r#"{"type":1}"#)),
        (post(&[]), r#"{"type":2}"#, None),
        (
            post(&[]),
            r#"{"type":"url_verification","challenge":"3eZbrw1a\"}"}"#,
            Some(r#"{"challenge":"3eZbrw1a\"}"}"#),
        ),
        (
            post(&[]),
            r#"{"type":"event_callback","challenge":"x"}"#,
            None,
        ),
        (
            post(&[]),
            r#"{"events":[],"entropy":"S0m3r4Nd0mt3xt"}"#,
            Some(""),
        ),
        (
            post(&[]),
            r#"{"events":[{}],"entropy":"S0m3r4Nd0mt3xt"}"#,
            None,
        ),
        (post(&[]), r#"{"events":[],"entropy":null}"#, None),
        (
            twitch,
            r#"{"challenge":"pogchamp-kappa-360noscope-vohiyo"}"#,
            Some("pogchamp-kappa-360noscope-vohiyo"),
        ),
    ] {
        let reply = ask_signed(OTHERS, &staged, asked);
        assert_eq!(reply.as_ref().map(body), answer, "{asked}");
    }
    let okta = Staged::new(
        Method::GET,
        "/hooks",
        &[("x-okta-verification-challenge", "a\"b")],
    );
    let reply = ask(OTHERS, &okta, None).unwrap().unwrap();
    assert_eq!(body(&reply), r#"{"verification":"a\"b"}"#);
    let methods = challenges(OTHERS).methods();
    assert_eq!(*methods, [Method::HEAD, Method::POST, Method::GET]);
}

#[test]
fn long_bodies_are_deliveries() {
    let asked = format!(r#"{{"type":1,"x":"{}"}}"#, "x".repeat(16 * 1024));
    assert!(ask_signed(OTHERS, &post(&[]), &asked).is_none());
}

#[test]
fn nothing_is_answered_unless_turned_on() {
    for text in [META, X, ZOOM, CLOUD_EVENTS, OTHERS] {
        for off in ["", "answer_challenges: false\n"] {
            let (off, problems) = read(&text.replace("answer_challenges: true\n", off));
            assert!(
                off.methods().is_empty() && problems.is_empty(),
                "{problems:?}"
            );
        }
    }
}

#[test]
fn mistakes_are_named() {
    let one =
        |definition: &str| format!("answer_challenges: true\nchallenges:\n  - {definition}\n");
    let x = |input: &str| {
        one(&format!(
            "{{ when: {{ method: GET }}, input: {input}, mac: {{}}, answer: {{}} }}"
        ))
    };
    let answer = |answer: &str| one(&format!("{{ when: {{ method: GET }}, answer: {answer} }}"));
    for (text, wanted) in [
        (
            "answer_challenges: true".into(),
            "there is no challenge to answer",
        ),
        (
            META.replace("challenge_token: ${TOKEN}\n", ""),
            "add `challenge_token",
        ),
        (
            CLOUD_EVENTS.replace("challenge_origins: eventemitter.example.com\n", ""),
            "add `challenge_origins",
        ),
        (
            format!("{X}challenge_token: ${{TOKEN}}\n"),
            "asks for a fixed token",
        ),
        (
            format!("{X}challenge_origins: a.example.com\n"),
            "asks for origins",
        ),
        (
            "answer_challenges: true\nchallenges: {}\n".into(),
            "expected a list",
        ),
        (one("{ answer: {} }"), "a challenge needs the key `when`"),
        (
            one("{ when: { method: GET } }"),
            "a challenge needs the key `answer`",
        ),
        (one("{ when: {}, answer: {} }"), "needs the key `method`"),
        (
            one("{ when: { method: PUT }, answer: {} }"),
            "`PUT` is not known here",
        ),
        (
            one("{ when: { method: GET, json: { type: 1 } }, answer: {} }"),
            "expected a JSON pointer",
        ),
        (
            one("{ when: { method: GET, header: { a b: x } }, answer: {} }"),
            "the name of a header field",
        ),
        (
            one("{ when: { method: GET, querry: { a: x } }, answer: {} }"),
            "did you mean `query`?",
        ),
        (
            one("{ when: { method: GET }, mac: {}, answer: {} }"),
            "a MAC of nothing",
        ),
        (
            one("{ when: { method: GET }, token: {}, answer: {} }"),
            "from one place",
        ),
        (x("{ query: a, header: b }"), "from one place"),
        (
            x("{ query: a, allow: text }"),
            "letters, digits, `_` and `-` only",
        ),
        (
            x("{ query: a, allow: origin }"),
            "letters, digits, `_` and `-` only",
        ),
        (x("{ query: a, most: 129 }"), "`most` at most 128 bytes"),
        (x("{ query: a, least: 0 }"), "`least` is at least 1"),
        (
            x("{ query: a, least: 9, most: 8 }"),
            "the lengths leave nothing",
        ),
        (answer("{ status: 302 }"), "is a success"),
        (answer("{ text: a, json: {} }"), "one body"),
        (
            answer("{ text: '{input}' }"),
            "`{input}` without the key `input`",
        ),
        (
            answer("{ json: { a: ['{mac}'] } }"),
            "`{mac}` without the key `mac`",
        ),
        (answer("{ text: '{body}' }"), "`{body}` is not known here"),
        (
            answer("{ text: '{config:nope}' }"),
            "no single parameter `nope`",
        ),
        (
            answer("{ text: 'a } b' }"),
            "a brace without its other half",
        ),
        (
            answer("{ text: 'a { b' }"),
            "a brace without its other half",
        ),
        (
            answer("{ headers: { Content-Type: text/html } }"),
            "is not for a definition",
        ),
        (
            answer("{ headers: { Set-Cookie: a=b } }"),
            "is not for a definition",
        ),
    ] {
        let (_, problems) = read(&text);
        assert!(
            problems.iter().any(|line| line.contains(wanted)),
            "{text}\n{wanted}\n{problems:?}"
        );
    }
    let echo = one("{ when: { method: GET }, input: { query: a, most: 1025 }, answer: {} }");
    assert!(read(&echo).1[0].contains("at most 1024 bytes"));
}

#[test]
fn braces_can_be_written() {
    let text = "answer_challenges: true\nchallenges:\n  - when: { method: GET }\n    signed: false\n    answer: { text: '{{a}}' }\n";
    let reply = ask(text, &get("/"), None).unwrap().unwrap();
    assert_eq!(body(&reply), "{a}");
}
