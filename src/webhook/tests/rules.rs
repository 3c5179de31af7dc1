//! The rules of parsing, each with what it lets pass and what not.

use super::{NOW, OTHER, SECRET, Sent, hook};

const STRIPE: &str = "secrets: [\"${SECRET}\", \"${OTHER}\"]
scheme:
  kind: hmac
  signature: { from: header, name: X-Sig, list: { sep: \",\", kv: \"=\", key: v1 }, encoding: hex }
  timestamp: { from: list, name: t, format: unix, tolerance: 300s }
  signed: \"{timestamp}.{body}\"";

const STANDARD: &str = "secrets: ${WHSEC}
scheme:
  kind: hmac
  key: { encoding: base64, strip_prefix: whsec_ }
  signature: { from: header, name: webhook-signature, list: { sep: \" \", kv: \",\", key: v1 }, encoding: base64 }
  timestamp: { from: header, name: webhook-timestamp, format: unix, tolerance: 300s }
  id: { from: header, name: webhook-id }
  signed: \"{id}.{timestamp}.{body}\"";

const PLAIN: &str = "secrets: ${SECRET}
scheme:
  kind: hmac
  signature: { from: header, name: X-Sig, prefix: \"sha256=\", encoding: hex }
  signed: \"{body}\"";

#[test]
fn list_of_signatures_is_read_strictly() {
    let hook = hook(STRIPE);
    let sent = Sent::new("/hook", &[], b"{\"id\":1}").signed_by(&hook, SECRET, None);
    let value = sent.value("x-sig").to_owned();
    let (stamp, signature) = value.split_once(',').unwrap();
    let wrong = format!("v1={}", "0".repeat(64));
    let sixteen = vec![wrong.as_str(); 15].join(",");
    let bare = signature.strip_prefix("v1=").unwrap();
    for (value, wanted) in [
        (value.clone(), "ok"),
        (format!("{stamp}, {signature}"), "ok"),
        (format!(" {signature}\t,\t{stamp}"), "ok"),
        (format!("{stamp},{wrong},{signature}"), "ok"),
        (format!("{stamp},{signature},{wrong}"), "ok"),
        (format!("{stamp},v0=zz,v1=zz,{signature}"), "ok"),
        (format!("{stamp},{sixteen},{signature}"), "ok"),
        (
            format!("{stamp},{sixteen},{wrong},{signature}"),
            "malformed",
        ),
        (format!("{stamp},{stamp},{signature}"), "malformed"),
        (format!("{stamp},v0={bare}"), "malformed"),
        (format!("{stamp},V1={bare}"), "malformed"),
        (format!("{stamp},v1 ={bare}"), "malformed"),
        (format!("{stamp},v11={bare}"), "malformed"),
        (format!("{stamp};{signature}"), "malformed"),
        (signature.to_owned(), "malformed"),
        (stamp.to_owned(), "malformed"),
        (format!("{stamp},v1="), "malformed"),
        (format!("t=,{signature}"), "malformed"),
        (String::new(), "malformed"),
        (format!("t={}abc,{signature}", NOW), "malformed"),
        (format!("t=0{},{signature}", NOW), "malformed"),
        (format!("t={},{signature}", NOW + 1), "mismatch"),
        (format!("{stamp},{wrong}"), "mismatch"),
    ] {
        assert_eq!(
            sent.clone().with("x-sig", &value).verdict(&hook),
            wanted,
            "{value}"
        );
    }
}

#[test]
fn signature_is_decoded_exactly() {
    let hook = hook(PLAIN);
    let sent = Sent::new("/hook", &[], b"body").signed_by(&hook, SECRET, None);
    let value = sent.value("x-sig").to_owned();
    let digits = value.strip_prefix("sha256=").unwrap();
    for (value, wanted) in [
        (value.clone(), "ok"),
        (format!("sha256={}", digits.to_uppercase()), "ok"),
        (digits.to_owned(), "malformed"),
        (format!("SHA256={digits}"), "malformed"),
        (format!("sha256= {digits}"), "malformed"),
        (format!("sha256={digits}00"), "malformed"),
        (format!("sha256={digits}zz"), "malformed"),
        (format!("sha256={}", digits.get(..62).unwrap()), "malformed"),
        (format!("sha256={}", digits.get(..63).unwrap()), "malformed"),
        ("sha256=".into(), "malformed"),
        (format!("{value},{value}"), "malformed"),
    ] {
        assert_eq!(
            sent.clone().with("x-sig", &value).verdict(&hook),
            wanted,
            "{value}"
        );
    }
    assert_eq!(sent.clone().without("x-sig").verdict(&hook), "missing");
    assert_eq!(
        sent.clone().and("X-SIG", &value).verdict(&hook),
        "malformed"
    );
    let mut other = sent.clone();
    other.body.push(b' ');
    assert_eq!(other.verdict(&hook), "mismatch");
    let empty = Sent::new("/hook", &[], b"").signed_by(&hook, SECRET, None);
    assert_eq!(empty.verdict(&hook), "ok");
}

#[test]
fn window_and_secrets_decide() {
    let hook = hook(STRIPE);
    let sent = |secret| Sent::new("/hook", &[], b"{}").signed_by(&hook, secret, None);
    for (at, wanted) in [
        (NOW, "ok"),
        (NOW + 300, "ok"),
        (NOW - 300, "ok"),
        (NOW + 301, "stale"),
        (NOW - 301, "future"),
    ] {
        assert_eq!(sent(SECRET).at(at).verdict(&hook), wanted, "{at}");
    }
    let second = sent(OTHER).judged(&hook).unwrap();
    assert_eq!(&*second.facts.secret, "2");
    assert_eq!(
        sent("0123456789abcdef0123456789abcdeX").verdict(&hook),
        "mismatch"
    );
}

#[test]
fn id_and_timestamp_beside_the_signature_stand_there_once() {
    let hook = hook(STANDARD);
    let sent = Sent::new("/hook", &[], b"{}");
    let whsec = super::variable("WHSEC").unwrap();
    let sent = sent.signed_by(&hook, &whsec, Some("msg_1"));
    let genuine = sent.judged(&hook).unwrap();
    assert_eq!(genuine.facts.event_id.as_deref(), Some("msg_1"));
    assert_eq!(genuine.facts.signed_at, Some(super::at(NOW)));
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let value = sent.value(name).to_owned();
        assert_eq!(
            sent.clone().and(name, &value).verdict(&hook),
            "malformed",
            "{name} twice"
        );
        let missing = sent.clone().without(name).verdict(&hook);
        assert_eq!(missing, "missing", "no {name}");
        assert_eq!(
            sent.clone().with(name, "").verdict(&hook),
            "malformed",
            "empty {name}"
        );
    }
    // What ends an id cannot stand in one: a part of it could pass for the time.
    let dotted = Sent::new("/hook", &[], b"{}").signed_by(&hook, &whsec, Some("msg.1"));
    assert_eq!(dotted.verdict(&hook), "malformed");
    let value = sent.value("webhook-signature").to_owned();
    for (value, wanted) in [
        (format!("v1a,AAAA {value}"), "ok"),
        (format!("v1,AAAA  {value}"), "ok"),
        (value.trim_end_matches('=').to_owned(), "malformed"),
        (value.replace("v1,", "v2,"), "malformed"),
    ] {
        assert_eq!(
            sent.clone()
                .with("webhook-signature", &value)
                .verdict(&hook),
            wanted,
            "{value}"
        );
    }
}

#[test]
fn several_header_fields_hold_signatures() {
    let of = |spots: &str| {
        hook(&format!(
            "secrets: ${{SECRET}}\nscheme: {{ kind: hmac, signed: '{{body}}', signature: {{ from: header, {spots} }} }}"
        ))
    };
    let names = of("names: [x-a, x-b]");
    let sent = Sent::new("/", &[], b"{}").signed_by(&names, SECRET, None);
    let right = sent.value("x-a").to_owned();
    let wrong = "0".repeat(64);
    let with = |a: &[(&str, &str)]| Sent::new("/", a, b"{}");
    assert_eq!(with(&[("x-b", &right)]).verdict(&names), "ok");
    assert_eq!(
        with(&[("x-a", &right), ("x-b", &right)]).verdict(&names),
        "malformed"
    );
    let each = of("each: [x-a, x-b]");
    assert_eq!(
        with(&[("x-a", &wrong), ("x-b", &right)]).verdict(&each),
        "ok"
    );
    assert_eq!(
        with(&[("x-a", &wrong), ("x-b", &wrong)]).verdict(&each),
        "mismatch"
    );
    assert_eq!(
        with(&[("x-a", &right), ("x-a", &right)]).verdict(&each),
        "malformed"
    );
    let numbered = of("numbered: 'x-sig-#', max: 20");
    assert_eq!(
        with(&[("x-sig-20", &right), ("x-sig-1", &wrong)]).verdict(&numbered),
        "ok"
    );
    assert_eq!(with(&[("x-sig-21", &right)]).verdict(&numbered), "missing");
}

#[test]
fn fixed_texts_are_compared_whole() {
    let token = hook(
        "secrets: ${SECRET}\nscheme: { kind: token, signature: { from: header, name: Authorization, prefix: 'Bearer ' } }",
    );
    assert_eq!(token.secret_headers(), ["authorization"]);
    let with = |value: &str| Sent::new("/", &[("authorization", value)], b"{}");
    assert_eq!(with(&format!("Bearer {SECRET}")).verdict(&token), "ok");
    assert_eq!(
        with(&format!("Bearer {SECRET}x")).verdict(&token),
        "mismatch"
    );
    assert_eq!(
        with(&format!("Bearer {}", SECRET.get(..31).unwrap())).verdict(&token),
        "mismatch"
    );
    assert_eq!(with("Bearer ").verdict(&token), "malformed");
    assert_eq!(with(SECRET).verdict(&token), "malformed");
    let basic = hook("secrets: ${PASSWORD}\nscheme: { kind: basic }");
    let sent = Sent::new("/", &[], b"").signed_by(&basic, "name:a long enough password", None);
    assert_eq!(sent.verdict(&basic), "ok");
    let value = sent.value("authorization").replace("Basic", "basic");
    assert_eq!(with(&value).verdict(&basic), "ok");
    for (value, wanted) in [
        (value.replace("basic", "bearer"), "malformed"),
        (
            value.trim_end_matches('=').replace("basic ", "basic x"),
            "malformed",
        ),
        ("Basic bmFtZTp3cm9uZw==".into(), "mismatch"),
    ] {
        assert_eq!(with(&value).verdict(&basic), wanted, "{value}");
    }
}

#[test]
fn required_values_are_exact() {
    let hook = hook(&format!("{PLAIN}\n  require: {{ X-Version: \"1\" }}"));
    let sent = Sent::new("/", &[], b"{}").signed_by(&hook, SECRET, None);
    assert_eq!(sent.verdict(&hook), "ok");
    assert_eq!(
        sent.clone().with("x-version", "2").verdict(&hook),
        "malformed"
    );
    assert_eq!(
        sent.clone().and("x-version", "1").verdict(&hook),
        "malformed"
    );
    assert_eq!(sent.without("x-version").verdict(&hook), "malformed");
}

#[test]
fn compressed_bodies_are_refused_unless_they_may_pass() {
    let hook = |more: &str| super::hook(&format!("{PLAIN}{more}"));
    let refusing = hook("");
    let sent = Sent::new("/", &[("content-encoding", "gzip")], b"{}");
    let sent = sent.signed_by(&refusing, SECRET, None);
    assert_eq!(sent.verdict(&refusing), "encoded");
    assert_eq!(sent.verdict(&hook("\ncontent_encoding: pass")), "ok");
    assert_eq!(
        sent.with("content-encoding", "identity").verdict(&refusing),
        "ok"
    );
}

#[test]
fn id_that_stands_beside_others_cannot_swallow_them() {
    let joined = hook(
        "secrets: ${SECRET}
scheme:
  kind: hmac
  signature: { from: header, name: x-sig }
  timestamp: { from: header, name: x-at, format: rfc3339 }
  id: { from: header, name: x-id }
  signed: \"{id}{timestamp}{body}\"",
    );
    let sent = Sent::new("/hook", &[], br#"{"text":"2026-01-01T00:00:00Z[1]"}"#);
    let sent = sent.signed_by(&joined, SECRET, Some("e76c6bd4-55c9_4=="));
    assert_eq!(sent.verdict(&joined), "ok");
    // The text that somebody wrote into the body becomes the time, and all before it the id.
    let id = format!("{}{}{{\"text\":\"", sent.value("x-id"), sent.value("x-at"));
    let mut moved = sent.clone().with("x-id", &id);
    moved.body = br#"[1]"}"#.to_vec();
    assert_eq!(moved.verdict(&joined), "malformed");

    let behind = hook(
        "secrets: ${SECRET}
scheme:
  kind: hmac
  signature: { from: header, name: x-sig }
  id: { from: header, name: x-id }
  signed: \"{body}.{id}\"",
    );
    let sent = Sent::new("/hook", &[], b"a.b").signed_by(&behind, SECRET, Some("evt"));
    assert_eq!(sent.verdict(&behind), "ok");
    let mut moved = sent.clone().with("x-id", "b.evt");
    moved.body = b"a".to_vec();
    assert_eq!(moved.verdict(&behind), "malformed");
}
