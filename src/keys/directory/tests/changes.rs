//! What changes elsewhere ends what is known here.

use std::time::Instant;

use super::*;
use crate::keys::{self, Reach, parse_hash};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn revocation_elsewhere_is_known_within_a_second() {
    let world = World::usual().await;
    let one = world.make_one(b"cflo_one").await;
    world.make_one(b"cflo_two").await;
    let held = world.known(b"cflo_one").await;
    let other = world.known(b"cflo_two").await;
    world.revoke(&one).await;
    let revoked = Instant::now();
    wait_until(|| !held.is_current()).await;
    assert!(revoked.elapsed() < SECOND, "{:?}", revoked.elapsed());
    let now = one.created_at;
    let denied = world.known(b"cflo_one").await.check(now).unwrap_err();
    assert_eq!(denied.reason, Reason::KeyRevoked);
    assert!(other.is_current(), "nothing was said of it");
    assert_eq!(world.known(b"cflo_two").await.check(now), Ok(()));
}

#[tokio::test]
async fn change_by_this_process_is_known_here_before_it_is_answered() {
    let world = World::usual().await;
    let one = world.make_one(b"cflo_one").await;
    let held = world.known(b"cflo_one").await;
    // From now on the store tells nothing.
    world.running.iter().for_each(JoinHandle::abort);
    let (store, directory) = (world.other.clone(), Arc::clone(&world.directory));
    let registry = keys::Registry::new(store).telling(directory);
    let (reach, now) = (Reach::default(), one.created_at);
    registry.revoke(&one.id, reach, "test", now).await.unwrap();
    assert!(!held.is_current());
    let denied = world.known(b"cflo_one").await.check(now).unwrap_err();
    assert_eq!(denied.reason, Reason::KeyRevoked);
}

#[tokio::test]
async fn key_that_is_made_elsewhere_is_nobodys_no_longer() {
    let world = World::usual().await;
    assert_unknown(&world.find(b"cflo_one").await);
    assert_unknown(&world.find(b"sk_live_one").await);
    world.make_one(b"cflo_one").await;
    let hash = parse_hash(&sample::bcrypt_of(b"sk_live_one")).unwrap();
    world
        .make(&[sample::with_hash(SET, hash, "sk_live_")])
        .await;
    let made = Instant::now();
    for text in [b"cflo_one".as_slice(), b"sk_live_one"] {
        while matches!(world.find(text).await, Finding::Unknown) {
            assert!(made.elapsed() < SECOND);
            sleep(Duration::from_millis(10)).await;
        }
        assert!(world.known(text).await.is_current());
    }
}

#[tokio::test]
async fn rotated_key_has_two_texts_at_once() {
    let world = World::usual().await;
    let mut key = world.make_one(b"cflo_old").await;
    let held = world.known(b"cflo_old").await;
    assert_unknown(&world.find(b"cflo_new").await);
    let ends = key.created_at + SECOND;
    let mut new = sample::key(SET, b"cflo_new").generations.remove(0);
    new.number = 2;
    key.generations[0].ends_at = Some(ends);
    key.generations.insert(0, new);
    key.version += 1;
    world.other.replace(&key, &audit("rotate")).await.unwrap();
    wait_until(|| !held.is_current()).await;
    let old = world.known(b"cflo_old").await;
    assert_eq!((old.generation(), old.ends_at()), (1, Some(ends)));
    assert_eq!(world.known(b"cflo_new").await.generation(), 0);
}

#[tokio::test]
async fn gap_has_everything_asked_for_once_more() {
    let world = World::usual().await;
    let one = world.make_one(b"cflo_one").await;
    let held = world.known(b"cflo_one").await;
    assert_unknown(&world.find(b"cflo_two").await);
    world.revoke(&one).await;
    wait_until(|| !held.is_current()).await;
    let held = world.known(b"cflo_one").await;
    let asked = world.asked();
    world.directory.desk().take(Event::Gap);
    assert!(!held.is_current());
    for _ in 0..10 {
        let again = world.known(b"cflo_one").await;
        assert!(again.is_current() && !Arc::ptr_eq(&held, &again));
        assert_unknown(&world.find(b"cflo_two").await);
    }
    assert_eq!(world.asked(), asked + 2);
    assert_eq!(world.directory.desk().shelf.len(), 1);
}

#[tokio::test]
async fn file_that_was_put_in_place_of_another_is_the_one_that_counts() {
    let world = World::usual().await;
    let key = world.make_one(b"cflo_one").await;
    let held = world.known(b"cflo_one").await;
    // A backup without the key comes back.
    let backup = tempfile::tempdir().unwrap();
    let path = backup.path().join("keys.db");
    // Whole when it is moved: whoever opens a store may still be busy with it.
    let settings = store::Settings::sqlite(&path);
    Store::migrate(&settings).await.unwrap();
    let here = world.here();
    for file in ["keys.db-wal", "keys.db-shm"] {
        let _ = std::fs::remove_file(here.join(file));
    }
    std::fs::rename(&path, here.join("keys.db")).unwrap();
    wait_until(|| !held.is_current()).await;
    assert_unknown(&world.find(b"cflo_one").await);
    assert!(held.check(key.created_at).is_ok(), "a fact, but an old one");
}

#[tokio::test]
async fn what_is_pushed_out_is_outdated() {
    let settings = Settings {
        memory: 1 << 20,
        ..Settings::default()
    };
    let world = World::new(settings).await;
    let texts: Vec<_> = (0..2_000).map(|number| format!("cflo_{number}")).collect();
    let keys: Vec<_> = texts
        .iter()
        .map(|text| sample::key(SET, text.as_bytes()))
        .collect();
    world.make(&keys).await;
    let asked = world.asked();
    // More than 256 at once are told as a gap.
    sleep(Duration::from_millis(500)).await;
    let mut held = Vec::new();
    for text in &texts {
        held.push(world.known(text.as_bytes()).await);
    }
    assert_eq!(world.asked(), asked + 2_000);
    let kept = world.directory.desk().shelf.len();
    assert!((300..1_000).contains(&kept), "{kept}");
    let current = held.iter().filter(|known| known.is_current()).count();
    assert_eq!(current, kept);
}
