//! Keys are listed, their uses counted, their changes recorded.

use crate::model::ApiKey;
use crate::store::tests::support::{Running, at, entry, full, plain, renamed, used};
use crate::store::{Filter, Settings};

async fn listed(store: &Running, filter: Filter) -> Vec<Box<str>> {
    let filter = Filter {
        limit: 100,
        ..filter
    };
    let page = store.list(&filter).await.unwrap();
    assert!(!page.more);
    page.keys.into_iter().map(|listed| listed.key.id).collect()
}

pub(in crate::store::tests) async fn list_is_filtered(settings: &Settings) {
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

pub(in crate::store::tests) async fn list_comes_in_pages(settings: &Settings) {
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

pub(in crate::store::tests) async fn uses_are_added_up(settings: &Settings) {
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

pub(in crate::store::tests) async fn audit_tells_the_newest_first(settings: &Settings) {
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
    assert_eq!(
        store.audit(Some(&id), 1).await.unwrap(),
        std::slice::from_ref(&rotated)
    );
    assert_eq!(store.audit(Some("nobody"), 10).await.unwrap(), []);
    assert_eq!(
        store.audit(None, 10).await.unwrap(),
        [rotated, entry("create", None), made]
    );
}

pub(in crate::store::tests) async fn refused_change_leaves_no_audit(settings: &Settings) {
    let store = Running::ready(settings).await;
    store.create(&[plain(1)]).await.unwrap();
    store.create(&[plain(1)]).await.unwrap_err();
    store
        .replace(&plain(1), &entry("rotate", None))
        .await
        .unwrap_err();
    assert_eq!(store.audit(None, 10).await.unwrap().len(), 1);
}
