//! A gate with keys of every origin, and everything that anybody said about them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::gate::{Setup, sidegate};
use crate::support::operator::ADMIN_TOKEN;
use crate::support::{Answer, Call, Gate, Upstream};

const RULES: &str = "\
authenticate: [stored, listed, inline, variable, mounted]
routes:
  - { path: /open/**, public: true }
  - { path: /own/keys/**, authenticate: stored, api_keys: stored, scopes: ['*'] }
  - { path: /alerts/**, scopes: [alerts:read] }
";

/// A key, and where it is presented.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) text: String,
    pub(super) header: &'static str,
}

/// A gate with keys of every origin, and all that was said so far.
pub(super) struct House {
    pub(super) gate: Gate,
    pub(super) upstream: Upstream,
    pub(super) folder: TempDir,
    pub(super) keys: Vec<Held>,
    pub(super) said: Vec<(String, Vec<u8>)>,
    /// What VALID_KEYS is for commands.
    pub(super) variable: String,
}

/// A text with a prefix, and its hash.
pub(super) fn minted(prefix: &str) -> (String, String) {
    let words = ["keys", "new", "--hash-only", "--name", "n"];
    let made = run(&words, &["--prefix", prefix], "", "");
    assert!(made.status.success());
    let text = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let hash = hash(&text);
    (text, hash)
}

pub(super) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn run(words: &[&str], more: &[&str], input: &str, variable: &str) -> Output {
    let mut child = sidegate()
        .args(words)
        .args(more)
        .env("VALID_KEYS", variable)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have ended before.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

impl House {
    pub(super) fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted = folder.path().join("mounted");
        fs::create_dir(&mounted).unwrap();
        let (listed, listed_hash) = minted("lkb_");
        let (inline, inline_hash) = minted("lke_");
        let (variable, _) = minted("lkc_");
        let (file, _) = minted("lkd_");
        fs::write(mounted.join("ci"), &file).unwrap();
        let upstream = Upstream::start();
        let entry = |hash: &str| format!("{{ name: ci, hash: '{hash}', scopes: ['*'] }}");
        let policy = policy(&entry(&inline_hash), &mounted);
        let gate = Setup::policy(&policy)
            .file("keys.yaml", format!("- {}\n", entry(&listed_hash)))
            .process("log: { level: trace, decisions: { file: decisions.log } }\n")
            .upstream(&upstream)
            .env("VALID_KEYS", &variable)
            .env("SIDEGATE_STORE", store(&folder))
            .env("SIDEGATE_ADMIN__TOKEN", ADMIN_TOKEN)
            .start();
        gate.wait_ready();
        let keys = [
            (listed, "X-Listed"),
            (inline, "X-Inline"),
            (variable.clone(), "X-Variable"),
            (file, "X-Mounted"),
        ];
        Self {
            gate,
            upstream,
            folder,
            keys: keys.map(|(text, header)| Held { text, header }).into(),
            said: Vec::new(),
            variable,
        }
    }

    pub(super) fn hold(&mut self, text: &str) {
        self.keys.push(Held {
            text: text.to_owned(),
            header: "X-API-Key",
        });
    }

    pub(super) fn heard(&mut self, whence: &str, bytes: impl Into<Vec<u8>>) {
        self.said.push((whence.to_owned(), bytes.into()));
    }

    pub(super) fn policy(&self) -> PathBuf {
        self.gate.folder().join("policy.yaml")
    }

    /// Runs a command with the policy and the store; all it says is kept but for what `made` it.
    pub(super) fn command(&mut self, words: &[&str], input: &str, made: bool) -> Output {
        let policy = self.policy();
        let store = store(&self.folder);
        let mut more = vec!["--policy", policy.to_str().unwrap()];
        if words.first() == Some(&"keys") {
            more.extend(["--store", &store]);
        }
        let output = run(words, &more, input, &self.variable);
        let whence = words.get(..2).unwrap_or(words).join(" ");
        if !made {
            self.heard(&format!("{whence}: stdout"), &*output.stdout);
        }
        self.heard(&format!("{whence}: stderr"), &*output.stderr);
        output
    }

    /// Sends a request; the answer is kept.
    pub(super) fn send(&mut self, call: Call) -> Answer {
        let answer = call.send();
        self.keep(&answer);
        answer
    }

    pub(super) fn keep(&mut self, answer: &Answer) {
        let message = &answer.message;
        let mut bytes = message.body.bytes.clone();
        for (name, value) in &message.headers {
            bytes.extend_from_slice(format!("\n{name}: {value}").as_bytes());
        }
        self.heard("an answer", bytes);
    }

    /// Takes a key's text out of the answer that made it; the rest is kept.
    pub(super) fn made(&mut self, answer: Answer, status: u16) -> String {
        assert_eq!(answer.status, status, "{}", answer.text());
        let text = answer.json()["key"].as_str().unwrap().to_owned();
        let mut rest = answer;
        let body = rest.text().replacen(&text, "", 1);
        rest.message.body.bytes = body.into_bytes();
        self.keep(&rest);
        text
    }

    pub(super) fn admin(&self, method: &str, below: &str) -> Call {
        self.gate.as_admin(method, &format!("/keys{below}"))
    }
}

pub(super) fn store(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("keys.db").display())
}

fn policy(entry: &str, mounted: &Path) -> String {
    format!(
        "api_keys:
  stored: {{ prefix: lka_, format: any, from: [bearer, {{ header: X-API-Key }}, {{ cookie: k }}, {{ query: apiKey }}] }}
  listed: {{ prefix: lkb_, from: [{{ header: X-Listed }}], file: keys.yaml }}
  inline: {{ prefix: lke_, from: [{{ header: X-Inline }}], keys: [{entry}] }}
  variable: {{ from: [{{ header: X-Variable }}], environment: VALID_KEYS, defaults: {{ scopes: ['*'] }} }}
  mounted: {{ from: [{{ header: X-Mounted }}], folder: {}, defaults: {{ scopes: ['*'] }} }}
{RULES}",
        mounted.display()
    )
}
