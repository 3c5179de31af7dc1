//! What a worker's memory holds, and what it lets go.

mod levels;

use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::super::super::fingerprint::Fingerprint;
use super::super::super::table::{Clock, Room};
use super::worker::MOST_READY;
use super::*;
use crate::jwks::{KeySet, VerifyingKey};
use crate::model::{Claims, Memo, Principal, PrincipalKind};
use crate::secret::Secret;
use crate::telemetry::Registry;

pub(super) fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn principal(subject: &str, claims: Value) -> Principal {
    let Value::Object(claims) = claims else {
        panic!("not an object: {claims}")
    };
    Principal {
        kind: PrincipalKind::User,
        subject: subject.into(),
        tenant: Some("acme".into()),
        email: None,
        roles: ["admin", "user"].map(Into::into).into(),
        scopes: Vec::new(),
        issuer: "main".into(),
        claims: Claims::new(claims),
        expires_at: at(100),
        key: None,
        webhook: None,
        memo: Memo::default(),
    }
}

pub(super) fn ground() -> Ground {
    let secret = Secret::new(vec![7; 32]);
    Ground {
        issuer: "main".into(),
        key: Arc::new(VerifyingKey::from_secret(&secret, &[Algorithm::HS256]).unwrap()),
    }
}

/// A fact about a caller that was verified in second 50 and counts until second 100.
pub(super) fn fact(subject: &str) -> Fact {
    let proven = Proven {
        principal: Arc::new(principal(subject, json!({}))),
        fingerprint: Fingerprint::of(&[7; 32]),
    };
    Fact::new(&proven, at(50)).unwrap()
}

pub(super) fn tag(token: &str) -> Tag {
    Tag::of(token.as_bytes()).unwrap()
}

struct Memory {
    worker: Worker,
    ground: Ground,
}

impl Memory {
    fn of(bytes: usize) -> Self {
        let mut worker = Worker::new();
        assert!(worker.is_of(1, Rooms::of(bytes)));
        let ground = ground();
        Self { worker, ground }
    }

    fn keep(&mut self, token: &str) {
        self.worker.keep(tag(token), fact(token), &self.ground);
    }

    fn ready(&mut self, token: &str) -> Option<Proven> {
        self.worker.find_ready(token.as_bytes(), at(60))
    }

    fn kept(&mut self, token: &str) -> Option<Proven> {
        self.worker.find_kept(&tag(token), token.as_bytes(), at(60))
    }
}

#[test]
fn token_found_again_soon_is_ready_from_then_on() {
    let mut memory = Memory::of(1 << 20);
    memory.keep("a");
    assert!(memory.ready("a").is_none());
    assert_eq!(&*memory.kept("a").unwrap().principal.subject, "a");
    let (first, second) = (memory.ready("a").unwrap(), memory.ready("a").unwrap());
    assert!(Arc::ptr_eq(&first.principal, &second.principal));
    assert!(memory.ready("b").is_none() && memory.kept("b").is_none());
}

#[test]
fn many_tokens_in_turn_do_not_push_each_other_out_of_what_is_ready() {
    let mut memory = Memory::of(64 << 20);
    let tokens: Vec<String> = (0..20_000)
        .map(|number| format!("token {number}"))
        .collect();
    for token in &tokens {
        memory.keep(token);
    }
    memory.kept("token 19999");
    assert!(memory.ready("token 19999").is_some());
    // All but the last ones were kept too long ago to count as found again.
    for token in &tokens[..19_000] {
        assert!(memory.kept(token).is_some(), "{token}");
        assert!(memory.ready("token 19999").is_some());
    }
    assert!(memory.ready("token 0").is_some() || memory.kept("token 0").is_some());
}

#[test]
fn bytes_are_bounded_whatever_comes() {
    for bytes in [1 << 20, 3 << 20] {
        let mut memory = Memory::of(bytes);
        let mut most = 0;
        for number in 0..10_000 {
            let long = "x".repeat(number % 300);
            memory.keep(&format!("{long}{number}"));
            if number % 3 == 0 {
                memory.kept(&format!("{long}{number}"));
            }
            let (_, now) = memory.worker.size();
            assert!(now <= bytes, "{number}: {now} of {bytes}");
            most = most.max(now);
        }
        assert!(most > bytes / 8, "{most} of {bytes}");
    }
}

#[test]
fn flood_of_genuine_tokens_leaves_those_in_use() {
    let mut memory = Memory::of(1 << 20);
    memory.keep("in use");
    memory.keep("in use at times");
    for number in 0..8_000 {
        memory.keep(&format!("token {number}"));
        assert!(memory.ready("in use").is_some() || memory.kept("in use").is_some());
        if number % 500 == 0 {
            assert!(memory.kept("in use at times").is_some(), "{number}");
        }
    }
    assert!(memory.kept("token 0").is_none());
}

#[test]
fn no_more_than_so_many_are_ready() {
    let mut clock = Clock::new();
    let room = Room {
        entries: MOST_READY,
        bytes: usize::MAX,
    };
    for number in 0..3 * MOST_READY as u64 {
        clock.insert(number, 10, (), room);
        assert!(clock.entries() <= MOST_READY);
    }
    let last = 3 * MOST_READY as u64 - 1;
    assert!(clock.find(0).is_none() && clock.find(last).is_some());
    clock.remove(last);
    assert!(clock.find(last).is_none());
}

#[test]
fn what_is_too_large_or_goes_leaves_room() {
    let mut clock = Clock::new();
    let room = Room {
        entries: 10,
        bytes: 10_000,
    };
    clock.insert(1, 20_000, "large", room);
    assert!(clock.find(1).is_none());
    for number in 0..100 {
        clock.insert(number, 100, "first", room);
        clock.insert(number, 200, "second", room);
        assert_eq!(clock.find(number), Some(&mut "second"));
        clock.remove(number);
    }
    assert_eq!((clock.entries(), clock.bytes()), (0, 0));
}

#[test]
fn tokens_whose_hashes_collide_are_told_apart_by_their_tags() {
    let mut memory = Memory::of(1 << 20);
    // The same end, which is all that is hashed of a token that is ready.
    let end = "x".repeat(100);
    let (one, other) = (format!("one{end}"), format!("other{end}"));
    memory.keep(&one);
    memory.kept(&one);
    assert!(memory.ready(&one).is_some() && memory.ready(&other).is_none());
    memory.keep(&other);
    memory.kept(&other);
    assert_eq!(*memory.ready(&other).unwrap().principal.subject, *other);
    assert!(memory.ready(&one).is_none());
    assert_eq!(*memory.kept(&one).unwrap().principal.subject, *one);
}

#[test]
fn fact_is_not_used_before_it_was_proven_nor_after_its_end() {
    let mut memory = Memory::of(1 << 20);
    // Two workers' clocks may be read in another order than they wrote.
    for (second, counts) in [
        (50, true),
        (49, true),
        (99, true),
        (30, false),
        (100, false),
    ] {
        memory.keep("a");
        let found = memory.worker.find_kept(&tag("a"), b"a", at(second));
        assert_eq!(found.is_some(), counts, "{second}");
        memory.keep("a");
        memory.kept("a");
        let found = memory.worker.find_ready(b"a", at(second));
        assert_eq!(found.is_some(), counts, "{second}");
    }
}

#[test]
fn newer_policy_empties_it_and_an_older_one_leaves_it_alone() {
    let mut memory = Memory::of(1 << 20);
    for number in 0..1_000 {
        memory.keep(&format!("token {number}"));
    }
    memory.kept("token 1");
    let rooms = Rooms::of(2 << 20);
    assert!(memory.worker.is_of(2, rooms));
    assert_eq!(memory.worker.size(), (0, 0));
    assert!(memory.ready("token 1").is_none() && memory.kept("token 1").is_none());
    memory.keep("b");
    assert!(!memory.worker.is_of(1, Rooms::of(1 << 20)));
    assert!(memory.worker.is_of(2, rooms) && memory.kept("b").is_some());
    // What the old one left goes with the look-ups that follow.
    for _ in 0..100 {
        memory.kept("b");
    }
    assert!(memory.worker.has_nothing_old());
}

#[test]
fn what_is_short_in_a_token_counts_as_long_as_it_is_in_memory() {
    let claims =
        json!({ "maps": vec![json!({ "": 0 }); 100], "nothing": vec![Value::Null; 1_000] });
    let proven = Proven {
        principal: Arc::new(principal("u1", claims)),
        fingerprint: Fingerprint::NONE,
    };
    let least = 100 * (size_of::<String>() + size_of::<Value>()) * 11 + 1_000 * size_of::<Value>();
    assert!(proven.unpacked() > least);
    let mut memory = Memory::of(1 << 20);
    let fact = Fact::new(&proven, at(50)).unwrap();
    memory.worker.keep(tag("a"), fact, &memory.ground);
    let (_, packed) = memory.worker.size();
    memory.kept("a");
    let (_, ready) = memory.worker.size();
    assert!(packed < 5_000 && ready > packed + least, "{packed} {ready}");
}

#[test]
fn packed_fact_is_the_fact() {
    let claims = json!({
        "text": "\u{e9}\n", "empty": "", "none": null, "yes": true, "no": false,
        "most": u64::MAX, "least": i64::MIN, "part": 0.1, "huge": 1e300, "tiny": 5e-324,
        "list": [1, ["a", {}], []], "object": { "a": { "b": [false] } },
    });
    for (kind, email) in [
        (PrincipalKind::User, Some("u1@example.com")),
        (PrincipalKind::Machine, None),
    ] {
        let principal = Principal {
            kind,
            email: email.map(Into::into),
            scopes: ["a:b", "c"].map(Into::into).into(),
            ..principal("u1", claims.clone())
        };
        let proven = Proven {
            principal: Arc::new(principal),
            fingerprint: Fingerprint::of(&[1; 32]),
        };
        let packed = Fact::new(&proven, at(50)).unwrap();
        let found = packed.unpack(&"main".into()).unwrap();
        assert_eq!(format!("{found:?}"), format!("{proven:?}"));
        assert_eq!(found.principal.claims, proven.principal.claims);
    }
}

#[test]
fn fact_that_is_too_long_is_not_packed() {
    let claims = json!({ "long": "x".repeat(70_000) });
    let proven = Proven {
        principal: Arc::new(principal("u1", claims)),
        fingerprint: Fingerprint::NONE,
    };
    assert!(Fact::new(&proven, at(50)).is_none());
}
