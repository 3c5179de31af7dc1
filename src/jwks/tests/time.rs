//! What time does to a key set. The clock is paused and goes on by itself.

use std::time::Duration;

use http::header::{AGE, CACHE_CONTROL, HeaderMap};
use jsonwebtoken::Algorithm::ES256;
use tokio::time::{Instant, sleep};

use super::super::freshness::{fresh_for, refresh_in, retry_in};
use super::super::{KeySets, Missing, Settings};
use super::support::{set_of, world};
use crate::document::{Problems, parse};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn outage_of_an_hour_costs_no_known_key() {
    let world = world(&set_of(&["a"]), SECOND / 10);
    let first = world.set.candidates(Some("a"), ES256).await.unwrap();
    world.issuer.break_down();
    let (start, asked) = (Instant::now(), world.issuer.asked());
    while start.elapsed() < HOUR {
        let before = Instant::now();
        let found = world.set.candidates(Some("a"), ES256).await.unwrap();
        assert!(found[0].is_current() && std::sync::Arc::ptr_eq(&found[0], &first[0]));
        assert_eq!(before.elapsed(), Duration::ZERO);
        sleep(SECOND).await;
    }
    let asked = world.issuer.asked() - asked;
    assert!((8..=30).contains(&asked), "asked {asked} times in an hour");
    let status = world.sets.status().remove(0);
    assert!(status.ready && status.failures > 0 && status.age.unwrap() >= HOUR);
    assert_eq!(
        status.last_error.unwrap(),
        "the issuer cannot be reached: connection refused"
    );

    world.issuer.publish(&set_of(&["b"]));
    sleep(6 * 60 * SECOND).await;
    assert!(world.set.candidates(Some("b"), ES256).await.is_ok());
    let status = world.sets.status().remove(0);
    assert_eq!((status.failures, status.last_error), (0, None));
}

#[tokio::test(start_paused = true)]
async fn keys_are_not_believed_for_ever() {
    let world = world(&set_of(&["a"]), SECOND / 10);
    let key = world.set.candidates(Some("a"), ES256).await.unwrap();
    world.issuer.break_down();
    sleep(23 * HOUR).await;
    assert!(key[0].is_current());
    sleep(HOUR + 15 * 60 * SECOND).await;
    assert!(
        !key[0].is_current(),
        "what was verified with it must not be used any more"
    );
    let missing = world.set.candidates(Some("a"), ES256).await.unwrap_err();
    assert_eq!(missing, Missing::Unavailable);
    assert!(!world.sets.all_ready());

    world.issuer.publish(&set_of(&["a"]));
    sleep(6 * 60 * SECOND).await;
    assert!(world.set.candidates(Some("a"), ES256).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn issuer_that_was_down_at_start_is_used_when_it_comes() {
    let world = world("<html>", SECOND / 10);
    let missing = world.set.candidates(Some("a"), ES256).await.unwrap_err();
    assert_eq!(missing, Missing::Unavailable);
    sleep(HOUR).await;
    world.issuer.publish(&set_of(&["a"]));
    // The pause between attempts is up to five minutes; a caller need not wait for its end.
    assert!(world.set.candidates(Some("a"), ES256).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn set_is_refreshed_before_it_expires() {
    let world = world(&set_of(&["a"]), SECOND / 10);
    sleep(SECOND).await;
    assert_eq!(world.issuer.asked(), 1);
    sleep(Settings::default().refresh - SECOND).await;
    assert_eq!(world.issuer.asked(), 2);
    assert!(world.sets.status()[0].age.unwrap() < Settings::default().refresh / 2);
}

#[tokio::test(start_paused = true)]
async fn set_that_nobody_holds_is_forgotten() {
    let world = world(&set_of(&["a"]), SECOND / 10);
    world.set.candidates(Some("a"), ES256).await.unwrap();
    let metrics = world.registry.render().unwrap();
    for line in [
        r#"sidegate_jwks_fetches_total{issuer="main",result="ok"} 1"#,
        r#"sidegate_jwks_keys{issuer="main"} 1"#,
        r#"sidegate_jwks_ready{issuer="main"} 1"#,
        r#"sidegate_jwks_last_success_timestamp_seconds{issuer="main"} "#,
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    drop(world.set);
    sleep(10 * HOUR).await;
    assert_eq!(world.issuer.asked(), 1);
    assert!(!world.registry.render().unwrap().contains("main"));
    assert!(world.sets.status().is_empty() && world.sets.all_ready());
}

#[test]
fn key_sets_can_be_made_outside_a_runtime() {
    let registry = crate::telemetry::Registry::new();
    assert!(
        KeySets::new(Settings::default(), &registry)
            .unwrap()
            .all_ready()
    );
}

#[test]
fn freshness_follows_the_issuer_within_bounds() {
    let settings = Settings::default();
    for (cache_control, age, fresh) in [
        ("max-age=600", "0", Some(600)),
        ("public, Max-Age=\"600\"", "100", Some(500)),
        ("max-age=600", "700", Some(0)),
        ("max-age=31536000", "0", Some(31_536_000)),
        (
            "max-age=99999999999999999999",
            "0",
            Some(u64::from(u32::MAX)),
        ),
        ("no-store", "0", Some(0)),
        ("max-age=600, no-cache", "0", Some(0)),
        ("max-age=soon", "0", None),
        ("private", "0", None),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, cache_control.parse().unwrap());
        headers.insert(AGE, age.parse().unwrap());
        let found = fresh_for(&headers);
        assert_eq!(found, fresh.map(Duration::from_secs), "{cache_control}");
        let pause = refresh_in(found, &settings);
        assert!(pause >= settings.min_refresh && pause <= settings.max_refresh.mul_f64(0.85));
    }
    assert_eq!(fresh_for(&HeaderMap::new()), None);
    assert!(refresh_in(None, &settings) < settings.refresh);
}

#[test]
fn pauses_after_failures_grow_and_end_at_five_minutes() {
    assert!(retry_in(1) <= SECOND);
    assert!(retry_in(5) > 10 * SECOND);
    for failures in [10, 100, u32::MAX] {
        assert!((240 * SECOND..=300 * SECOND).contains(&retry_in(failures)));
    }
}

#[test]
fn settings_are_read_and_checked() {
    let read = |text: &str| {
        let problems = Problems::new();
        let node = parse("sidegate.yaml", text, &|_: &str| None, &problems).unwrap();
        (Settings::read(Some(&node), &problems), problems)
    };
    let (settings, problems) = read("cache_dir: /tmp/x\nrefresh: 5m\nmax_size: 2 MiB\nproxy: true");
    assert!(problems.is_empty());
    assert_eq!(settings.refresh, 300 * SECOND);
    assert_eq!((settings.max_size, settings.proxy), (2 << 20, true));
    for wrong in [
        "cooldown: 0s",
        "min_refresh: 2d",
        "max_stale: 1s",
        "colldown: 3s",
    ] {
        assert!(read(wrong).1.has_errors(), "{wrong}");
    }
    assert!(Settings::read(None, &Problems::new()).cache_dir.is_none());
}
