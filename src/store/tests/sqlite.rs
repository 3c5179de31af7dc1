//! The facts about SQLite, and what only a file can be.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::facts::hold;
use super::support::{Running, digest, entry, full, plain};
use crate::store::{Backend, Error, Event, Inner, Lookup, Settings, Store};

/// A file that is not there yet, in a folder of its own.
fn file() -> (Settings, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Settings::sqlite(folder.path().join("keys.db")), folder)
}

hold!(file);

/// A connection beside the store's, as an operator has one.
fn beside(settings: &Settings) -> rusqlite::Connection {
    rusqlite::Connection::open(path(settings)).unwrap()
}

fn path(settings: &Settings) -> &std::path::Path {
    match &settings.backend {
        Backend::Sqlite(path) => path,
        Backend::Postgres(_) => unreachable!(),
    }
}

fn unavailable<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Unavailable(why)) => why.into_owned(),
        other => panic!("{other:?}"),
    }
}

fn unusable<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Unusable(why)) => why.into_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn file_is_for_its_owner_alone() {
    let (settings, folder) = file();
    let store = Running::ready(&settings).await;
    store.create(&[plain(1)]).await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn keys_survive_their_process() {
    let (settings, _folder) = file();
    let first = Running::ready(&settings).await;
    first.create(&[full(1)]).await.unwrap();
    drop(first);
    let second = Running::ready(&settings).await;
    assert_eq!(second.key(&full(1).id).await.unwrap().unwrap().key, full(1));
}

#[tokio::test]
async fn changes_of_another_process_are_told_within_a_quarter_of_a_second() {
    let (settings, _folder) = file();
    let (here, there) = (
        Running::ready(&settings).await,
        Running::ready(&settings).await,
    );
    let mut events = here.follow();
    assert_eq!(events.any().await, Event::Gap);
    for number in 0..5 {
        there.create(&[plain(number)]).await.unwrap();
        let written = Instant::now();
        assert_eq!(events.changed().await.0, plain(number).id);
        // The machine may be busy with other tests.
        assert!(
            written.elapsed() < Duration::from_millis(500),
            "{:?}",
            written.elapsed()
        );
    }
}

#[tokio::test]
async fn newer_tables_are_refused_and_old_ones_ask_for_a_migration() {
    let (settings, _folder) = file();
    let wary = Settings {
        migrate: false,
        ..settings.clone()
    };
    let version = Store::version(&wary).await.unwrap();
    assert_eq!((version.found, version.is_current()), (0, false));
    assert!(
        !path(&wary).exists(),
        "asking for the version makes no file"
    );
    std::fs::write(path(&wary), "").unwrap();
    let said = unusable(Store::open(&wary));
    assert!(said.contains("run `sidegate store migrate`"), "{said}");
    assert_eq!(Store::migrate(&wary).await.unwrap().found, 0);
    assert!(Store::version(&wary).await.unwrap().is_current());
    Store::open(&wary).unwrap();
    beside(&wary)
        .pragma_update(None, "user_version", 99)
        .unwrap();
    for settings in [&wary, &settings] {
        let said = unusable(Store::open(settings));
        assert!(said.contains("version 99"), "{said}");
    }
    unusable(Store::migrate(&settings).await);
}

#[test]
fn file_of_somebody_else_is_left_alone() {
    let (settings, folder) = file();
    std::fs::write(
        path(&settings),
        "not a database, but long enough to look like one".repeat(50),
    )
    .unwrap();
    let said = unusable(Store::open(&settings));
    assert!(said.contains("is not a database"), "{said}");
    let other = Settings::sqlite(folder.path().join("other.db"));
    beside(&other)
        .execute_batch("CREATE TABLE theirs (a)")
        .unwrap();
    let said = unusable(Store::open(&other));
    assert!(said.contains("another program"), "{said}");
    let said = unavailable(Store::open(&Settings::sqlite(folder.path())));
    assert!(said.contains("cannot be opened"), "{said}");
    let said = unavailable(Store::open(&Settings::sqlite(
        folder.path().join("no/such.db"),
    )));
    assert!(said.contains("No such file"), "{said}");
}

#[tokio::test]
async fn full_disk_refuses_changes_and_answers_questions() {
    let (settings, _folder) = file();
    let store = Running::ready(&settings).await;
    store.create(&[plain(1)]).await.unwrap();
    let Inner::Sqlite(inner) = &*store.store.0 else {
        unreachable!()
    };
    inner.limit_pages().await;
    let many: Vec<_> = (10..3000).map(full).collect();
    let said = unavailable(store.create(&many).await);
    assert!(said.contains("disk is full"), "{said}");
    assert_eq!(
        store
            .find("partners", Lookup::Digest(&digest(1)))
            .await
            .unwrap(),
        [plain(1)]
    );
    assert_eq!(store.key(&full(10).id).await.unwrap(), None);
    assert_eq!(store.audit(None, 10).await.unwrap().len(), 1);
    // The connection was made anew, and with it the limit has gone.
    store.create(&[plain(2)]).await.unwrap();
}

#[tokio::test]
async fn file_that_another_process_writes_to_is_waited_for_and_not_longer() {
    let (settings, _folder) = file();
    let settings = Settings {
        timeout: Duration::from_millis(200),
        ..settings
    };
    let store = Running::ready(&settings).await;
    store.create(&[plain(1)]).await.unwrap();
    let other = beside(&settings);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let started = Instant::now();
    let said = unavailable(store.create(&[plain(2)]).await);
    assert!(said.contains("another process is writing"), "{said}");
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(
        store
            .find("partners", Lookup::Digest(&digest(1)))
            .await
            .unwrap(),
        [plain(1)]
    );
    other.execute_batch("COMMIT").unwrap();
    store.create(&[plain(2)]).await.unwrap();
}

#[tokio::test]
async fn damaged_or_missing_file_is_no_answer_until_a_good_one_is_there() {
    let (settings, folder) = file();
    let backup = folder.path().join("backup.db");
    let store = Running::ready(&settings).await;
    store.create(&[plain(1)]).await.unwrap();
    beside(&settings)
        .execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
    store.create(&[plain(2)]).await.unwrap();
    let mut events = store.follow();
    events.until(|event| *event == Event::Current).await;
    let forget = || {
        for name in ["keys.db", "keys.db-wal", "keys.db-shm"] {
            let _ = std::fs::remove_file(folder.path().join(name));
        }
    };
    forget();
    assert_eq!(events.news().await, Event::Lost);
    let lookup = Lookup::Digest(&digest(1));
    let said = unavailable(store.find("partners", lookup).await);
    assert!(said.contains("No such file"), "{said}");
    std::fs::write(path(&settings), "damaged".repeat(1000)).unwrap();
    assert!(store.find("partners", lookup).await.is_err());
    forget();
    std::fs::rename(&backup, path(&settings)).unwrap();
    // What was told of the other file does not count any more.
    assert_eq!(events.news().await, Event::Gap);
    assert_eq!(store.find("partners", lookup).await.unwrap(), [plain(1)]);
    assert_eq!(
        store
            .find("partners", Lookup::Digest(&digest(2)))
            .await
            .unwrap(),
        []
    );
    store.create(&[plain(3)]).await.unwrap();
    assert_eq!(events.changed().await.0, plain(3).id);
}

#[tokio::test]
async fn another_file_is_noticed_though_its_changes_have_the_same_numbers() {
    let (settings, folder) = file();
    let backup = folder.path().join("backup.db");
    let store = Running::ready(&settings).await;
    beside(&settings)
        .execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
    let mut events = store.follow();
    events.until(|event| *event == Event::Current).await;
    for name in ["keys.db-wal", "keys.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(name));
    }
    std::fs::rename(&backup, path(&settings)).unwrap();
    assert_eq!(events.news().await, Event::Gap);
}

#[tokio::test]
async fn old_changes_are_removed_and_the_newest_stays() {
    let (settings, _folder) = file();
    let store = Running::ready(&settings).await;
    for number in 0..5 {
        store.create(&[plain(number)]).await.unwrap();
    }
    let Inner::Sqlite(inner) = &*store.store.0 else {
        unreachable!()
    };
    let left = || -> i64 {
        let sql = "SELECT count(*) FROM sidegate_changes";
        beside(&settings)
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    };
    let hour = Duration::from_secs(3600);
    for (kept, rows) in [((hour, 100), 5), ((hour, 2), 2), ((Duration::ZERO, 100), 1)] {
        tokio::time::sleep(Duration::from_millis(5)).await;
        inner.prune(kept).await.unwrap();
        assert_eq!(left(), rows, "{kept:?}");
    }
}

#[tokio::test]
async fn questions_are_answered_from_every_runtime_without_waiting_for_run() {
    let (settings, _folder) = file();
    let store = Store::open(&settings).unwrap();
    store
        .create(&[plain(1)], &entry("create", None))
        .await
        .unwrap();
    let elsewhere = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(store.key(&plain(1).id))
    });
    assert_eq!(elsewhere.join().unwrap().unwrap().unwrap().key, plain(1));
}
