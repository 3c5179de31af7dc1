//! What a file may say, and what is said of its mistakes.

use super::{hook, read};
use crate::webhook::scheme::KeyForm;

const SIGNATURE: &str = "signature: { from: header, name: x-sig }";

/// Holds that one mistake is found, which says this.
fn mistake(text: &str, wanted: &str) {
    let (_, found) = read(text);
    assert!(
        found.len() == 1 && found[0].contains(wanted),
        "{text}\nwanted: {wanted}\n{found:#?}"
    );
}

/// Holds that a scheme of the kind `hmac` with these keys is this one mistake.
fn scheme(keys: &str, wanted: &str) {
    mistake(
        &format!("secrets: ${{SECRET}}\nscheme: {{ kind: hmac, {keys} }}"),
        wanted,
    );
}

#[test]
fn contradictions_of_a_scheme_are_found_when_it_is_read() {
    for (keys, wanted) in [
        ("signed: '{body}'", "the key `signature` is missing here"),
        ("SIG", "the key `signed` is missing here"),
        ("SIG, signed: 'x'", "does not cover the body"),
        (
            "SIG, signed: '{timestamp}{body}'",
            "nothing says where it stands",
        ),
        (
            "SIG, signed: '{id}{body}'",
            "`{id}` is signed, and nothing says where it stands",
        ),
        ("SIG, signed: '{url}{body}'", "no `url` is set"),
        (
            "SIG, signed: '{secret}{body}'",
            "`{secret}` is for the kind `digest`",
        ),
        ("SIG, signed: '{bodi}'", "an unknown placeholder"),
        ("SIG, signed: '{body'", "not closed"),
        (
            "SIG, signed: '}{body}'",
            "a closing brace without an opening one",
        ),
        ("SIG, signed: '[{body}]'", "an optional part holds"),
        ("SIG, signed: '[x]{body}'", "an optional part holds"),
        (
            "SIG, signed: '[[{body}]'",
            "square brackets must come in pairs",
        ),
        (
            "SIG, signed: '{body}\\q'",
            "a backslash that escapes nothing",
        ),
        ("SIG, signed: '{config:x}{body}'", "has no value"),
        ("SIG, signed: '{json:x}{body}'", "not a JSON pointer"),
        (
            "SIG, signed: '{body}', unique: id",
            "does not cover the event's id",
        ),
        (
            "SIG, signed: '{body}', id: { from: header, name: x }, unique: id",
            "does not cover the event's id",
        ),
        (
            "SIG, signed: '{body}', timestamp: { from: header, name: x }",
            "does not cover the timestamp",
        ),
        (
            "SIG, signed: '{timestamp}.{body}', timestamp: { from: list, name: t }",
            "no list of signatures",
        ),
        (
            "SIG, signed: '{body}{timestamp}', timestamp: { from: header, name: x, tolerance: none }",
            "without a window",
        ),
        (
            "SIG, signed: '{timestamp}{body}', timestamp: { from: header, name: x, tolerance: 0s }",
            "refuses what is a second on its way",
        ),
        (
            "SIG, signed: '{method}', body_hash: { from: query, name: x }",
            "does not cover the body's digest",
        ),
        ("SIG, signed: '{body}', alg: md5", "`md5` is not known here"),
        (
            "SIG, signed: '{body}', require: { 'a b': x }",
            "not the name of a header field",
        ),
        (
            "SIG, signed: '{body}', bodyhash: x",
            "unknown key `bodyhash`",
        ),
        (
            "signature: { from: header }, signed: '{body}'",
            "not one place of signatures",
        ),
        (
            "signature: { from: header, name: a, names: [b] }, signed: '{body}'",
            "not one place of signatures",
        ),
        (
            "signature: { from: query, names: [b] }, signed: '{body}'",
            "only header fields can be several",
        ),
        (
            "signature: { from: header, numbered: x }, signed: '{body}'",
            "not a name of numbered",
        ),
        (
            "signature: { from: header, name: x, encoding: text }, signed: '{body}'",
            "`text` is no encoding",
        ),
        (
            "signature: { from: header, name: x, list: { sep: ',', kv: '=' } }, signed: '{body}'",
            "not a list of signatures",
        ),
        (
            "signature: { from: header, name: x, list: { sep: ',', kv: '=', key: v1 } }, timestamp: { from: list, name: v1 }, signed: '{timestamp}.{body}'",
            "a `name` of its own",
        ),
    ] {
        scheme(&keys.replace("SIG", SIGNATURE), wanted);
    }
}

#[test]
fn kinds_have_their_own_keys() {
    let kind = |kind: &str, more: &str| {
        format!("secrets: ${{SECRET}}\nscheme: {{ kind: {kind}, {SIGNATURE}{more} }}")
    };
    mistake(&kind("token", ", signed: '{body}'"), "unknown key `signed`");
    mistake(
        &kind("token", ", covers: body"),
        "a fixed text covers nothing",
    );
    mistake(
        &kind("digest", ", signed: '{body}'"),
        "signs the secret first",
    );
    mistake(
        &kind("digest", ", signed: '{secret}{body}'"),
        "warning[webhook-digest]",
    );
    mistake(&kind("mac", ""), "`mac` is not known here");
    let (_, found) = read(&kind("ed25519", ", signed: '{body}'"));
    assert!(
        found
            .iter()
            .any(|line| line.contains("has public keys, not secrets")),
        "{found:#?}"
    );
}

#[test]
fn secrets_that_cannot_be_used_are_mistakes() {
    let with =
        |keys: &str| format!("{keys}\nscheme: {{ kind: hmac, {SIGNATURE}, signed: '{{body}}' }}");
    for (keys, wanted) in [
        ("max_body: 1MiB", "no `secrets`"),
        ("secrets: literal", "must not be written into the file"),
        ("secrets: []", "the list is empty"),
        ("secrets: ${SHORT}", "warning[webhook-short-secret]"),
        (
            "secrets: [{ id: a, secret: \"${SECRET}\" }, { id: a, secret: \"${OTHER}\" }]",
            "two are called `a`",
        ),
        (
            "secrets: { acme: \"${SECRET}\" }",
            "nothing chooses among tenants",
        ),
        ("secrets: { id: a }", "the key `secret` is missing here"),
        (
            "secrets: { secret: \"${SECRET}\", not_after: 2026-01-01 }",
            "not a point in time",
        ),
        (
            "secrets: { folder: /etc/hooks }",
            "nothing says whose secrets count",
        ),
        (
            "secrets: { acme: \"${SECRET}\" }\nsecrets_by: {}",
            "write one thing that names the tenant",
        ),
        (
            "secrets: ${SECRET}\nsecrets_from: key",
            "the secret is given twice",
        ),
        (
            "secrets: ${SECRET}\npublic_keys: abc",
            "has secrets, not public keys",
        ),
        (
            "secrets: ${SECRET}\nreplay: { keep: 0 }",
            "expected a duration",
        ),
        (
            "secrets: ${SECRET}\nreplay: { keep: 0s }",
            "`keep` is longer than zero",
        ),
        (
            "secrets: ${SECRET}\nreplay: { pending: 0s }",
            "`pending` is longer than zero",
        ),
        (
            "secrets: ${SECRET}\ntimeout: 0s",
            "`timeout` is longer than zero",
        ),
        ("secrets: ${SECRET}\ntimeout: 1h", "at most 10m"),
        (
            "secrets: ${SECRET}\nmax_body: 200GiB",
            "`max_body` is from 1 byte to 1 GiB",
        ),
        ("secrets: ${SECRET}\nmax_body: 0", "`max_body` is from"),
        (
            "secrets: ${SECRET}\ncontent_encoding: gzip",
            "`gzip` is not known here",
        ),
        (
            "secrets: ${SECRET}\nurl: hooks.example.com",
            "not a base of addresses",
        ),
        (
            "secrets: ${SECRET}\nurl: https://a.example/?x",
            "not a base of addresses",
        ),
        ("secrets: ${SECRET}\nmax_body:", "written without a value"),
    ] {
        mistake(&with(keys), wanted);
    }
    let nine = ["\"${SECRET}\""; 9].join(", ");
    mistake(&with(&format!("secrets: [{nine}]")), "more than 8 secrets");
    let (_, found) = read(&with("secrets: ${EMPTY}"));
    assert!(!found.is_empty());
    let bad =
        "secrets: ${SECRET}\nscheme: { kind: hmac, key: { encoding: hex }, SIG, signed: '{body}' }";
    let bad = bad
        .replace("SIG", SIGNATURE)
        .replace("${SECRET}", "${WHSEC}");
    let (_, found) = read(&bad);
    assert!(found[0].contains("not pairs of hexadecimal digits") && !found[0].contains("whsec_"));
}

#[test]
fn webhook_without_a_scheme_is_a_mistake() {
    mistake(
        "secrets: ${SECRET}",
        "nothing says how deliveries are signed",
    );
}

#[test]
fn file_changes_a_preset_map_by_map() {
    let own = hook(
        "preset: github
secrets: ${SECRET}
scheme: { signature: { names: [X-Mine, X-Other], prefix: \"v0=\" } }",
    );
    let sent = super::Sent::new("/", &[], b"{}").signed_by(&own, super::SECRET, None);
    assert!(sent.value("x-mine").starts_with("v0="));
    assert_eq!(sent.verdict(&own), "ok");
    assert_eq!((own.preset(), own.most_body()), (Some("github"), 25 << 20));
    let (_, found) =
        read("preset: github\nsecrets: ${SECRET}\nscheme: { signature: { encoding: hexa } }");
    assert!(found[0].contains("policy.yaml:5:"), "{found:#?}");
    let (_, found) = read("preset: github\nsecrets: ${SECRET}\nscheme: { kind: token }");
    assert!(
        found.iter().any(|line| line.contains("preset github")),
        "{found:#?}"
    );
}

#[test]
fn what_a_preset_lacks_is_said_where_the_file_names_it() {
    let (_, found) = read("preset: hubspot-v3\nsecrets: ${SECRET}");
    let [found] = found.as_slice() else {
        panic!("{found:#?}")
    };
    let wanted = "policy.yaml:3:13: error: `webhooks.hook (preset hubspot-v3).scheme.signed`: the scheme signs the address";
    assert!(found.starts_with(wanted), "{found}");
}

#[test]
fn misspelled_preset_is_one_mistake() {
    mistake(
        "preset: githb\nsecrets: ${SECRET}",
        "did you mean `github`?",
    );
}

#[test]
fn words_in_the_place_of_a_map_are_told_what_would_be_right() {
    for (text, wanted) in [
        ("secrets: ${SECRET}\nreplay: always", "write `off`"),
        ("secrets: { fil: x.secret }", "`{ file: path }`"),
        (
            "secrets: { a: '${SECRET}' }\nsecrets_by: path",
            "`{ path: tenant }`",
        ),
        (
            "secrets: {}\nsecrets_by: { path: a }",
            "write `acme: ${ACME_SECRET}`",
        ),
    ] {
        mistake(&format!("preset: github\n{text}"), wanted);
    }
    mistake(
        "preset: asana\nsecrets: { file: none.secret, enrol: 10m }",
        "write `enrol: { until:",
    );
}

#[test]
fn secret_is_stripped_and_decoded_as_the_scheme_says() {
    let webhook = hook(&format!(
        "secrets: ${{WHSEC}}\nscheme: {{ kind: hmac, key: {{ encoding: base64, strip_prefix: whsec_ }}, {SIGNATURE}, signed: '{{body}}' }}"
    ));
    assert!(matches!(
        webhook.plan.kind.key_form(),
        KeyForm::Secret { .. }
    ));
    let plain = hook(&format!(
        "secrets: ${{SECRET}}\nscheme: {{ kind: hmac, {SIGNATURE}, signed: '{{body}}' }}"
    ));
    let sent = super::Sent::new("/", &[], b"{}").signed_by(&plain, super::SECRET, None);
    assert_eq!(sent.verdict(&webhook), "ok");
}

#[test]
fn what_can_be_left_out_or_moved_is_not_covered() {
    let text = |keys: &str| {
        format!(
            "url: https://hooks.example.com\nsecrets: ${{SECRET}}\nscheme: {{ kind: hmac, {SIGNATURE}, covers: part, {keys} }}"
        )
    };
    // Names and values are joined without anything between: `at=17` and `x=5` are `at=1` and `7x=5` as well.
    mistake(
        &text("signed: '{url}{form_sorted}', timestamp: { from: form, name: at }"),
        "does not cover the timestamp",
    );
    mistake(
        &text("signed: '{url}{form_sorted}', id: { from: form, name: id }, unique: id"),
        "does not cover the event's id",
    );
    // Without `a` the digest in `h` is not signed either.
    mistake(
        &text("signed: '{url}[{header:a}{header:h}]', body_hash: { from: header, name: h }"),
        "does not cover the body's digest",
    );
    super::hook(
        &text("signed: '{url}[;{header:h}]', body_hash: { from: header, name: h }")
            .replace("covers: part, ", ""),
    );
}

#[test]
fn no_more_public_keys_count_than_are_tried() {
    const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let text = |keys: usize| {
        let keys = vec![KEY; keys].join(", ");
        format!(
            "public_keys: [{keys}]\nscheme: {{ kind: ed25519, key: {{ encoding: hex }}, {SIGNATURE}, signed: '{{body}}' }}"
        )
    };
    super::hook(&text(4));
    mistake(&text(5), "more than 4 public keys count at a time");
}

#[test]
fn parameter_that_nothing_reads_is_a_mistake() {
    for (parameters, wanted) in [
        (
            "preset: github\nsecrets: ${SECRET}\nparameters: { account: '4' }",
            "nothing here reads the parameter `account`",
        ),
        (
            "preset: paypal\nparameters: { webhook_id: 1AB, webhook_ids: 1AB }",
            "did you mean `webhook_id`?",
        ),
    ] {
        mistake(parameters, wanted);
    }
}
