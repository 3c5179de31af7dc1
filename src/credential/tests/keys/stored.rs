//! Keys in the store, as far as this room has to do with them.

use std::time::Instant;

use tempfile::TempDir;
use tokio::time::sleep;

use super::*;
use crate::keys::{Directory, Settings};
use crate::model::{ApiKey, Generation};
use crate::store::{self, AuditEntry, Store};

const POLICY: &str = "api_keys: { main: { prefix: pk_, defaults: { subject: nobody, tenant: none, scopes: ['*'] } } }\n";

/// A store with a directory that follows it.
struct Kept {
    store: Store,
    directory: Arc<Directory>,
    metrics: Registry,
    _folder: TempDir,
}

async fn kept() -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&store::Settings::sqlite(folder.path().join("keys.db"))).unwrap();
    let settings = Settings::default();
    let metrics = Registry::new();
    let directory = Directory::new(Some(store.clone()), &settings, &metrics).unwrap();
    tokio::spawn({
        let (store, directory) = (store.clone(), Arc::clone(&directory));
        async move {
            tokio::join!(store.run(), directory.run());
        }
    });
    let kept = Kept {
        store,
        directory,
        metrics,
        _folder: folder,
    };
    let began = Instant::now();
    while kept.store.followed_until().is_none() && began.elapsed() < Duration::from_secs(10) {
        sleep(Duration::from_millis(10)).await;
    }
    kept
}

impl Kept {
    fn verifiers(&self) -> Verifiers {
        home(POLICY).finding_keys_in(&self.directory)
    }

    /// Puts a key into the store; gives it with its text.
    async fn make(&self) -> (ApiKey, String) {
        let minted = Format::new("pk_").unwrap().mint(None).unwrap();
        let key = ApiKey {
            id: minted.id,
            set: "main".into(),
            name: "a key".into(),
            tenant: None,
            owner: None,
            roles: None,
            scopes: Vec::new(),
            sources: None,
            networks: None,
            not_before: None,
            expires_at: None,
            created_at: at(NOW),
            created_by: "test".into(),
            revoked_at: None,
            metadata: serde_json::Map::new(),
            generations: vec![Generation {
                number: 1,
                hash: minted.hash,
                start: minted.start,
                created_at: at(NOW),
                ends_at: None,
                signing: None,
            }],
            version: 1,
        };
        let (keys, audit) = (std::slice::from_ref(&key), audit("create"));
        self.store.create(keys, &audit).await.unwrap();
        let text = String::from_utf8(minted.text.expose().to_vec()).unwrap();
        (key, text)
    }
}

fn audit(action: &str) -> AuditEntry {
    AuditEntry {
        at: at(NOW),
        by: "test".into(),
        action: action.into(),
        key: None,
        tenant: None,
        detail: serde_json::Map::new(),
    }
}

async fn asked(verifiers: &Verifiers, text: &str) -> Result<Verified, Reason> {
    let request = with_key(text);
    outcome(verifiers.verify(&request, &Accepted::All).await)
}

/// What is known without waiting.
fn recalled(verifiers: &Verifiers, text: &str) -> Option<Result<(), Reason>> {
    match verifiers.recall(&with_key(text), &Accepted::All) {
        Recalled::Answer(answer) => Some(outcome(answer).map(|_| ())),
        Recalled::Unknown(_) => None,
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

#[test]
fn stored_key_is_found_once_and_its_uses_are_counted() {
    run(async {
        let kept = kept().await;
        let verifiers = kept.verifiers();
        let (key, text) = kept.make().await;
        assert_eq!(recalled(&verifiers, &text), None);
        let verified = asked(&verifiers, &text).await.unwrap();
        // The defaults of a set are for listed keys alone.
        assert_eq!(verified.principal.subject, key.id);
        assert!(verified.principal.tenant.is_none() && verified.principal.scopes.is_empty());
        assert_eq!(recalled(&verifiers, &text), Some(Ok(())));
        // Nothing of these is a use.
        let other = mint("pk_").0;
        assert_eq!(
            asked(&verifiers, &other).await.unwrap_err(),
            Reason::KeyUnknown
        );
        let _ = verifiers.vouch(Some(&verified.principal), &Accepted::All);
        assert!(
            verifiers
                .recall(&with_key(&text), &only(&["other"]))
                .is_refused()
        );
        assert_eq!(kept.directory.flush().await, 0);
        let listed = kept.store.key(&key.id).await.unwrap().unwrap();
        assert_eq!((listed.uses, listed.last_used_at), (2, Some(at(NOW))));
    });
}

impl Recalled<'_> {
    fn is_refused(&self) -> bool {
        matches!(self, Self::Answer(Verification::Rejected(_)))
    }
}

#[test]
fn revoked_key_ends_in_workers_that_know_it() {
    run(async {
        let kept = kept().await;
        let verifiers = kept.verifiers();
        let (key, text) = kept.make().await;
        asked(&verifiers, &text).await.unwrap();
        let revoked = ApiKey {
            revoked_at: Some(at(NOW)),
            version: 2,
            ..key
        };
        kept.store
            .replace(&revoked, &audit("revoke"))
            .await
            .unwrap();
        let began = Instant::now();
        while recalled(&verifiers, &text) == Some(Ok(())) {
            assert!(began.elapsed() < Duration::from_secs(1));
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(
            asked(&verifiers, &text).await.unwrap_err(),
            Reason::KeyRevoked
        );
        assert_eq!(recalled(&verifiers, &text), Some(Err(Reason::KeyRevoked)));
    });
}

#[test]
fn new_policy_finds_what_is_known_without_a_question_to_the_store() {
    run(async {
        let kept = kept().await;
        let (_, text) = kept.make().await;
        asked(&kept.verifiers(), &text).await.unwrap();
        let verifiers = kept.verifiers();
        assert_eq!(recalled(&verifiers, &text), None);
        assert!(asked(&verifiers, &text).await.is_ok());
        let shown = kept.metrics.render().unwrap();
        for (result, count) in [("store", 1), ("memory", 1)] {
            let line = format!("sidegate_key_finds_total{{result=\"{result}\"}} {count}");
            assert!(shown.contains(&line), "{line}\n{shown}");
        }
    });
}

#[test]
fn unknown_key_is_not_judged_while_the_store_does_not_answer() {
    run(async {
        // Nobody listens there.
        let store = store::Settings::from_url("postgres://nobody@127.0.0.1:1/keys").unwrap();
        let store = Store::open(&store).unwrap();
        let (settings, metrics) = (Settings::default(), Registry::new());
        let directory = Directory::new(Some(store.clone()), &settings, &metrics).unwrap();
        let running = tokio::spawn(async move { store.run().await });
        let verifiers = home(POLICY).finding_keys_in(&directory);
        let unknown = mint("pk_").0;
        let answer = verifiers.verify(&with_key(&unknown), &Accepted::All).await;
        let Verification::Unavailable(denied) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(denied.reason, Reason::StoreUnavailable);
        // What cannot be a key at all needs no store.
        let wrong = asked(&verifiers, "pk_x").await;
        assert_eq!(wrong.unwrap_err(), Reason::KeyUnknown);
        running.abort();
    });
}

#[test]
fn without_a_directory_no_stored_key_is_found() {
    run(async {
        let answer = asked(&home(POLICY), &mint("pk_").0).await;
        assert_eq!(answer.unwrap_err(), Reason::KeyUnknown);
    });
}
