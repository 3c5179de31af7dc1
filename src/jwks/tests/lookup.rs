//! What callers get, and what it costs the issuer. The clock is paused and goes on by itself.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm::{self, ES256, RS256};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::super::{KeySets, Missing, Origin, Settings};
use super::support::{p256, set, set_of, source, world};
use crate::telemetry::Registry;

const SECOND: Duration = Duration::from_secs(1);

fn inline(keys: &[serde_json::Value]) -> Arc<super::super::KeySet> {
    let sets = KeySets::new(Settings::default(), &Registry::new()).unwrap();
    sets.subscribe(source(Origin::Inline(json!({ "keys": keys }))))
}

#[tokio::test]
async fn inline_set_answers_at_once_and_for_ever() {
    let keys = inline(&[p256("a"), p256("b")]);
    assert_eq!(keys.candidates(Some("a"), ES256).await.unwrap().len(), 1);
    assert_eq!(keys.candidates(None, ES256).await.unwrap().len(), 2);
    assert_eq!(
        keys.candidates(Some("c"), ES256).await.unwrap_err(),
        Missing::Unknown
    );
    assert!(keys.is_ready());
}

#[tokio::test]
async fn set_that_goes_leaves_the_metrics_of_its_successor_alone() {
    let registry = Registry::new();
    let sets = KeySets::new(Settings::default(), &registry).unwrap();
    let of = |kid: &str| source(Origin::Inline(json!({ "keys": [p256(kid)] })));
    let old = sets.subscribe(of("a"));
    let _new = sets.subscribe(of("b"));
    drop(old);
    let text = registry.render().unwrap();
    let ready = text
        .lines()
        .find(|line| line.starts_with("sidegate_jwks_ready{"));
    assert!(ready.unwrap().ends_with(" 1"), "{text}");
}

#[tokio::test]
async fn known_name_with_another_algorithm_is_no_candidate() {
    let keys = inline(&[p256("a")]);
    for wrong in [RS256, Algorithm::HS256] {
        assert!(keys.candidates(Some("a"), wrong).await.unwrap().is_empty());
    }
    assert_eq!(
        keys.candidates(None, RS256).await.unwrap_err(),
        Missing::Unknown
    );
}

#[tokio::test]
async fn token_without_name_is_tried_on_few_keys_only() {
    let keys: Vec<_> = (0..9).map(|index| p256(&index.to_string())).collect();
    assert_eq!(
        inline(&keys[..8])
            .candidates(None, ES256)
            .await
            .unwrap()
            .len(),
        8
    );
    assert_eq!(
        inline(&keys).candidates(None, ES256).await.unwrap_err(),
        Missing::Unknown
    );
}

#[tokio::test]
async fn absent_name_does_not_find_a_nameless_key() {
    let mut nameless = p256("a");
    nameless.as_object_mut().unwrap().remove("kid");
    let keys = inline(&[nameless]);
    assert_eq!(
        keys.candidates(Some("a"), ES256).await.unwrap_err(),
        Missing::Unknown
    );
    assert_eq!(keys.candidates(None, ES256).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn callers_before_the_first_answer_wait_for_it() {
    let world = world(&set_of(&["a"]), SECOND);
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let set = Arc::clone(&world.set);
        callers.spawn(async move { set.candidates(Some("a"), ES256).await });
    }
    while let Some(found) = callers.join_next().await {
        assert_eq!(found.unwrap().unwrap().len(), 1);
    }
    assert_eq!(world.issuer.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn callers_of_a_silent_issuer_wait_no_longer_than_a_fetch() {
    let world = world(&set_of(&["a"]), Duration::from_secs(3600));
    let before = Instant::now();
    let missing = world.set.candidates(Some("a"), ES256).await.unwrap_err();
    assert_eq!(missing, Missing::Unavailable);
    assert!(before.elapsed() <= Settings::default().timeout + SECOND);
    assert!(!world.sets.all_ready());
}

#[tokio::test(start_paused = true)]
async fn flood_of_unknown_names_costs_one_fetch_per_cooldown() {
    let world = world(&set_of(&["a"]), SECOND / 10);
    world.set.candidates(Some("a"), ES256).await.unwrap();
    for round in 1..=3 {
        let before = world.issuer.asked();
        let mut callers = JoinSet::new();
        for index in 0..1_000 {
            let set = Arc::clone(&world.set);
            callers.spawn(async move {
                for more in 0..100 {
                    let kid = format!("{index}-{more}");
                    let missing = set.candidates(Some(&kid), ES256).await.unwrap_err();
                    assert_eq!(missing, Missing::Unknown);
                }
            });
        }
        while let Some(done) = callers.join_next().await {
            done.unwrap();
        }
        assert_eq!(world.issuer.asked() - before, 1, "round {round}");
        sleep(Settings::default().cooldown).await;
    }
}

#[tokio::test(start_paused = true)]
async fn cooldown_answers_at_once_and_delays_no_known_key() {
    let world = world(&set_of(&["a"]), SECOND);
    world.set.candidates(Some("a"), ES256).await.unwrap();
    let stranger = world.set.candidates(Some("b"), ES256);
    let known = async {
        sleep(SECOND / 2).await;
        let before = Instant::now();
        world.set.candidates(Some("a"), ES256).await.unwrap();
        before.elapsed()
    };
    let (missing, waited) = tokio::join!(stranger, known);
    assert_eq!(missing.unwrap_err(), Missing::Unknown);
    assert_eq!(waited, Duration::ZERO);
    let before = Instant::now();
    assert!(world.set.candidates(Some("c"), ES256).await.is_err());
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn new_key_is_found_by_the_first_token_that_names_it() {
    let (a, b) = (p256("a"), p256("b"));
    let world = world(&set(std::slice::from_ref(&a)), SECOND / 10);
    let old = world.set.candidates(Some("a"), ES256).await.unwrap();
    world.issuer.publish(&set(&[a, b]));
    assert_eq!(
        world.set.candidates(Some("b"), ES256).await.unwrap().len(),
        1
    );
    let still = world.set.candidates(Some("a"), ES256).await.unwrap();
    assert!(
        Arc::ptr_eq(&old[0], &still[0]),
        "an unchanged key keeps its identity"
    );
    assert!(old[0].is_current());
}

#[tokio::test(start_paused = true)]
async fn new_set_replaces_the_old_one() {
    let world = world(&set_of(&["a", "same"]), SECOND / 10);
    let gone = world.set.candidates(Some("a"), ES256).await.unwrap();
    let changed = world.set.candidates(Some("same"), ES256).await.unwrap();
    world.issuer.publish(&set_of(&["b", "same"]));
    world.set.candidates(Some("b"), ES256).await.unwrap();
    assert!(!gone[0].is_current());
    assert!(
        !changed[0].is_current(),
        "another key under the old name is another key"
    );
    assert_eq!(
        world.set.candidates(Some("a"), ES256).await.unwrap_err(),
        Missing::Unknown
    );
    let now = world.set.candidates(Some("same"), ES256).await.unwrap();
    assert!(now[0].is_current() && !Arc::ptr_eq(&now[0], &changed[0]));
}

#[tokio::test]
async fn callers_on_other_runtimes_are_served() {
    let world = world(&set_of(&["a"]), SECOND / 20);
    let callers = (0..4).map(|_| {
        let set = Arc::clone(&world.set);
        std::thread::spawn(move || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_all().build().unwrap();
            runtime.block_on(async {
                assert!(set.candidates(Some("a"), ES256).await.is_ok());
                let missing = set.candidates(Some("b"), ES256).await.unwrap_err();
                assert_eq!(missing, Missing::Unknown);
            });
        })
    });
    let callers: Vec<_> = callers.collect();
    while !callers.iter().all(|caller| caller.is_finished()) {
        sleep(SECOND / 100).await;
    }
    callers
        .into_iter()
        .for_each(|caller| caller.join().unwrap());
    assert_eq!(world.issuer.asked(), 2);
}

#[tokio::test]
async fn same_origin_is_one_set() {
    let sets = KeySets::new(Settings::default(), &Registry::new()).unwrap();
    let url = || Origin::Url("https://idp.example.com/keys".into());
    let one = sets.subscribe(source(url()));
    let mut other_name = source(url());
    other_name.issuer = "other".into();
    assert!(Arc::ptr_eq(&one, &sets.subscribe(other_name)));
    let mut insecure = source(url());
    insecure.allow_http = true;
    assert!(!Arc::ptr_eq(&one, &sets.subscribe(insecure)));
    assert_eq!(sets.status().len(), 1, "a set that nobody holds is gone");
}
