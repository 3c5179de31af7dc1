//! A gate with a set of stored keys, tokens beside them, and an app.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::gate::{Setup, sidegate};
use crate::support::operator::{ADMIN_TOKEN, Operator};
use crate::support::{Answer, Call, Gate, Issuer, PATIENCE, Upstream};

/// How the texts of the set begin.
pub(super) const PREFIX: &str = "chs_";
/// What keys are for.
pub(super) const ALERTS: &str = "/alerts/today";
/// Where the gate itself serves the keys of a tenant.
pub(super) const OWN: &str = "/own/keys";

/// Strangers are asked for again soon, so that each outage is seen by them, too.
const PROCESS: &str = "workers: 2\napi_keys: { unknown_for: 100ms, KEPT }\n";

pub(super) struct Stand {
    pub(super) gate: Gate,
    pub(super) issuer: Issuer,
    store: String,
}

impl Stand {
    /// A gate with this store; `kept` is more of the process file's section `api_keys`.
    pub(super) fn with(store: &str, kept: &str) -> Self {
        let (issuer, upstream) = (Issuer::start(), Upstream::start());
        let gate = Setup::policy(&policy(&issuer))
            .process(&PROCESS.replace("KEPT", kept))
            .upstream(&upstream)
            .env("SIDEGATE_STORE", store)
            .env("SIDEGATE_ADMIN__TOKEN", ADMIN_TOKEN)
            .start();
        let store = store.to_owned();
        Self {
            gate,
            issuer,
            store,
        }
    }

    /// The same with everything as it is when nothing is said.
    pub(super) fn new(store: &str) -> Self {
        let stand = Self::with(store, "keep_known: 1h");
        stand.gate.wait_ready();
        stand
    }

    /// Somebody at the command line, with the same policy and this store.
    pub(super) fn operator(&self, store: &str) -> Operator {
        Operator::at(self.gate.folder().join("policy.yaml"), store)
    }

    /// Somebody at the command line, with the store that the gate has.
    pub(super) fn own_operator(&self) -> Operator {
        self.operator(&self.store)
    }

    /// Asks the admin listener to make a key.
    pub(super) fn try_make(&self, name: &str) -> Answer {
        let body = json!({ "name": name, "tenant": "acme", "scopes": ["alerts:read"] });
        with(self.gate.as_admin("POST", "/keys"), &body)
    }

    /// Makes a key; gives its text.
    #[track_caller]
    pub(super) fn make(&self, name: &str) -> String {
        let made = self.try_make(name);
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["key"].as_str().unwrap().to_owned()
    }

    /// Makes as many keys.
    pub(super) fn make_many(&self, count: usize) -> Vec<String> {
        (0..count).map(|it| self.make(&format!("n{it}"))).collect()
    }

    /// Asks for something with a key.
    pub(super) fn ask(&self, key: &str) -> Answer {
        self.gate.get(ALERTS).header("x-api-key", key).send()
    }

    /// A token of a person who may have keys of a tenant.
    pub(super) fn person(&self) -> String {
        let claims = json!({ "tenant_id": "acme", "roles": ["admin"], "scope": "alerts:read" });
        self.issuer.token(&claims)
    }

    /// The key as the admin listener shows it.
    #[track_caller]
    pub(super) fn shown(&self, text: &str) -> Value {
        let answer = self
            .gate
            .as_admin("GET", &format!("/keys/{}", id(text)))
            .send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// How often a key was used, as far as that is written.
    pub(super) fn uses(&self, text: &str) -> u64 {
        self.shown(text)["uses"].as_u64().unwrap_or_default()
    }

    /// Waits until a key is answered in this way; gives how long that took.
    #[track_caller]
    pub(super) fn until(&self, key: &str, status: u16, code: &str) -> Duration {
        let begin = Instant::now();
        loop {
            let outcome = self.ask(key).outcome();
            if outcome == (status, code.to_owned()) {
                return begin.elapsed();
            }
            assert!(begin.elapsed() < PATIENCE, "{outcome:?}, not {code}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The id in a text.
pub(super) fn id(text: &str) -> &str {
    crate::support::operator::id_of(text, PREFIX)
}

/// A text of the right form that is nobody's.
pub(super) fn nobodys() -> String {
    let words = [
        "keys",
        "new",
        "--name",
        "n",
        "--hash-only",
        "--prefix",
        PREFIX,
    ];
    let output = sidegate().args(words).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The same text with another last character: its checksum is wrong.
pub(super) fn mistyped(text: &str) -> String {
    let mut text = text.to_owned();
    let last = if text.pop() == Some('a') { 'b' } else { 'a' };
    text.push(last);
    text
}

pub(super) fn with(call: Call, body: &Value) -> Answer {
    call.header("Content-Type", "application/json")
        .body(body.to_string())
        .send()
}

pub(super) fn policy(issuer: &Issuer) -> String {
    let rules = "\
api_keys:
  partners: { prefix: chs_, lifetime: 90d }
authenticate: [main, partners]
roles:
  admin: ['*']
routes:
  - { path: /open/**, public: true }
  - { path: /tokens/**, authenticate: [main], roles: [admin] }
  - { path: /alerts/**, scopes: [alerts:read] }
  - { path: /own/keys/**, authenticate: [main], roles: [admin], api_keys: partners }
";
    format!("{}{rules}", issuer.section())
}
