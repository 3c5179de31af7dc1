//! API keys: made, told by their form, found among a thousand that are known, counted.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use sidegate::keys::{Directory, Finding, Format, Known, Minted, Settings, Shape};
use sidegate::model::{ApiKey, Generation};
use sidegate::store::{self, AuditEntry, Store};
use sidegate::telemetry::Registry;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::stage::{Stage, Work, same};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("key/mint", mint),
    Stage::new("key/shape", shape),
    Stage::new("key/known-to-the-directory", known),
    Stage::new("key/nobodys", nobodys),
    Stage::new("key/used", used),
];

const SET: &str = "partners";

/// A directory with a thousand keys in a file, and what keeps it.
struct World {
    directory: Arc<Directory>,
    texts: Vec<Minted>,
    runtime: Runtime,
    _folder: TempDir,
}

fn format() -> Format {
    Format::new("cflo_").expect("a prefix")
}

fn mint() -> Work {
    let format = format();
    same(move || format.mint(None))
}

fn shape() -> Work {
    let (format, minted) = (format(), format().mint(None).expect("randomness"));
    assert_eq!(format.shape(minted.text.expose()), Shape::Ours);
    same(move || format.shape(black_box(minted.text.expose())))
}

fn known() -> Work {
    let world = World::new();
    let mut next = 0;
    same(move || {
        next = (next + 1) % world.texts.len();
        let text = world.texts.get(next).map(|minted| minted.text.expose());
        find(&world.directory, black_box(text.unwrap_or_default()))
    })
}

fn nobodys() -> Work {
    let world = World::new();
    let text = b"cflo_that-nobody-has".as_slice();
    let found = world.runtime.block_on(world.directory.find(SET, text));
    assert!(matches!(found, Finding::Unknown), "{found:?}");
    same(move || world.directory.find(SET, black_box(text)).now_or_never())
}

fn used() -> Work {
    let world = World::new();
    let keys = world
        .texts
        .iter()
        .map(|minted| find(&world.directory, minted.text.expose()));
    let keys: Vec<_> = keys.collect();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    let mut next = 0;
    same(move || {
        next = (next + 1) % keys.len();
        if let Some(known) = keys.get(next) {
            world.directory.used(black_box(known), now);
        }
    })
}

fn find(directory: &Directory, text: &[u8]) -> Arc<Known> {
    match directory.find(SET, text).now_or_never() {
        Some(Finding::Known(known)) => known,
        other => panic!("{other:?}"),
    }
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = store::Settings::sqlite(folder.path().join("keys.db"));
        let store = Store::open(&settings).expect("a file");
        // Nobody looks while it is measured: what is nobody's has to stay so.
        let settings = Settings {
            unknown_for: Duration::from_secs(86_400),
            ..Settings::default()
        };
        let directory = Directory::new(Some(store.clone()), &settings, &Registry::new());
        let world = Self {
            directory: directory.expect("metrics"),
            texts: (0..1_000)
                .map(|_| format().mint(None).expect("randomness"))
                .collect(),
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
            _folder: folder,
        };
        world.runtime.block_on(world.fill(&store));
        world
    }

    /// Makes the keys, and waits until each is known.
    async fn fill(&self, store: &Store) {
        let (own, directory) = (store.clone(), Arc::clone(&self.directory));
        tokio::spawn(async move { own.run().await });
        tokio::spawn(async move { directory.run().await });
        let keys: Vec<_> = self.texts.iter().map(key).collect();
        store.create(&keys, &audit()).await.expect("keys");
        let mut current = 0;
        while current < self.texts.len() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            current = 0;
            for minted in &self.texts {
                let found = self.directory.find(SET, minted.text.expose()).await;
                current +=
                    usize::from(matches!(found, Finding::Known(known) if known.is_current()));
            }
        }
    }
}

fn key(minted: &Minted) -> ApiKey {
    let created_at = SystemTime::UNIX_EPOCH;
    ApiKey {
        id: minted.id.clone(),
        set: SET.into(),
        name: "bench".into(),
        tenant: Some("acme".into()),
        owner: None,
        roles: None,
        scopes: vec!["*".into()],
        sources: None,
        networks: None,
        not_before: None,
        expires_at: None,
        created_at,
        created_by: "bench".into(),
        revoked_at: None,
        metadata: serde_json::Map::new(),
        generations: vec![Generation {
            number: 1,
            hash: minted.hash.clone(),
            start: minted.start.clone(),
            created_at,
            ends_at: None,
            signing: None,
        }],
        version: 1,
    }
}

fn audit() -> AuditEntry {
    AuditEntry {
        at: SystemTime::UNIX_EPOCH,
        by: "bench".into(),
        action: "create".into(),
        key: None,
        tenant: None,
        detail: serde_json::Map::new(),
    }
}
