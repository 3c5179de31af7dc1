//! More than anybody asked for.

use std::time::Instant;

use futures_util::future::join_all;

use super::super::lane::{ASKING, STRANGERS};
use super::*;
use crate::keys::parse_hash;

fn texts(start: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{start}{number}"))
        .collect()
}

#[tokio::test]
async fn flood_of_unknown_texts_is_bounded() {
    let world = World::usual().await;
    let texts = texts("cflo_", 5_000);
    let flood = join_all(texts.iter().map(|text| world.find(text.as_bytes())));
    let watch = async {
        tokio::task::yield_now().await;
        let (asking, standing) = world.directory.desk().strangers.count();
        assert!(
            asking <= ASKING && standing <= STRANGERS.most,
            "{asking} {standing}"
        );
    };
    let (flood, ()) = tokio::join!(flood, watch);
    let overloaded =
        |finding: &&Finding| matches!(finding, Finding::Unavailable(Reason::Overloaded));
    let refused = flood.iter().filter(overloaded).count();
    assert!(refused > 0);
    let unknown = |finding: &&Finding| matches!(finding, Finding::Unknown);
    assert_eq!(flood.iter().filter(unknown).count(), 5_000 - refused);
    assert_eq!(
        world.directory.desk().metrics.failed.overloaded.get(),
        refused as u64
    );
    assert_eq!(world.directory.desk().flights.count(), 0);
    assert_eq!(world.directory.desk().strangers.count(), (0, 0));
    assert!(world.directory.is_trusted() && !world.directory.desk().trust.is_lost());
}

#[tokio::test]
async fn flood_of_unknown_texts_turns_nobody_away_who_was_known_before_a_gap() {
    let world = World::usual().await;
    let texts = texts("cflo_", 1_200);
    let keys: Vec<_> = texts
        .iter()
        .map(|text| sample::key(SET, text.as_bytes()))
        .collect();
    world.make(&keys).await;
    sleep(Duration::from_millis(500)).await;
    for text in &texts {
        world.known(text.as_bytes()).await;
    }
    world.directory.desk().take(Event::Gap);
    let strangers = self::texts("none_", 3_000);
    let strangers = join_all(strangers.iter().map(|text| world.find(text.as_bytes())));
    let all = join_all(texts.iter().map(|text| world.find(text.as_bytes())));
    let (_, all) = tokio::join!(strangers, all);
    all.into_iter().for_each(|finding| drop(known(finding)));
}

#[tokio::test]
async fn flood_of_wrong_slow_texts_delays_neither_known_keys_nor_quick_ones() {
    let world = World::usual().await;
    let hash = parse_hash(&sample::bcrypt_with_cost(b"sk_live_one", 8)).unwrap();
    world
        .make(&[sample::with_hash(SET, hash, "sk_live_")])
        .await;
    world.make_one(b"cflo_one").await;
    world.known(b"sk_live_one").await;
    let texts = texts("sk_live_", 60);
    let flood = join_all(texts.iter().map(|text| world.find(text.as_bytes())));
    let started = Instant::now();
    let quick = async {
        sleep(Duration::from_millis(50)).await;
        known(world.find(b"sk_live_one").await);
        known(world.find(b"cflo_one").await);
        started.elapsed()
    };
    let (flood, quick) = tokio::join!(flood, quick);
    assert!(
        quick < started.elapsed() / 2,
        "{quick:?} of {:?}",
        started.elapsed()
    );
    flood.iter().for_each(assert_unknown);
}
