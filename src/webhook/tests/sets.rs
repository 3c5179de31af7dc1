//! Several lists of signatures in one value, and several things that may stand before a secret.

use super::{NOW, OTHER, SECRET, Sent, hook, read};

const SETS: &str = "secrets: ${SECRET}
scheme:
  kind: hmac
  signature: { from: header, name: X-Sig, list: { sep: \",\", kv: \"=\", key: v1, sets: \" \" }, encoding: hex }
  timestamp: { from: list, name: t, format: unix, tolerance: 300s }
  signed: \"{timestamp}.{body}\"";

const PREFIXES: &str = "secrets: ${SECRET}
scheme:
  kind: hmac
  key: { strip_prefix: [key-test-, key-] }
  signature: { from: header, name: X-Sig, encoding: hex }
  signed: \"{body}\"";

#[test]
fn a_signature_of_any_set_counts_if_all_say_one_time() {
    let hook = hook(SETS);
    let sent = Sent::new("/hook", &[], b"{\"id\":1}");
    let own = sent.signed_by(&hook, SECRET, None);
    let own = own.value("x-sig").to_owned();
    let wrong = sent.signed_by(&hook, OTHER, None);
    let wrong = wrong.value("x-sig").to_owned();
    let later = format!("t={},v1={}", NOW + 1, "0".repeat(64));
    for (value, wanted) in [
        (own.clone(), "ok"),
        (format!("{own} {wrong}"), "ok"),
        (format!("{wrong} {own}"), "ok"),
        (format!("{wrong}  {own} "), "ok"),
        (wrong.clone(), "mismatch"),
        (format!("{wrong} {wrong}"), "mismatch"),
        (format!("{own} {later}"), "malformed"),
        (format!("{later} {own}"), "malformed"),
        (vec![wrong.as_str(); 16].join(" "), "mismatch"),
        (vec![own.as_str(); 17].join(" "), "malformed"),
    ] {
        let sent = sent.clone().with("x-sig", &value);
        assert_eq!(sent.verdict(&hook), wanted, "{value}");
    }
}

#[test]
fn only_labelled_items_come_in_sets() {
    let plain = SETS.replace("kv: \"=\", key: v1, ", "positional: ts, ");
    let (_, mistakes) = read(&plain);
    assert!(
        mistakes.iter().any(|line| line.contains("come in sets")),
        "{mistakes:#?}"
    );
}

#[test]
fn the_first_prefix_that_stands_there_is_no_part_of_a_secret() {
    let hook = hook(PREFIXES);
    let sent = Sent::new("/hook", &[], b"{\"id\":1}");
    for (secret, wanted) in [
        (SECRET.to_owned(), "ok"),
        (format!("key-{SECRET}"), "ok"),
        (format!("key-test-{SECRET}"), "ok"),
        (format!("key-key-{SECRET}"), "mismatch"),
        (format!("kay-{SECRET}"), "mismatch"),
    ] {
        let signed = sent.signed_by(&hook, &secret, None);
        assert_eq!(signed.verdict(&hook), wanted, "{secret}");
    }
}

#[test]
fn nothing_but_nothing_may_stand_where_nothing_may() {
    let hook = hook(
        "secrets: ${SECRET}
scheme:
  kind: hmac
  signature: { from: header, name: X-Sig, encoding: hex }
  signed: \"{json:/items/0/id}\"
  covers: part
  absent: [/items/1]",
    );
    let sent = |body: &str| Sent::new("/hook", &[], body.as_bytes());
    let signed = sent(r#"{"items":[{"id":"1"}]}"#).signed_by(&hook, SECRET, None);
    for (body, wanted) in [
        (r#"{"items":[{"id":"1"}]}"#, "ok"),
        (r#"{"items":[{"id":"1"},{"id":"2"}]}"#, "malformed"),
        // A list that goes on behind what is no value.
        (r#"{"items":[{"id":"1"},null,{"id":"2"}]}"#, "malformed"),
        (r#"{"items":[{"id":"1"},null]}"#, "malformed"),
        (r#"{"items":[{"id":"1"},[]]}"#, "malformed"),
    ] {
        let sent = sent(body).with("x-sig", signed.value("x-sig"));
        assert_eq!(sent.verdict(&hook), wanted, "{body}");
    }
}
