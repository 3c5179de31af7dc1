//! What callers see when PostgreSQL stops, hangs, and comes back.

use std::time::{Duration, Instant};

use super::cluster::Postgres;
use super::postgres::{settings, trouble};
use super::support::{Events, Running, digest, entry, plain, renamed, used};
use crate::store::{Error, Event, Inner, Lookup, Settings};

/// A server of its own with a store that follows it.
async fn followed() -> (Postgres, Settings, Running, Events) {
    let server = Postgres::start();
    let settings = Settings {
        timeout: Duration::from_millis(500),
        ..settings(server.database())
    };
    let store = Running::ready(&settings).await;
    store.create(&[plain(1)]).await.unwrap();
    let mut events = store.follow();
    events.until(|event| *event == Event::Current).await;
    (server, settings, store, events)
}

async fn find(store: &Running) -> Result<usize, Error> {
    let found = store.find("partners", Lookup::Digest(&digest(1))).await;
    found.map(|keys| keys.len())
}

/// Waits until the database answers again.
async fn back(store: &Running) {
    let started = Instant::now();
    while find(store).await != Ok(1) {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "it does not come back"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn stopped_server_is_unavailable_at_once_and_found_again() {
    let (server, _settings, store, mut events) = followed().await;
    server.stop();
    assert_eq!(events.news().await, Event::Lost);
    let said = trouble(&store).await;
    assert!(said.contains("refused"), "{said}");
    let started = Instant::now();
    for _ in 0..20 {
        assert!(matches!(find(&store).await, Err(Error::Unavailable(_))));
    }
    let change = store.count(&[used(&plain(1).id, 1, 1)]).await;
    assert!(matches!(change, Err(Error::Unavailable(_))), "{change:?}");
    let made = store.create(&[plain(9)]).await;
    assert!(matches!(made, Err(Error::Unavailable(_))), "{made:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    // Told once, however long it lasts.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(events.0.try_recv().is_err());
    server.restart();
    events.until(|event| *event == Event::Current).await;
    assert_eq!(store.trouble(), None);
    back(&store).await;
    store.create(&[plain(9)]).await.unwrap();
    assert_eq!(events.changed().await.0, plain(9).id);
}

/// Cuts off one of two stores, lets the other one change keys, and gives what the first is told after it
/// was found again.
async fn cut_off(meanwhile: impl AsyncFnOnce(&Running)) -> (Event, Event) {
    let server = Postgres::start();
    let url = server.database();
    let name = url.rsplit('/').next().unwrap();
    let here = Running::ready(&settings(format!("{url}?application_name=here"))).await;
    let there = Running::ready(&settings(url.clone())).await;
    let mut events = here.follow();
    there.create(&[plain(1), plain(2)]).await.unwrap();
    let last = |event: &Event| matches!(event, Event::Changed(key) if key.id == plain(2).id);
    events.until(last).await;
    server.query(
        "postgres",
        &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
    );
    let here_only = "WHERE application_name = 'here'";
    let end = format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity {here_only}");
    assert_eq!(server.query("postgres", &end), "3", "three connections");
    assert_eq!(events.news().await, Event::Lost);
    meanwhile(&there).await;
    server.query(
        "postgres",
        &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"),
    );
    (events.any().await, events.any().await)
}

#[tokio::test]
async fn changes_made_meanwhile_are_told_afterwards() {
    let next = renamed(&plain(1), "next");
    let told = cut_off(async |there| {
        there.replace(&next, &entry("rotate", None)).await.unwrap();
    });
    assert_eq!(
        told.await,
        (Event::Changed(Box::new(next.clone())), Event::Current)
    );
}

#[tokio::test]
async fn changes_that_are_not_kept_any_more_are_a_gap() {
    let told = cut_off(async |there| {
        for name in ["a", "b", "c"] {
            let now = there.key(&plain(1).id).await.unwrap().unwrap().key;
            there
                .replace(&renamed(&now, name), &entry("rotate", None))
                .await
                .unwrap();
        }
        let Inner::Postgres(inner) = &*there.store.0 else {
            unreachable!()
        };
        inner.prune((Duration::ZERO, 100)).await.unwrap();
    });
    assert_eq!(told.await.0, Event::Gap);
}

#[tokio::test]
async fn hanging_server_is_unavailable_in_time_and_found_again() {
    let (server, settings, store, mut events) = followed().await;
    server.pause();
    let started = Instant::now();
    assert!(matches!(find(&store).await, Err(Error::Unavailable(_))));
    let waited = started.elapsed();
    assert!(
        waited >= settings.timeout && waited < settings.timeout * 3,
        "{waited:?}"
    );
    // Nobody waits as long again.
    let started = Instant::now();
    for _ in 0..20 {
        assert!(matches!(find(&store).await, Err(Error::Unavailable(_))));
    }
    assert!(
        started.elapsed() < settings.timeout,
        "{:?}",
        started.elapsed()
    );
    let change = store.count(&[used(&plain(1).id, 1, 1)]).await;
    assert!(matches!(change, Err(Error::Unavailable(_))), "{change:?}");
    events.until(|event| *event == Event::Lost).await;
    server.resume();
    events.until(|event| *event == Event::Current).await;
    back(&store).await;
}

#[tokio::test]
async fn server_that_is_not_there_at_first_is_waited_for() {
    let server = Postgres::start();
    let settings = settings(server.database());
    server.stop();
    let store = Running::new(&settings);
    let mut events = store.follow();
    assert_eq!(events.any().await, Event::Lost);
    assert!(matches!(find(&store).await, Err(Error::Unavailable(_))));
    server.restart();
    assert_eq!(events.any().await, Event::Gap);
    store.create(&[plain(1)]).await.unwrap();
    back(&store).await;
}
