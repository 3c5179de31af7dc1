//! Finding a credential in a request, and judging it: known, new, wrong.

use std::hint::black_box;
use std::time::Duration;

use futures_util::FutureExt as _;
use http::HeaderValue;
use http::header::COOKIE;
use sidegate::credential::{Accepted, Recalled, Verification, Verifiers};
use sidegate::model::{Reason, Request};

use crate::stage::{Stage, Work, fresh, same};
use crate::world::{ES256, RS256, bearer, hs256, keep, open, request, sign, verifiers};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("token/absent", absent),
    Stage::new("token/absent-from-four-places", absent_from_four_places),
    Stage::new("token/known-to-this-worker", || known(2)),
    Stage::new("token/known-to-this-worker-100-issuers", || known(100)),
    Stage::new("token/recall-ready", recall_ready),
    Stage::new("token/recall-kept-among-10000", recall_kept),
    Stage::new("key/recall-known", recall_known_key),
    Stage::new("token/known-to-another-worker", known_elsewhere).times(50),
    Stage::new("token/new-rs256", || new(2, RS256)).times(50),
    Stage::new("token/new-es256", || new(2, ES256)).times(50),
    Stage::new("token/new-es256-100-issuers", || new(100, ES256)).times(20),
    // The cheapest signature: what is left is decoding, claims, the principal and remembering.
    Stage::new("token/new-hs256", || new(2, &hs256(0))).times(50),
    Stage::new("token/new-hs256-40-more-claims", || new(2, &hs256(40))).times(50),
    Stage::new("token/forged-rs256", || {
        refused(bearer("/", &forged(RS256)), Reason::TokenSignatureInvalid)
    }),
    Stage::new("token/expired", expired),
    Stage::new("token/garbage", || {
        refused(bearer("/", &"garbage".repeat(90)), Reason::TokenMalformed)
    }),
];

const PLACES: &str = r#"tokens:
  from: [bearer, { header: X-Token }, { cookie: session }, { query: token }]
"#;

/// What a key looks like, and its SHA-256. It opens nothing.
const KEY: &str = "bench_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY";
const KEY_HASH: &str = "sha256:52368481b385bc99e908f67dd9ab7654bca36b94b76f197122a1444869d79eff";

/// Waits for nothing: every key is here.
fn verify(verifiers: &Verifiers, request: &Request) -> Verification {
    let verification = verifiers.verify(request, &Accepted::All).now_or_never();
    verification.expect("nobody is asked")
}

fn accept(verifiers: &Verifiers, request: &Request) {
    let verification = verify(verifiers, request);
    let genuine = matches!(verification, Verification::Verified(_));
    assert!(genuine, "{verification:?}");
}

fn absent() -> Work {
    let (verifiers, request) = (verifiers(&open(2)), request("/"));
    same(move || verify(&verifiers, black_box(&request)))
}

fn absent_from_four_places() -> Work {
    let verifiers = verifiers(&(open(2) + PLACES));
    let mut request = request("/?page=2&sort=name");
    let cookies = HeaderValue::from_static("theme=dark; lang=en; _ga=GA1.1.1234567890");
    request.headers.set(&COOKIE, &cookies);
    same(move || verify(&verifiers, black_box(&request)))
}

fn known(number: usize) -> Work {
    let (verifiers, request) = (verifiers(&open(number)), bearer("/", RS256));
    accept(&verifiers, &request);
    same(move || verify(&verifiers, black_box(&request)))
}

/// What is known without waiting, by the bytes of the token.
fn recall(verifiers: &Verifiers, request: &Request) {
    match verifiers.recall(request, &Accepted::All) {
        Recalled::Answer(answer) => drop(black_box(answer)),
        unknown @ Recalled::Unknown(_) => panic!("{unknown:?}"),
    }
}

fn recall_ready() -> Work {
    let (verifiers, request) = (verifiers(&open(2)), bearer("/", RS256));
    for _ in 0..2 {
        accept(&verifiers, &request);
    }
    same(move || recall(&verifiers, black_box(&request)))
}

/// A key that this worker has met, of a set that reads beside tokens.
fn recall_known_key() -> Work {
    let sets = format!(
        "api_keys: {{ partners: {{ prefix: bench_, format: any, from: bearer, keys: [ {{ name: one, hash: '{KEY_HASH}', tenant: acme, scopes: ['*'] }} ] }} }}\n"
    );
    let policy = format!("authenticate: [main, partners]\n{}{sets}", open(2));
    let (verifiers, request) = (verifiers(&policy), bearer("/", KEY));
    accept(&verifiers, &request);
    same(move || recall(&verifiers, black_box(&request)))
}

/// Each token in turn: so many that none is asked for again soon enough to be made ready.
fn recall_kept() -> Work {
    let verifiers = verifiers(&open(2));
    let requests = (0..10_000).map(|number| {
        let request = bearer("/", &sign([("number".to_owned(), number.into())]));
        accept(&verifiers, &request);
        request
    });
    let requests: Vec<Request> = requests.collect();
    let mut requests = keep(requests).iter().cycle();
    same(move || recall(&verifiers, black_box(requests.next().expect("a request"))))
}

/// Verifiers that are in use, so that this worker has made room for what it will remember.
fn in_use(policy: &str) -> Verifiers {
    let verifiers = verifiers(policy);
    accept(&verifiers, &bearer("/", &hs256(1)));
    verifiers
}

fn new(number: usize, token: &str) -> Work {
    let policy = open(number);
    // Holds the key sets, so that each iteration's verifiers find them, with keys that have been used.
    let holder = keep(verifiers(&policy));
    let request = bearer("/", token);
    accept(holder, &request);
    fresh(
        move || (in_use(&policy), request.clone()),
        |(verifiers, request)| verify(verifiers, request),
    )
}

fn known_elsewhere() -> Work {
    let (policy, request) = (open(2), bearer("/", RS256));
    keep(verifiers(&policy));
    let another_worker = |verifiers: &Verifiers, request: &Request| {
        std::thread::scope(|scope| {
            scope.spawn(|| accept(verifiers, request));
        });
    };
    fresh(
        move || {
            let verifiers = in_use(&policy);
            another_worker(&verifiers, &request);
            (verifiers, request.clone())
        },
        |(verifiers, request)| verify(verifiers, request),
    )
}

/// The token with one bit of its signature changed.
fn forged(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");
    let (first, rest) = signature.split_at(1);
    let other = if first == "A" { "B" } else { "A" };
    format!("{signed}.{other}{rest}")
}

fn expired() -> Work {
    let mut request = bearer("/", RS256);
    request.received_at += Duration::from_secs(3600);
    refused(request, Reason::TokenExpired)
}

fn refused(request: Request, reason: Reason) -> Work {
    let verifiers = verifiers(&open(2));
    match verify(&verifiers, &request) {
        Verification::Rejected(denied) if denied.reason == reason => {}
        other => panic!("{other:?}"),
    }
    same(move || verify(&verifiers, black_box(&request)))
}
