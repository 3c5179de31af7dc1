//! Senders that sign a time with the body: what is theirs alone.

use http::Method;

use super::keys::Form;
use super::{NOON, signed};
use crate::webhooks::{Hook, Sent, at};

/// Signed by a preset's own scheme, with a text of ours.
fn sent(preset: &str) -> (Hook, Sent) {
    let key = Form::Text.key(0);
    let hook = Hook::preset(preset, &[&key.verifies], "");
    let sent = signed(preset, &hook, &key);
    (hook, sent)
}

fn value<'s>(sent: &'s Sent, field: &str) -> &'s str {
    let mut found = sent.headers.iter();
    let found = found.find(|(name, _)| name.eq_ignore_ascii_case(field));
    &found.unwrap().1
}

fn with(sent: &Sent, field: &str, value: &str) -> Sent {
    let mut other = sent.without(&[field]);
    other.headers.push((field.to_owned(), value.to_owned()));
    other
}

/// Klaviyo writes the time of its East Coast as if it were that of Greenwich, whatever the season.
#[test]
fn clock_of_klaviyo_stands_five_hours_ahead() {
    let (hook, sent) = sent("klaviyo");
    for skew in [17_990, 18_000, 18_010] {
        assert_eq!(hook.verdict(&sent.before(skew)), "ok", "{skew}");
    }
    assert_eq!(hook.verdict(&sent), "ok");
}

#[test]
fn klaviyo_can_be_held_to_the_time_of_its_body() {
    let more = "scheme:\n  timestamp: { from: json, name: /meta/timestamp, format: rfc3339, tolerance: 5m }\n  \
                signed: \"{body}{header:klaviyo-timestamp}\"\n";
    // Made outside of this house: body, then the field's text, under `mysecret`.
    let sent = Sent {
        method: Method::POST,
        target: "/in".to_owned(),
        headers: vec![
            (
                "Klaviyo-Timestamp".to_owned(),
                "Tue, 14 Apr 2026 03:50:12 GMT".to_owned(),
            ),
            (
                "Klaviyo-Signature".to_owned(),
                "696313648c35d30f4a12f123324bd1f879af7bb290160b9368268a539d3d3ce1".to_owned(),
            ),
        ],
        body: br#"{"meta":{"timestamp":"2026-04-13T22:50:12.101159+00:00"},"data":[]}"#.to_vec(),
        at: at(1_776_120_630),
    };
    let tight = Hook::preset("klaviyo", &["mysecret"], more);
    assert_eq!(tight.verdict(&sent), "ok");
    assert_eq!(tight.verdict(&sent.after(300)), "stale");
    assert_eq!(
        Hook::preset("klaviyo", &["mysecret"], "").verdict(&sent),
        "ok"
    );
}

#[test]
fn either_set_of_persona_counts_while_a_secret_is_rotated() {
    let (hook, sent) = sent("persona");
    let other = Form::Text.key(1);
    let others = signed(
        "persona",
        &Hook::preset("persona", &[&other.verifies], ""),
        &other,
    );
    let field = "Persona-Signature";
    let (own, wrong) = (value(&sent, field), value(&others, field));
    for both in [format!("{own} {wrong}"), format!("{wrong} {own}")] {
        assert_eq!(hook.verdict(&with(&sent, field, &both)), "ok", "{both}");
    }
    let later = wrong.replacen(&format!("t={NOON}"), &format!("t={}", NOON + 1), 1);
    let both = format!("{own} {later}");
    assert_eq!(hook.verdict(&with(&sent, field, &both)), "malformed");
}

#[test]
fn secret_of_supabase_is_taken_as_its_page_shows_it() {
    let key = Form::Whsec.key(0);
    let sent = signed(
        "supabase",
        &Hook::preset("supabase", &[&key.verifies], ""),
        &key,
    );
    let shown = format!("v1,{}", key.verifies);
    assert_eq!(Hook::preset("supabase", &[&shown], "").verdict(&sent), "ok");
}

/// The base64 of a text is not the key of Polar, but the text.
#[test]
fn secret_of_polar_is_taken_as_text() {
    let key = Form::Whsec.key(0);
    let hook = Hook::preset("polar", &[&key.verifies], "");
    let of_standard = Hook::preset("standard-webhooks", &[&key.verifies], "");
    let standard = signed("standard-webhooks", &of_standard, &key);
    assert_eq!(hook.verdict(&standard), "mismatch");
    let own = signed("polar", &hook, &key);
    assert_eq!(hook.verdict(&own), "ok");
    assert_eq!(of_standard.verdict(&own), "mismatch");
}

#[test]
fn deliveries_of_customer_io_are_told_apart_by_their_events() {
    let (hook, sent) = sent("customer-io");
    let genuine = hook.judge(&sent).ok().unwrap();
    assert_eq!(genuine.facts.event_id.as_deref(), Some("evt_1"));
}

#[test]
fn nonce_of_sinch_cannot_swallow_the_body_or_the_time() {
    let (hook, sent) = sent("sinch");
    let nonce = "x-sinch-webhook-signature-nonce";
    let dotted = format!("{}.1", value(&sent, nonce));
    assert_eq!(hook.verdict(&with(&sent, nonce, &dotted)), "malformed");
    assert_eq!(hook.verdict(&with(&sent, nonce, "")), "malformed");
    assert_eq!(hook.verdict(&sent.without(&[nonce])), "missing");
}
