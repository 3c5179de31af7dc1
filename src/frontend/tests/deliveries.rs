//! Signed deliveries: their bodies are held, verified, and sent on as they were verified, or not at all.

use http::{Method, Request};
use http_body_util::{BodyExt, Full};

use super::http2::{connect, with_trailers};
use super::*;
use crate::model::Host;
use crate::secret::Secret;
use crate::telemetry::ShadowOutcome;
use crate::webhook::Draft;

const POLICY: &str = "
webhooks:
  hook:
    secrets: { id: current, secret: '${KEY}' }
    max_body: 16KiB
    timeout: 300ms
    replay: { keep: 1h }
    scheme: &plain
      kind: hmac
      alg: sha256
      signature: { from: header, name: X-Signature, encoding: hex }
      id: { from: header, name: X-Id }
      signed: '{id}.{body}'
      covers: body
  large: { secrets: '${KEY}', max_body: 4MiB, replay: off, scheme: *plain }
  asked: { preset: meta, secrets: '${KEY}', challenge_token: '${KEY}', answer_challenges: true }
identity_headers: { X-Event: '{{ principal.claims.event_id }}' }
routes:
  - { path: /hook, authenticate: [hook] }
  - { path: /large, authenticate: [large] }
  - { path: /asked, authenticate: [asked] }
";

/// A gate, its upstream, and what was logged.
struct House {
    gate: Gate,
    upstream: Upstream,
    sink: Sink,
}

impl House {
    async fn of(upstream: Upstream, change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup::to(upstream.address);
        setup.policy = POLICY.to_owned();
        let sink = Sink::default();
        setup.sink = Some(sink.clone());
        change(&mut setup);
        Self {
            gate: setup.start().await,
            upstream,
            sink,
        }
    }

    async fn open() -> Self {
        Self::of(Upstream::answering(OK).await, |_| {}).await
    }

    /// One request on a connection of its own.
    async fn ask(&self, head: &str, body: &str) -> String {
        let mut caller = self.gate.connect().await;
        caller.send(&format!("{head}\r\n{body}")).await;
        caller.rest().await
    }

    /// Waits until no body takes memory any more.
    async fn let_go(&self) {
        eventually(|| self.gate.metrics().contains("sidegate_held_body_bytes 0")).await;
    }

    fn seen(&self) -> usize {
        self.upstream.seen.borrow().len()
    }
}

/// The signature of a body under an event's name.
fn signature(body: &[u8], event: &str) -> String {
    let nowhere = upstream::Settings::of_url("default", "http://127.0.0.1:1").unwrap();
    let targets = Targets::load(vec![nowhere], &Registry::new()).unwrap();
    let (_, verifiers) = compile(POLICY, &targets, &Registry::new());
    let host = Host::parse("a").unwrap();
    let secret = Secret::new(KEY.as_bytes().to_vec());
    let signed = verifiers.webhook("hook").unwrap().sign(&Draft {
        method: &Method::POST,
        host: &host,
        target: "/hook",
        headers: &[],
        body,
        signed_at: std::time::SystemTime::UNIX_EPOCH,
        event_id: Some(event),
        secret: &secret,
    });
    let signed = signed.unwrap();
    let mut fields = signed.headers.iter();
    let value = fields.find_map(|(name, value)| (name == "x-signature").then_some(value));
    value.unwrap().to_str().unwrap().to_owned()
}

/// The head of a delivery, with these lines besides.
fn head(path: &str, body: &str, event: &str, more: &str) -> String {
    let signature = signature(body.as_bytes(), event);
    format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Signature: {signature}\r\nX-Id: {event}\r\n{more}"
    )
}

fn sized(path: &str, body: &str, event: &str) -> String {
    head(
        path,
        body,
        event,
        &format!("Content-Length: {}\r\n", body.len()),
    )
}

fn chunked(body: &str) -> String {
    let half = body.len() / 2;
    let (first, second) = body.split_at(half);
    format!(
        "{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\nX-Trailer: 1\r\n\r\n",
        first.len(),
        second.len()
    )
}

#[test]
fn delivery_goes_out_as_it_was_verified() {
    run(async {
        let house = House::open().await;
        let answer = house.ask(&sized("/hook", "hello", "e1"), "hello").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let more = "Transfer-Encoding: chunked\r\nTrailer: X-Trailer\r\nUpgrade: websocket\r\n";
        let more = more.to_owned() + "Connection: upgrade\r\n";
        let answer = house
            .ask(&head("/hook", "hello", "e2", &more), &chunked("hello"))
            .await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        for (seen, event) in house.upstream.seen.borrow().iter().zip(["e1", "e2"]) {
            let seen = seen.to_lowercase();
            assert!(seen.ends_with("\r\n\r\nhello"), "{seen}");
            assert_eq!(seen.matches("content-length: 5\r\n").count(), 1, "{seen}");
            assert!(seen.contains(&format!("x-event: {event}\r\n")), "{seen}");
            for gone in ["transfer-encoding", "trailer", "upgrade"] {
                assert!(!seen.contains(gone), "{gone}: {seen}");
            }
        }
        house.let_go().await;
    });
}

#[test]
fn nothing_but_what_was_signed_reaches_the_upstream() {
    run(async {
        let house = House::open().await;
        let longer = head("/hook", "hello", "e1", "Content-Length: 6\r\n");
        let split = head("/hook", "hello", "e1", "Transfer-Encoding: chunked\r\n");
        let get = sized("/hook", "hello", "e1").replace("POST", "GET");
        let unsigned =
            "POST /hook HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n";
        for (head, body) in [
            (sized("/hook", "hello", "e1"), "hellO".to_owned()),
            (
                sized("/hook", "hello", "e1").replace("X-Id: e1", "X-Id: e2"),
                "hello".to_owned(),
            ),
            (longer, "hello!".to_owned()),
            (split, chunked("hello!")),
            (get, "hellO".to_owned()),
            (unsigned.to_owned(), "hello".to_owned()),
            (unsigned.replace("POST", "HEAD"), "hello".to_owned()),
        ] {
            let answer = house.ask(&head, &body).await;
            assert!(answer.starts_with("HTTP/1.1 401"), "{head}: {answer}");
        }
        assert_eq!(house.upstream.connections.get(), 0);
        house.let_go().await;
    });
}

#[test]
fn body_that_is_too_long_is_not_waited_for() {
    run(async {
        let house = House::open().await;
        let long = "x".repeat((16 << 10) + 1);
        // It says so, and is not invited.
        let more = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", long.len());
        let answer = house.ask(&head("/hook", &long, "e1", &more), "").await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains("BODY_TOO_LARGE") && answer.contains("connection: close"));
        // It does not say so, and is counted.
        let more = "Transfer-Encoding: chunked\r\n";
        let answer = house
            .ask(&head("/hook", &long, "e1", more), &chunked(&long))
            .await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        let fits = long.split_at(1).1;
        let answer = house
            .ask(&head("/hook", fits, "e1", more), &chunked(fits))
            .await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(house.seen(), 1);
        house.let_go().await;
    });
}

#[test]
fn body_is_invited_once_its_head_has_passed() {
    run(async {
        let house = House::open().await;
        let more = "Content-Length: 5\r\nExpect: 100-continue\r\n";
        let unsigned = format!("POST /hook HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{more}");
        let answer = house.ask(&unsigned, "").await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        let mut caller = house.gate.connect().await;
        let head = head("/hook", "hello", "e1", more);
        caller.send(&format!("{head}\r\n")).await;
        caller.until("HTTP/1.1 100 Continue\r\n\r\n").await;
        assert_eq!(house.upstream.connections.get(), 0);
        caller.send("hello").await;
        assert!(caller.rest().await.starts_with("HTTP/1.1 200"));
        assert!(house.upstream.only().ends_with("\r\n\r\nhello"));
    });
}

#[test]
fn sender_who_is_slow_or_leaves_takes_no_memory_with_it() {
    run(async {
        let house = House::open().await;
        let mut slow = house.gate.connect().await;
        let head = sized("/hook", "hello", "e1");
        slow.send(&format!("{head}\r\nhel")).await;
        eventually(|| house.gate.metrics().contains("sidegate_held_body_bytes 5")).await;
        let answer = slow.rest().await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("REQUEST_TIMEOUT"), "{answer}");
        house.let_go().await;
        let mut leaving = house.gate.connect().await;
        leaving.send(&format!("{head}\r\nhel")).await;
        eventually(|| house.gate.metrics().contains("sidegate_held_body_bytes 5")).await;
        drop(leaving);
        house.let_go().await;
        assert_eq!(house.upstream.connections.get(), 0);
    });
}

#[test]
fn more_than_may_be_held_is_refused_until_others_are_done() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let house = House::of(upstream, |setup| {
            setup.settings.limits.held_bodies = 10_000;
        })
        .await;
        let body = "x".repeat(9000);
        let head = |event| sized("/large", &body, event);
        let mut first = house.gate.connect().await;
        first
            .send(&format!("{}\r\n{}", head("e1"), body.split_at(1).1))
            .await;
        eventually(|| {
            house
                .gate
                .metrics()
                .contains("sidegate_held_body_bytes 9000")
        })
        .await;
        let answer = house.ask(&head("e2"), &body).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("OVERLOADED"), "{answer}");
        first.send("x").await;
        assert!(first.rest().await.starts_with("HTTP/1.1 200"));
        house.let_go().await;
        let answer = house.ask(&head("e2"), &body).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        house.let_go().await;
        // What never fits need not come again.
        let body = "x".repeat(10_001);
        let answer = house.ask(&sized("/large", &body, "e3"), &body).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    });
}

#[test]
fn delivery_comes_again_until_the_upstream_has_accepted_it() {
    run(async {
        const FAILED: &str = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
        let upstream = Upstream::start(|before| match before {
            0 => Reaction::Answer(FAILED),
            1 => Reaction::Last("no HTTP"),
            2 => Reaction::Silence,
            _ => Reaction::Answer(OK),
        })
        .await;
        let house = House::of(upstream, |_| {}).await;
        let head = sized("/hook", "hello", "e1");
        for wanted in ["500", "502"] {
            let answer = house.ask(&head, "hello").await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {wanted}")),
                "{answer}"
            );
        }
        // While one waits for the upstream, another is told to come again; it leaves, and the way is free.
        let mut waiting = house.gate.connect().await;
        waiting.send(&format!("{head}\r\nhello")).await;
        eventually(|| house.seen() == 3).await;
        let answer = house.ask(&head, "hello").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("DELIVERY_PENDING"), "{answer}");
        drop(waiting);
        eventually(|| house.upstream.closed.get() == 2).await;
        for wanted in ["200", "409", "409"] {
            let answer = house.ask(&head, "hello").await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {wanted}")),
                "{answer}"
            );
        }
        assert_eq!(house.seen(), 4);
        house.let_go().await;
    });
}

#[test]
fn challenge_is_answered_without_the_upstream() {
    run(async {
        let house = House::open().await;
        let ask = |token: &str| {
            format!(
                "GET /asked?hub.mode=subscribe&hub.challenge=1158&hub.verify_token={token} HTTP/1.1\r\n\
                 Host: a\r\nConnection: close\r\n"
            )
        };
        let answer = house.ask(&ask(KEY), "").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n1158"), "{answer}");
        assert!(
            answer.contains("x-content-type-options: nosniff"),
            "{answer}"
        );
        let answer = house.ask(&ask("wrong"), "").await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert_eq!(house.upstream.connections.get(), 0);
        eventually(|| house.sink.records().len() == 2).await;
        let record = &house.sink.records()[0];
        assert_eq!(record["decision"], "allow");
        assert!(
            record["upstream"].is_null() && record["kind"].is_null(),
            "{record}"
        );
    });
}

#[test]
fn record_tells_whose_delivery_it_was_and_nothing_secret() {
    run(async {
        let house = House::open().await;
        house.ask(&sized("/hook", "hello", "e1"), "hello").await;
        eventually(|| house.sink.records().len() == 1).await;
        let record = &house.sink.records()[0];
        for (key, wanted) in [
            ("kind", "webhook"),
            ("webhook", "hook"),
            ("secret", "current"),
            // printf e1 | sha256sum
            ("event", "8b5cc4df7eec7d32"),
        ] {
            assert_eq!(record[key], wanted, "{record}");
        }
        assert!(record["fingerprint"].is_null() && record["age_seconds"].is_null());
        let text = record.to_string();
        assert!(
            !text.contains("hello") && !text.contains("\"e1\""),
            "{text}"
        );
    });
}

#[test]
fn body_in_http2_is_held_and_verified_too() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let house = House::of(upstream, |setup| setup.protocol = Protocol::Http2).await;
        // More than the windows of a stream and of a connection take at first.
        let body = "x".repeat(3 << 20);
        let ask = |signature: String| {
            Request::post("http://a/large")
                .header("x-signature", signature)
                .header("x-id", "e1")
        };
        let mut sender = connect(house.gate.address).await;
        let right = signature(body.as_bytes(), "e1");
        let request = ask(right.clone())
            .body(Full::from(body.clone()).boxed())
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.collect().await.unwrap();
        let seen = house.upstream.only();
        assert!(seen.to_lowercase().contains("content-length: 3145728\r\n"));
        assert!(seen.ends_with(&body));
        let tampered = body.replacen('x', "y", 1);
        let request = ask(right).body(Full::from(tampered).boxed()).unwrap();
        assert_eq!(sender.send_request(request).await.unwrap().status(), 401);
        // Trailers are nothing that a signature covers.
        let small = signature(b"hi", "e1");
        let trailing = with_trailers("hi", &[("x-event", "forged")]);
        let request = ask(small).body(trailing).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.collect().await.unwrap();
        let seen = house.upstream.seen.borrow()[1].to_lowercase();
        assert!(
            seen.ends_with("\r\n\r\nhi") && !seen.contains("forged"),
            "{seen}"
        );
        assert_eq!(house.seen(), 2);
        house.let_go().await;
    });
}

#[test]
fn candidate_judges_the_body_that_was_collected() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let registry = Registry::new();
        let url = format!("http://{}", upstream.address);
        let settings = upstream::Settings::of_url("default", &url).unwrap();
        let targets = Targets::load(vec![settings], &registry).unwrap();
        let stranger = POLICY.replace("X-Signature", "X-Other");
        let open = "routes: [{ path: /**, public: true, name: all }]";
        for (in_force, candidate, outcome) in [
            (POLICY, POLICY, ShadowOutcome::Same),
            (POLICY, &*stranger, ShadowOutcome::WouldDeny),
            // Nobody has collected a body for it.
            (open, POLICY, ShadowOutcome::Unknown),
        ] {
            let first = remembering(engine(in_force, &targets, &Registry::new()));
            let all = Settings::default();
            let log = DecisionLog::off();
            let shared = Shared::new(all, Arc::clone(&targets), first, log, &Registry::new());
            let shared = shared.unwrap();
            let tried = engine(candidate, &targets, &Registry::new());
            let share = crate::telemetry::Share::WHOLE;
            shared.shadow(Some(Candidate::new(tried, share)));
            let proxy = Doors::new(Arc::clone(&shared));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut caller = Caller(
                TcpStream::connect(listener.local_addr().unwrap())
                    .await
                    .unwrap(),
            );
            let (stream, peer) = listener.accept().await.unwrap();
            let connection = Connection {
                stream,
                peer,
                secure: false,
                identified: false,
                protocol: Protocol::Http1,
            };
            tokio::task::spawn_local(proxy.serve(
                connection,
                Arc::default(),
                std::future::pending(),
            ));
            let head = sized("/hook", "hello", "e1");
            caller.send(&format!("{head}\r\nhello")).await;
            let answer = caller.rest().await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            let at = ShadowOutcome::ALL.iter().position(|one| *one == outcome);
            let counted = || {
                let totals = shared.shadow_totals();
                totals.values().map(|all| all[at.unwrap()]).sum::<u64>()
            };
            eventually(|| counted() == 1).await;
        }
    });
}
