//! A store that does not answer.

use super::*;

fn keeping(keep_known: Duration) -> Settings {
    Settings {
        keep_known,
        ..Settings::default()
    }
}

#[tokio::test]
async fn known_keys_count_while_the_store_is_silent_and_unknown_ones_cannot_be_judged() {
    let world = World::usual().await;
    world.make_one(b"cflo_one").await;
    let revoked = world.make_one(b"cflo_two").await;
    world.make_one(b"cflo_three").await;
    world.known(b"cflo_one").await;
    world.known(b"cflo_two").await;
    world.revoke(&revoked).await;
    let now = revoked.created_at;
    while world.known(b"cflo_two").await.check(now).is_ok() {
        sleep(Duration::from_millis(10)).await;
    }
    assert_unknown(&world.find(b"cflo_none").await);
    world.lost().await;
    assert!(world.directory.is_trusted());
    assert_eq!(world.known(b"cflo_one").await.check(now), Ok(()));
    let denied = world.known(b"cflo_two").await.check(now).unwrap_err();
    assert_eq!(denied.reason, Reason::KeyRevoked);
    for text in [b"cflo_three".as_slice(), b"cflo_none", b"cflo_more"] {
        assert_silent(&world.find(text).await);
    }
    assert!(world.directory.desk().metrics.failed.store.get() >= 3);
    world.back().await;
    world.known(b"cflo_three").await;
    assert_unknown(&world.find(b"cflo_none").await);
}

#[tokio::test]
async fn known_keys_stop_counting_when_the_silence_lasts_and_count_again_after_it() {
    let world = World::new(keeping(Duration::from_millis(600))).await;
    world.make_one(b"cflo_one").await;
    let held = world.known(b"cflo_one").await;
    world.lost().await;
    assert!(world.directory.is_trusted());
    known(world.find(b"cflo_one").await);
    wait_until(|| !world.directory.is_trusted()).await;
    assert_eq!(world.directory.desk().metrics.trusted.get(), 0);
    assert_silent(&world.find(b"cflo_one").await);
    world.back().await;
    assert!(world.directory.is_trusted());
    assert_eq!(world.directory.desk().metrics.trusted.get(), 1);
    // It is the same file, and nothing was changed in it.
    assert!(held.is_current());
    assert!(Arc::ptr_eq(&held, &world.known(b"cflo_one").await));
}

#[tokio::test]
async fn without_patience_known_keys_stop_counting_at_once() {
    let world = World::new(keeping(Duration::ZERO)).await;
    world.make_one(b"cflo_one").await;
    world.known(b"cflo_one").await;
    world.lost().await;
    assert!(!world.directory.is_trusted());
    assert_silent(&world.find(b"cflo_one").await);
    world.back().await;
    assert!(world.directory.is_trusted());
    known(world.find(b"cflo_one").await);
}

#[tokio::test]
async fn what_changed_during_the_silence_is_known_after_it() {
    let world = World::usual().await;
    let one = world.make_one(b"cflo_one").await;
    let held = world.known(b"cflo_one").await;
    world.lost().await;
    // Somebody who still reaches the file.
    let away = store::Settings::sqlite(world.away().join("keys.db"));
    let other = Store::open(&away).unwrap();
    let mut revoked = one.clone();
    revoked.revoked_at = Some(one.created_at);
    revoked.version += 1;
    other.replace(&revoked, &audit("revoke")).await.unwrap();
    drop(other);
    assert!(held.is_current(), "nobody could know");
    world.back().await;
    wait_until(|| !held.is_current()).await;
    let denied = world.known(b"cflo_one").await.check(one.created_at);
    assert_eq!(denied.unwrap_err().reason, Reason::KeyRevoked);
}

/// A gap while the store comes and goes: what is in doubt counts as long as if it had never answered.
#[tokio::test]
async fn store_that_answers_for_a_moment_only_takes_no_known_key_away() {
    let world = World::new(keeping(Duration::from_secs(2))).await;
    world.make_one(b"cflo_one").await;
    world.known(b"cflo_one").await;
    let desk = world.directory.desk();
    world.running[1].abort();
    world.lose();
    desk.take(Event::Lost);
    desk.take(Event::Gap);
    // It could not be asked since: what was known is all there is.
    let doubted = world.known(b"cflo_one").await;
    assert!(!doubted.is_current(), "for this one use");
    desk.take(Event::Lost);
    let asked = world.asked();
    for _ in 0..10 {
        known(world.find(b"cflo_one").await);
    }
    assert_eq!(
        world.asked(),
        asked,
        "nobody waits for a store that is silent"
    );
    sleep(Duration::from_millis(2_100)).await;
    assert_silent(&world.find(b"cflo_one").await);
    desk.take(Event::Current);
    assert_silent(&world.find(b"cflo_one").await);
    world.bring_back();
    assert!(world.known(b"cflo_one").await.is_current());
}

#[tokio::test]
async fn store_that_tells_nothing_any_more_is_silent() {
    let world = World::resting(keeping(Duration::from_millis(50)));
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let desk = Arc::clone(world.directory.desk());
    let following = tokio::spawn(async move { desk.follow(receiver).await });
    sender.send(Event::Gap).unwrap();
    wait_until(|| world.directory.desk().trust.is_followed()).await;
    drop(sender);
    wait_until(|| !world.directory.is_trusted()).await;
    following.await.unwrap();
}
