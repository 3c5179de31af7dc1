//! One fetcher, a sender's server, and those who ask.

mod addresses;
pub(in crate::webhook) mod support;

use std::time::{Duration, Instant as StdInstant};

use tokio::time::Instant;

use self::support::{NOW, Reply, World, at, certificate, current};
use super::known::{Known, Looked};
use super::{
    AT_A_TIME, Address, Certificate, Fetcher, KEPT, MOST_FLIGHTS, MOST_OF_ONE, Outcome, Publisher,
    Unobtainable, has_room,
};
use crate::model::Network;

fn address(name: &str) -> Address {
    let text = format!("https://sns.us-east-1.amazonaws.com/{name}.pem");
    Address::of(Publisher::Sns, &text).unwrap()
}

async fn ask(fetcher: &Fetcher, name: &str) -> Outcome {
    ask_from(fetcher, "192.0.2.1", name).await
}

async fn ask_from(fetcher: &Fetcher, client: &str, name: &str) -> Outcome {
    let network = Network::of(client.parse().unwrap());
    fetcher.certificate(&address(name), network, at(NOW)).await
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

/// Askers of these networks, each of whom names this many addresses that nobody named before.
async fn flood(fetcher: &Fetcher, networks: usize, each: usize) -> Vec<Outcome> {
    let asked = (0..networks * each).map(|n| async move {
        let client = format!("198.51.{}.{}", n / each / 250, n / each % 250);
        ask_from(fetcher, &client, &format!("flood{n}")).await
    });
    futures_util::future::join_all(asked).await
}

#[tokio::test]
async fn flood_of_addresses_is_bounded() {
    let world = World::new(Reply::Silence).await;
    let all = flood(&world.fetcher, 2 * MOST_FLIGHTS, 1).await;
    assert!(all.iter().all(Result::is_err));
    // As many again when the first are given up, before those who wait give up.
    assert!(world.requests() <= 2 * AT_A_TIME, "{}", world.requests());
    assert_eq!(world.counted("busy") as usize, MOST_FLIGHTS);
}

#[tokio::test]
async fn one_network_names_few_addresses_at_a_time() {
    let world = World::new(Reply::Silence).await;
    let (_, other) = tokio::join!(flood(&world.fetcher, 1, 100), async {
        // Whoever comes later has not to wait for all of that.
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.answer(Reply::Full("200 OK", current()));
        ask(&world.fetcher, "genuine").await
    });
    assert!(other.is_ok());
    assert_eq!(world.counted("busy") as usize, 100 - MOST_OF_ONE);
}

#[test]
fn who_names_many_addresses_keeps_nobody_out_who_names_one() {
    let most_of_greedy = (0..1_000).fold(0, |all, n| match has_room(all, 1 + n % 3) {
        true => all + 1,
        false => all,
    });
    assert_eq!(most_of_greedy, MOST_FLIGHTS - KEPT);
    assert!(has_room(most_of_greedy, 0) && !has_room(most_of_greedy, 1));
    assert!(has_room(MOST_FLIGHTS - 1, 0) && !has_room(MOST_FLIGHTS, 0));
    assert!(has_room(0, MOST_OF_ONE - 1) && !has_room(0, MOST_OF_ONE));
}

#[tokio::test]
async fn known_certificate_is_not_waited_for_whatever_is_asked_besides() {
    let world = World::usual().await;
    ask(&world.fetcher, "known").await.unwrap();
    world.answer(Reply::Silence);
    let (_, took) = tokio::join!(flood(&world.fetcher, 2 * MOST_FLIGHTS, 1), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let start = StdInstant::now();
        for _ in 0..100 {
            ask(&world.fetcher, "known").await.unwrap();
        }
        start.elapsed()
    });
    assert!(took < Duration::from_millis(500), "{took:?}");
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
fn certificates_are_looked_for_again_after_a_day_and_not_believed_beyond_their_end() {
    let (known, now, a) = (Known::default(), Instant::now(), address("a"));
    let (second, day) = (Duration::from_secs(1), Duration::from_secs(24 * 60 * 60));
    let look = |known: &Known, age| match known.look_up(&a, now + age) {
        Looked::Known(Ok(_)) => "known",
        Looked::Known(Err(_)) => "failed",
        Looked::Aged(_) => "aged",
        Looked::Unknown => "unknown",
    };
    let long = known.with(&a, &read(NOW, NOW + 10 * 86_400), now, at(NOW));
    for (age, said) in [
        (day - second, "known"),
        (day, "aged"),
        (7 * day - second, "aged"),
        (7 * day, "unknown"),
    ] {
        assert_eq!(look(&long, age), said, "{age:?}");
    }
    let short = known.with(&a, &read(NOW - 5, NOW + 60), now, at(NOW));
    assert_eq!(look(&short, 59 * second), "known");
    assert_eq!(look(&short, 60 * second), "unknown");
    // One that is over is not fetched again for each message that names it.
    let over = known.with(&a, &read(NOW - 5, NOW - 1), now, at(NOW));
    assert_eq!(look(&over, 29 * second), "known");
    assert_eq!(look(&over, 30 * second), "unknown");
    // What cannot be had again is believed meanwhile, and asked for now and then.
    let failed = long.with(&a, &Err(Unobtainable), now + day, at(NOW));
    assert_eq!(look(&failed, day + 29 * second), "known");
    assert_eq!(look(&failed, day + 30 * second), "aged");
    assert_eq!(look(&failed, 7 * day), "unknown");
    let never = known.with(&a, &Err(Unobtainable), now, at(NOW));
    assert_eq!(look(&never, second), "failed");
}

/// Whether something is known of an address.
fn has(known: &Known, name: &str, now: Instant) -> bool {
    !matches!(known.look_up(&address(name), now), Looked::Unknown)
}

#[test]
fn failures_are_forgotten_after_half_a_minute_and_push_out_no_certificate() {
    let now = Instant::now();
    let mut known = Known::default().with(&address("a"), &read(NOW, NOW + 86_400), now, at(NOW));
    for n in 0..1_000 {
        let outcome = Err(Unobtainable);
        known = known.with(&address(&format!("b{n}")), &outcome, now, at(NOW));
    }
    let found = known.look_up(&address("a"), now);
    assert!(matches!(found, Looked::Known(Ok(_))));
    let after = |age| has(&known, "b999", now + Duration::from_secs(age));
    assert!(after(29) && !after(30));
    let remembered = (0..1_000).filter(|n| has(&known, &format!("b{n}"), now));
    assert_eq!(remembered.count(), 256);
}

#[test]
fn certificates_that_are_remembered_are_bounded() {
    let (now, outcome) = (Instant::now(), read(NOW, NOW + 86_400));
    let mut known = Known::default();
    for n in 0..200 {
        known = known.with(&address(&format!("a{n}")), &outcome, now, at(NOW));
    }
    let remembered = (0..200).filter(|n| has(&known, &format!("a{n}"), now));
    assert_eq!(remembered.count(), 64);
}
