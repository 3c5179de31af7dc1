//! Keys, issuers and key sets to try the room with.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::load::{Loaded, Loader};
use super::super::{FetchError, KeySet, KeySets, Origin, Settings, Source};
use crate::telemetry::Registry;

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ec(kid: &str, crv: &str, algorithm: &'static EcdsaSigningAlgorithm) -> (Value, EcdsaKeyPair) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
    let jwk = json!({ "kty": "EC", "crv": crv, "kid": kid, "x": encode(x), "y": encode(y) });
    (jwk, pair)
}

pub(super) fn p256_pair(kid: &str) -> (Value, EcdsaKeyPair) {
    ec(kid, "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)
}

pub(super) fn p384_pair(kid: &str) -> (Value, EcdsaKeyPair) {
    ec(kid, "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING)
}

/// A fresh ES256 key.
pub(super) fn p256(kid: &str) -> Value {
    p256_pair(kid).0
}

/// A key set document.
pub(super) fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// A set with fresh ES256 keys of these names.
pub(super) fn set_of(kids: &[&str]) -> String {
    set(&kids.iter().map(|kid| p256(kid)).collect::<Vec<_>>())
}

pub(super) fn source(origin: Origin) -> Source {
    Source {
        issuer: "main".into(),
        origin,
        allow_http: false,
    }
}

/// An issuer without a network: it says what it was told to say, after a while.
pub(super) struct Scripted {
    pub(super) answer: Mutex<Result<Loaded, FetchError>>,
    pub(super) asked: AtomicUsize,
}

impl Scripted {
    pub(super) fn publish(&self, text: &str) {
        *self.answer.lock().unwrap() = Ok(Loaded {
            text: Some(text.into()),
            validator: None,
            fresh_for: None,
        });
    }

    pub(super) fn break_down(&self) {
        *self.answer.lock().unwrap() = Err(FetchError::Connect("connection refused".into()));
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

pub(super) struct World {
    pub(super) registry: Registry,
    pub(super) sets: Arc<KeySets>,
    pub(super) set: Arc<KeySet>,
    pub(super) issuer: Arc<Scripted>,
}

/// A running key set whose issuer takes so long for an answer and at first says `text`.
pub(super) fn world(text: &str, takes: Duration) -> World {
    let registry = Registry::new();
    let sets = KeySets::new(Settings::default(), &registry).unwrap();
    let issuer = Arc::new(Scripted {
        answer: Mutex::new(Err(FetchError::Status(500))),
        asked: AtomicUsize::new(0),
    });
    issuer.publish(text);
    let script = Arc::clone(&issuer);
    let answer = move || {
        script.asked.fetch_add(1, Ordering::SeqCst);
        script.answer.lock().unwrap().clone()
    };
    let loader = Loader::Script {
        takes,
        answer: Arc::new(answer),
    };
    let origin = Origin::Url("https://idp.example.com/keys".into());
    let set = sets.open(source(origin), Some(loader));
    tokio::spawn(Arc::clone(&sets).run());
    World {
        registry,
        sets,
        set,
        issuer,
    }
}

/// What a loopback issuer does with a request.
#[derive(Clone)]
pub(super) enum Reply {
    /// Status line and headers, then a body of the right length.
    Full(&'static str, String),
    /// A body that is shorter than announced.
    Truncated,
    /// A byte now and then, for ever.
    Drip,
    /// Connections are closed without an answer.
    Down,
}

/// An issuer on a loopback port.
pub(super) struct Issuer {
    pub(super) url: String,
    replies: Arc<Mutex<Vec<(String, Reply)>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    pub(super) async fn start() -> Self {
        Self::listen(None).await
    }

    /// With TLS, if there is something to accept it with.
    pub(super) async fn listen(tls: Option<TlsAcceptor>) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self {
            url: match &tls {
                None => format!("http://{}", listener.local_addr().unwrap()),
                Some(_) => format!(
                    "https://localhost:{}",
                    listener.local_addr().unwrap().port()
                ),
            },
            replies: Arc::default(),
            requests: Arc::default(),
        };
        let (replies, requests) = (Arc::clone(&issuer.replies), Arc::clone(&issuer.requests));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (replies, requests) = (Arc::clone(&replies), Arc::clone(&requests));
                let tls = tls.clone();
                tokio::spawn(async move {
                    let _ = match tls {
                        None => answer(stream, &replies, &requests).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => answer(stream, &replies, &requests).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        issuer
    }

    /// From now on, a path is answered so.
    pub(super) fn on(&self, path: &str, reply: Reply) {
        let mut replies = self.replies.lock().unwrap();
        replies.retain(|(known, _)| known != path);
        replies.push((path.into(), reply));
    }

    pub(super) fn json(&self, path: &str, body: &str) {
        self.on(path, Reply::Full("200 OK", body.into()));
    }

    pub(super) fn keys_url(&self) -> Origin {
        Origin::Url(format!("{}/keys", self.url))
    }

    /// The heads of the requests for a path, in lower case.
    pub(super) fn requests(&self, path: &str) -> Vec<String> {
        let start = format!("get {path} ");
        let requests = self.requests.lock().unwrap();
        let of_path = requests.iter().filter(|head| head.starts_with(&start));
        of_path.cloned().collect()
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    replies: &Mutex<Vec<(String, Reply)>>,
    requests: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    requests.lock().unwrap().push(head);
    let known = replies.lock().unwrap().clone();
    let reply = known.into_iter().find(|(known, _)| *known == path);
    let outcome = match reply.map(|(_, reply)| reply) {
        Some(Reply::Full(status, body)) => {
            let length = match status.starts_with("304") {
                true => String::new(),
                false => format!("content-length: {}\r\n", body.len()),
            };
            let text = format!("HTTP/1.1 {status}\r\n{length}connection: close\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await
        }
        Some(Reply::Truncated) => {
            let text = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"keys\":[";
            stream.write_all(text).await
        }
        Some(Reply::Drip) => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
            stream.write_all(head).await?;
            loop {
                stream.write_all(b" ").await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Some(Reply::Down) => Ok(()),
        None => {
            stream
                .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                .await
        }
    };
    // Over TLS nothing is sent before this, and a missing goodbye would be an error of its own.
    stream.shutdown().await?;
    outcome
}

/// Settings under which everything happens within milliseconds.
pub(super) fn hasty() -> Settings {
    Settings {
        refresh: Duration::from_millis(20),
        min_refresh: Duration::from_millis(10),
        max_refresh: Duration::from_secs(60),
        cooldown: Duration::from_millis(1),
        timeout: Duration::from_millis(300),
        max_size: 16 * 1024,
        ..Settings::default()
    }
}

/// Key sets that run, with these settings.
pub(super) fn running(settings: Settings) -> Arc<KeySets> {
    let sets = KeySets::new(settings, &Registry::new()).unwrap();
    tokio::spawn(Arc::clone(&sets).run());
    sets
}

/// Waits until something is so, for at most five seconds.
pub(super) async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
