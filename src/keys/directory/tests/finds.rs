//! Where texts are found.

use futures_util::future::join_all;
use tokio::time::timeout;

use super::super::flight::Flights;
use super::*;
use crate::keys::parse_hash;

#[tokio::test]
async fn known_text_asks_the_store_nothing() {
    let world = World::usual().await;
    let key = world.make_one(b"cflo_one").await;
    let first = world.known(b"cflo_one").await;
    assert_eq!(**first.key(), key);
    assert!(first.is_stored() && first.is_current());
    let asked = world.asked();
    for _ in 0..100 {
        assert!(Arc::ptr_eq(&world.known(b"cflo_one").await, &first));
    }
    assert_eq!(world.asked(), asked);
    assert_eq!(world.directory.desk().metrics.finds(), [100, 1, 0]);
}

#[tokio::test]
async fn unknown_text_asks_the_store_once_in_a_while() {
    let settings = Settings {
        unknown_for: Duration::from_millis(300),
        ..Settings::default()
    };
    let world = World::new(settings).await;
    for _ in 0..100 {
        assert_unknown(&world.find(b"cflo_none").await);
    }
    assert_eq!(world.asked(), 1);
    sleep(Duration::from_millis(400)).await;
    assert_unknown(&world.find(b"cflo_none").await);
    assert_eq!(world.asked(), 2);
    assert_eq!(world.directory.desk().metrics.finds(), [0, 0, 101]);
}

#[tokio::test]
async fn every_text_of_a_key_is_found_and_no_other() {
    let world = World::usual().await;
    let mut key = sample::key(SET, b"cflo_new");
    key.generations[0].number = 2;
    key.generations
        .extend(sample::key(SET, b"cflo_old").generations);
    world.make(&[key]).await;
    assert_eq!(world.known(b"cflo_new").await.generation(), 0);
    assert_eq!(world.known(b"cflo_old").await.generation(), 1);
    for text in [
        b"".as_slice(),
        b"cflo_ne",
        b"cflo_new\n",
        b"CFLO_NEW",
        &[b'a'; 600],
        &[0xff; 20],
    ] {
        assert_unknown(&world.find(text).await);
    }
}

#[tokio::test]
async fn one_text_may_be_two_keys_in_two_sets() {
    let world = World::usual().await;
    let keys = ["one", "two"].map(|set| sample::key(set, b"text-in-two-sets"));
    world.make(&keys).await;
    for _ in 0..2 {
        for key in &keys {
            let found = world.directory.find(&key.set, b"text-in-two-sets").await;
            assert_eq!(**known(found).key(), *key);
        }
        let third = world.directory.find("three", b"text-in-two-sets").await;
        assert_unknown(&third);
    }
    assert_eq!(world.asked(), 3);
}

#[tokio::test]
async fn slow_keys_are_found_by_their_start_and_hashed_once() {
    let world = World::usual().await;
    let slow = |text: &[u8]| {
        let hash = parse_hash(&sample::bcrypt_of(text)).unwrap();
        sample::with_hash(SET, hash, "sk_live_")
    };
    world
        .make(&[slow(b"sk_live_one"), slow(b"sk_live_two")])
        .await;
    let two = world.known(b"sk_live_two").await;
    let hashed = world.directory.desk().metrics.hashes.all_done();
    assert!((1..=2).contains(&hashed), "{hashed}");
    for _ in 0..10 {
        assert!(Arc::ptr_eq(&world.known(b"sk_live_two").await, &two));
        assert_unknown(&world.find(b"sk_live_three").await);
    }
    assert_eq!(world.directory.desk().metrics.hashes.all_done(), hashed + 2);
    assert_unknown(&world.find(b"sk_live").await);
    assert_eq!(world.directory.desk().metrics.hashes.all_done(), hashed + 2);
}

#[tokio::test]
async fn callers_with_one_text_wait_for_one_look_up() {
    let world = World::usual().await;
    world.make_one(b"cflo_one").await;
    let all = join_all((0..1_000).map(|_| world.find(b"cflo_one"))).await;
    assert!(
        all.into_iter()
            .all(|finding| matches!(finding, Finding::Known(_)))
    );
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn whoever_asked_first_may_go_away() {
    let flights = Arc::new(Flights::default());
    let place = Shelf::new(&Settings::default()).place(SET, b"cflo_one");
    let (answer, answered) = tokio::sync::oneshot::channel();
    let first = flights.join(place, || async { answered.await.unwrap() });
    let second = flights.join(place, || async { panic!("one is under way") });
    let waiting = tokio::spawn(second.clone());
    assert!(timeout(Duration::from_millis(10), first).await.is_err());
    drop(second);
    answer.send(Finding::Unknown).unwrap();
    assert_unknown(&waiting.await.unwrap());
    assert_eq!(flights.count(), 0);
}

#[tokio::test]
async fn look_up_that_nobody_waits_for_ends() {
    let flights = Arc::new(Flights::default());
    let place = Shelf::new(&Settings::default()).place(SET, b"cflo_one");
    let alone = flights.join(place, pending);
    assert!(
        timeout(Duration::from_millis(10), alone.clone())
            .await
            .is_err()
    );
    assert_eq!(flights.count(), 1);
    drop(alone);
    assert_eq!(flights.count(), 0);
    // The next one begins anew.
    let next = flights.join(place, || async { Finding::Unknown });
    assert_unknown(&next.await);
}

#[tokio::test]
async fn nothing_is_remembered_while_changes_are_not_followed() {
    let world = World::resting(Settings::default());
    world.make_one(b"cflo_one").await;
    for asked in 1..4 {
        assert!(!world.known(b"cflo_one").await.is_current());
        assert_eq!(world.asked(), asked);
    }
    assert_unknown(&world.find(b"cflo_two").await);
    world.make_one(b"cflo_two").await;
    world.known(b"cflo_two").await;
}

#[tokio::test]
async fn without_a_store_nothing_is_found() {
    let directory = Directory::new(None, &Settings::default(), &Registry::new()).unwrap();
    assert_unknown(&directory.find(SET, b"cflo_one").await);
    assert!(directory.is_trusted());
    assert_eq!(directory.flush().await, 0);
}
