//! Keys that come from another system.

use super::{ANY, field};
use crate::keys::house::{House, at, set};
use crate::keys::sample::{bcrypt_of, key, with_hash};
use crate::keys::{Shape, digest};
use crate::model::{ApiKey, KeyHash};
use crate::store::{self, Filter, Lookup};

/// A way to spoil a key.
type Spoiled = fn(&mut ApiKey);

fn slow(text: &str) -> ApiKey {
    let hash = KeyHash::Bcrypt(bcrypt_of(text.as_bytes()).into());
    ApiKey {
        id: "".into(),
        ..with_hash("old", hash, text.get(..8).unwrap_or(text))
    }
}

fn quick(id: &str, text: &str) -> ApiKey {
    ApiKey {
        id: id.into(),
        ..key("old", text.as_bytes())
    }
}

#[tokio::test]
async fn hashes_of_another_system_are_kept_as_they_are() {
    let house = House::new().await;
    let uuid = "8e0b8f6c-7a3a-4d9e-9d6f-1f2e3d4c5b6a";
    let keys = vec![quick(uuid, "one"), slow("cai_1234567890")];
    let added = house.registry.import(keys, "cli:a", at(0)).await;
    assert_eq!(added.unwrap(), 2);
    let found = house
        .store
        .find("old", Lookup::Digest(&digest(b"one")))
        .await
        .unwrap();
    assert_eq!(&*found[0].id, uuid);
    let found = house
        .store
        .find("old", Lookup::Start("cai_1234"))
        .await
        .unwrap();
    assert_eq!((found[0].id.len(), found[0].version), (12, 1));
    let audit = house.registry.audit(None, 10).await.unwrap();
    assert_eq!((&*audit[0].action, audit.len()), ("import", 1));
    assert_eq!(audit[0].detail["count"], 2);
    assert_eq!(audit[0].detail["ids"][0], uuid);
}

#[tokio::test]
async fn imported_key_gets_a_text_of_our_form_when_it_is_rotated() {
    let house = House::new().await;
    let sets = [set("old", Some("cai_"))];
    let keys = vec![quick("old:1", "one")];
    house.registry.import(keys, "a", at(0)).await.unwrap();
    let grace = std::time::Duration::from_secs(60);
    let turned = house
        .registry
        .rotate(&sets, "old:1", grace, ANY, "a", at(0))
        .await
        .unwrap();
    let format = sets[0].format.as_ref().unwrap();
    assert_eq!(format.shape(turned.text.expose()), Shape::Ours);
    assert_eq!(
        (&*turned.key.id, turned.key.generations.len()),
        ("old:1", 2)
    );
    // The text of before goes on to count for the grace.
    assert_eq!(turned.key.generations[1].ends_at, Some(at(60)));
    let found = house
        .store
        .find("old", Lookup::Digest(&digest(b"one")))
        .await
        .unwrap();
    assert_eq!(found, [turned.key]);
}

#[tokio::test]
async fn import_is_all_or_nothing_and_names_the_key_that_is_wrong() {
    let house = House::new().await;
    let cases: [(&str, Spoiled); 16] = [
        ("id", |key| key.id = "a b".into()),
        ("id", |key| key.id = "openapi.json".into()),
        ("id", |key| key.id = "-a".into()),
        ("set", |key| key.set = "".into()),
        ("name", |key| key.name = "a\n".into()),
        ("scopes", |key| key.scopes = vec!["a b".into()]),
        ("sources", |key| key.sources = Some(Vec::new())),
        ("metadata", |key| {
            drop(key.metadata.insert("owner".into(), 1.into()))
        }),
        ("expires_at", |key| {
            key.not_before = Some(at(5));
            key.expires_at = Some(at(5));
        }),
        ("generations", |key| key.generations.clear()),
        ("generations", |key| key.generations[0].number = 0),
        ("generations", |key| {
            let again = key.generations[0].clone();
            key.generations.push(again);
        }),
        ("start", |key| {
            key.generations[0].start = "s".repeat(45).into()
        }),
        ("start", |key| {
            key.generations[0].hash = KeyHash::Bcrypt(bcrypt_of(b"k").into());
            key.generations[0].start = "short".into();
        }),
        ("hash", |key| {
            key.generations[0].hash = KeyHash::Bcrypt("$2b$99$no".into());
            key.generations[0].start = "cai_1234".into();
        }),
        ("hash", |key| {
            key.generations[0].hash = KeyHash::Argon2(bcrypt_of(b"k").into());
            key.generations[0].start = "cai_1234".into();
        }),
    ];
    for (name, spoil) in cases {
        let mut wrong = quick("b", "two");
        spoil(&mut wrong);
        let added = house
            .registry
            .import(vec![quick("a", "one"), wrong], "a", at(0))
            .await;
        let error = added.clone().unwrap_err().to_string();
        assert!(error.contains("of key 2 "), "{error}");
        assert_eq!(field(added), name);
    }
    let twice = vec![quick("a", "one"), quick("b", "one")];
    let added = house.registry.import(twice, "a", at(0)).await.unwrap_err();
    assert!(
        matches!(&added, super::Error::Store(store::Error::Exists(_))),
        "{added}"
    );
    let all = Filter {
        limit: 10,
        ..Filter::default()
    };
    assert!(house.registry.list(&all).await.unwrap().keys.is_empty());
    assert!(house.registry.audit(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn few_slow_hashes_may_begin_alike() {
    let house = House::new().await;
    let one = slow("cai_1234567890");
    let many = |count| vec![one.clone(); count];
    assert_eq!(
        field(house.registry.import(many(17), "a", at(0)).await),
        "start"
    );
    house.registry.import(many(10), "a", at(0)).await.unwrap();
    assert_eq!(
        field(house.registry.import(many(7), "a", at(0)).await),
        "start"
    );
    house.registry.import(many(6), "a", at(0)).await.unwrap();
}

#[tokio::test]
async fn key_that_is_over_may_be_brought_along() {
    let house = House::new().await;
    let mut old = quick("a", "one");
    old.expires_at = Some(at(0) - std::time::Duration::from_secs(60));
    assert_eq!(
        house.registry.import(vec![old], "a", at(0)).await.unwrap(),
        1
    );
    assert_eq!(
        house.registry.import(Vec::new(), "a", at(0)).await.unwrap(),
        0
    );
    assert_eq!(house.registry.audit(None, 10).await.unwrap().len(), 1);
}
