//! CauseFlow's webhooks: the policy in `config/examples/causeflow`, rows C8 and C10. Here the key itself signs; for
//! secrets of their own see `stored`.

mod bodies;
mod stored;

use serde_json::json;

use crate::causeflow::House;
use crate::causeflow_keys::{PREFIX, house, sha256_of};
use crate::support::operator::{id_of, secret_of};
use crate::support::sender::signature;
use crate::support::{Answer, Call};

const HEADER: &str = "X-Webhook-Signature";
const TARGET: &str = "/v1/webhooks/acme/pagerduty";
/// Whose sender cannot sign.
const DATADOG: &str = "/v1/webhooks/acme/datadog";
/// JSON as no library would write it again, with bytes that are no text.
const BODY: &[u8] = b"{\"b\" : 1.0,\r\n\t\"a\": \"\\u00e4 \\/ \xc3\xa4 \xff\x00\" }\n";

impl House {
    /// Sends [`BODY`] with a key and this signature.
    fn deliver(&self, key: &str, signed: &str) -> Answer {
        self.with_signature(key, signed).body(BODY).send()
    }

    fn with_signature(&self, key: &str, signed: &str) -> Call {
        self.gate.post(TARGET).bearer(key).header(HEADER, signed)
    }

    #[track_caller]
    fn nothing_arrived(&self) {
        assert_eq!(self.upstream.count(), 0, "a refused webhook was sent on");
    }
}

/// Row C8: it arrives as it was sent, with its signature, and without its key.
#[test]
fn signed_webhook_arrives_with_its_signature_and_without_its_key() {
    let house = house();
    let key = house.key("acme", &json!({}));
    let signed = signature(&key, BODY);
    let query = format!("{TARGET}?a=1&apiKey={key}&b=%2F");
    let bearer = house.gate.post("/v1/webhooks/acme/pagerduty?a=1&b=%2F");
    for call in [bearer.bearer(&key), house.gate.post(&query)] {
        let call = call.header(HEADER, &signed).header("X-User-Id", "root");
        call.body(BODY).send().assert_passed();
        let seen = house.upstream.last();
        assert_eq!(seen.target, "/v1/webhooks/acme/pagerduty?a=1&b=%2F");
        assert_eq!(seen.message.body.bytes, BODY);
        assert_eq!(seen.header("x-webhook-signature"), Some(&*signed));
        assert_eq!(seen.header("authorization"), None);
        // Whose key it is: the admin's who made it.
        assert_eq!(seen.header("x-user-id"), Some("u-1"));
        assert_eq!(seen.header("x-tenant-id"), Some("acme"));
        let all = format!("{seen:?}");
        assert!(!all.contains(secret_of(&key, PREFIX)), "{all}");
    }
    let metrics = house.gate.ask_admin("/metrics").text();
    let said = format!("{}{metrics}", house.gate.output.text());
    assert!(!said.contains(secret_of(&key, PREFIX)), "{said}");
    let passed = ["webhook=\"signed\"", "reason=\"ok\""];
    let passed = house.gate.metric("sidegate_webhook_verify_total", &passed);
    assert!((passed - 2.0).abs() < f64::EPSILON, "{metrics}");
}

/// Row C8: digits are digits in either case; the prefix is spelled in one way.
#[test]
fn digits_may_be_of_either_case_and_the_prefix_may_not() {
    let house = house();
    let key = house.key("acme", &json!({}));
    let signed = signature(&key, BODY);
    let digits = signed.strip_prefix("sha256=").unwrap();
    for prefix in [
        "SHA256=", "Sha256=", "sha256:", "sha-256=", "sha1=", "sha512=", "", " =", "=",
    ] {
        let answer = house.deliver(&key, &format!("{prefix}{digits}"));
        answer.assert_refused(401, "SIGNATURE_INVALID");
    }
    house.nothing_arrived();
    let upper = digits.to_uppercase();
    assert_ne!(upper, digits);
    let (first, _) = upper.split_at(32);
    let (_, second) = digits.split_at(32);
    for digits in [&*upper, &format!("{first}{second}"), digits] {
        let answer = house.deliver(&key, &format!("sha256={digits}"));
        answer.assert_passed();
    }
}

/// Row C8: each of them with a key that counts.
#[test]
fn signature_that_is_not_of_this_body_by_this_key_is_refused() {
    let house = house();
    let (key, other) = (house.key("acme", &json!({})), house.key("acme", &json!({})));
    let signed = signature(&key, BODY);
    let (id, secret) = (id_of(&key, PREFIX), secret_of(&key, PREFIX));
    for wrong in [
        signature(&other, BODY),
        signature("", BODY),
        signature(id, BODY),
        signature(secret, BODY),
        signature(key.strip_prefix(PREFIX).unwrap(), BODY),
        signature(&format!("{key}\n"), BODY),
        signature(&format!("Bearer {key}"), BODY),
        signature(&key, b""),
        signature(&key, BODY.trim_ascii_end()),
        signed.get(..signed.len() - 1).unwrap().to_owned(),
        signed.get(..signed.len() - 2).unwrap().to_owned(),
        format!("{signed}0"),
        format!("{signed}00"),
        format!("sha256={signed}"),
        format!("{signed},{signed}"),
        format!("{}, {signed}", signature(&other, BODY)),
        signed.replace('=', "= "),
        "sha256=".to_owned(),
        String::new(),
    ] {
        let answer = house.deliver(&key, &wrong);
        assert_eq!(
            answer.outcome(),
            (401, "SIGNATURE_INVALID".to_owned()),
            "{wrong}"
        );
    }
    for (first, second) in [(&signed, &signed), (&signature(&other, BODY), &signed)] {
        let twice = house.with_signature(&key, first).header(HEADER, second);
        let answer = twice.body(BODY).send();
        answer.assert_refused(401, "SIGNATURE_INVALID");
    }
    house.nothing_arrived();
    house.deliver(&key, &signed).assert_passed();
}

/// Row C8: nothing else stands in for the header.
#[test]
fn signature_is_missing_where_its_header_is() {
    let house = house();
    let key = house.key("acme", &json!({}));
    let signed = signature(&key, BODY);
    let query = format!("{TARGET}?X-Webhook-Signature={signed}");
    for (target, name) in [
        (TARGET, "X-Nothing"),
        (TARGET, "X_Webhook_Signature"),
        (TARGET, "X-Hub-Signature-256"),
        (TARGET, "Signature"),
        (&query, "X-Nothing"),
    ] {
        let call = house.gate.post(target).bearer(&key).header(name, &signed);
        let answer = call.body(BODY).send();
        assert_eq!(
            answer.outcome(),
            (401, "SIGNATURE_MISSING".to_owned()),
            "{name}"
        );
    }
    // In a trailer it comes too late.
    let late = house.gate.post(TARGET).bearer(&key).body(BODY);
    let answer = late.trailer(HEADER, &signed).send();
    answer.assert_refused(401, "SIGNATURE_MISSING");
    house.nothing_arrived();
}

/// Row C8: a signature is worth nothing without the key that made it, wherever that is presented.
#[test]
fn right_signature_does_not_make_up_for_a_wrong_key() {
    let house = house();
    let (revoked, strange) = (
        house.key("acme", &json!({})),
        house.key("globex", &json!({})),
    );
    let id = id_of(&revoked, PREFIX).to_owned();
    house.keys("acme", "DELETE", &format!("/{id}"), None);
    let unknown = format!("{PREFIX}{}", "0a1b2c3d4e5f".repeat(4));
    for (key, status, reason) in [
        (&*unknown, 401, "KEY_UNKNOWN"),
        (&*revoked, 401, "KEY_REVOKED"),
        (&*strange, 403, "TENANT_MISMATCH"),
        ("a.b.c", 401, "TOKEN_MALFORMED"),
    ] {
        let signed = signature(key, BODY);
        house.deliver(key, &signed).assert_refused(status, reason);
        if key.starts_with(PREFIX) {
            let call = house.gate.post(&format!("{TARGET}?apiKey={key}"));
            let answer = call.header(HEADER, &signed).body(BODY).send();
            answer.assert_refused(status, reason);
        }
    }
    let key = house.key("acme", &json!({}));
    let signed = signature(&key, BODY);
    let nobody = house.gate.post(TARGET).header(HEADER, &signed).body(BODY);
    nobody.send().assert_refused(401, "KEY_MISSING");
    let user = house.token(&json!({}));
    let answer = house.deliver(&user, &signature(&user, BODY));
    answer.assert_refused(401, "TOKEN_ISSUER_UNKNOWN");
    let two = house.gate.post(&format!("{TARGET}?apiKey={key}"));
    let two = two.bearer(&strange).header(HEADER, &signed).body(BODY);
    two.send().assert_refused(400, "CREDENTIAL_AMBIGUOUS");
    house.nothing_arrived();
}

/// Row C8: while two texts of a key count, each signs for itself.
#[test]
fn each_text_of_a_rotated_key_signs_for_itself() {
    let house = house();
    let first = house.key("acme", &json!({}));
    let below = format!("/{}/rotate", id_of(&first, PREFIX));
    let rotate = |grace: &str| {
        let body = json!({ "grace": grace });
        let answer = house.keys("acme", "POST", &below, Some(&body)).json();
        answer["key"].as_str().unwrap().to_owned()
    };
    let second = rotate("1h");
    for (key, other) in [(&first, &second), (&second, &first)] {
        house.deliver(key, &signature(key, BODY)).assert_passed();
        let crossed = house.deliver(key, &signature(other, BODY));
        crossed.assert_refused(401, "SIGNATURE_INVALID");
    }
    let third = rotate("0s");
    for old in [&first, &second] {
        let answer = house.deliver(old, &signature(old, BODY));
        answer.assert_refused(401, "KEY_EXPIRED");
        let answer = house.deliver(&third, &signature(old, BODY));
        answer.assert_refused(401, "SIGNATURE_INVALID");
    }
    house
        .deliver(&third, &signature(&third, BODY))
        .assert_passed();
    assert_eq!(house.upstream.count(), 3);
}

/// Row C8: of a key that CauseFlow made itself only a hash is here; its text comes along, and signs.
#[test]
fn key_of_the_old_system_signs_as_well() {
    let house = house();
    let old = "cflo_a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6";
    let file = house.folder.path().join("old.csv");
    let digest = sha256_of(old);
    let row = format!("old,acme,cflo_a1b,{digest}\n");
    std::fs::write(&file, format!("name,tenant,key_prefix,hash\n{row}")).unwrap();
    let file = file.to_str().unwrap();
    house
        .operator()
        .run(&["keys", "import", file, "--set", "webhooks"]);
    let signed = signature(old, BODY);
    crate::support::eventually("the key counts", || {
        house.deliver(old, &signed).status == 200
    });
    let answer = house.deliver(old, &signature(&digest, BODY));
    answer.assert_refused(401, "SIGNATURE_INVALID");
}

/// Row C10: Datadog's key alone is enough, at Datadog's address alone.
#[test]
fn key_alone_is_enough_for_a_source_that_cannot_sign() {
    let house = house();
    let key = house.key("acme", &json!({}));
    for target in [
        DATADOG,
        "/v1/webhooks/acme/%64atadog",
        "/v1/webhooks/acme/datadog?x=1",
    ] {
        let call = house.gate.post(target).bearer(&key).body(BODY);
        call.send().assert_passed();
        let seen = house.upstream.last();
        assert_eq!(seen.message.body.bytes, BODY);
        assert_eq!(seen.header("x-tenant-id"), Some("acme"));
    }
    // What it sends as a signature is read by nobody here.
    let odd = house.gate.post(DATADOG).bearer(&key).header(HEADER, "x");
    odd.body(BODY).send().assert_passed();
    assert_eq!(
        house.upstream.last().header("x-webhook-signature"),
        Some("x")
    );
    house.upstream.forget();
    for provider in [
        "pagerduty",
        "Datadog",
        "DATADOG",
        "datadog2",
        "datado",
        "datadog%20",
        "%20datadog",
    ] {
        let call = house.gate.post(&format!("/v1/webhooks/acme/{provider}"));
        let answer = call.bearer(&key).body(BODY).send();
        assert_eq!(
            answer.outcome(),
            (401, "SIGNATURE_MISSING".to_owned()),
            "{provider}"
        );
    }
    let nobody = house.gate.post(DATADOG).body(BODY).send();
    nobody.assert_refused(401, "KEY_MISSING");
    house.nothing_arrived();
}

/// Row C10, as the policy advises: keys of such a source are for it alone, those of others are not for it.
#[test]
fn key_of_one_source_is_for_no_other_signed_or_not() {
    let house = house();
    let datadogs = house.key("acme", &json!({ "sources": ["datadog"] }));
    let pagers = house.key("acme", &json!({ "sources": ["pagerduty"] }));
    let post = |target: &str, key: &str| {
        let call = house.gate.post(target).bearer(key).body(BODY);
        call.header(HEADER, &signature(key, BODY)).send()
    };
    post(TARGET, &datadogs).assert_refused(403, "SOURCE_NOT_ALLOWED");
    post(DATADOG, &pagers).assert_refused(403, "SOURCE_NOT_ALLOWED");
    house.nothing_arrived();
    post(TARGET, &pagers).assert_passed();
    post(DATADOG, &datadogs).assert_passed();
}
