//! Uses are counted, and written, and none is forgotten.

use std::thread;

use futures_util::future::poll_immediate;

use super::*;

fn moment(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000 + seconds)
}

fn often(count_every: Duration) -> Settings {
    Settings {
        count_every,
        ..Settings::default()
    }
}

impl World {
    async fn uses(&self, key: &ApiKey) -> (u64, Option<SystemTime>) {
        let listed = self.other.key(&key.id).await.unwrap().unwrap();
        (listed.uses, listed.last_used_at)
    }
}

#[tokio::test]
async fn uses_are_written_by_and_by_and_at_the_end() {
    let world = World::new(often(Duration::from_millis(100))).await;
    let key = world.make_one(b"cflo_one").await;
    let known = world.known(b"cflo_one").await;
    for second in [1, 5, 3] {
        world.directory.used(&known, moment(second));
    }
    while world.uses(&key).await.0 < 3 {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.uses(&key).await, (3, Some(moment(5))));
    world.directory.used(&known, moment(9));
    assert_eq!(world.directory.flush().await, 0);
    assert_eq!(world.uses(&key).await, (4, Some(moment(9))));
    let metrics = &world.directory.desk().metrics.uses;
    assert_eq!((metrics.written.get(), metrics.waiting.get()), (4, 0));
}

#[tokio::test]
async fn uses_during_a_silence_are_written_after_it() {
    let world = World::new(often(Duration::from_millis(100))).await;
    let key = world.make_one(b"cflo_one").await;
    let known = world.known(b"cflo_one").await;
    world.lost().await;
    for second in 0..1_000 {
        world.directory.used(&known, moment(second));
    }
    assert_eq!(world.directory.flush().await, 1_000);
    let metrics = &world.directory.desk().metrics.uses;
    assert_eq!((metrics.written.get(), metrics.waiting.get()), (0, 1_000));
    world.back().await;
    assert_eq!(world.directory.flush().await, 0);
    assert_eq!(world.uses(&key).await, (1_000, Some(moment(999))));
    assert_eq!(metrics.lost.get(), 0);
}

#[tokio::test]
async fn no_use_is_lost_between_workers_collections_and_changes_of_a_key() {
    let world = World::new(Settings::default()).await;
    let key = world.make_one(b"cflo_one").await;
    let directory = &world.directory;
    let key = Arc::new(key);
    let fact = || Known::new(Arc::clone(&key), 0, true);
    let shared = fact();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (directory, own) = (Arc::clone(directory), fact());
            let shared = Known::new(Arc::clone(shared.key()), 0, true);
            thread::spawn(move || {
                for second in 0..50_000 {
                    directory.used(&own, moment(second));
                    directory.used(&shared, moment(second));
                }
            })
        })
        .collect();
    while workers.iter().any(|worker| !worker.is_finished()) {
        directory.flush().await;
        sleep(Duration::from_millis(1)).await;
    }
    workers
        .into_iter()
        .for_each(|worker| worker.join().unwrap());
    assert_eq!(directory.flush().await, 0);
    assert_eq!(world.uses(&key).await, (400_000, Some(moment(49_999))));
}

#[tokio::test]
async fn cells_without_uses_are_put_away_and_begun_anew() {
    let world = World::new(often(Duration::from_secs(600))).await;
    let key = world.make_one(b"cflo_one").await;
    let known = world.known(b"cflo_one").await;
    for round in 1..=3 {
        world.directory.used(&known, moment(round));
        assert_eq!(world.directory.uses.cells(), 1);
        for _ in 0..7 {
            world.directory.flush().await;
        }
        assert_eq!(world.directory.uses.cells(), 0);
    }
    assert_eq!(world.uses(&key).await, (3, Some(moment(3))));
}

#[tokio::test]
async fn fixed_keys_are_not_counted_in_the_store() {
    let world = World::usual().await;
    let fixed = Known::new(Arc::new(sample::key(SET, b"cflo_one")), 0, false);
    world.directory.used(&fixed, moment(0));
    assert_eq!(world.directory.uses.cells(), 0);
}

#[tokio::test]
async fn flush_that_was_given_up_forgets_nothing() {
    let world = World::new(often(Duration::from_secs(600))).await;
    let key = world.make_one(b"cflo_one").await;
    let known = world.known(b"cflo_one").await;
    world.directory.used(&known, moment(0));
    let mut flush = Box::pin(world.directory.flush());
    let _ = poll_immediate(&mut flush).await;
    drop(flush);
    assert_eq!(world.directory.flush().await, 0);
    // What nobody waited for any more may have been written, or not.
    assert!((1..=2).contains(&world.uses(&key).await.0));
}
