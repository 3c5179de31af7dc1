use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;

use super::*;
use crate::document::{Problems, parse};
use crate::webhook::fetch::tests::support::{
    NOW, Reply, World, certificate as minted, with_sha256,
};
use crate::webhook::scheme::Parameters;
use crate::webhook::staged::{Staged, lines};

const WEBHOOK: &str = "1JE4291016473214C";
const ID: &str = "69cd13f0-d67a-11e5-baa3-778b53f4ae55";
const BODY: &[u8] = br#"{"id":"WH-1","event_type":"PAYMENT.SALE.COMPLETED","amount":"1.00"}"#;

fn read(text: &str) -> Result<Paypal, Vec<String>> {
    let problems = Problems::new();
    let node = parse("policy.yaml", text, &|_: &str| None, &problems).unwrap();
    let parameters = node
        .at("parameters")
        .and_then(|node| Parameters::read(node, &problems));
    let around = Around {
        url: None,
        parameters: &parameters.unwrap_or_default(),
        problems: &problems,
    };
    let mut fields = Fields::of(node.at("scheme").unwrap(), "scheme", &problems).unwrap();
    let read = Paypal::read(&mut fields, &around);
    fields.finish();
    match lines(problems) {
        found if found.is_empty() => Ok(read.unwrap()),
        found => Err(found),
    }
}

fn paypal() -> Paypal {
    read(&format!(
        "parameters: {{ webhook_id: {WEBHOOK} }}\nscheme: {{}}"
    ))
    .unwrap()
}

#[derive(Clone)]
struct Sent {
    head: Vec<(&'static str, String)>,
    body: Vec<u8>,
    now: u64,
}

impl Sent {
    fn new() -> Self {
        Self::of(BODY, WEBHOOK)
    }

    fn of(body: &[u8], webhook: &str) -> Self {
        let time = "2026-01-01T00:00:00Z";
        let signed = format!("{ID}|{time}|{webhook}|{}", crc32fast::hash(body));
        let head = [
            ("paypal-transmission-id", ID.to_owned()),
            ("paypal-transmission-time", time.to_owned()),
            (
                "paypal-transmission-sig",
                STANDARD.encode(with_sha256(signed.as_bytes())),
            ),
            (
                "paypal-cert-url",
                "https://api.paypal.com/v1/notifications/certs/CERT-1".to_owned(),
            ),
            ("paypal-auth-algo", "SHA256withRSA".to_owned()),
        ];
        Self {
            head: head.into(),
            body: body.to_vec(),
            now: NOW,
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.head.retain(|(known, _)| *known != name);
        self.head.push((name, value.to_owned()));
        self
    }

    fn at(mut self, now: u64) -> Self {
        self.now = now;
        self
    }

    async fn judged(&self, world: &World) -> Result<Proof, Refusal> {
        let head: Vec<(&str, &str)> = self
            .head
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let staged = Staged::new(Method::POST, "/hooks/paypal", &head).at(self.now);
        let (message, paypal) = (staged.message(), paypal());
        match paypal.look(&message)? {
            Presence::Absent => Err(Why::Missing.into()),
            Presence::Present => {
                let body = Bytes::copy_from_slice(&self.body);
                paypal.verify(&message, &body.into(), &world.fetcher).await
            }
        }
    }

    async fn why(&self, world: &World) -> Option<Why> {
        self.judged(world).await.err().map(|refusal| refusal.reason)
    }
}

#[tokio::test]
async fn signed_delivery_passes_and_its_transmission_tells_it_from_others() {
    let world = World::usual().await;
    let proof = Sent::new().judged(&world).await.unwrap();
    assert_eq!(proof.event_id.as_deref(), Some(ID));
    let signed_at = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    assert_eq!(proof.signed_at, Some(signed_at));
    assert_eq!(proof.unique, unique(ID.as_bytes()));
    assert_eq!(world.requests(), 1);
}

#[tokio::test]
async fn change_of_anything_signed_is_noticed() {
    let world = World::usual().await;
    for at in 0..BODY.len() {
        let mut sent = Sent::new();
        sent.body[at] ^= 1;
        assert_eq!(sent.why(&world).await, Some(Why::Mismatch), "{at}");
    }
    let mut sent = Sent::new();
    sent.body.pop();
    assert_eq!(sent.why(&world).await, Some(Why::Mismatch));
    sent.body.clear();
    assert_eq!(sent.why(&world).await, Some(Why::Mismatch));
    let id = Sent::new().with("paypal-transmission-id", &ID.replace('6', "7"));
    assert_eq!(id.why(&world).await, Some(Why::Mismatch));
    let time = Sent::new().with("paypal-transmission-time", "2026-01-01T00:00:01Z");
    assert_eq!(time.why(&world).await, Some(Why::Mismatch));
    let other = Sent::of(BODY, "2JE4291016473214C");
    assert_eq!(other.why(&world).await, Some(Why::Mismatch));
}

#[tokio::test]
async fn every_field_must_be_there_once() {
    let world = World::usual().await;
    for (name, value) in Sent::new().head {
        let mut missing = Sent::new();
        missing.head.retain(|(known, _)| *known != name);
        assert_eq!(missing.why(&world).await, Some(Why::Missing), "{name}");
        let mut twice = Sent::new();
        twice.head.push((name, value.clone()));
        assert_eq!(twice.why(&world).await, Some(Why::Malformed), "{name}");
        let joined = Sent::new().with(name, &format!("{value}, {value}"));
        assert!(joined.why(&world).await.is_some(), "{name}");
        let empty = Sent::new().with(name, "");
        assert!(empty.why(&world).await.is_some(), "{name}");
    }
    assert_eq!(world.connections(), 0);
}

#[tokio::test]
async fn algorithm_of_the_message_is_not_followed() {
    let world = World::usual().await;
    for algorithm in ["SHA1withRSA", "sha256withrsa", "none", "SHA256withECDSA"] {
        let sent = Sent::new().with("paypal-auth-algo", algorithm);
        assert_eq!(sent.why(&world).await, Some(Why::Mismatch), "{algorithm}");
    }
    assert_eq!(world.connections(), 0);
}

#[tokio::test]
async fn certificates_of_others_are_not_fetched() {
    let world = World::usual().await;
    for url in [
        "https://notpaypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:444/v1/notifications/certs/CERT-1",
        "https://API.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com./v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../upload/CERT-1",
        "https://sns.us-east-1.amazonaws.com/a.pem",
    ] {
        let sent = Sent::new().with("paypal-cert-url", url);
        assert_eq!(sent.why(&world).await, Some(Why::Mismatch), "{url}");
    }
    assert_eq!(world.connections(), 0);
}

#[tokio::test]
async fn delivery_counts_for_three_days_in_both_directions() {
    let reply = Reply::Full("200 OK", minted(NOW - 30 * 86_400, NOW + 30 * 86_400));
    let world = World::new(reply).await;
    let days = 3 * 86_400;
    for (now, expected) in [
        (NOW + days, None),
        (NOW + days + 1, Some(Why::Stale)),
        (NOW - days, None),
        (NOW - days - 1, Some(Why::Future)),
    ] {
        assert_eq!(Sent::new().at(now).why(&world).await, expected, "{now}");
    }
}

#[tokio::test]
async fn certificate_must_count_when_the_delivery_arrives() {
    for (start, end) in [(NOW - 10, NOW - 1), (NOW + 1, NOW + 10)] {
        let world = World::new(Reply::Full("200 OK", minted(start, end))).await;
        assert_eq!(Sent::new().why(&world).await, Some(Why::Mismatch));
    }
}

/// Another body with the same CRC-32: each `P` of the filler may be a `Q`, and which must be is a system of linear
/// equations over bits.
fn collision(wanted: u32, forged: &str) -> Vec<u8> {
    let filler = 64;
    let body = format!("{{\"filler\":\"{}\",{forged}}}", "P".repeat(filler)).into_bytes();
    let start = 11;
    let mut rows: Vec<(u32, u64)> = (0..filler)
        .map(|at| {
            let mut flipped = body.clone();
            flipped[start + at] ^= 1;
            (crc32fast::hash(&flipped) ^ crc32fast::hash(&body), 1 << at)
        })
        .collect();
    let (mut left, mut chosen) = (crc32fast::hash(&body) ^ wanted, 0_u64);
    for bit in 0..32 {
        let Some(pivot) = rows.iter().position(|(effect, _)| effect >> bit & 1 == 1) else {
            continue;
        };
        let (effect, flips) = rows.swap_remove(pivot);
        for row in rows.iter_mut().filter(|row| row.0 >> bit & 1 == 1) {
            (row.0, row.1) = (row.0 ^ effect, row.1 ^ flips);
        }
        if left >> bit & 1 == 1 {
            (left, chosen) = (left ^ effect, chosen ^ flips);
        }
    }
    assert_eq!(left, 0);
    let mut body = body;
    for at in (0..filler).filter(|at| chosen >> at & 1 == 1) {
        body[start + at] ^= 1;
    }
    body
}

#[tokio::test]
async fn body_of_the_same_crc_passes_and_is_the_same_delivery_to_the_memory() {
    let world = World::usual().await;
    let genuine = Sent::new();
    let mut forged = genuine.clone();
    forged.body = collision(crc32fast::hash(BODY), "\"amount\":\"9999.00\"");
    assert!(serde_json::from_slice::<serde_json::Value>(&forged.body).is_ok());
    assert_ne!(forged.body, genuine.body);
    let (genuine, forged) = (genuine.judged(&world).await, forged.judged(&world).await);
    // The signature cannot tell them apart; whoever has accepted one refuses the other.
    assert_eq!(genuine.unwrap().unique, forged.unwrap().unique);
}

#[test]
fn webhook_id_must_be_named() {
    for text in [
        "scheme: {}",
        "parameters: { webhook_id: [a, b] }\nscheme: {}",
        "parameters: { webhook_id: 'a|b' }\nscheme: {}",
    ] {
        let problems = read(text).unwrap_err();
        assert!(problems[0].contains("webhook_id"), "{problems:?}");
    }
}

#[test]
fn memory_of_deliveries_cannot_be_switched_off() {
    let mistakes = |more: &str| {
        let text = format!(
            "webhooks:\n  pay: {{ preset: paypal, parameters: {{ webhook_id: a }}{more} }}"
        );
        let problems = Problems::new();
        let node = parse("policy.yaml", &text, &|_: &str| None, &problems).unwrap();
        let mut fields = Fields::of(&node, "policy file", &problems).unwrap();
        crate::webhook::Settings::read(&mut fields, &problems);
        let errors = lines(problems).into_iter();
        let errors: Vec<_> = errors.filter(|line| line.contains("error")).collect();
        errors
    };
    assert_eq!(mistakes(""), Vec::<String>::new());
    assert_eq!(
        mistakes(", replay: { seen: acknowledge }"),
        Vec::<String>::new()
    );
    let off = mistakes(", replay: off");
    assert!(
        off.len() == 1 && off[0].contains("must be remembered"),
        "{off:?}"
    );
}
