//! What signed deliveries cost: the MAC of a body and what tells it from others, and how long a worker computes at
//! a time. In one go is how it was done before bodies were read as they come: here to compare with.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use sha2::{Digest as _, Sha256};
use sidegate::document::{Fields, Problems};
use sidegate::model::{Host, Request};
use sidegate::secret::Secret;
use sidegate::webhook::{Draft, Fetcher, Message, Proved, Settings, Webhook};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{LocalSet, spawn_local, yield_now};

use crate::stage::{Stage, Work, same};
use crate::world::{document, request};

const SMALL: usize = 1 << 10;
const LARGE: usize = 5 << 20;
/// How much comes at a time.
const PIECE: usize = 64 << 10;
const KEY: &str = "a secret that has more than sixty-four bytes, for HS256 to have enough of it";
const POLICY: &str = "
webhooks:
  shop:
    secrets: '${SECRET}'
    replay: { keep: 1h }
    scheme: { kind: hmac, signature: { from: header, name: x-sig }, signed: '{body}' }
";

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("deliveries/1-KiB-in-one-go", || in_one_go(SMALL)),
    Stage::new("deliveries/1-KiB-as-it-comes", || as_it_comes(SMALL)),
    Stage::new("deliveries/5-MiB-in-one-go", || in_one_go(LARGE)).times(10),
    Stage::new("deliveries/5-MiB-as-it-comes", || as_it_comes(LARGE)).times(10),
];

/// A genuine delivery.
struct Delivery {
    webhook: Arc<Webhook>,
    request: Request,
    body: Bytes,
}

impl Delivery {
    fn of(length: usize) -> Self {
        let problems = Problems::new();
        let node = document(POLICY);
        let mut fields =
            Fields::of(&node, "policy file", &problems).expect("the document is a map");
        let settings = Settings::read(&mut fields, &problems);
        let mut built = settings.build(&Arc::new(Fetcher::default()));
        let webhook = built.pop().expect("one webhook");
        let body = Bytes::from(vec![b'x'; length]);
        let mut request = request("/hooks");
        request.method = Method::POST;
        let draft = Draft {
            method: &request.method,
            host: &Host::parse("api.example.com").expect("a host"),
            target: "/hooks",
            headers: &[],
            body: &body,
            signed_at: request.received_at,
            event_id: None,
            secret: &Secret::new(KEY.into()),
        };
        let signed = webhook.sign(&draft).expect("a secret signs");
        for (name, value) in &signed.headers {
            request.headers.append(name, value);
        }
        Self {
            webhook,
            request,
            body,
        }
    }

    /// Reads the body as it comes, and verifies it.
    async fn read(&self) -> Proved {
        let message = Message {
            request: &self.request,
            capture: &|_| None,
            key: None,
        };
        let mut reading = self.webhook.read(&message);
        for piece in self.body.chunks(PIECE) {
            reading.add(piece).await;
        }
        let proved = self
            .webhook
            .verify_read(&message, &self.body, reading)
            .await;
        proved.expect("it is genuine")
    }

    /// The MAC of the whole, and then a digest of it.
    fn compute(&self) -> (Vec<u8>, Vec<u8>) {
        let mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("a key");
        let mac = mac.chain_update(&self.body).finalize().into_bytes();
        let mut unique = Sha256::new_with_prefix(b"signed:");
        unique.update(&self.body);
        (mac.to_vec(), unique.finalize().to_vec())
    }
}

fn in_one_go(length: usize) -> Work {
    let delivery = Delivery::of(length);
    same(move || delivery.compute())
}

fn as_it_comes(length: usize) -> Work {
    let (delivery, runtime) = (Delivery::of(length), runtime());
    same(move || runtime.block_on(delivery.read()))
}

fn runtime() -> Runtime {
    let built = Builder::new_current_thread().enable_all().build();
    built.expect("a runtime")
}

/// How long others wait at most, and in the middle, while a worker has deliveries of 5 MiB: in one go, and as they
/// come. One line each, and how many times shorter the second is.
pub(crate) fn stalls() -> Vec<String> {
    let delivery = std::rc::Rc::new(Delivery::of(LARGE));
    let runtime = runtime();
    let waits = |in_one_go: bool| {
        let delivery = std::rc::Rc::clone(&delivery);
        let work = async move {
            for _ in 0..20 {
                match in_one_go {
                    true => drop(black_box(delivery.compute())),
                    false => drop(black_box(delivery.read().await)),
                }
                yield_now().await;
            }
        };
        LocalSet::new().block_on(&runtime, async move {
            let work = spawn_local(work);
            let mut waits: Vec<Duration> = Vec::new();
            while !work.is_finished() {
                let begun = Instant::now();
                yield_now().await;
                waits.push(begun.elapsed());
            }
            waits.sort_unstable();
            let middle = waits.get(waits.len() / 2).copied().unwrap_or_default();
            (waits.last().copied().unwrap_or_default(), middle)
        })
    };
    let (before, now) = (waits(true), waits(false));
    let line = |name: &str, (most, middle): (Duration, Duration)| {
        format!("{name}: at most {most:?}, in the middle {middle:?}")
    };
    let ratio = before.0.as_secs_f64() / now.0.as_secs_f64();
    vec![
        line("in one go", before),
        line("as they come", now),
        format!("the longest wait is {ratio:.1} times shorter"),
    ]
}
