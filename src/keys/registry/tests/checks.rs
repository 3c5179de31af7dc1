//! What a key may be, and what it may not.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::field;
use crate::keys::house::{DAY, House, at, set, wish};
use crate::keys::{KeySet, NewKey};
use crate::store::Filter;

/// A way to spoil a wish.
type Spoiled = fn(&mut NewKey);

#[tokio::test]
async fn field_that_makes_no_sense_is_named() {
    let house = House::new().await;
    let one = set("partners", Some("cflo_"));
    let cases: [(&str, Spoiled); 24] = [
        ("name", |new| new.name = String::new()),
        ("name", |new| new.name = "a\u{7}".into()),
        ("name", |new| new.name = "a".repeat(257)),
        ("tenant", |new| new.tenant = Some(String::new())),
        ("tenant", |new| new.tenant = Some("a\nb".into())),
        ("owner", |new| new.owner = Some("ü".repeat(129))),
        ("roles", |new| {
            new.roles = Some(vec!["a".into(), String::new()])
        }),
        ("roles", |new| new.roles = Some(vec!["a".into(); 101])),
        ("scopes", |new| new.scopes = vec!["a".into(); 101]),
        ("scopes", |new| new.scopes = vec!["a b".into()]),
        ("scopes", |new| new.scopes = vec!["a\u{a0}b".into()]),
        ("scopes", |new| new.scopes = vec!["\0".into()]),
        ("sources", |new| new.sources = Some(Vec::new())),
        ("sources", |new| new.sources = Some(vec![String::new()])),
        ("networks", |new| new.networks = Some(Vec::new())),
        ("networks", |new| {
            new.networks = Some(vec!["::1/128".parse().unwrap(); 101]);
        }),
        ("metadata", |new| {
            drop(new.metadata.insert("key_id".into(), json!(1)))
        }),
        ("metadata", |new| {
            drop(new.metadata.insert("owner".into(), json!(1)))
        }),
        ("metadata", |new| {
            drop(new.metadata.insert(String::new(), json!(1)))
        }),
        ("metadata", |new| {
            drop(new.metadata.insert("a".into(), json!([{ "b": "\0" }])))
        }),
        ("metadata", |new| {
            drop(new.metadata.insert("a".into(), json!("b".repeat(16 << 10))))
        }),
        ("expires_at", |new| new.expires_at = Some(at(0))),
        ("expires_at", |new| {
            new.not_before = Some(at(20));
            new.expires_at = Some(at(20));
        }),
        ("not_before", |new| new.not_before = Some(UNIX_EPOCH - DAY)),
    ];
    for (name, spoil) in cases {
        let mut new = wish("ci");
        spoil(&mut new);
        let made = house.registry.make(&one, new.clone(), "a", at(0)).await;
        assert_eq!(field(made), name, "{new:?}");
    }
    let far = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    let mut new = wish("ci");
    new.expires_at = Some(far);
    assert_eq!(
        field(house.registry.make(&one, new, "a", at(0)).await),
        "expires_at"
    );
    let all = Filter {
        limit: 10,
        ..Filter::default()
    };
    assert!(house.registry.list(&all).await.unwrap().keys.is_empty());
}

#[tokio::test]
async fn set_without_a_prefix_or_without_the_store_has_no_new_keys() {
    let house = House::new().await;
    let elsewhere = KeySet {
        stored: false,
        ..set("partners", Some("cflo_"))
    };
    for set in [set("partners", None), elsewhere] {
        let made = house.registry.make(&set, wish("ci"), "a", at(0)).await;
        assert_eq!(field(made), "set");
    }
}

#[tokio::test]
async fn end_of_a_key_follows_the_wish_then_the_set() {
    let house = House::new().await;
    let now = at(0);
    for (lifetime, longest, not_before, wished, end) in [
        (None, None, None, None, Ok(None)),
        (Some(9), None, None, None, Ok(Some(9))),
        (Some(9), None, None, Some(20), Ok(Some(20))),
        (Some(9), Some(30), None, None, Ok(Some(9))),
        (Some(9), Some(30), None, Some(30), Ok(Some(30))),
        (Some(9), Some(30), None, Some(31), Err("expires_at")),
        (None, Some(30), None, None, Ok(Some(30))),
        // A lifetime begins when the key does; the longest one begins now.
        (Some(9), None, Some(5), None, Ok(Some(14))),
        (Some(9), Some(10), Some(5), None, Ok(Some(10))),
        (Some(9), Some(10), Some(10), None, Err("expires_at")),
        (None, None, Some(5), Some(4), Err("expires_at")),
    ] {
        let day = |count: u32| now + count * DAY;
        let set = KeySet {
            lifetime: lifetime.map(|days| days * DAY),
            longest: longest.map(|days| days * DAY),
            ..set("partners", Some("cflo_"))
        };
        let mut new = wish("ci");
        new.not_before = not_before.map(day);
        new.expires_at = wished.map(day);
        let made = house.registry.make(&set, new, "a", now).await;
        match end {
            Ok(end) => assert_eq!(made.unwrap().key.expires_at, end.map(day)),
            Err(name) => assert_eq!(field(made), name),
        }
    }
}

#[tokio::test]
async fn moments_are_kept_in_whole_milliseconds() {
    let house = House::new().await;
    let mut new = wish("ci");
    new.expires_at = Some(at(9) + Duration::new(0, 1_999_999));
    let now = at(0) + Duration::new(0, 2_500_001);
    let one = set("partners", Some("cflo_"));
    let made = house.registry.make(&one, new, "a", now).await.unwrap();
    assert_eq!(made.key.created_at, at(0) + Duration::from_millis(2));
    assert_eq!(made.key.expires_at, Some(at(9) + Duration::from_millis(1)));
}
