//! What holds of every store, whichever database is below it.

use super::support::{Events, Running, at, digest, entry, full, generation, plain, renamed, used};
use crate::model::{ApiKey, KeyHash};
use crate::store::{Error, Event, Filter, Lookup, Settings};

/// A fact about two handles on one empty database: as two processes have them.
macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// Makes a test of each fact, with a function that gives the settings of an empty database, and
        /// what has to live as long as it.
        macro_rules! hold {
            ($database:path) => {
                $(
                    #[tokio::test]
                    async fn $name() {
                        let (settings, _kept) = $database();
                        crate::store::tests::facts::$name(&settings).await;
                    }
                )*
            };
        }
        pub(super) use hold;
    };
}

facts! {
    key_comes_back_as_it_was;
    key_is_found_by_the_digest_of_each_generation_in_its_own_set;
    key_with_a_slow_hash_is_found_by_its_beginning;
    too_many_that_begin_alike_are_an_error;
    what_is_taken_is_refused_whole;
    key_is_replaced_by_its_next_version_only;
    old_digest_is_forgotten_with_its_generation;
    list_is_filtered;
    list_comes_in_pages;
    uses_are_added_up;
    audit_tells_the_newest_first;
    refused_change_leaves_no_audit;
    changes_are_told_in_order_to_every_process;
    follower_begins_with_a_gap;
    uses_are_no_change;
    many_at_once_are_one_gap;
    follower_is_told_that_nothing_changed;
}

pub(super) async fn key_comes_back_as_it_was(settings: &Settings) {
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

pub(super) async fn key_is_found_by_the_digest_of_each_generation_in_its_own_set(
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

pub(super) async fn key_with_a_slow_hash_is_found_by_its_beginning(settings: &Settings) {
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

pub(super) async fn too_many_that_begin_alike_are_an_error(settings: &Settings) {
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

pub(super) async fn what_is_taken_is_refused_whole(settings: &Settings) {
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

pub(super) async fn key_is_replaced_by_its_next_version_only(settings: &Settings) {
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

pub(super) async fn old_digest_is_forgotten_with_its_generation(settings: &Settings) {
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

async fn listed(store: &Running, filter: Filter) -> Vec<Box<str>> {
    let filter = Filter {
        limit: 100,
        ..filter
    };
    let page = store.list(&filter).await.unwrap();
    assert!(!page.more);
    page.keys.into_iter().map(|listed| listed.key.id).collect()
}

pub(super) async fn list_is_filtered(settings: &Settings) {
    let store = Running::ready(settings).await;
    let key =
        |id: &str, tenant: &str, owner: &str, end: Option<u64>, revoked: Option<u64>| ApiKey {
            id: id.into(),
            tenant: Some(tenant.into()),
            owner: Some(owner.into()),
            expires_at: end.map(at),
            revoked_at: revoked.map(at),
            ..plain(id.bytes().map(u64::from).sum())
        };
    let other_set = ApiKey {
        set: "others".into(),
        ..key("e", "globex", "bob", Some(50), None)
    };
    store
        .create(&[
            key("d", "acme", "alice", Some(200), None),
            key("b", "globex", "alice", Some(100), None),
            key("a", "acme", "bob", None, None),
            key("c", "acme", "alice", Some(100), Some(5)),
            plain(7),
            other_set,
        ])
        .await
        .unwrap();
    let all = Filter::default;
    let text = |text: &str| Some(Box::from(text));
    for (filter, wanted) in [
        (all(), &["a", "b", "c", "d", "e", "key0000007"][..]),
        (
            Filter {
                set: text("others"),
                ..all()
            },
            &["e"],
        ),
        (
            Filter {
                tenant: text("acme"),
                ..all()
            },
            &["a", "c", "d"],
        ),
        (
            Filter {
                owner: text("bob"),
                ..all()
            },
            &["a", "e"],
        ),
        (
            Filter {
                tenant: text("acme"),
                owner: text("alice"),
                ..all()
            },
            &["c", "d"],
        ),
        (
            Filter {
                ending_before: Some(at(200)),
                ..all()
            },
            &["b", "e"],
        ),
        (
            Filter {
                ending_before: Some(at(201)),
                ..all()
            },
            &["b", "d", "e"],
        ),
        (
            Filter {
                usable_at: Some(at(99)),
                ..all()
            },
            &["a", "b", "d", "key0000007"],
        ),
        (
            Filter {
                usable_at: Some(at(100)),
                ..all()
            },
            &["a", "d", "key0000007"],
        ),
        (
            Filter {
                after: text("c"),
                ..all()
            },
            &["d", "e", "key0000007"],
        ),
        (
            Filter {
                tenant: text("nobody"),
                ..all()
            },
            &[],
        ),
        (
            Filter {
                tenant: text("' OR 1=1 --"),
                ..all()
            },
            &[],
        ),
    ] {
        let found = listed(&store, filter.clone()).await;
        let found: Vec<_> = found.iter().map(|id| &**id).collect();
        assert_eq!(found, wanted, "{filter:?}");
    }
}

pub(super) async fn list_comes_in_pages(settings: &Settings) {
    let store = Running::ready(settings).await;
    let keys: Vec<_> = (0..25)
        .map(|number| {
            if number % 2 == 0 {
                plain(number)
            } else {
                full(number)
            }
        })
        .collect();
    store.create(&keys).await.unwrap();
    let mut filter = Filter {
        limit: 10,
        ..Filter::default()
    };
    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let page = store.list(&filter).await.unwrap();
        sizes.push((page.keys.len(), page.more));
        seen.extend(page.keys.into_iter().map(|listed| listed.key));
        filter.after = seen.last().map(|key| key.id.clone());
        if !page.more {
            break;
        }
    }
    assert_eq!(sizes, [(10, true), (10, true), (5, false)]);
    assert_eq!(seen, keys);
    let none = store.list(&Filter::default()).await.unwrap();
    assert_eq!(
        (none.keys.len(), none.more),
        (1, true),
        "a limit of 0 counts as 1"
    );
}

pub(super) async fn uses_are_added_up(settings: &Settings) {
    let store = Running::ready(settings).await;
    store.create(&[plain(1), plain(2)]).await.unwrap();
    let (one, two) = (plain(1).id, plain(2).id);
    store
        .count(&[used(&one, 3, 50), used("gone", 9, 1), used(&two, 1, 7)])
        .await
        .unwrap();
    store
        .count(&[used(&one, 2, 40), used(&one, 5, 60)])
        .await
        .unwrap();
    store.count(&[]).await.unwrap();
    let found = store.key(&one).await.unwrap().unwrap();
    assert_eq!((found.uses, found.last_used_at), (10, Some(at(60))));
    let filter = Filter {
        limit: 2,
        ..Filter::default()
    };
    let page = store.list(&filter).await.unwrap();
    assert_eq!(
        (page.keys[1].uses, page.keys[1].last_used_at),
        (1, Some(at(7)))
    );
    // A change of a key does not forget them.
    store
        .replace(&renamed(&plain(1), "next"), &entry("rotate", None))
        .await
        .unwrap();
    assert_eq!(store.key(&one).await.unwrap().unwrap().uses, 10);
}

pub(super) async fn audit_tells_the_newest_first(settings: &Settings) {
    let store = Running::ready(settings).await;
    let id = plain(1).id;
    let made = entry("create", Some(&id));
    store.store.create(&[plain(1)], &made).await.unwrap();
    store.create(&[plain(2)]).await.unwrap();
    let rotated = entry("rotate", Some(&id));
    store
        .replace(&renamed(&plain(1), "next"), &rotated)
        .await
        .unwrap();
    assert_eq!(
        store.audit(Some(&id), 10).await.unwrap(),
        [rotated.clone(), made.clone()]
    );
    assert_eq!(store.audit(Some(&id), 1).await.unwrap(), [rotated.clone()]);
    assert_eq!(store.audit(Some("nobody"), 10).await.unwrap(), []);
    assert_eq!(
        store.audit(None, 10).await.unwrap(),
        [rotated, entry("create", None), made]
    );
}

pub(super) async fn refused_change_leaves_no_audit(settings: &Settings) {
    let store = Running::ready(settings).await;
    store.create(&[plain(1)]).await.unwrap();
    store.create(&[plain(1)]).await.unwrap_err();
    store
        .replace(&plain(1), &entry("rotate", None))
        .await
        .unwrap_err();
    assert_eq!(store.audit(None, 10).await.unwrap().len(), 1);
}

pub(super) async fn changes_are_told_in_order_to_every_process(settings: &Settings) {
    let (here, there) = (
        Running::ready(settings).await,
        Running::ready(settings).await,
    );
    let (mut near, mut far) = (here.follow(), there.follow());
    for events in [&mut near, &mut far] {
        assert_eq!(events.any().await, Event::Gap);
    }
    here.create(&[plain(1), plain(2)]).await.unwrap();
    there.create(&[plain(3)]).await.unwrap();
    for events in [&mut near, &mut far] {
        for number in 1..=3 {
            assert_eq!(events.changed().await.0, plain(number).id);
        }
    }
    let next = ApiKey {
        revoked_at: Some(at(9)),
        ..renamed(&plain(1), "next")
    };
    there.replace(&next, &entry("revoke", None)).await.unwrap();
    for events in [&mut near, &mut far] {
        assert_eq!(events.news().await, Event::Changed(Box::new(next.clone())));
    }
    assert!(here.followed_until().is_some());
    assert_eq!(here.followed_until(), there.followed_until());
    assert_eq!(here.trouble(), None);
}

pub(super) async fn follower_begins_with_a_gap(settings: &Settings) {
    let store = Running::new(settings);
    let mut early = store.follow();
    assert_eq!(early.any().await, Event::Gap);
    store.create(&[plain(1)]).await.unwrap();
    early.changed().await;
    let mut late = store.follow();
    assert_eq!(late.any().await, Event::Gap);
    store.create(&[plain(2)]).await.unwrap();
    assert_eq!(late.changed().await.0, plain(2).id);
    assert_eq!(early.changed().await.0, plain(2).id);
}

pub(super) async fn uses_are_no_change(settings: &Settings) {
    let store = Running::ready(settings).await;
    store.create(&[plain(1)]).await.unwrap();
    let mut events = store.follow();
    assert_eq!(events.any().await, Event::Gap);
    // The key that was just made may still have to be told.
    events.until(|event| *event == Event::Current).await;
    store.count(&[used(&plain(1).id, 3, 5)]).await.unwrap();
    for _ in 0..3 {
        assert_eq!(events.any().await, Event::Current);
    }
}

pub(super) async fn many_at_once_are_one_gap(settings: &Settings) {
    let (here, there) = (
        Running::ready(settings).await,
        Running::ready(settings).await,
    );
    let (mut near, mut far) = (here.follow(), there.follow());
    let many: Vec<_> = (0..1000).map(plain).collect();
    here.create(&many).await.unwrap();
    here.create(&[plain(1001)]).await.unwrap();
    for events in [&mut near, &mut far] {
        assert_eq!(events.any().await, Event::Gap);
        assert_eq!(events.news().await, Event::Gap);
    }
    assert_eq!(
        found(&there, "partners", Lookup::Digest(&digest(777))).await,
        [plain(777)]
    );
}

pub(super) async fn follower_is_told_that_nothing_changed(settings: &Settings) {
    let store = Running::ready(settings).await;
    let mut events: Events = store.follow();
    assert_eq!(events.any().await, Event::Gap);
    let started = std::time::Instant::now();
    for _ in 0..3 {
        assert_eq!(events.any().await, Event::Current);
    }
    assert!(started.elapsed().as_secs() < 3);
}
