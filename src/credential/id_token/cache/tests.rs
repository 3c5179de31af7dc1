//! Bounds of a worker's memory.

use super::local::{Local, MAX_BYTES, MAX_ENTRIES};
use super::*;
use crate::model::{Claims, PrincipalKind};
use crate::secret::Secret;
use jsonwebtoken::Algorithm;

fn proven(token: &str) -> Arc<Proven> {
    let secret = Secret::new(vec![7; 32]);
    let principal = Principal {
        kind: PrincipalKind::User,
        subject: token.into(),
        tenant: None,
        email: None,
        roles: Vec::new(),
        scopes: Vec::new(),
        issuer: "main".into(),
        claims: Claims::default(),
        expires_at: SystemTime::UNIX_EPOCH + Duration::from_secs(100),
        memo: Default::default(),
    };
    Arc::new(Proven {
        token: token.into(),
        principal: Arc::new(principal),
        fingerprint: "".into(),
        key: Arc::new(VerifyingKey::from_secret(&secret, &[Algorithm::HS256]).unwrap()),
        verified_at: SystemTime::UNIX_EPOCH + Duration::from_secs(50),
        lifetime: Duration::from_secs(100),
    })
}

#[test]
fn entries_are_bounded_and_those_in_use_stay() {
    let mut local = Local::new();
    local.insert(1, proven("in use"));
    for number in 0..3 * MAX_ENTRIES {
        assert!(local.find(1, b"in use").is_some(), "{number}");
        local.insert(1, proven(&format!("token {number}")));
        assert!(local.size().0 <= MAX_ENTRIES);
    }
    assert!(local.find(1, b"token 0").is_none());
}

#[test]
fn bytes_are_bounded() {
    let mut local = Local::new();
    let long = "x".repeat(10_000);
    for number in 0..2_000 {
        local.insert(1, proven(&format!("{long}{number}")));
        assert!(local.size().1 <= MAX_BYTES);
    }
    let (entries, bytes) = local.size();
    assert!(entries > 300 && bytes > MAX_BYTES / 2, "{entries} {bytes}");
}

#[test]
fn what_is_removed_leaves_room() {
    let mut local = Local::new();
    for number in 0..100 {
        let token = format!("token {number}");
        local.insert(1, proven(&token));
        local.insert(1, proven(&token));
        assert!(local.find(1, token.as_bytes()).is_some());
        local.remove(token.as_bytes());
        assert!(local.find(1, token.as_bytes()).is_none());
    }
    assert_eq!(local.size(), (0, 0));
}

#[test]
fn newer_policy_empties_it_and_an_older_one_leaves_it_alone() {
    let mut local = Local::new();
    local.insert(1, proven("a"));
    assert!(local.find(2, b"a").is_none());
    local.insert(2, proven("b"));
    local.insert(1, proven("a"));
    assert!(local.find(1, b"a").is_none());
    assert!(local.find(2, b"b").is_some());
    assert_eq!(local.size().0, 1);
}

#[test]
fn proven_fact_ends_with_its_token() {
    let proven = proven("a");
    let now = SystemTime::UNIX_EPOCH;
    assert!(proven.holds(now + Duration::from_secs(50)));
    assert!(proven.holds(now + Duration::from_secs(99)));
    assert!(!proven.holds(now + Duration::from_secs(100)));
}

#[test]
fn proven_fact_does_not_count_before_it_was_proven() {
    let proven = proven("a");
    let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
    // Two workers' clocks may be read in another order than they wrote.
    assert!(proven.holds(at(49)));
    assert!(!proven.holds(at(30)));
}
