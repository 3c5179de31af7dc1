//! Changes are told.

use crate::model::ApiKey;
use crate::store::tests::support::{Events, Running, at, digest, entry, plain, renamed, used};
use crate::store::{Event, Lookup, Settings};

pub(in crate::store::tests) async fn changes_are_told_in_order_to_every_process(
    settings: &Settings,
) {
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

pub(in crate::store::tests) async fn follower_begins_with_a_gap(settings: &Settings) {
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

pub(in crate::store::tests) async fn uses_are_no_change(settings: &Settings) {
    let store = Running::ready(settings).await;
    let mut events = store.follow();
    assert_eq!(events.any().await, Event::Gap);
    store.create(&[plain(1)]).await.unwrap();
    // Once it is told, nothing that came before it is still to be told.
    events.changed().await;
    store.count(&[used(&plain(1).id, 3, 5)]).await.unwrap();
    for _ in 0..3 {
        assert_eq!(events.any().await, Event::Current);
    }
}

pub(in crate::store::tests) async fn many_at_once_are_one_gap(settings: &Settings) {
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
        there
            .find("partners", Lookup::Digest(&digest(777)))
            .await
            .unwrap(),
        [plain(777)]
    );
}

pub(in crate::store::tests) async fn follower_is_told_that_nothing_changed(settings: &Settings) {
    let store = Running::ready(settings).await;
    let mut events: Events = store.follow();
    assert_eq!(events.any().await, Event::Gap);
    let started = std::time::Instant::now();
    for _ in 0..3 {
        assert_eq!(events.any().await, Event::Current);
    }
    assert!(started.elapsed().as_secs() < 3);
}
