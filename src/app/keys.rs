//! The store of API keys and what is known of it: opened when a policy first has keys there.
//!
//! Always: once open it stays open, whatever later policies say, so that uses that were counted are written;
//! a store that cannot be opened refuses the policy that needs it, and no other.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::admin::{Check, StoreStatus};
use crate::credential::Verifiers;
use crate::keys::{self, Directory, Registry as Keys, Service};
use crate::store::{self, Backend, Event, Store};
use crate::telemetry::{self, Registry};

use super::status::now;

/// How long uses may take to be written at the end.
const FLUSH: Duration = Duration::from_secs(3);

/// The stored API keys of a process. Clones are the same.
#[derive(Debug, Clone)]
pub struct StoredKeys {
    room: Arc<Room>,
    /// Whether uses are counted that are found by way of this.
    counts: bool,
}

#[derive(Debug)]
struct Room {
    store: store::Settings,
    keys: keys::Settings,
    registry: Registry,
    opened: OnceLock<Opened>,
    /// Checks the slow hashes of listed keys, until the store is open.
    listed: OnceLock<Arc<Directory>>,
    /// Held while the store is opened, so that it is opened once.
    opening: Mutex<()>,
    /// Rung when it was opened.
    bell: Notify,
    /// Nothing before it was opened.
    reach: Mutex<Option<Reach>>,
}

/// Whether the database answers.
#[derive(Debug, Clone, Copy)]
struct Reach {
    answers: bool,
    /// Since when it does, or does not.
    since: SystemTime,
    /// Whether it ever did.
    ever: bool,
}

/// An open store.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) store: Store,
    pub(super) directory: Arc<Directory>,
    pub(super) service: Service,
}

/// Why the store cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}; {help}")]
pub struct Unopened {
    /// What is wrong with which store, without what is secret of it.
    pub(super) what: String,
    /// What would help.
    pub(super) help: &'static str,
}

impl StoredKeys {
    /// With these settings. Nothing is opened yet.
    pub fn new(store: store::Settings, keys: keys::Settings, registry: &Registry) -> Self {
        let room = Arc::new(Room {
            store,
            keys,
            registry: registry.clone(),
            opened: OnceLock::new(),
            listed: OnceLock::new(),
            opening: Mutex::new(()),
            bell: Notify::new(),
            reach: Mutex::default(),
        });
        Self { room, counts: true }
    }

    /// The same, for a policy that is only tried: what it finds is not used.
    pub(super) fn uncounted(&self) -> Self {
        Self {
            counts: false,
            ..self.clone()
        }
    }

    /// The verifiers of a policy with what is known of its keys, and who answers where they are served. Opens
    /// the store, if any of the keys are there: not for a thread that serves.
    pub(super) fn join(
        &self,
        verifiers: Verifiers,
    ) -> Result<(Verifiers, Option<Service>), Unopened> {
        let (stored, any) = {
            let sets = verifiers.key_sets();
            (sets.iter().any(|set| set.stored), !sets.is_empty())
        };
        let verifiers = match self.counts {
            true => verifiers,
            false => verifiers.only_tried(),
        };
        if stored {
            let opened = self.open()?;
            let verifiers = verifiers.finding_keys_in(&opened.directory);
            return Ok((verifiers, Some(opened.service.clone())));
        }
        match self.listed().filter(|_| any) {
            Some(directory) => Ok((verifiers.finding_keys_in(&directory), None)),
            None => Ok((verifiers, None)),
        }
    }

    /// For keys that are listed in files. Its metrics are nobody's: those of the store's have their names.
    fn listed(&self) -> Option<Arc<Directory>> {
        if let Some(opened) = self.opened() {
            return Some(Arc::clone(&opened.directory));
        }
        let room = &*self.room;
        if room.listed.get().is_none() {
            let made = Directory::new(None, &room.keys, &Registry::new()).ok()?;
            // Somebody else may have been faster.
            let _ = room.listed.set(made);
        }
        room.listed.get().cloned()
    }

    /// The store, opened now unless it is already. May take a while: not for a thread that serves.
    fn open(&self) -> Result<&Opened, Unopened> {
        let room = &*self.room;
        let _one = room.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = room.opened.get() {
            return Ok(opened);
        }
        let opened = room.open()?;
        info!(store = %room.describe(), "the store of API keys is open");
        let opened = room.opened.get_or_init(|| opened);
        room.answers(false);
        room.bell.notify_one();
        Ok(opened)
    }

    /// The store, if it is open.
    pub(super) fn opened(&self) -> Option<&Opened> {
        self.room.opened.get()
    }

    /// Keeps the store's connections, follows its changes and writes uses, from when it is opened. Never
    /// returns.
    pub(super) async fn run(self) {
        let opened = loop {
            if let Some(opened) = self.opened() {
                break opened;
            }
            self.room.bell.notified().await;
        };
        let events = opened.store.follow();
        tokio::join!(
            opened.store.run(),
            opened.directory.run(),
            self.room.attend(events)
        );
    }

    /// Whether the store has answered once, or is not needed.
    pub(super) fn were_reached(&self) -> bool {
        self.room.reach().is_none_or(|reach| reach.ever)
    }

    /// What readiness depends on, once the store is open.
    pub(super) fn check(&self) -> Option<Check> {
        let problem = match self.were_reached() {
            true => None,
            false => Some(match self.opened()?.store.trouble() {
                Some(why) => format!("not reached so far: {why}"),
                None => "not reached so far".to_owned(),
            }),
        };
        self.opened().map(|_| Check {
            name: "store".to_owned(),
            problem,
        })
    }

    /// How it does, once it is open. Says nothing of a URL, which may hold a password.
    pub(super) fn status(&self) -> Option<StoreStatus> {
        let (opened, reach) = (self.opened()?, self.room.reach()?);
        let (kind, file) = match &self.room.store.backend {
            Backend::Sqlite(path) => ("sqlite", Some(shown(path))),
            Backend::Postgres(_) => ("postgres", None),
        };
        Some(StoreStatus {
            kind,
            file,
            reachable: reach.answers,
            since: reach.since,
            last_error: opened.store.trouble(),
            followed_until: opened.store.followed_until(),
            trusted: opened.directory.is_trusted(),
        })
    }

    /// Writes the uses that are not written yet, for at most three seconds.
    pub(super) async fn flush(&self) {
        let Some(opened) = self.opened() else {
            return;
        };
        match timeout(FLUSH, opened.directory.flush()).await {
            Ok(0) => info!("all uses of API keys are written"),
            Ok(lost) => warn!(lost, "uses of API keys could not be written"),
            Err(_) => warn!(after = ?FLUSH, "uses of API keys could not be written in time"),
        }
    }
}

impl Room {
    fn reach(&self) -> Option<Reach> {
        *self.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answers(&self, answers: bool) {
        let mut reach = self.reach.lock().unwrap_or_else(PoisonError::into_inner);
        if reach.is_none_or(|before| before.answers != answers) {
            *reach = Some(Reach {
                answers,
                since: now(),
                ever: answers || reach.is_some_and(|before| before.ever),
            });
        }
    }

    /// Hears whether the database answers.
    async fn attend(&self, mut events: mpsc::UnboundedReceiver<Event>) {
        while let Some(event) = events.recv().await {
            match event {
                Event::Gap | Event::Current => self.answers(true),
                Event::Lost => self.answers(false),
                Event::Changed(_) => {}
            }
        }
    }

    fn open(&self) -> Result<Opened, Unopened> {
        let store = Store::open(&self.store).map_err(|error| self.unopened(error.to_string()))?;
        let directory = Directory::new(Some(store.clone()), &self.keys, &self.registry);
        let directory =
            directory.map_err(|error: telemetry::Error| self.unopened(error.to_string()))?;
        let keys = Keys::new(store.clone())
            .telling(Arc::clone(&directory))
            .sealing(self.keys.sealer.clone());
        Ok(Opened {
            service: Service::new(keys),
            store,
            directory,
        })
    }

    fn unopened(&self, why: String) -> Unopened {
        Unopened {
            what: format!("{} cannot be opened: {why}", self.describe()),
            help: match self.store.backend {
                Backend::Sqlite(_) => {
                    "let the process write there, or name another file: `store: sqlite:PATH` in the process \
                     file, SIDEGATE_STORE, or --store"
                }
                Backend::Postgres(_) => {
                    "check the address: `store: ${NAME}` in the process file, SIDEGATE_STORE, or --store"
                }
            },
        }
    }

    /// Which store, without what is secret of it.
    fn describe(&self) -> String {
        match &self.store.backend {
            Backend::Sqlite(path) => format!("the SQLite file `{}`", shown(path)),
            Backend::Postgres(_) => "the PostgreSQL database".to_owned(),
        }
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
