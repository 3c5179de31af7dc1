//! Whatever the scheme: what is signed verifies, and nothing else does.

use proptest::prelude::*;

use super::{NOW, SECRET, Sent, hook};

/// A scheme, as text, with what its signature stands in.
fn scheme() -> impl Strategy<Value = String> {
    let alg = prop::sample::select(vec!["sha1", "sha256", "sha384", "sha512"]);
    let encoding = prop::sample::select(vec!["hex", "base64", "base64url"]);
    let format = prop::sample::select(vec!["unix", "unix_ms", "rfc3339", "http_date"]);
    let place = prop::sample::select(vec![
        "from: header, name: x-sig",
        "from: header, name: x-sig, prefix: 'v0='",
        "from: header, names: [x-sig, x-sig-too]",
        "from: header, numbered: 'x-sig-#', max: 3",
        "from: header, name: x-sig, list: { sep: ';', kv: '=', key: v1 }",
        "from: query, name: sig",
    ]);
    let signed = prop::sample::select(vec![
        "{timestamp}.{body}",
        "{id}.{timestamp}.{body}",
        "{body}{timestamp}",
        "{method}\\n{path}\\n{timestamp}\\n{body}",
        "{timestamp}|{header:x-topic}|{body_sha256:hex}",
        "v0:{timestamp}:{crc32}:{body}",
    ]);
    (alg, encoding, format, place, signed).prop_map(|(alg, encoding, format, place, signed)| {
        format!(
            "secrets: [\"${{OTHER}}\", \"${{SECRET}}\"]
scheme:
  kind: hmac
  alg: {alg}
  signature: {{ {place}, encoding: {encoding} }}
  timestamp: {{ from: header, name: x-time, format: {format}, tolerance: 300s }}
  id: {{ from: header, name: x-id }}
  signed: '{signed}'"
        )
    })
}

fn flipped(text: &str, at: prop::sample::Index, bit: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] ^= 1 << bit;
    let text = String::from_utf8(bytes).ok()?;
    text.bytes()
        .all(|byte| byte.is_ascii_graphic())
        .then_some(text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does(
        scheme in scheme(),
        body in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..7,
    ) {
        let hook = hook(&scheme);
        let draft = Sent::new("/hooks/a", &[("x-topic", "topic")], &body);
        let sent = draft.signed_by(&hook, SECRET, Some("evt-1"));
        prop_assert_eq!(sent.verdict(&hook), "ok", "{}", scheme);
        let mut other = sent.clone();
        let at_byte = at.index(other.body.len());
        other.body[at_byte] ^= 1 << bit;
        prop_assert_ne!(other.verdict(&hook), "ok");
        prop_assert_ne!(sent.clone().at(NOW + 301).verdict(&hook), "ok");
        prop_assert_ne!(sent.clone().at(NOW - 301).verdict(&hook), "ok");
        if let Some(time) = flipped(sent.value("x-time"), at, bit) {
            let moved = sent.clone().with("x-time", &time);
            prop_assert_ne!(moved.verdict(&hook), "ok", "{}", time);
        }
        let wrong = draft.signed_by(&hook, "another secret of some length", Some("evt-1"));
        prop_assert_ne!(wrong.verdict(&hook), "ok");
    }

    #[test]
    fn no_other_signature_of_a_message_verifies(
        body in prop::collection::vec(any::<u8>(), 0..50),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..7,
    ) {
        let hook = hook("secrets: ${SECRET}
scheme:
  kind: hmac
  signature: { from: header, name: x-sig, encoding: base64 }
  signed: \"{body}\"");
        let sent = Sent::new("/", &[], &body).signed_by(&hook, SECRET, None);
        if let Some(signature) = flipped(sent.value("x-sig"), at, bit) {
            prop_assert_ne!(sent.with("x-sig", &signature).verdict(&hook), "ok");
        }
    }
}
