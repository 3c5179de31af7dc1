//! One fetcher, a sender's server, and those who ask.

pub(in crate::webhook) mod support;

use std::time::{Duration, Instant as StdInstant};

use tokio::time::Instant;

use self::support::{NOW, Reply, World, at, certificate, current};
use super::known::Known;
use super::{Address, Certificate, Fetcher, MOST_FLIGHTS, Outcome, Publisher, Unobtainable};

fn address(name: &str) -> Address {
    let text = format!("https://sns.us-east-1.amazonaws.com/{name}.pem");
    Address::of(Publisher::Sns, &text).unwrap()
}

async fn ask(fetcher: &Fetcher, name: &str) -> Outcome {
    fetcher.certificate(&address(name), at(NOW)).await
}

#[tokio::test]
async fn certificate_is_fetched_once_and_remembered() {
    let world = World::usual().await;
    for _ in 0..3 {
        let certificate = ask(&world.fetcher, "a").await.unwrap();
        assert!(certificate.is_valid_at(at(NOW)));
    }
    assert_eq!((world.requests(), world.counted("ok")), (1, 1));
    ask(&world.fetcher, "b").await.unwrap();
    assert_eq!(world.requests(), 2);
}

#[tokio::test]
async fn hundred_askers_make_one_fetch() {
    let world = World::new(Reply::After(Duration::from_millis(200), current())).await;
    let asked = (0..100).map(|_| ask(&world.fetcher, "a"));
    let all = futures_util::future::join_all(asked).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!((world.requests(), world.counted("ok")), (1, 1));
}

#[tokio::test]
async fn askers_on_other_runtimes_are_served() {
    let world = World::usual().await;
    let fetcher = std::sync::Arc::clone(&world.fetcher);
    let asked = tokio::task::spawn_blocking(move || {
        let worker = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        worker.block_on(ask(&fetcher, "a")).is_ok()
    });
    assert!(asked.await.unwrap());
}

#[tokio::test]
async fn failure_is_remembered_for_a_while() {
    let world = World::new(Reply::Full("404 Not Found", String::new())).await;
    for _ in 0..3 {
        assert!(ask(&world.fetcher, "a").await.is_err());
    }
    assert_eq!((world.requests(), world.counted("status")), (1, 1));
    // Of this address only.
    world.answer(Reply::Full("200 OK", current()));
    assert!(ask(&world.fetcher, "b").await.is_ok());
    assert!(ask(&world.fetcher, "a").await.is_err());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let location = "302 Found\r\nlocation: https://sns.us-east-1.amazonaws.com/b.pem";
    let world = World::new(Reply::Full(location, current())).await;
    assert!(ask(&world.fetcher, "a").await.is_err());
    assert_eq!((world.requests(), world.counted("status")), (1, 1));
}

#[tokio::test]
async fn answers_that_are_too_large_are_given_up() {
    let large = format!("{}{}", current(), "-".repeat(64 << 10));
    let world = World::new(Reply::Full("200 OK", large)).await;
    assert!(ask(&world.fetcher, "a").await.is_err());
    world.answer(Reply::Endless);
    assert!(ask(&world.fetcher, "b").await.is_err());
    assert_eq!(world.counted("too_large"), 2);
}

#[tokio::test]
async fn silent_server_is_given_up_after_three_seconds() {
    let world = World::new(Reply::Silence).await;
    let start = StdInstant::now();
    assert!(ask(&world.fetcher, "a").await.is_err());
    let took = start.elapsed();
    assert!(
        took > Duration::from_secs(2) && took < Duration::from_secs(5),
        "{took:?}"
    );
    assert_eq!(world.counted("timeout"), 1);
}

#[tokio::test]
async fn server_without_the_hosts_certificate_is_not_believed() {
    let reply = Reply::Full("200 OK", current());
    let world = World::with(&["sns.eu-west-1.amazonaws.com"], reply).await;
    assert!(ask(&world.fetcher, "a").await.is_err());
    assert_eq!((world.connections(), world.requests()), (1, 0));
    assert_eq!(world.counted("connect"), 1);
}

#[tokio::test]
async fn what_is_no_certificate_of_an_rsa_key_is_refused() {
    let other = rcgen::generate_simple_self_signed(vec!["a".to_owned()]).unwrap();
    let damaged = current().replacen("MII", "MIA", 1);
    for (name, text) in [
        ("a", String::new()),
        ("b", "<html></html>".to_owned()),
        ("c", other.cert.pem()),
        ("d", damaged),
        ("e", support::key().public_key_pem()),
    ] {
        let world = World::new(Reply::Full("200 OK", text)).await;
        assert!(ask(&world.fetcher, name).await.is_err(), "{name}");
        assert_eq!(world.counted("content"), 1, "{name}");
    }
}

#[tokio::test]
async fn flood_of_addresses_is_bounded() {
    let world = World::new(Reply::Silence).await;
    let names: Vec<String> = (0..MOST_FLIGHTS + 20).map(|n| format!("a{n}")).collect();
    let asked = names.iter().map(|name| ask(&world.fetcher, name));
    let all = futures_util::future::join_all(asked).await;
    assert!(all.iter().all(Result::is_err));
    assert!(world.requests() <= MOST_FLIGHTS);
    assert_eq!(world.counted("busy"), 20);
    // Afterwards there is room again.
    world.answer(Reply::Full("200 OK", current()));
    assert!(ask(&world.fetcher, "b").await.is_ok());
}

#[tokio::test]
async fn fetcher_that_nobody_runs_has_nothing() {
    let start = StdInstant::now();
    assert!(ask(&Fetcher::default(), "a").await.is_err());
    assert!(start.elapsed() < Duration::from_secs(1));
}

fn read(start: u64, end: u64) -> Outcome {
    let text = certificate(start, end);
    Ok(Certificate::read(text.as_bytes()).unwrap().into())
}

#[test]
fn certificate_counts_between_its_dates() {
    let certificate = read(NOW, NOW + 10).unwrap();
    let valid = |seconds| certificate.is_valid_at(at(seconds));
    assert!(valid(NOW) && valid(NOW + 10));
    assert!(!valid(NOW - 1) && !valid(NOW + 11));
}

#[test]
fn certificates_are_remembered_for_a_day_and_not_beyond_their_end() {
    let (known, now, a) = (Known::default(), Instant::now(), address("a"));
    let day = Duration::from_secs(24 * 60 * 60);
    let known_for = |known: &Known, age| known.look_up(&a, now + age).is_some();
    let long = known.with(&a, &read(NOW, NOW + 10 * 86_400), now, at(NOW));
    assert!(known_for(&long, day - Duration::from_secs(1)) && !known_for(&long, day));
    let short = known.with(&a, &read(NOW - 5, NOW + 60), now, at(NOW));
    assert!(known_for(&short, Duration::from_secs(59)));
    assert!(!known_for(&short, Duration::from_secs(60)));
    // One that is over is not fetched again for each message that names it.
    let over = known.with(&a, &read(NOW - 5, NOW - 1), now, at(NOW));
    assert!(known_for(&over, Duration::from_secs(29)));
    assert!(!known_for(&over, Duration::from_secs(30)));
}

#[test]
fn failures_are_forgotten_after_half_a_minute_and_push_out_no_certificate() {
    let (now, a) = (Instant::now(), address("a"));
    let mut known = Known::default().with(&a, &read(NOW, NOW + 86_400), now, at(NOW));
    for n in 0..1_000 {
        let outcome = Err(Unobtainable);
        known = known.with(&address(&format!("b{n}")), &outcome, now, at(NOW));
    }
    assert!(known.look_up(&a, now).is_some_and(|found| found.is_ok()));
    let last = address("b999");
    let found = |age| known.look_up(&last, now + Duration::from_secs(age));
    assert!(found(29).is_some_and(|found| found.is_err()) && found(30).is_none());
    let remembered =
        (0..1_000).filter(|n| known.look_up(&address(&format!("b{n}")), now).is_some());
    assert_eq!(remembered.count(), 256);
}

#[test]
fn certificates_that_are_remembered_are_bounded() {
    let (now, outcome) = (Instant::now(), read(NOW, NOW + 86_400));
    let mut known = Known::default();
    for n in 0..200 {
        known = known.with(&address(&format!("a{n}")), &outcome, now, at(NOW));
    }
    let remembered = (0..200).filter(|n| known.look_up(&address(&format!("a{n}")), now).is_some());
    assert_eq!(remembered.count(), 64);
}
