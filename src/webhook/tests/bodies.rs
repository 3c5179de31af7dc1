//! Signatures in bodies, bodies in addresses, and parts that may be absent.

use super::{SECRET, Sent, hook};

#[test]
fn fields_of_a_json_body_are_not_read_twice() {
    let hook = hook(
        "secrets: ${SECRET}
scheme:
  kind: hmac
  signature: { from: json, name: /signature/signature }
  timestamp: { from: json, name: /signature/timestamp, tolerance: 9h }
  id: { from: json, name: /signature/token }
  signed: \"{timestamp}{id}\"
  covers: part",
    );
    let sent = Sent::new(
        "/",
        &[("content-type", "application/json")],
        br#"{"event":{"a":1}}"#,
    );
    let sent = sent.signed_by(&hook, SECRET, Some("tok"));
    let genuine = sent.judged(&hook).unwrap();
    assert_eq!(genuine.facts.event_id.as_deref(), Some("tok"));
    let text = String::from_utf8(sent.body.clone()).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        let mut sent = sent.clone();
        sent.body = text.replace(from, to).into_bytes();
        sent.verdict(&hook)
    };
    assert_eq!(changed("\"a\":1", "\"a\":2"), "ok");
    assert_eq!(
        changed("\"token\":\"tok\"", "\"token\":\"tok\",\"token\":\"tok\""),
        "malformed"
    );
    assert_eq!(
        changed("\"event\":", "\"signature\":1,\"event\":"),
        "malformed"
    );
    assert_eq!(changed("\"tok\"", "\"toc\""), "mismatch");
    assert_eq!(changed("\"tok\"", "\"\""), "malformed");
    assert_eq!(changed("\"tok\"", "1.5"), "malformed");
    let mut empty = sent.clone();
    empty.body = b"{}".to_vec();
    assert_eq!(empty.verdict(&hook), "missing");
}

#[test]
fn body_is_bound_by_a_digest_in_the_address() {
    let hook = hook(
        "url: https://hooks.example.com
secrets: ${SECRET}
scheme:
  kind: hmac
  alg: sha1
  signature: { from: header, name: x-sig, encoding: base64 }
  signed: \"{url}\"
  body_hash: { from: query, name: bodySHA256 }",
    );
    let sent = Sent::new("/a%2fb?x=1", &[], b"{}").signed_by(&hook, SECRET, None);
    assert!(
        sent.target.contains("&bodySHA256=44136fa355b3678a"),
        "{}",
        sent.target
    );
    assert_eq!(sent.verdict(&hook), "ok");
    let mut other = sent.clone();
    other.body = b"[]".to_vec();
    assert_eq!(other.verdict(&hook), "mismatch");
    // The spelling that was received is the one that was signed.
    let mut respelled = sent.clone();
    respelled.target = sent.target.replace("%2f", "%2F");
    assert_eq!(respelled.verdict(&hook), "mismatch");
    let mut twice = sent.clone();
    twice.target = format!("{}&bodySHA256=00", sent.target);
    assert_ne!(twice.verdict(&hook), "ok");
}

#[test]
fn optional_parts_fall_away_with_their_values() {
    let hook = hook(
        "secrets: ${SECRET}
scheme:
  kind: hmac
  signature: { from: header, name: x-signature, list: { sep: \",\", kv: \"=\", key: v1 } }
  timestamp: { from: list, name: ts }
  signed: \"[id:{query:data.id};][request-id:{header:x-request-id};]ts:{timestamp};\"
  covers: part",
    );
    for (target, headers) in [
        ("/?data.id=1", &[("x-request-id", "r1")][..]),
        ("/?data.id=1", &[]),
        ("/", &[("x-request-id", "r1")]),
        ("/", &[]),
    ] {
        let sent = Sent::new(target, headers, b"{}").signed_by(&hook, SECRET, None);
        assert_eq!(sent.verdict(&hook), "ok", "{target} {headers:?}");
        let other = sent.clone().with("x-request-id", "r2");
        assert_eq!(other.verdict(&hook), "mismatch", "{target} {headers:?}");
    }
}

#[test]
fn body_of_two_types_is_no_form() {
    let hook = hook(
        "url: https://hooks.example.com
secrets: ${SECRET}
scheme:
  kind: hmac
  signature: { from: header, name: x-sig }
  signed: \"{url}{form_sorted}\"
  covers: part",
    );
    let form = ("content-type", "application/x-www-form-urlencoded");
    let sent = Sent::new("/", &[form], b"a=1").signed_by(&hook, SECRET, None);
    assert_eq!(sent.verdict(&hook), "ok");
    let two = sent.and("content-type", "application/json");
    assert_eq!(two.verdict(&hook), "malformed");
}
