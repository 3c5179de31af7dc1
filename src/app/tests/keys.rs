//! The store of API keys in a process: opened when it is needed, and left with nothing unwritten.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use super::{OPEN, Running, config, folder};
use crate::app::status::now;
use crate::app::{Error, build, runtime};
use crate::keys::{Format, KeySet, NewKey, Registry};
use crate::store::{Settings, Store};

const WITH_KEYS: &str = "\
api_keys: { partners: { prefix: cflo_ } }
routes: [{ path: /alerts/** }]
";

/// Asks a store that nobody else has open.
fn alone<T>(file: &Path, ask: impl AsyncFnOnce(&Store) -> T) -> T {
    let store = Store::open(&Settings::sqlite(file)).unwrap();
    runtime().unwrap().block_on(async {
        tokio::select! {
            answer = ask(&store) => answer,
            () = store.run() => panic!("the store has ended"),
        }
    })
}

/// Makes a key; gives its id and its text.
fn make(file: &Path) -> (String, String) {
    let set = KeySet {
        name: "partners".into(),
        format: Some(Format::new("cflo_").unwrap()),
        foreign: false,
        stored: true,
        lifetime: None,
        longest: None,
    };
    let new = NewKey {
        name: "ci".to_owned(),
        scopes: vec!["*".to_owned()],
        ..NewKey::default()
    };
    alone(file, async |store| {
        let registry = Registry::new(store.clone());
        let made = registry.make(&set, new, "test", now()).await.unwrap();
        let text = String::from_utf8(made.text.expose().to_vec()).unwrap();
        (made.key.id.to_string(), text)
    })
}

/// The status line of the answer to a request with this key.
fn ask(running: &Running, text: &str) -> String {
    let mut stream = TcpStream::connect(running.listener).unwrap();
    let head = format!(
        "GET /alerts/1 HTTP/1.1\r\nHost: a\r\nX-API-Key: {text}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn policy_without_stored_keys_opens_no_store_and_the_first_with_some_does() {
    let (folder, path) = folder(OPEN);
    let mut running = Running::start(config(&path, &[]));
    assert!(!running.admin("GET /status").contains("\"store\""));
    assert!(!folder.path().join("sidegate.db").exists());
    fs::write(&path, WITH_KEYS).unwrap();
    let status = running.admin_until("GET /status", "\"reachable\": true");
    assert!(status.contains("\"kind\": \"sqlite\""), "{status}");
    assert!(folder.path().join("sidegate.db").exists());
    assert!(running.admin("GET /readyz").contains("200 OK"));
    // It stays open, so that nothing is lost that was counted.
    fs::write(&path, OPEN).unwrap();
    running.admin_until("GET /status", "\"routes\": 1");
    assert!(running.admin("GET /status").contains("\"store\""));
    running.stop().unwrap();
}

#[test]
fn store_that_cannot_be_opened_stops_the_start_and_says_what_to_do() {
    let (folder, path) = folder(WITH_KEYS);
    let missing = folder.path().join("no/such/folder/keys.db");
    let store = format!("sqlite:{}", missing.display());
    let error = build(config(&path, &[("store", &store)])).err().unwrap();
    assert!(matches!(error, Error::Store(_)), "{error}");
    let said = error.to_string();
    assert!(
        said.contains("keys.db") && said.contains("--store"),
        "{said}"
    );
}

#[test]
fn store_that_cannot_be_opened_refuses_the_reload_and_nothing_else() {
    let (folder, path) = folder(OPEN);
    let missing = folder.path().join("no/such/folder/keys.db");
    let store = format!("sqlite:{}", missing.display());
    let mut running = Running::start(config(&path, &[("store", &store)]));
    fs::write(&path, WITH_KEYS).unwrap();
    let answer = running.admin("POST /reload");
    assert!(answer.contains("cannot be opened"), "{answer}");
    assert!(running.admin("GET /readyz").contains("200 OK"));
    fs::create_dir_all(missing.parent().unwrap()).unwrap();
    let answer = running.admin("POST /reload");
    assert!(answer.contains("200 OK"), "{answer}");
    running.stop().unwrap();
}

#[test]
fn uses_are_written_before_the_process_ends() {
    let (folder, path) = folder(WITH_KEYS);
    let file = folder.path().join("sidegate.db");
    let (id, text) = make(&file);
    let mut running = Running::start(config(&path, &[("api_keys.count_every", "60s")]));
    running.admin_until("GET /status", "\"reachable\": true");
    for _ in 0..3 {
        // Admitted; there is no app behind this gate.
        assert!(ask(&running, &text).contains("502"));
    }
    assert!(ask(&running, "cflo_nobodys").contains("401"));
    let status = running.admin("GET /status");
    assert!(!status.contains(&text), "{status}");
    running.stop().unwrap();
    let listed = alone(&file, async |store| store.key(&id).await.unwrap().unwrap());
    assert_eq!(listed.uses, 3);
    assert!(listed.last_used_at.is_some());
}

#[test]
fn candidate_that_is_tried_counts_no_uses() {
    let (folder, path) = folder(WITH_KEYS);
    let candidate = folder.path().join("candidate.yaml");
    fs::write(&candidate, WITH_KEYS).unwrap();
    let file = folder.path().join("sidegate.db");
    let (id, text) = make(&file);
    let shadow = candidate.display().to_string();
    let mut running = Running::start(config(&path, &[("shadow.policy", &shadow)]));
    running.admin_until("GET /status", "\"reachable\": true");
    assert!(ask(&running, &text).contains("502"));
    running.admin_until("GET /status", "\"same\": 1");
    running.stop().unwrap();
    let listed = alone(&file, async |store| store.key(&id).await.unwrap().unwrap());
    assert_eq!(listed.uses, 1);
}

#[test]
fn key_in_a_file_that_changes_is_noticed() {
    let policy = "api_keys: { partners: { prefix: cflo_, file: keys.yaml } }\nroutes: [{ path: /alerts/** }]\n";
    let (folder, path) = folder(policy);
    let keys = folder.path().join("keys.yaml");
    fs::write(&keys, "[]").unwrap();
    let loader = super::super::Loader {
        path,
        upstreams: None,
        doors: Vec::new(),
        key_sets: crate::jwks::KeySets::new(Default::default(), &crate::telemetry::Registry::new())
            .unwrap(),
        workers: std::num::NonZeroUsize::MIN,
        directory: None,
        metrics: None,
        deliveries: super::super::Deliveries::default(),
    };
    let loaded = loader.load();
    assert!(loaded.engine.is_some(), "{:#?}", loaded.problems);
    assert!(!loader.has_changed(&loaded.seen));
    let hash = "0".repeat(64);
    fs::write(&keys, format!("- {{ name: ci, hash: 'sha256:{hash}' }}\n")).unwrap();
    assert!(loader.has_changed(&loaded.seen));
}

#[cfg(feature = "postgres")]
#[test]
fn database_that_is_down_keeps_nobody_from_starting_and_says_so() {
    let (_folder, path) = folder(WITH_KEYS);
    let settings = [("store", "postgres://gate@127.0.0.1:1/keys")];
    let mut running = Running::start(config(&path, &settings));
    assert!(running.admin("GET /healthz").contains("200 OK"));
    let answer = running.admin_until("GET /readyz", "store: not reached so far");
    assert!(answer.contains("503"), "{answer}");
    let format = Format::new("cflo_").unwrap();
    let minted = format.mint(None).unwrap();
    let text = String::from_utf8(minted.text.expose().to_vec()).unwrap();
    assert!(ask(&running, &text).contains("503"));
    let status = running.admin("GET /status");
    assert!(status.contains("\"reachable\": false"), "{status}");
    assert!(!status.contains("127.0.0.1:1/"), "{status}");
    running.stop().unwrap();
}
