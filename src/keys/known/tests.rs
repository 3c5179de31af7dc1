use std::time::Duration;

use super::*;
use crate::keys::sample;

/// Seconds after some moment that stands for now.
fn at(seconds: i64) -> SystemTime {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    match u64::try_from(seconds) {
        Ok(later) => now + Duration::from_secs(later),
        Err(_) => now - Duration::from_secs(seconds.unsigned_abs()),
    }
}

fn check(change: impl FnOnce(&mut ApiKey)) -> Result<(), Reason> {
    let mut key = sample::key("partners", b"text");
    change(&mut key);
    let known = Known::new(Arc::new(key), 0, true);
    known.check(at(0)).map_err(|denied| {
        assert!(denied.detail.starts_with("key `"), "{}", denied.detail);
        denied.reason
    })
}

#[test]
fn key_counts_between_its_edges_without_leeway() {
    use Reason::{KeyExpired, KeyNotYetValid, KeyRevoked};
    type Row = (
        Option<i64>,
        Option<i64>,
        Option<i64>,
        Option<i64>,
        Result<(), Reason>,
    );
    // not before, expires at, its generation ends at, revoked at
    let table: &[Row] = &[
        (None, None, None, None, Ok(())),
        (Some(-1), None, None, None, Ok(())),
        (Some(0), None, None, None, Ok(())),
        (Some(1), None, None, None, Err(KeyNotYetValid)),
        (None, Some(1), None, None, Ok(())),
        (None, Some(0), None, None, Err(KeyExpired)),
        (None, Some(-1), None, None, Err(KeyExpired)),
        (None, None, Some(1), None, Ok(())),
        (None, None, Some(0), None, Err(KeyExpired)),
        (None, Some(1), Some(-1), None, Err(KeyExpired)),
        // Revoked is revoked, also by a clock that is ahead.
        (None, None, None, Some(-1), Err(KeyRevoked)),
        (None, None, None, Some(60), Err(KeyRevoked)),
        (Some(1), Some(-1), Some(-1), Some(0), Err(KeyRevoked)),
        (Some(1), Some(-1), Some(-1), None, Err(KeyNotYetValid)),
        (Some(0), Some(1), Some(1), None, Ok(())),
    ];
    for row @ (not_before, expires, ends, revoked, expected) in table {
        let found = check(|key| {
            key.not_before = not_before.map(at);
            key.expires_at = expires.map(at);
            key.generations[0].ends_at = ends.map(at);
            key.revoked_at = revoked.map(at);
        });
        assert_eq!(found, *expected, "{row:?}");
    }
}

#[test]
fn moment_is_compared_to_the_nanosecond() {
    let mut key = sample::key("partners", b"text");
    key.expires_at = Some(at(0));
    let known = Known::new(Arc::new(key), 0, true);
    assert_eq!(known.check(at(0) - Duration::from_nanos(1)), Ok(()));
    assert!(known.check(at(0)).is_err());
}

#[test]
fn old_text_is_over_while_the_new_one_counts() {
    let mut key = sample::key("partners", b"new");
    let mut old = key.generations[0].clone();
    old.ends_at = Some(at(0));
    key.generations[0].number = 2;
    key.generations.push(old);
    let key = Arc::new(key);
    let of = |generation| Known::new(Arc::clone(&key), generation, true);
    assert_eq!(of(0).check(at(0)), Ok(()));
    assert_eq!(of(1).check(at(-1)), Ok(()));
    let denied = of(1).check(at(0)).unwrap_err();
    assert_eq!(denied.reason, Reason::KeyExpired);
    assert!(denied.detail.ends_with("generation 1"), "{}", denied.detail);
    assert_eq!(of(0).ends_at(), None);
    assert_eq!(of(1).ends_at(), Some(at(0)));
    assert!(of(2).check(at(0)).is_err(), "no such generation");
}

#[test]
fn text_that_was_replaced_without_grace_is_over_by_any_clock() {
    // Whoever rotates has a clock that is a minute ahead of ours.
    let rotated = |grace: u64| {
        let mut key = sample::key("partners", b"new");
        let mut old = key.generations[0].clone();
        key.generations[0].number = old.number + 1;
        key.generations[0].created_at = at(60);
        old.ends_at = Some(at(60) + Duration::from_secs(grace));
        key.generations.push(old);
        let key = Arc::new(key);
        [0, 1].map(|generation| {
            let known = Known::new(Arc::clone(&key), generation, true);
            known.check(at(0)).map_err(|denied| denied.reason)
        })
    };
    assert_eq!(rotated(0), [Ok(()), Err(Reason::KeyExpired)]);
    assert_eq!(rotated(1), [Ok(()), Ok(())]);
}

#[test]
fn outdated_fact_stays_outdated() {
    let known = Known::new(Arc::new(sample::key("partners", b"text")), 0, true);
    assert!(known.is_current());
    known.outdate();
    assert!(!known.is_current());
}
