//! Keys to keep, and a store that runs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use crate::model::{ApiKey, Generation, KeyHash, Sealed};
use crate::store::{AuditEntry, Error, Event, Settings, Store, Uses};

/// How long something may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// So many seconds after the beginning of the tests' time.
pub(super) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds) + Duration::from_micros(123_456)
}

/// A digest that no other number has.
pub(super) fn digest(number: u64) -> [u8; 32] {
    let mut digest = [7; 32];
    digest[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    digest[8..16].copy_from_slice(&number.to_be_bytes());
    digest
}

/// A key with nothing that need not be there, found by [`digest`] of its number.
pub(super) fn plain(number: u64) -> ApiKey {
    ApiKey {
        id: format!("key{number:07}").into(),
        set: "partners".into(),
        name: "ci".into(),
        tenant: None,
        owner: None,
        roles: None,
        scopes: Vec::new(),
        sources: None,
        networks: None,
        not_before: None,
        expires_at: None,
        created_at: at(0),
        created_by: "cli:test".into(),
        revoked_at: None,
        metadata: Map::new(),
        generations: vec![generation(1, KeyHash::Sha256(digest(number)))],
        version: 1,
    }
}

/// A key with everything.
pub(super) fn full(number: u64) -> ApiKey {
    let Value::Object(metadata) =
        json!({ "team": "grün", "deep": { "a": [1, 2.5, null, true, "\u{0}'\"\\"] } })
    else {
        unreachable!()
    };
    ApiKey {
        name: "ключ 'quoted' \"twice\"".into(),
        tenant: Some("acme".into()),
        owner: Some("alice".into()),
        roles: Some(vec!["admin".into(), "reader".into()]),
        scopes: vec!["alerts:*".into(), "{odd,\"scope\"}".into()],
        sources: Some(vec!["github".into()]),
        networks: Some(vec![
            "10.0.0.0/8".parse().unwrap(),
            "2001:db8::/32".parse().unwrap(),
        ]),
        not_before: Some(at(10)),
        expires_at: Some(at(1000)),
        revoked_at: Some(at(500)),
        metadata,
        generations: vec![
            Generation {
                ends_at: Some(at(700)),
                signing: Some(Sealed::new(*b"sealed\0\xff")),
                ..generation(3, KeyHash::Argon2("$argon2id$v=19$x".into()))
            },
            generation(2, KeyHash::Bcrypt("$2b$12$x".into())),
            generation(1, KeyHash::Sha256(digest(number))),
        ],
        version: 4,
        ..plain(number)
    }
}

pub(super) fn generation(number: u32, hash: KeyHash) -> Generation {
    Generation {
        number,
        hash,
        start: "cflo_abc".into(),
        created_at: at(u64::from(number)),
        ends_at: None,
        signing: None,
    }
}

/// The version after this one, with another name.
pub(super) fn renamed(key: &ApiKey, name: &str) -> ApiKey {
    ApiKey {
        name: name.into(),
        version: key.version + 1,
        ..key.clone()
    }
}

pub(super) fn entry(action: &str, key: Option<&str>) -> AuditEntry {
    AuditEntry {
        at: at(1),
        by: "cli:test".into(),
        action: action.into(),
        key: key.map(Into::into),
        tenant: Some("acme".into()),
        detail: Map::from_iter([("why".to_owned(), json!("a \"test\""))]),
    }
}

pub(super) fn used(id: &str, count: u64, last: u64) -> Uses {
    Uses {
        id: id.into(),
        count,
        last: at(last),
    }
}

/// A store that runs until it is dropped, on a thread of its own: as in a gate, where whoever asks sits
/// on another runtime.
pub(super) struct Running {
    pub(super) store: Store,
    _stop: oneshot::Sender<()>,
}

impl Running {
    pub(super) fn new(settings: &Settings) -> Self {
        let store = Store::open(settings).unwrap();
        let (stop, stopped) = oneshot::channel();
        let running = store.clone();
        std::thread::spawn(move || {
            let mut runtime = Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = running.run() => {}
                    _ = stopped => {}
                }
            });
        });
        Self { store, _stop: stop }
    }

    /// One that has answered.
    pub(super) async fn ready(settings: &Settings) -> Self {
        let running = Self::new(settings);
        let mut events = Events(running.store.follow());
        events.until(|event| *event == Event::Gap).await;
        running
    }

    pub(super) fn follow(&self) -> Events {
        Events(self.store.follow())
    }

    pub(super) async fn create(&self, keys: &[ApiKey]) -> Result<(), Error> {
        self.store.create(keys, &entry("create", None)).await
    }
}

impl std::ops::Deref for Running {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// What a follower is told.
pub(super) struct Events(pub(super) UnboundedReceiver<Event>);

impl Events {
    /// The next one, whatever it is.
    pub(super) async fn any(&mut self) -> Event {
        let next = tokio::time::timeout(PATIENCE, self.0.recv()).await;
        next.expect("nothing was told").unwrap()
    }

    /// The next one that is news.
    pub(super) async fn news(&mut self) -> Event {
        self.until(|event| *event != Event::Current).await
    }

    /// Waits for one.
    pub(super) async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        let found = async {
            loop {
                let event = self.any().await;
                if wanted(&event) {
                    return event;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.expect("other things were told")
    }

    /// The next key that changed: its id and its name.
    pub(super) async fn changed(&mut self) -> (Box<str>, Box<str>) {
        match self.news().await {
            Event::Changed(key) => (key.id, key.name),
            other => panic!("not a changed key: {other:?}"),
        }
    }
}
