//! Keys are made, found and replaced.

use crate::model::{ApiKey, KeyHash};
use crate::store::tests::support::{Running, digest, entry, full, generation, plain, renamed};
use crate::store::{Error, Lookup, Settings};

pub(in crate::store::tests) async fn key_comes_back_as_it_was(settings: &Settings) {
    let store = Running::ready(settings).await;
    for key in [plain(1), full(2)] {
        store.create(std::slice::from_ref(&key)).await.unwrap();
        let found = store.key(&key.id).await.unwrap().unwrap();
        assert_eq!(found.key, key);
        assert_eq!((found.uses, found.last_used_at), (0, None));
    }
    assert_eq!(store.key("nobody").await.unwrap(), None);
}

async fn found(store: &Running, set: &str, lookup: Lookup<'_>) -> Vec<ApiKey> {
    store.find(set, lookup).await.unwrap()
}

pub(in crate::store::tests) async fn key_is_found_by_the_digest_of_each_generation_in_its_own_set(
    settings: &Settings,
) {
    let store = Running::ready(settings).await;
    let mut key = plain(1);
    let newer = generation(2, KeyHash::Sha256(digest(2)));
    key.generations.insert(0, newer);
    store.create(&[key.clone(), plain(3)]).await.unwrap();
    for number in [1, 2] {
        let found = found(&store, "partners", Lookup::Digest(&digest(number))).await;
        assert_eq!(found, [key.clone()]);
    }
    for (set, number) in [("others", 1), ("partners", 4), ("PARTNERS", 1), ("", 1)] {
        assert_eq!(
            found(&store, set, Lookup::Digest(&digest(number))).await,
            []
        );
    }
}

pub(in crate::store::tests) async fn key_with_a_slow_hash_is_found_by_its_beginning(
    settings: &Settings,
) {
    let store = Running::ready(settings).await;
    let slow = |number, start: &str, hash| {
        let mut key = plain(number);
        key.generations[0].start = start.into();
        key.generations[0].hash = hash;
        key
    };
    let bcrypt = slow(1, "abcd1234", KeyHash::Bcrypt("$2b$04$a".into()));
    let argon = slow(2, "abcd1234", KeyHash::Argon2("$argon2id$a".into()));
    let quick = slow(3, "abcd1234", KeyHash::Sha256(digest(3)));
    store
        .create(&[bcrypt.clone(), argon.clone(), quick])
        .await
        .unwrap();
    let start = Lookup::Start("abcd1234");
    assert_eq!(found(&store, "partners", start).await, [bcrypt, argon]);
    assert_eq!(found(&store, "others", start).await, []);
    for other in ["abcd123", "abcd12345", "ABCD1234", "", "%", "abcd\u{0}"] {
        assert_eq!(found(&store, "partners", Lookup::Start(other)).await, []);
    }
}

pub(in crate::store::tests) async fn too_many_that_begin_alike_are_an_error(settings: &Settings) {
    let store = Running::ready(settings).await;
    let keys: Vec<_> = (0..17)
        .map(|number| {
            let mut key = plain(number);
            key.generations[0].hash = KeyHash::Bcrypt(format!("$2b$04${number}").into());
            key
        })
        .collect();
    store.create(&keys[..16]).await.unwrap();
    assert_eq!(
        found(&store, "partners", Lookup::Start("cflo_abc"))
            .await
            .len(),
        16
    );
    store.create(&keys[16..]).await.unwrap();
    let crowd = store.find("partners", Lookup::Start("cflo_abc")).await;
    assert!(matches!(crowd, Err(Error::Unusable(_))), "{crowd:?}");
}

pub(in crate::store::tests) async fn what_is_taken_is_refused_whole(settings: &Settings) {
    let store = Running::ready(settings).await;
    store.create(&[plain(1)]).await.unwrap();
    let same_text = ApiKey {
        id: "other".into(),
        ..plain(1)
    };
    for (key, what) in [(plain(1), "id"), (same_text.clone(), "text")] {
        let refused = store.create(&[plain(2), key]).await;
        assert_eq!(refused, Err(Error::Exists(what.into())));
        assert_eq!(store.key(&plain(2).id).await.unwrap(), None);
    }
    // Another set may know the same text.
    let elsewhere = ApiKey {
        set: "others".into(),
        ..same_text
    };
    store.create(&[elsewhere]).await.unwrap();
    store.create(&[]).await.unwrap();
}

pub(in crate::store::tests) async fn key_is_replaced_by_its_next_version_only(settings: &Settings) {
    let store = Running::ready(settings).await;
    store.create(&[full(1)]).await.unwrap();
    let next = renamed(&full(1), "next");
    store.replace(&next, &entry("rotate", None)).await.unwrap();
    assert_eq!(store.key(&next.id).await.unwrap().unwrap().key, next);
    let late = store
        .replace(&renamed(&full(1), "late"), &entry("rotate", None))
        .await;
    assert_eq!(late, Err(Error::Changed));
    let nobody = store
        .replace(&renamed(&plain(2), "nobody"), &entry("rotate", None))
        .await;
    assert_eq!(nobody, Err(Error::Unknown));
    assert_eq!(store.key(&next.id).await.unwrap().unwrap().key, next);
}

pub(in crate::store::tests) async fn old_digest_is_forgotten_with_its_generation(
    settings: &Settings,
) {
    let store = Running::ready(settings).await;
    store.create(&[plain(1), plain(2)]).await.unwrap();
    let mut next = renamed(&plain(1), "next");
    next.generations = vec![generation(2, KeyHash::Sha256(digest(9)))];
    store.replace(&next, &entry("rotate", None)).await.unwrap();
    assert_eq!(
        found(&store, "partners", Lookup::Digest(&digest(1))).await,
        []
    );
    assert_eq!(
        found(&store, "partners", Lookup::Digest(&digest(9))).await,
        [next.clone()]
    );
    let mut stolen = renamed(&next, "stolen");
    stolen.generations = vec![generation(3, KeyHash::Sha256(digest(2)))];
    let taken = store.replace(&stolen, &entry("rotate", None)).await;
    assert_eq!(taken, Err(Error::Exists("text".into())));
    assert_eq!(store.key(&next.id).await.unwrap().unwrap().key, next);
}
