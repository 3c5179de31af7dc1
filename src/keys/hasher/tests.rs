use std::time::Duration;

use argon2::{Algorithm, Version};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::*;
use crate::keys::hash::{digest, parse_hash};
use crate::keys::metrics::Metrics;
use crate::keys::sample::{argon2_of, bcrypt_of, bcrypt_with_cost};
use crate::telemetry::Registry;

fn hasher(threads: usize, waiting: usize) -> Hasher {
    let metrics = Metrics::new(&Registry::new()).unwrap();
    Hasher::counted(threads, waiting, metrics.hashes)
}

fn bcrypt(text: &[u8]) -> KeyHash {
    parse_hash(&bcrypt_of(text)).unwrap()
}

/// Takes a tenth of a second and more in a debug build.
fn slow(text: &[u8]) -> KeyHash {
    parse_hash(&bcrypt_with_cost(text, 8)).unwrap()
}

impl Hasher {
    fn done(&self) -> u64 {
        self.0.office.metrics.all_done()
    }
}

#[tokio::test]
async fn text_matches_its_hash_of_every_kind_and_no_other() {
    let hasher = hasher(2, 8);
    let argon2 = argon2_of(Algorithm::Argon2id, Version::V0x13, b"secret-key");
    for hash in [
        KeyHash::Sha256(digest(b"secret-key")),
        bcrypt(b"secret-key"),
        parse_hash(&argon2).unwrap(),
    ] {
        assert_eq!(hasher.matches(&hash, b"secret-key").await, Ok(true));
        for wrong in [
            b"".as_slice(),
            b"secret-ke",
            b"secret-key\0",
            b"SECRET-KEY",
            &[b'a'; 600],
        ] {
            assert_eq!(hasher.matches(&hash, wrong).await, Ok(false));
        }
    }
}

#[tokio::test]
async fn slow_hash_is_worked_out_once_for_right_and_wrong_texts() {
    let hasher = hasher(1, 8);
    let hash = bcrypt(b"secret-key");
    for _ in 0..3 {
        assert_eq!(hasher.matches(&hash, b"secret-key").await, Ok(true));
        assert_eq!(hasher.matches(&hash, b"other-key").await, Ok(false));
    }
    assert_eq!(hasher.done(), 2);
}

#[tokio::test]
async fn equal_texts_that_wait_together_are_hashed_once() {
    let hasher = hasher(2, 1);
    let hash = slow(b"secret-key");
    let all = join_all((0..100).map(|_| hasher.matches(&hash, b"secret-key"))).await;
    assert!(all.iter().all(|answer| *answer == Ok(true)));
    assert_eq!(hasher.done(), 1);
}

#[tokio::test]
async fn texts_beyond_the_bound_are_refused_at_once() {
    let hasher = hasher(1, 2);
    let hash = slow(b"secret-key");
    let texts: Vec<_> = (0..50).map(|number: u32| number.to_string()).collect();
    let all = join_all(
        texts
            .iter()
            .map(|text| hasher.matches(&hash, text.as_bytes())),
    )
    .await;
    let refused = all
        .iter()
        .filter(|answer| **answer == Err(Overloaded))
        .count();
    // One is being hashed, if the thread was quick, and two wait.
    assert!((47..=48).contains(&refused), "{refused}");
    assert!(!all.contains(&Ok(true)));
    assert_eq!(hasher.matches(&hash, b"secret-key").await, Ok(true));
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_hashed_and_makes_room() {
    let hasher = hasher(1, 2);
    let hash = slow(b"secret-key");
    for text in [b"1".as_slice(), b"2", b"3", b"4", b"5", b"6", b"7", b"8"] {
        let asked = hasher.matches(&hash, text);
        assert!(timeout(Duration::ZERO, asked).await.is_err());
    }
    assert_eq!(hasher.matches(&hash, b"secret-key").await, Ok(true));
    assert!(hasher.done() <= 3, "{}", hasher.done());
}

#[tokio::test]
async fn flood_of_wrong_texts_delays_neither_known_ones_nor_sha256() {
    let hasher = hasher(1, 64);
    let hash = slow(b"secret-key");
    assert_eq!(hasher.matches(&hash, b"secret-key").await, Ok(true));
    let texts: Vec<_> = (0..64).map(|number: u32| number.to_string()).collect();
    let flood = join_all(
        texts
            .iter()
            .map(|text| hasher.matches(&hash, text.as_bytes())),
    );
    let quick = async {
        tokio::task::yield_now().await;
        assert_eq!(hasher.matches(&hash, b"secret-key").await, Ok(true));
        let sha256 = KeyHash::Sha256(digest(b"quick-key"));
        assert_eq!(hasher.matches(&sha256, b"quick-key").await, Ok(true));
    };
    tokio::select! {
        biased;
        _ = flood => panic!("the flood was done first"),
        () = quick => {}
    }
}

#[tokio::test]
async fn hash_that_nobody_checked_costs_nothing_and_passes_nothing() {
    let hasher = hasher(1, 8);
    for hash in [
        KeyHash::Bcrypt("$2b$31$abcdefghijklmnopqrstuuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()),
        KeyHash::Bcrypt("$2b$0ü$".into()),
        KeyHash::Argon2("$argon2id$v=19$m=4294967295,t=4294967295,p=1$c2FsdHNhbHQ$YQ".into()),
        KeyHash::Argon2("".into()),
    ] {
        assert_eq!(hasher.matches(&hash, b"secret-key").await, Ok(false));
    }
}

#[tokio::test]
async fn threads_end_with_the_last_hasher() {
    let hasher = hasher(1, 8);
    assert_eq!(hasher.matches(&bcrypt(b"k"), b"k").await, Ok(true));
    let office = Arc::downgrade(&hasher.0.office);
    drop(hasher);
    for _ in 0..500 {
        if office.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the thread is still there");
}
