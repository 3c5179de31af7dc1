//! The facts about PostgreSQL, and what only a server can be.

use std::time::Duration;

use super::cluster::{Postgres, postgres};
use super::facts::hold;
use super::support::{Running, digest, entry, plain, renamed};
use crate::secret::Secret;
use crate::store::{Backend, Error, Event, Inner, Lookup, Settings, Store};

/// An empty database.
fn database() -> (Settings, ()) {
    (settings(postgres().database()), ())
}

pub(super) fn settings(url: String) -> Settings {
    Settings::new(Backend::Postgres(Secret::new(url.into_bytes())))
}

hold!(database);

fn url(settings: &Settings) -> String {
    match &settings.backend {
        Backend::Postgres(url) => String::from_utf8(url.expose().to_vec()).unwrap(),
        Backend::Sqlite(_) => unreachable!(),
    }
}

/// Waits until the store says what is wrong.
pub(super) async fn trouble(store: &Store) -> String {
    loop {
        if let Some(trouble) = store.trouble() {
            return trouble;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn user_who_may_not_make_tables_works_once_they_are_there() {
    let (settings, ()) = database();
    let database = url(&settings);
    let keeper = self::settings(postgres().keeper_url(database.rsplit('/').next().unwrap()));
    postgres().query(&database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let early = Running::new(&keeper);
    let said = trouble(&early).await;
    assert!(said.contains("run `sidegate store migrate`"), "{said}");
    assert!(!said.contains(postgres().password()), "{said}");
    let refused = Store::migrate(&keeper).await;
    assert!(matches!(refused, Err(Error::Unusable(_))), "{refused:?}");
    Store::migrate(&settings).await.unwrap();
    postgres().query(
        &database,
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO keeper",
    );
    let mut events = early.follow();
    events.until(|event| *event == Event::Gap).await;
    early.create(&[plain(1)]).await.unwrap();
    let lookup = Lookup::Digest(&digest(1));
    assert_eq!(early.find("partners", lookup).await.unwrap(), [plain(1)]);
    let Inner::Postgres(inner) = &*early.store.0 else {
        unreachable!()
    };
    inner.prune(crate::store::change::KEPT).await.unwrap();
}

#[tokio::test]
async fn newer_tables_are_refused_and_old_ones_ask_for_a_migration() {
    let (settings, ()) = database();
    let wary = Settings {
        migrate: false,
        ..settings.clone()
    };
    let version = Store::version(&settings).await.unwrap();
    assert_eq!((version.found, version.is_current()), (0, false));
    let said = trouble(&Running::new(&wary)).await;
    assert!(said.contains("run `sidegate store migrate`"), "{said}");
    let found = Store::migrate(&settings).await.unwrap().found;
    assert_eq!(found, 0);
    assert!(Store::version(&wary).await.unwrap().is_current());
    Running::ready(&wary).await;
    postgres().query(&url(&settings), "UPDATE sidegate_schema SET version = 99");
    let said = trouble(&Running::new(&settings)).await;
    assert!(said.contains("version 99"), "{said}");
    assert!(matches!(
        Store::migrate(&settings).await,
        Err(Error::Unusable(_))
    ));
}

#[tokio::test]
async fn replicas_that_start_at_once_make_the_tables_once() {
    let (settings, ()) = database();
    let all: Vec<_> = (0..4).map(|_| Running::new(&settings)).collect();
    for store in &all {
        let mut events = store.follow();
        events.until(|event| *event == Event::Gap).await;
    }
    assert!(Store::version(&settings).await.unwrap().is_current());
}

#[tokio::test]
async fn changes_become_visible_in_the_order_of_their_numbers() {
    let (settings, ()) = database();
    let stores = [
        Running::ready(&settings).await,
        Running::ready(&settings).await,
    ];
    let mut events = stores[0].follow();
    assert_eq!(events.any().await, Event::Gap);
    let write = async |store: &Running, from: u64| {
        for number in from..from + 40 {
            store.create(&[plain(number)]).await.unwrap();
        }
    };
    tokio::join!(
        write(&stores[0], 100),
        write(&stores[1], 200),
        write(&stores[0], 300)
    );
    let mut told = Vec::new();
    while told.len() < 120 {
        told.push(events.changed().await.0);
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 120);
}

#[tokio::test]
async fn refused_statement_leaves_the_connection_in_use() {
    let (settings, ()) = database();
    let store = Running::ready(&settings).await;
    let database = url(&settings);
    postgres().query(
        &database,
        "ALTER TABLE sidegate_audit ADD CHECK (action <> 'odd')",
    );
    let refused = store.store.create(&[plain(1)], &entry("odd", None)).await;
    let Err(Error::Unavailable(why)) = refused else {
        panic!("{refused:?}")
    };
    assert!(why.contains("violates check constraint"), "{why}");
    assert_eq!(store.key(&plain(1).id).await.unwrap(), None);
    store.create(&[plain(1)]).await.unwrap();
    postgres().query(&database, "DROP TABLE sidegate_uses CASCADE");
    let refused = store.key(&plain(1).id).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn damaged_row_is_an_error_that_names_the_key_and_stops_nobody_else() {
    let (settings, ()) = database();
    let store = Running::ready(&settings).await;
    let mut events = store.follow();
    store.create(&[plain(1), plain(2)]).await.unwrap();
    events
        .until(|event| matches!(event, Event::Changed(key) if key.id == plain(2).id))
        .await;
    let damage = "UPDATE sidegate_keys SET networks = '[\"nowhere\"]' WHERE id = 'key0000001'";
    postgres().query(&url(&settings), damage);
    let damaged = store.find("partners", Lookup::Digest(&digest(1))).await;
    let Err(Error::Unusable(why)) = damaged else {
        panic!("{damaged:?}")
    };
    assert!(why.contains("key0000001"), "{why}");
    store
        .find("partners", Lookup::Digest(&digest(2)))
        .await
        .unwrap();
    postgres().query(
        &url(&settings),
        "INSERT INTO sidegate_changes (key_id) VALUES ('key0000001')",
    );
    assert_eq!(events.news().await, Event::Gap);
    store
        .replace(&renamed(&plain(2), "next"), &entry("rotate", None))
        .await
        .unwrap();
    assert_eq!(events.changed().await.0, plain(2).id);
}

#[tokio::test]
async fn old_changes_are_removed_and_the_newest_stays() {
    let (settings, ()) = database();
    let store = Running::ready(&settings).await;
    for number in 0..5 {
        store.create(&[plain(number)]).await.unwrap();
    }
    let Inner::Postgres(inner) = &*store.store.0 else {
        unreachable!()
    };
    let left = || postgres().query(&url(&settings), "SELECT count(*) FROM sidegate_changes");
    let hour = Duration::from_secs(3600);
    for (kept, rows) in [
        ((hour, 100), "5"),
        ((hour, 2), "2"),
        ((hour / 3600, 2), "2"),
        ((Duration::ZERO, 100), "1"),
    ] {
        inner.prune(kept).await.unwrap();
        assert_eq!(left(), rows, "{kept:?}");
    }
}

#[tokio::test]
async fn server_is_known_by_its_certificate() {
    let server = Postgres::start();
    let signed = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    server.encrypt(&signed.cert.pem(), &signed.signing_key.serialize_pem());
    let url = format!("{}?sslmode=verify-full", server.database());
    let stranger = Running::new(&settings(url.clone()));
    let said = trouble(&stranger).await;
    assert!(said.contains("certificate"), "{said}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), signed.cert.pem()).unwrap();
    let trusted = Settings {
        ca_file: Some(file.path().into()),
        ..settings(url)
    };
    let store = Running::ready(&trusted).await;
    store.create(&[plain(1)]).await.unwrap();
    let bad = Settings {
        ca_file: Some("/dev/null".into()),
        ..trusted
    };
    assert!(matches!(Store::open(&bad), Err(Error::Unusable(_))));
}
