//! A store that runs, with sets over it, for tests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::{Format, KeySet, Made, NewKey, Registry};
use crate::store::{Event, Settings, Store};

/// A day.
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// So many seconds after the beginning of the tests' time.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

/// A set whose keys are in the store.
pub(crate) fn set(name: &str, prefix: Option<&str>) -> KeySet {
    KeySet {
        name: name.into(),
        format: prefix.map(|prefix| Format::new(prefix).unwrap()),
        foreign: false,
        stored: true,
        lifetime: None,
        longest: None,
    }
}

/// What a key of a tenant may be wished to be.
pub(crate) fn wish(name: &str) -> NewKey {
    NewKey {
        name: name.into(),
        tenant: Some("acme".into()),
        owner: Some("alice".into()),
        scopes: vec!["alerts:read".into()],
        ..NewKey::default()
    }
}

/// A store that runs until it is dropped, and the registry over it.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) folder: TempDir,
    task: JoinHandle<()>,
}

impl House {
    /// A key that was made at the beginning.
    pub(crate) async fn key(&self, set: &KeySet) -> Made {
        let made = self.registry.make(set, wish("ci"), "a", at(0));
        made.await.unwrap()
    }

    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::sqlite(folder.path().join("keys.db"));
        // The machine that runs the tests may be busy.
        settings.timeout = Duration::from_secs(20);
        let store = Store::open(&settings).unwrap();
        let task = tokio::spawn({
            let store = store.clone();
            async move { store.run().await }
        });
        let mut events = store.follow();
        while events.recv().await != Some(Event::Gap) {}
        Self {
            registry: Registry::new(store.clone()),
            store,
            folder,
            task,
        }
    }

    /// Whether some bytes stand in any of the store's files.
    pub(crate) fn holds(&self, text: &[u8]) -> bool {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| file.unwrap().path()).any(|file| {
            let bytes = std::fs::read(file).unwrap();
            memchr::memmem::find(&bytes, text).is_some()
        })
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.task.abort();
    }
}
