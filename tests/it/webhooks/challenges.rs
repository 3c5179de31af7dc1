//! The challenges of presets, as their senders make them.

use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use sidegate::model::Host;
use sidegate::secret::Secret;
use sidegate::webhook::{Draft, Look, Message, Reply};

use super::{Hook, Sent, TOKEN, at, is_public};

/// A text secret that is no secret of anybody's.
const SECRET: &str = "a-text-secret-of-some-length";
/// Seed and key of RFC 8032 section 7.1, test 1.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn hook(preset: &str, more: &str) -> Hook {
    let key = if is_public(preset) { KEY } else { SECRET };
    Hook::preset(preset, &[key], &format!("answer_challenges: true\n{more}"))
}

/// What is answered to a request that needs no signature; nothing if it is no challenge, or one that is refused.
fn unsigned(hook: &Hook, method: Method, target: &str, headers: &[(&str, &str)]) -> Option<Reply> {
    let headers = headers.iter();
    let sent = Sent {
        method,
        target: target.to_owned(),
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: Vec::new(),
        at: at(1_767_268_800),
    };
    let request = sent.request();
    let message = Message {
        request: &request,
        capture: &|_| None,
        key: None,
    };
    match hook.0.look(&message) {
        Look::Challenge(reply) => Some(reply),
        _ => None,
    }
}

/// What is answered to a signed body, which is what the sender would sign; nothing if it is an ordinary delivery.
fn signed(preset: &str, body: &Value, headers: &[(&'static str, &'static str)]) -> Option<Reply> {
    let hook = hook(preset, "");
    let mut given = vec![("content-type", "application/json")];
    given.extend(headers);
    let given: Vec<(HeaderName, HeaderValue)> = given
        .into_iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect();
    let secret = if is_public(preset) { SEED } else { SECRET };
    let body = body.to_string().into_bytes();
    let draft = Draft {
        method: &Method::POST,
        host: &Host::parse("hooks.example.com").unwrap(),
        target: "/in",
        headers: &given,
        body: &body,
        signed_at: at(1_767_268_800),
        event_id: None,
        secret: &Secret::new(secret.as_bytes().to_vec()),
    };
    let signed = hook.0.sign(&draft).unwrap();
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    let headers = given.iter().chain(&signed.headers);
    let sent = Sent {
        method: Method::POST,
        target: signed.target.clone().unwrap_or_else(|| "/in".to_owned()),
        headers: headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body,
        at: at(1_767_268_800),
    };
    let other = sent.with_body([sent.body.clone(), b" ".to_vec()].concat());
    if !preset.contains("azure") {
        assert_eq!(hook.verdict(&other), "mismatch", "{preset}");
    }
    hook.judge(&sent).unwrap().reply
}

fn text(reply: Option<Reply>) -> (StatusCode, String) {
    let reply = reply.expect("an answer");
    (
        reply.status,
        String::from_utf8(reply.body.to_vec()).unwrap(),
    )
}

fn json_of(reply: Option<Reply>) -> Value {
    let (status, body) = text(reply);
    assert_eq!(status, StatusCode::OK);
    serde_json::from_str(&body).unwrap()
}

#[test]
fn slack_has_its_text_back() {
    let body =
        json!({ "type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV" });
    let answer = text(signed("slack", &body, &[]));
    assert_eq!(answer, (StatusCode::OK, "3eZbrw1aBm2rZgRNFdxV".to_owned()));
    assert!(signed("slack", &json!({ "type": "event_callback" }), &[]).is_none());
}

#[test]
fn zoom_has_a_mac_of_its_plain_token_and_of_nothing_else() {
    let body = |token: &str| json!({ "event": "endpoint.url_validation", "payload": { "plainToken": token } });
    let answer = json_of(signed("zoom", &body("qgg8vlvZRS6UYooatFL8Aw"), &[]));
    assert_eq!(answer["plainToken"], "qgg8vlvZRS6UYooatFL8Aw");
    assert_eq!(answer["encryptedToken"].as_str().unwrap().len(), 64);
    let forged = "v0:1767268800:{\"event\":\"meeting.deleted\"}";
    assert!(signed("zoom", &body(forged), &[]).is_none());
}

#[test]
fn front_has_the_text_of_its_head_back() {
    let asked = [("x-front-challenge", "5e0e6bc1-random")];
    let body = json!({ "type": "sync", "authorization": { "id": "cmp_abc" } });
    let answer = json_of(signed("front", &body, &asked));
    assert_eq!(answer, json!({ "challenge": "5e0e6bc1-random" }));
    assert!(signed("front", &body, &[]).is_none());
    assert!(signed("front", &json!({ "type": "inbound_received" }), &asked).is_none());
}

#[test]
fn twitch_has_its_text_back() {
    let kind = [(
        "twitch-eventsub-message-type",
        "webhook_callback_verification",
    )];
    let answer = text(signed(
        "twitch",
        &json!({ "challenge": "pogchamp-kappa-360noscope" }),
        &kind,
    ));
    assert_eq!(
        answer,
        (StatusCode::OK, "pogchamp-kappa-360noscope".to_owned())
    );
}

#[test]
fn discord_is_answered_as_each_of_its_kinds_demands() {
    assert_eq!(
        json_of(signed("discord", &json!({ "type": 1 }), &[])),
        json!({ "type": 1 })
    );
    let ping = text(signed(
        "discord-events",
        &json!({ "version": 1, "type": 0 }),
        &[],
    ));
    assert_eq!(ping, (StatusCode::NO_CONTENT, String::new()));
    assert!(signed("discord-events", &json!({ "version": 1, "type": 1 }), &[]).is_none());
}

#[test]
fn xero_has_an_empty_answer_to_a_body_without_events() {
    let body = json!({ "events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": "S0m3r4Nd0m" });
    assert_eq!(
        text(signed("xero", &body, &[])),
        (StatusCode::OK, String::new())
    );
    assert!(signed("xero", &json!({ "events": [{ "eventId": "e" }] }), &[]).is_none());
}

#[test]
fn event_grid_has_its_code_back() {
    let kind = [("aeg-event-type", "SubscriptionValidation")];
    let body = json!([{ "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": { "validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6", "validationUrl": "https://example.com" } }]);
    let answer = json_of(signed("azure-event-grid", &body, &kind));
    assert_eq!(
        answer,
        json!({ "validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6" })
    );
}

#[test]
fn meta_has_its_text_back_if_it_knows_the_fixed_one() {
    let hook = hook("meta", "challenge_token: ${TOKEN}\n");
    let ask = |token: &str| {
        let target =
            format!("/in?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
        unsigned(&hook, Method::GET, &target, &[])
    };
    assert_eq!(text(ask(TOKEN)), (StatusCode::OK, "1158201444".to_owned()));
    assert!(ask("another").is_none());
}

#[test]
fn x_has_a_mac_of_short_words_only() {
    let hook = hook("x", "");
    let ask = |token: &str| {
        unsigned(
            &hook,
            Method::GET,
            &format!("/in?crc_token={token}&nonce=n"),
            &[],
        )
    };
    let answer = json_of(ask("NmQxNTQ4ZjItZjcyYi00YjBh"));
    assert!(
        answer["response_token"]
            .as_str()
            .unwrap()
            .starts_with("sha256=")
    );
    assert!(ask("%7B%22for_user_id%22%3A%221%22%7D").is_none());
}

#[test]
fn dropbox_and_okta_have_their_text_back() {
    let dropbox = hook("dropbox", "");
    let answer = text(unsigned(
        &dropbox,
        Method::GET,
        "/in?challenge=abc-123",
        &[],
    ));
    assert_eq!(answer, (StatusCode::OK, "abc-123".to_owned()));
    let challenge = [("x-okta-verification-challenge", "Zm9vYmFy")];
    let answer = json_of(unsigned(&hook("okta", ""), Method::GET, "/in", &challenge));
    assert_eq!(answer, json!({ "verification": "Zm9vYmFy" }));
}

#[test]
fn nylas_and_onfleet_have_their_text_back() {
    let onfleet = Hook::preset("onfleet", &[SEED], "answer_challenges: true\n");
    let asked = [
        (hook("nylas", ""), "/in?challenge=bc609b38-c81f"),
        (onfleet, "/in?check=bc609b38-c81f"),
    ];
    for (hook, target) in asked {
        let answer = text(unsigned(&hook, Method::GET, target, &[]));
        assert_eq!(answer, (StatusCode::OK, "bc609b38-c81f".to_owned()));
        assert!(unsigned(&hook, Method::GET, "/in", &[]).is_none());
    }
}

#[test]
fn trello_is_answered_at_its_registration() {
    let answer = text(unsigned(&hook("trello", ""), Method::HEAD, "/in", &[]));
    assert_eq!(answer, (StatusCode::OK, String::new()));
}

#[test]
fn cloudevents_lets_listed_origins_in() {
    let hook = hook("cloudevents", "challenge_origins: [events.example.com]\n");
    let ask = |origin: &str| {
        let headers = [("webhook-request-origin", origin)];
        unsigned(&hook, Method::OPTIONS, "/in", &headers)
    };
    let reply = ask("events.example.com").unwrap();
    let allowed = reply
        .fields
        .iter()
        .find(|(name, _)| name == "webhook-allowed-origin");
    assert_eq!(allowed.unwrap().1, "events.example.com");
    assert!(ask("evil.example.net").is_none());
}

#[test]
fn mandrill_is_told_that_the_address_is_there() {
    let mandrill = hook("mandrill", "");
    let reply = unsigned(&mandrill, Method::HEAD, "/in", &[]).unwrap();
    assert_eq!(reply.status, StatusCode::OK);
    assert!(unsigned(&mandrill, Method::POST, "/in", &[]).is_none());
}

#[test]
fn microsoft_graph_has_its_token_back_decoded() {
    let graph = hook("microsoft-graph", "");
    let target = "/in?validationToken=Validation%3A+Testing+client%20application%3A%20a-b";
    let (status, body) = text(unsigned(&graph, Method::POST, target, &[]));
    assert_eq!(
        (status, body.as_str()),
        (
            StatusCode::OK,
            "Validation: Testing client application: a-b"
        )
    );
    for target in [
        "/in",
        "/in?validationToken=",
        "/in?validationToken=a&validationToken=b",
        "/in?validationToken=%3Cb%3E%0A",
    ] {
        assert!(
            unsigned(&graph, Method::POST, target, &[]).is_none(),
            "{target}"
        );
    }
    assert!(unsigned(&graph, Method::GET, "/in?validationToken=a", &[]).is_none());
}
