//! A gate on loopback, an upstream that writes down what reaches it, and callers that speak in bytes.

mod answer_heads;
mod answers;
mod bodies;
mod deliveries;
mod double;
mod early;
mod ends;
mod exchanges;
mod faults;
mod http1;
mod http2;
#[cfg(feature = "sqlite")]
mod keys;
mod questions;
mod refusals;
mod shadow;
mod stalls;
mod upgrades;
mod ways;
mod worded;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::*;
use crate::credential::Verifiers;
use crate::document::{Fields, Problems, parse};
use crate::jwks::{self, KeySets};
use crate::keys::{Directory, Registry as Keys, Service};
use crate::listener::{Connection, Protocol};
use crate::policy::Policy;
use crate::store::Store;
use crate::telemetry::{LogFormat, LogSettings, Registry};
use crate::upstream;
use crate::{credential, policy};

use double::{OK, Reaction, Upstream};

/// A route that is open and one that asks for a token, both with an identity header.
pub(super) const POLICY: &str = "
issuers:
  main: { url: 'https://idp.example', audience: api, secret: '${KEY}' }
identity_headers: { X-User: '{{ principal.subject }}' }
routes:
  - { path: /open/**, public: true }
  - { path: /closed/**, methods: [GET, POST] }
";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Runs a test on a runtime like a worker's.
pub(super) fn run(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder
        .enable_all()
        .build_local(Default::default())
        .unwrap();
    runtime.block_on(async {
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, test)
            .await
            .expect("the test hangs");
    });
}

/// A token of subject `ann`.
pub(super) fn token() -> String {
    token_with(serde_json::json!({}))
}

/// The same with further claims.
pub(super) fn token_with(more: serde_json::Value) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test's token must be valid now"
    )]
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut claims = serde_json::json!({
        "iss": "https://idp.example", "aud": "api", "sub": "ann", "iat": now, "exp": now + 600,
    });
    let more = more.as_object().unwrap().clone();
    claims.as_object_mut().unwrap().extend(more);
    let key = jsonwebtoken::EncodingKey::from_secret(KEY.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
}

/// An engine that finds keys in a store, and serves them.
fn with_store(store: Store, policy: Policy, verifiers: Verifiers, registry: &Registry) -> Engine {
    let settings = crate::keys::Settings::default();
    let directory = Directory::new(Some(store.clone()), &settings, registry).unwrap();
    let (running, following) = (store.clone(), Arc::clone(&directory));
    tokio::task::spawn_local(async move { running.run().await });
    tokio::task::spawn_local(async move { following.run().await });
    let verifiers = verifiers.finding_keys_in(&directory);
    let engine = Engine::new(policy, verifiers, "test".into());
    engine.serving_keys(Service::new(Keys::new(store)))
}

/// The engine with a memory of deliveries.
fn remembering(engine: Engine) -> Engine {
    let settings = crate::replay::Settings::default();
    let replay = crate::replay::Replay::new(&settings, &Registry::new());
    engine.remembering(replay.unwrap())
}

fn engine(text: &str, targets: &upstream::Targets, registry: &Registry) -> Engine {
    let (policy, verifiers) = compile(text, targets, registry);
    Engine::new(policy, verifiers, "test".into())
}

fn compile(text: &str, targets: &upstream::Targets, registry: &Registry) -> (Policy, Verifiers) {
    let problems = Problems::new();
    let environment = |name: &str| (name == "KEY").then(|| KEY.to_owned());
    let top = parse("policy.yaml", text, &environment, &problems).unwrap();
    let mut fields = Fields::of(&top, "policy file", &problems).unwrap();
    let credentials = credential::Config::read(&mut fields, &problems);
    let rules = policy::Config::read(&mut fields, &problems);
    fields.finish();
    let known = policy::Known {
        webhooks: &credentials.webhook_profiles(),
        issuers: &credentials.issuer_names(),
        key_sets: &credentials.key_set_names(),
        stored_key_sets: &credentials.stored_key_set_names(),
        upstreams: Some(&targets.names()),
    };
    let policy = rules.compile(&known, &problems);
    let key_sets = KeySets::new(jwks::Settings::default(), registry).unwrap();
    let verifiers = credentials.build(Path::new(""), &key_sets, &problems);
    match (policy, verifiers) {
        (Some(policy), Some(verifiers)) => (policy, verifiers),
        _ => panic!("{:#?}", problems.into_sorted()),
    }
}

/// A gate that serves on loopback.
pub(super) struct Gate {
    pub(super) address: SocketAddr,
    pub(super) registry: Registry,
    pub(super) ended: Rc<Cell<usize>>,
    drain: watch::Sender<bool>,
}

/// What a gate is made of, to be changed before it starts.
pub(super) struct Setup {
    pub(super) settings: Settings,
    pub(super) upstream: upstream::Settings,
    pub(super) policy: String,
    pub(super) protocol: Protocol,
    pub(super) door: Door,
    pub(super) sink: Option<Sink>,
    /// Where stored keys are.
    pub(super) store: Option<Store>,
}

/// What the decision log wrote.
#[derive(Clone, Default)]
pub(super) struct Sink(pub(super) Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    /// The records so far.
    pub(super) fn records(&self) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Setup {
    pub(super) fn to(upstream: SocketAddr) -> Self {
        Self {
            settings: Settings::default(),
            upstream: upstream::Settings::of_url("default", &format!("http://{upstream}")).unwrap(),
            policy: POLICY.to_owned(),
            protocol: Protocol::Http1,
            door: Door::default(),
            sink: None,
            store: None,
        }
    }

    pub(super) async fn start(self) -> Gate {
        let registry = Registry::new();
        let targets = Targets::load(vec![self.upstream], &registry).unwrap();
        let (policy, verifiers) = compile(&self.policy, &targets, &registry);
        let engine = match self.store {
            None => remembering(Engine::new(policy, verifiers, "test".into())),
            Some(store) => with_store(store, policy, verifiers, &registry),
        };
        let log = match self.sink {
            None => DecisionLog::off(),
            Some(sink) => {
                let settings = LogSettings {
                    format: LogFormat::Json,
                    ..LogSettings::default()
                };
                DecisionLog::start(&settings, Box::new(sink), &registry).unwrap()
            }
        };
        let shared = Shared::new(self.settings, targets, engine, log, &registry).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (drain, draining) = watch::channel(false);
        let ended = Rc::new(Cell::new(0));
        let (proxy, door) = (Doors::new(shared), Arc::new(self.door));
        let (protocol, count) = (self.protocol, Rc::clone(&ended));
        tokio::task::spawn_local(async move {
            loop {
                let (stream, peer) = listener.accept().await.unwrap();
                let connection = Connection {
                    stream,
                    peer,
                    secure: false,
                    identified: false,
                    protocol,
                };
                let mut draining = draining.clone();
                let (proxy, door) = (Rc::clone(&proxy), Arc::clone(&door));
                let count = Rc::clone(&count);
                tokio::task::spawn_local(async move {
                    let drain = async move {
                        if draining.wait_for(|on| *on).await.is_err() {
                            std::future::pending().await
                        }
                    };
                    proxy.serve(connection, door, drain).await;
                    count.set(count.get() + 1);
                });
            }
        });
        Gate {
            address,
            registry,
            ended,
            drain,
        }
    }
}

impl Gate {
    pub(super) async fn connect(&self) -> Caller {
        Caller(TcpStream::connect(self.address).await.unwrap())
    }

    /// One request on a connection of its own; the answer is read until the gate closes.
    pub(super) async fn ask(&self, request: &str) -> String {
        let mut caller = self.connect().await;
        caller.send(request).await;
        caller.rest().await
    }

    pub(super) fn drain(&self) {
        self.drain.send(true).unwrap();
    }

    pub(super) fn metrics(&self) -> String {
        self.registry.render().unwrap()
    }
}

/// A connection to a gate or an upstream.
pub(super) struct Caller(pub(super) TcpStream);

impl Caller {
    pub(super) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until `end` has come; gives all of it.
    pub(super) async fn until(&mut self, end: &str) -> String {
        read_until(&mut self.0, end)
            .await
            .unwrap_or_else(|so_far| panic!("`{end}` did not come, only: {so_far}"))
    }

    /// Reads until the other side closes.
    pub(super) async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        let _reset_counts_as_closed = self.0.read_to_end(&mut all).await;
        String::from_utf8_lossy(&all).into_owned()
    }
}

async fn read_until(stream: &mut TcpStream, end: &str) -> Result<String, String> {
    let mut all = Vec::new();
    let mut byte = [0];
    while !all.ends_with(end.as_bytes()) {
        match stream.read(&mut byte).await {
            Ok(1) => all.push(byte[0]),
            _ => return Err(String::from_utf8_lossy(&all).into_owned()),
        }
    }
    Ok(String::from_utf8_lossy(&all).into_owned())
}

/// Waits until `condition` holds.
pub(super) async fn eventually(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
