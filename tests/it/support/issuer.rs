//! A token issuer on loopback: discovery, a key set, and a switch for its bad days.

use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::keys::SigningKey;
use super::{now, wire};

/// An issuer that signs with the first of its keys.
pub(crate) struct Issuer {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    keys: Mutex<Vec<SigningKey>>,
    mood: Mutex<Mood>,
    /// Extra fields of the key set's answer, like `Cache-Control: max-age=1`.
    extra: Mutex<String>,
    fetches: AtomicUsize,
}

/// How the issuer feels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Answers.
    Well,
    /// Answers 500.
    Failing,
    /// Closes every connection at once.
    Down,
    /// Answers after this time.
    Slow(Duration),
    /// Answers this text instead of its key set.
    Babbling(String),
}

impl Issuer {
    /// Starts one with an RSA key named `main`.
    pub(crate) fn start() -> Self {
        Self::with(vec![SigningKey::rsa("main")])
    }

    /// Starts one with these keys.
    pub(crate) fn with(keys: Vec<SigningKey>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            keys: Mutex::new(keys),
            mood: Mutex::new(Mood::Well),
            extra: Mutex::default(),
            fetches: AtomicUsize::new(0),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, address, &accepting));
        Self { address, shared }
    }

    /// Its URL, which is also its `iss`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where its key set is.
    pub(crate) fn jwks_url(&self) -> String {
        format!("{}/jwks.json", self.url())
    }

    /// Fetches of its key set so far.
    pub(crate) fn fetches(&self) -> usize {
        self.shared.fetches.load(Ordering::SeqCst)
    }

    /// Changes how it behaves from now on.
    pub(crate) fn feel(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    /// Adds fields to the key set's answer, each ended by a line end.
    pub(crate) fn add_fields(&self, fields: &str) {
        fields.clone_into(&mut self.shared.extra.lock().unwrap());
    }

    /// Publishes these keys from now on, and signs with the first.
    pub(crate) fn publish(&self, keys: Vec<SigningKey>) {
        *self.shared.keys.lock().unwrap() = keys;
    }

    /// The key it signs with.
    pub(crate) fn key(&self) -> SigningKey {
        self.shared.keys.lock().unwrap()[0].clone()
    }

    /// Claims of a valid token for audience `my-api`, with `more` laid over them; `null` takes a
    /// claim away.
    pub(crate) fn claims(&self, more: &Value) -> Value {
        let base = json!({
            "iss": self.url(), "aud": "my-api", "sub": "alice",
            "iat": now(), "exp": now() + 600,
        });
        overlaid(base, more)
    }

    /// A token with [`Issuer::claims`].
    pub(crate) fn token(&self, more: &Value) -> String {
        self.key().sign(&self.claims(more))
    }

    /// The policy's section for it: discovery, audience `my-api`, claims by their plain names.
    pub(crate) fn section(&self) -> String {
        format!(
            "issuers:\n  main:\n    url: {}\n    audience: my-api\n    \
             claims: {{ tenant: tenant_id, roles: roles, email: email }}\n",
            self.url()
        )
    }
}

/// `base` with the members of `more` laid over it; `null` takes a member away.
pub(crate) fn overlaid(mut base: Value, more: &Value) -> Value {
    let members = base.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    base
}

fn accept(listener: &TcpListener, address: SocketAddr, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        let shared = Arc::clone(shared);
        // A connection that breaks is the peer's affair.
        thread::spawn(move || converse(&stream, address, &shared));
    }
}

fn converse(stream: &TcpStream, address: SocketAddr, shared: &Shared) -> io::Result<()> {
    let mut input = BufReader::new(stream);
    while let Some((start, _)) = wire::read_head(&mut input)? {
        let target = start.split(' ').nth(1).unwrap_or_default().to_owned();
        if target == "/jwks.json" {
            shared.fetches.fetch_add(1, Ordering::SeqCst);
        }
        let mood = shared.mood.lock().unwrap().clone();
        let (status, body) = match mood {
            Mood::Down => return Ok(()),
            Mood::Failing => ("500 Oh dear", "{}".to_owned()),
            Mood::Babbling(text) if target == "/jwks.json" => ("200 OK", text),
            Mood::Slow(time) => {
                thread::sleep(time);
                document(&target, address, shared)
            }
            Mood::Well | Mood::Babbling(_) => document(&target, address, shared),
        };
        let extra = shared.extra.lock().unwrap().clone();
        respond(stream, status, &extra, &body)?;
    }
    Ok(())
}

fn document(target: &str, address: SocketAddr, shared: &Shared) -> (&'static str, String) {
    let url = format!("http://{address}");
    match target {
        "/.well-known/openid-configuration" => {
            let text = json!({ "issuer": url, "jwks_uri": format!("{url}/jwks.json") });
            ("200 OK", text.to_string())
        }
        "/jwks.json" => {
            let keys: Vec<Value> = shared
                .keys
                .lock()
                .unwrap()
                .iter()
                .map(SigningKey::jwk)
                .collect();
            ("200 OK", json!({ "keys": keys }).to_string())
        }
        _ => ("404 Not Found", "{}".to_owned()),
    }
}

fn respond(mut stream: &TcpStream, status: &str, extra: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{extra}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}
