//! Bodies that are read as they come: what is said of them is what is said of them as a whole.

use bytes::Bytes;

use super::super::{Proved, Refusal, Why};
use super::{Genuine, OTHER, SECRET, Sent, Webhook, hook};

/// Texts that are signed in every way in which a body comes into one.
const SCHEMES: &[&str] = &[
    "{ kind: hmac, signature: { from: header, name: x-sig }, signed: '{body}' }",
    "{ kind: hmac, alg: sha1, signature: { from: header, name: x-sig }, signed: '{method} {url} {body}' }",
    "{ kind: hmac, alg: sha512, signature: { from: header, name: x-sig, encoding: base64 }, timestamp: { from: header, name: x-time, tolerance: 5m }, signed: 'v0:{timestamp}:{body}' }",
    "{ kind: hmac, signature: { from: header, name: x-sig, list: { sep: ',', kv: '=', key: v1 } }, timestamp: { from: list, name: t }, signed: '{timestamp}.{body}' }",
    "{ kind: hmac, signature: { from: header, name: x-sig }, id: { from: header, name: x-id }, signed: '{id}.{body}.{id}' }",
    "{ kind: hmac, signature: { from: header, name: x-sig }, id: { from: json, name: /id }, signed: '{body}' }",
    "{ kind: hmac, signature: { from: header, name: x-sig }, timestamp: { from: json, name: /time, tolerance: 5m }, signed: '{timestamp}.{body}' }",
    "{ kind: hmac, signature: { from: header, name: x-sig }, timestamp: { from: json, name: /time, tolerance: 5m }, signed: '{body}.{timestamp}' }",
    "{ kind: hmac, signature: { from: header, name: x-sig }, signed: '{body}{body}' }",
    "{ kind: hmac, signature: { from: header, name: x-sig }, signed: '{path}:{body_sha256:hex}' }",
    "{ kind: hmac, signature: { from: header, name: x-sig }, signed: '{crc32}:{body_sha256:base64}:{body}' }",
    "{ kind: hmac, alg: sha1, signature: { from: header, name: x-sig }, signed: '{header:x-digest}', body_hash: { from: header, name: x-digest, alg: sha512 } }",
    "{ kind: digest, alg: sha384, signature: { from: header, name: x-sig }, signed: '{secret}{url}{body}' }",
    "{ kind: token, signature: { from: header, name: x-sig } }",
];

fn of(scheme: &str) -> std::sync::Arc<Webhook> {
    hook(&format!(
        "url: https://hooks.example.com\nsecrets: ['${{OTHER}}', '${{SECRET}}']\nreplay: {{ keep: 1h }}\nscheme: {scheme}"
    ))
}

fn body(length: usize) -> Vec<u8> {
    let filler = "x".repeat(length);
    format!(
        "{{\"id\":\"evt-1\",\"time\":{},\"filler\":\"{filler}\"}}",
        super::NOW
    )
    .into_bytes()
}

/// What is said of a delivery that comes in pieces of these lengths, in turns.
fn read(sent: &Sent, hook: &Webhook, lengths: &[usize]) -> Result<Genuine, Refusal> {
    let staged = sent.staged();
    let message = staged.message();
    let body = Bytes::from(sent.body.clone());
    let reads = async {
        let mut reading = hook.read(&message);
        let (mut left, mut turns) = (&*body, lengths.iter().cycle());
        while !left.is_empty() {
            let length = left.len().min(*turns.next().unwrap());
            let (piece, rest) = left.split_at(length);
            reading.add(piece).await;
            left = rest;
        }
        hook.verify_read(&message, &body, reading).await
    };
    let runtime = tokio::runtime::Builder::new_current_thread();
    match { runtime }.build().unwrap().block_on(reads)? {
        Proved::Delivery(genuine) => Ok(genuine),
        other => panic!("{other:?}"),
    }
}

fn told_apart(genuine: &Genuine) -> [u8; 16] {
    genuine.once.as_ref().unwrap().delivery.digest
}

#[test]
fn pieces_and_the_whole_are_the_same() {
    for scheme in SCHEMES {
        let hook = of(scheme);
        for length in [0, 1, 5_000, 400_000] {
            let sent = Sent::new("/a?b=1", &[], &body(length));
            let sent = sent.signed_by(&hook, SECRET, Some("evt-1"));
            let whole = told_apart(&sent.judged(&hook).unwrap());
            for lengths in [&[1_000_000][..], &[16_384], &[1, 63, 64, 65, 4_096]] {
                let read = read(&sent, &hook, lengths);
                let genuine = read.unwrap_or_else(|refusal| panic!("{scheme}: {refusal:?}"));
                assert_eq!(&*genuine.facts.secret, "2", "{scheme}");
                assert_eq!(told_apart(&genuine), whole, "{scheme} {lengths:?}");
            }
        }
    }
}

#[test]
fn changed_byte_is_found_in_whatever_piece_it_is() {
    for scheme in SCHEMES.iter().filter(|scheme| !scheme.contains("token")) {
        let hook = of(scheme);
        for length in [100, 300_000] {
            let sent = Sent::new("/a", &[], &body(length)).signed_by(&hook, OTHER, Some("evt-1"));
            for at in [60, length / 2, length] {
                let mut changed = sent.clone();
                changed.body[at.max(60)] ^= 1;
                for lengths in [&[1_000_000][..], &[1_000]] {
                    let refused = read(&changed, &hook, lengths).unwrap_err();
                    assert_eq!(refused.reason, Why::Mismatch, "{scheme} {at}");
                }
            }
            let mut longer = sent.clone();
            longer.body.push(b' ');
            assert_eq!(
                read(&longer, &hook, &[1_000]).unwrap_err().reason,
                Why::Mismatch
            );
        }
    }
}

#[test]
fn what_was_computed_of_a_part_counts_for_nothing() {
    let hook = of(SCHEMES[0]);
    let sent = Sent::new("/", &[], b"{}").signed_by(&hook, SECRET, None);
    let (staged, body) = (sent.staged(), Bytes::from_static(b"{}, and more"));
    let message = staged.message();
    let reads = async {
        let mut reading = hook.read(&message);
        reading.add(b"{}").await;
        hook.verify_read(&message, &body, reading).await
    };
    let runtime = tokio::runtime::Builder::new_current_thread();
    let said = { runtime }.build().unwrap().block_on(reads);
    assert_eq!(said.unwrap_err().reason, Why::Mismatch);
}

/// However it is signed: by which of two secrets, in which order they stand, with one signature or two.
#[test]
fn no_spelling_of_a_signature_makes_another_delivery() {
    let scheme = "{ kind: hmac, signature: { from: header, name: x-sig, list: { sep: ',' } }, signed: '{body}' }";
    let hooks = [
        "'${OTHER}', '${SECRET}'",
        "'${SECRET}', '${OTHER}'",
        "'${SECRET}'",
    ]
    .map(|secrets| {
        hook(&format!(
            "secrets: [{secrets}]\nreplay: {{ keep: 1h }}\nscheme: {scheme}"
        ))
    });
    let [first, ..] = &hooks;
    let plain = Sent::new("/", &[], &body(10));
    let one = plain.signed_by(first, SECRET, None);
    let other = plain.signed_by(first, OTHER, None);
    let both = format!("{},{}", other.value("x-sig"), one.value("x-sig"));
    let upper = one.value("x-sig").to_uppercase();
    let wanted = told_apart(&one.judged(first).unwrap());
    for sent in [
        other,
        plain.clone().with("x-sig", &both),
        plain.clone().with("x-sig", &upper),
    ] {
        assert_eq!(told_apart(&read(&sent, first, &[7]).unwrap()), wanted);
    }
    for hook in &hooks {
        assert_eq!(told_apart(&read(&one, hook, &[7]).unwrap()), wanted);
    }
}

#[test]
fn delivery_whose_id_is_absent_is_told_apart_by_its_text() {
    let hook = of(
        "{ kind: hmac, signature: { from: header, name: x-sig }, id: { from: json, name: /event }, unique: id, signed: '{body}' }",
    );
    let told = |length| {
        let sent = Sent::new("/", &[], &body(length)).signed_by(&hook, SECRET, None);
        told_apart(&read(&sent, &hook, &[1_000]).unwrap())
    };
    assert_eq!(told(10), told(10));
    assert_ne!(told(10), told(11));
}
