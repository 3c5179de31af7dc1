//! API keys from the command line, on SQLite, with the real binary.

mod entries;
mod import;
mod listing;
mod places;
mod signing;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::gate::sidegate;

const POLICY: &str = "\
api_keys:
  partners: { prefix: acme_, format: any, lifetime: 90d, most: 365d, from: [bearer] }
routes:
  - path: /**
    scopes: [alerts:read]
";
const LISTED: &str = "\
api_keys:
  ci: { prefix: ci_, file: keys.yaml }
routes:
  - path: /**
    scopes: [deploy]
";
const SHA256: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const BCRYPT: &str = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
const ARGON2: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$MTIzNDU2Nzg5MDEyMzQ1Ng";

/// A folder with a policy, and what was said in it.
struct Desk {
    folder: TempDir,
}

/// What of a key's text nobody is to see: all behind prefix and id.
fn secret_of(text: &str) -> &str {
    text.get(5 + 12..).unwrap()
}

/// What came of a command.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Desk {
    fn new(policy: &str) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        desk.write("policy.yaml", policy);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs a command with the folder's policy.
    fn run(&self, words: &[&str]) -> Said {
        let policy = ["--policy", "policy.yaml"];
        self.bare(&[words, &policy].concat(), "")
    }

    /// Runs a command with nothing added to it.
    fn bare(&self, words: &[&str], input: &str) -> Said {
        run_in(self.folder.path(), words, &[], input)
    }

    /// Makes a key; gives its text.
    fn key(&self, words: &[&str]) -> String {
        let said = self.run(&[&["keys", "new"], words].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        let text = said.out.strip_suffix('\n').unwrap().to_owned();
        assert!(!said.err.contains(&text), "{}", said.err);
        text
    }

    fn keys(&self, words: &[&str]) -> Vec<Value> {
        let said = self.run(&[&["keys", "list", "--json"], words].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        said.json()["keys"].as_array().unwrap().clone()
    }

    /// The id of the key of a name.
    fn id(&self, name: &str) -> String {
        let keys = self.keys(&["--all"]);
        let key = keys.iter().find(|key| key["name"] == name).unwrap();
        key["id"].as_str().unwrap().to_owned()
    }
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    #[track_caller]
    fn ends(&self, code: i32, words: &str) {
        let all = format!("{}{}", self.out, self.err);
        assert!(
            self.code == code && all.contains(words),
            "{}: {all}",
            self.code
        );
    }
}

fn run_in(folder: &Path, words: &[&str], variables: &[(&str, &str)], input: &str) -> Said {
    use std::io::Write as _;
    let mut child = sidegate()
        .args(words)
        .current_dir(folder)
        .env("USER", "dora")
        .env_remove("SUDO_USER")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have ended before.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    Said {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

#[test]
fn key_is_made_listed_rotated_and_revoked_and_its_text_is_shown_once() {
    let desk = Desk::new(POLICY);
    let text = desk.key(&[
        "--name", "ci", "--tenant", "acme", "--owner", "alice", "--role", "admin",
    ]);
    assert!(
        text.starts_with("acme_") && text.len() == 5 + 12 + 43 + 6,
        "{}",
        text.len()
    );
    let id = desk.id("ci");
    assert!(text.contains(&id));

    let list = desk.run(&["keys", "list"]);
    list.ends(0, &id);
    assert!(
        list.out.lines().all(|line| line.chars().count() <= 100),
        "{}",
        list.out
    );
    let new = desk.run(&["keys", "rotate", &id, "--grace", "24h"]);
    let next = new.out.trim().to_owned();
    new.ends(0, "the old text counts until");
    assert!(next.starts_with(&format!("acme_{id}")) && next != text);

    let show = desk.run(&["keys", "show", &id]);
    for words in [
        "alice",
        "admin",
        "2: sha256",
        "1: sha256",
        "made",
        "cli:dora",
    ] {
        show.ends(0, words);
    }
    desk.run(&["keys", "revoke", &id, "--yes"])
        .ends(0, "revoked `ci` of acme");
    desk.run(&["keys", "revoke", &id, "--yes"])
        .ends(0, "was revoked before");
    desk.run(&["keys", "rotate", &id]).ends(1, "it was revoked");
    assert!(desk.keys(&[]).is_empty());
    assert_eq!(desk.keys(&["--all"])[0]["status"], "revoked");

    let audit = desk.run(&["keys", "audit", &id]);
    let actions = ["revoke", "rotate", "create"];
    for (line, action) in audit.out.lines().skip(1).zip(actions) {
        assert!(
            line.contains(action) && line.contains("cli:dora"),
            "{}",
            audit.out
        );
    }
    let everything = [
        "list --all",
        "show",
        "audit",
        "list --all --json",
        "show --json",
        "audit --json",
    ];
    for words in everything {
        let words = words.replace("show", &format!("show {id}"));
        let said = desk.run(&format!("keys {words}").split(' ').collect::<Vec<_>>());
        for secret in [&text, &next] {
            let secret = secret_of(secret);
            assert!(
                !said.out.contains(secret) && !said.err.contains(secret),
                "{words}"
            );
        }
    }
    let file = std::fs::read(desk.path("sidegate.db")).unwrap();
    assert!(!String::from_utf8_lossy(&file).contains(secret_of(&text)));
}

#[test]
fn new_keys_are_held_to_what_their_set_allows() {
    let desk = Desk::new(POLICY);
    let new = |words: &[&str]| desk.run(&[&["keys", "new", "--name", "x"], words].concat());
    new(&["--expires", "400d"]).ends(2, "`expires_at` is later than the set of keys allows");
    new(&["--expires", "never"]).ends(2, "do not last for ever");
    new(&["--expires", "2020-01-31"]).ends(2, "must lie in the future");
    new(&["--expires", "soon"]).ends(2, "expected `90d`");
    new(&["--scope", "a b"]).ends(2, "`scopes` must not hold white space");
    new(&["--network", "10.0.0.1/8"]).ends(2, "expected `10.0.0.0/8`");
    new(&["--metadata", "key_id=1"]).ends(2, "must not hold `key_id`");
    new(&["--set", "nobody"]).ends(2, "there is no set of keys `nobody`");
    new(&["--name", ""]).ends(2, "");
    assert!(!desk.path("sidegate.db").exists() || desk.keys(&["--all"]).is_empty());
    let unlimited = Desk::new(&POLICY.replace(", most: 365d", ""));
    unlimited.key(&["--name", "x", "--expires", "never"]);
    assert_eq!(unlimited.keys(&[])[0]["expires_at"], Value::Null);
}

#[test]
fn scope_that_opens_nothing_is_noted() {
    let desk = Desk::new(POLICY);
    let new = |scope: &str| desk.run(&["keys", "new", "--name", "x", "--scope", scope]);
    let mistyped = new("alert:read");
    mistyped.ends(0, "asks for what the scope `alert:read` grants");
    for scope in ["alerts:read", "*"] {
        let made = new(scope);
        assert!(!made.err.contains("asks for"), "{}", made.err);
    }
}
