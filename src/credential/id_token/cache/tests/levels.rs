//! The levels together: what they share, what they count, and what they all forget.

use super::*;

#[test]
fn worker_that_is_alone_shares_with_nobody() {
    let two = NonZeroUsize::MIN.saturating_add(1);
    for (workers, shares) in [(NonZeroUsize::MIN, false), (two, true)] {
        let cache = Cache::new(1 << 20, workers, Standing::InForce);
        let proven = Proven {
            principal: Arc::new(principal("u1", json!({}))),
            fingerprint: Fingerprint::NONE,
        };
        cache.remember(tag("a"), &proven, ground(), at(50));
        assert!(cache.find_kept(&tag("a"), b"a", at(60)).is_some());
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                assert!(cache.find_kept(&tag("a"), b"a", at(60)).is_none());
                let found = cache.find_shared(&tag("a"), at(60));
                // What was taken over is this worker's own.
                let kept = cache.find_kept(&tag("a"), b"a", at(60));
                assert_eq!(found.is_some(), kept.is_some());
                found
            });
            let found = other.join().unwrap();
            assert_eq!(found.is_some(), shares);
            if let Some(found) = found {
                assert!(!Arc::ptr_eq(&found.principal, &proven.principal));
                assert!(!Arc::ptr_eq(
                    &found.principal.issuer,
                    &proven.principal.issuer
                ));
            }
        });
        assert!(cache.find_shared(&tag("a"), at(100)).is_none());
        assert!(cache.find_shared(&tag("a"), at(60)).is_none());
    }
}

/// The key of RFC 7515 appendix A.3.
fn published() -> (Arc<KeySet>, Arc<VerifyingKey>) {
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    crate::credential::tests::signatures::published(&jwk, Algorithm::ES256)
}

#[test]
fn no_level_uses_a_fact_whose_key_was_retired() {
    let cache = Cache::new(
        8 << 20,
        NonZeroUsize::MIN.saturating_add(1),
        Standing::InForce,
    );
    let (set, key) = published();
    let proven = Proven {
        principal: Arc::new(principal("u1", json!({}))),
        fingerprint: Fingerprint::NONE,
    };
    let issuer = Arc::clone(&proven.principal.issuer);
    for token in ["kept", "ready"] {
        let (issuer, key) = (Arc::clone(&issuer), Arc::clone(&key));
        cache.remember(tag(token), &proven, Ground { issuer, key }, at(50));
    }
    assert!(cache.find_kept(&tag("ready"), b"ready", at(60)).is_some());
    assert!(cache.find_ready(b"ready", at(60)).is_some());
    drop(set);
    assert!(cache.find_ready(b"ready", at(60)).is_none());
    assert!(cache.find_kept(&tag("kept"), b"kept", at(60)).is_none());
    assert!(cache.find_shared(&tag("kept"), at(60)).is_none());
    std::thread::scope(|scope| {
        let other = scope.spawn(|| cache.find_shared(&tag("ready"), at(60)).is_none());
        assert!(other.join().unwrap());
    });
}

#[test]
fn grounds_of_retired_keys_are_let_go() {
    let mut memory = Memory::of(1 << 20);
    for _ in 0..5 {
        let (_set, key) = published();
        let issuer = "main".into();
        let ground = Ground { issuer, key };
        memory.worker.keep(tag("a"), fact("a"), &ground);
        memory.worker.keep(tag("b"), fact("b"), &ground);
    }
    assert_eq!(memory.worker.grounds(), 1);
}

#[test]
fn what_is_remembered_is_counted() {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    let mut cache = Cache::new(1 << 20, NonZeroUsize::MIN, Standing::InForce);
    cache.observe(metrics);
    let shown = |name: &str| -> i64 {
        let text = registry.render().unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().parse().unwrap()
    };
    let proven = Proven {
        principal: Arc::new(principal("u1", json!({}))),
        fingerprint: Fingerprint::NONE,
    };
    for (number, token) in ["a", "b", "a"].into_iter().enumerate() {
        cache.remember(tag(token), &proven, ground(), at(50));
        let entries = shown("sidegate_token_cache_entries ");
        assert_eq!(entries, [1, 2, 2][number]);
        assert!(shown("sidegate_token_cache_bytes ") >= entries * 200);
    }
    assert!(cache.find_kept(&tag("a"), b"a", at(100)).is_none());
    assert_eq!(shown("sidegate_token_cache_entries "), 1);
    // Nothing of it counts under the next policy.
    let mut next = Cache::new(1 << 20, NonZeroUsize::MIN, Standing::InForce);
    next.observe(Metrics::clone(cache.metrics.as_ref().unwrap()));
    assert!(next.find_kept(&tag("b"), b"b", at(60)).is_none());
    assert_eq!(shown("sidegate_token_cache_entries "), 0);
    assert_eq!(shown("sidegate_token_cache_bytes "), 0);
}

/// A worker serves by one policy and tries the other, in turn.
#[test]
fn policy_that_is_tried_leaves_what_the_one_in_force_remembers() {
    let served = Cache::new(1 << 20, NonZeroUsize::MIN, Standing::InForce);
    let tried = Cache::new(1 << 20, NonZeroUsize::MIN, Standing::Tried);
    let proven = Proven {
        principal: Arc::new(principal("u1", json!({}))),
        fingerprint: Fingerprint::NONE,
    };
    for cache in [&served, &tried, &served, &tried] {
        cache.remember(tag("a"), &proven, ground(), at(50));
    }
    for cache in [&served, &tried] {
        assert!(cache.find_kept(&tag("a"), b"a", at(60)).is_some());
    }
}
