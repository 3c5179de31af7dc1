//! API keys from the command line, on SQLite, with the real binary.

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
fn documents_have_the_shape_that_is_promised() {
    let desk = Desk::new(POLICY);
    let made = desk.run(&[
        "keys",
        "new",
        "--json",
        "--name",
        "pager",
        "--scope",
        "alerts:read",
        "--scope",
        "*:write",
        "--source",
        "sentinel",
        "--network",
        "10.0.0.0/8",
        "--network",
        "192.0.2.7",
        "--not-before",
        "2026-01-31",
        "--expires",
        "30d",
        "--metadata",
        "plan=gold",
        "--metadata",
        "seats=3",
    ]);
    let made = made.json();
    let text = made["key"].as_str().unwrap();
    assert!(text.starts_with("acme_") && made["set"] == "partners");
    let id = made["id"].as_str().unwrap();
    let shown = desk.run(&["keys", "show", id, "--json"]).json();
    assert_eq!(shown["key"], Value::Null);
    assert_eq!(
        shown["scopes"],
        serde_json::json!(["alerts:read", "*:write"])
    );
    assert_eq!(shown["sources"], serde_json::json!(["sentinel"]));
    assert_eq!(
        shown["networks"],
        serde_json::json!(["10.0.0.0/8", "192.0.2.7/32"])
    );
    assert_eq!(
        shown["metadata"],
        serde_json::json!({ "plan": "gold", "seats": 3 })
    );
    assert_eq!(shown["not_before"], "2026-01-31T00:00:00Z");
    assert_eq!(
        (&shown["status"], &shown["uses"]),
        (&"active".into(), &0.into())
    );
    assert_eq!(shown["generations"][0]["hash"], "sha256");
    assert_eq!(shown["start"], format!("acme_{id}"));
    let rotated = desk
        .run(&["keys", "rotate", id, "--json", "--grace", "0s"])
        .json();
    assert!(rotated["key"].as_str().unwrap().starts_with("acme_"));
    assert_eq!(rotated["generations"].as_array().unwrap().len(), 2);
    let revoked = desk.run(&["keys", "revoke", id, "--yes", "--json"]).json();
    assert_eq!(revoked["keys"][0]["status"], "revoked");
    let audit = desk.run(&["keys", "audit", "--json"]).json();
    assert_eq!(audit["entries"].as_array().unwrap().len(), 3);
    let status = desk.run(&["store", "status", "--json"]).json();
    assert_eq!(
        status["keys"],
        serde_json::json!({ "partners": { "revoked": 1 } })
    );
    assert_eq!(
        (&status["kind"], &status["usable"]),
        (&"sqlite".into(), &true.into())
    );
}

#[test]
fn keys_that_end_soon_are_named_for_a_daily_job() {
    let desk = Desk::new(POLICY);
    desk.key(&["--name", "soon", "--expires", "5d", "--tenant", "acme"]);
    desk.key(&["--name", "later"]);
    desk.run(&["keys", "expiring", "--within", "3d"])
        .ends(0, "no key ends within 3 days");
    let found = desk.run(&["keys", "expiring", "--within", "7d"]);
    found.ends(1, "1 key ends within 7 days");
    assert!(
        found.out.contains("soon") && !found.out.contains("later"),
        "{}",
        found.out
    );
    let other = [
        "keys", "expiring", "--within", "7d", "--tenant", "other", "--json",
    ];
    let other = desk.run(&other);
    assert_eq!(
        (other.code, &other.json()["keys"]),
        (0, &serde_json::json!([]))
    );
    desk.run(&["keys", "revoke", &desk.id("soon"), "--yes"])
        .ends(0, "revoked");
    desk.run(&["keys", "expiring", "--within", "7d"])
        .ends(0, "no key");
}

#[test]
fn lists_are_narrowed_by_set_tenant_and_owner() {
    let desk = Desk::new(POLICY);
    desk.key(&["--name", "a", "--tenant", "acme", "--owner", "alice"]);
    desk.key(&["--name", "b", "--tenant", "acme", "--owner", "bob"]);
    desk.key(&["--name", "c", "--tenant", "umbrella", "--owner", "alice"]);
    let names = |words: &[&str]| {
        let mut names: Vec<String> = desk
            .keys(words)
            .iter()
            .map(|key| key["name"].to_string())
            .collect();
        names.sort();
        names.concat()
    };
    assert_eq!(names(&["--tenant", "acme"]), r#""a""b""#);
    assert_eq!(names(&["--owner", "alice"]), r#""a""c""#);
    assert_eq!(
        names(&["--owner", "alice", "--tenant", "acme", "--set", "partners"]),
        r#""a""#
    );
    desk.run(&["keys", "list", "--set", "partnes"])
        .ends(2, "did you mean `partners`");
    // Without a policy the store alone is asked.
    let store = [
        "keys",
        "list",
        "--store",
        "sqlite:sidegate.db",
        "--tenant",
        "umbrella",
    ];
    desk.bare(&store, "").ends(0, "umbrella");
    let variable = [("SIDEGATE_STORE", "sqlite:sidegate.db")];
    run_in(desk.folder.path(), &["keys", "list"], &variable, "").ends(0, "umbrella");
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
fn key_of_a_listed_set_is_an_entry_to_paste_and_is_kept_nowhere() {
    let desk = Desk::new(LISTED);
    desk.write(
        "keys.yaml",
        &format!("- {{ name: old, hash: '{SHA256}' }}\n"),
    );
    let made = desk.run(&[
        "keys",
        "new",
        "--name",
        "deploy",
        "--scope",
        "deploy",
        "--expires",
        "30d",
    ]);
    assert_eq!(made.code, 0, "{}", made.err);
    let text = made.out.trim();
    assert!(text.starts_with("ci_") && !made.err.contains(text));
    assert!(!desk.path("sidegate.db").exists());
    // All of stderr is YAML: it can be appended as it is.
    let file = std::fs::read_to_string(desk.path("keys.yaml")).unwrap();
    desk.write("keys.yaml", &(file + &made.err));
    let check = desk.run(&["check"]);
    assert_eq!(check.code, 0, "{}{}", check.out, check.err);
    let hash = desk.bare(&["keys", "hash"], &format!("{text}\n"));
    assert!(made.err.contains(hash.out.trim()), "{}", made.err);

    let json = desk.run(&["keys", "new", "--name", "x", "--json"]).json();
    assert_eq!(json["entry"]["name"], "x");
    assert!(
        json["entry"]["hash"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
    desk.run(&["keys", "list"])
        .ends(2, "keeps no set of API keys in a store");
    desk.run(&["keys", "import", "keys.yaml"])
        .ends(2, "are not in a store");
    desk.run(&["keys", "expiring"]).ends(2, "keeps no set");
}

#[test]
fn entry_is_made_without_any_policy() {
    let desk = Desk::new("");
    let made = desk.bare(
        &[
            "keys",
            "new",
            "--name",
            "ci",
            "--prefix",
            "x_",
            "--hash-only",
        ],
        "",
    );
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(
        made.out.starts_with("x_") && made.err.contains("hash: \"sha256:"),
        "{}",
        made.err
    );
    desk.bare(&["keys", "new", "--name", "ci", "--prefix", "x_"], "")
        .ends(2, "--hash-only");
    desk.bare(
        &[
            "keys",
            "new",
            "--name",
            "ci",
            "--prefix",
            "ey",
            "--hash-only",
        ],
        "",
    )
    .ends(2, "ey");
    desk.bare(&["keys", "new", "--name", "ci"], "")
        .ends(2, "--policy");
}

#[test]
fn hash_reads_a_text_from_stdin_only() {
    let desk = Desk::new("");
    let hash = |input: &str| desk.bare(&["keys", "hash"], input);
    assert_eq!(hash("abc").out.trim(), SHA256);
    assert_eq!(hash("abc\n").out.trim(), SHA256);
    hash("").ends(2, "nothing came from stdin");
    hash("a\nb\n").ends(2, "no line ends");
    desk.bare(&["keys", "hash", "abc"], "")
        .ends(2, "unexpected argument");
}

#[test]
fn keys_of_another_system_are_imported_whole_or_not_at_all() {
    let desk = Desk::new(POLICY);
    desk.write(
        "keys.csv",
        &format!(
            "name,hash,key_prefix,tenant,owner,roles,scopes,allowed_sources,networks,expires_at,created_at,metadata\n\
             a,{SHA256},abcdefgh,acme,alice,admin,\"alerts:read,alerts:write\",sentinel,10.0.0.0/8,2027-01-31,2024-05-01T10:00:00Z,\n\
             b,{BCRYPT},cai_1234,,,,*,,,,,\n\
             c,\"{ARGON2}\",cai_5678,,,,,,,,,\"{{\"\"plan\"\":\"\"gold\"\"}}\"\n"
        ),
    );
    let import = |file: &str, more: &[&str]| desk.run(&[&["keys", "import", file], more].concat());
    import("keys.csv", &["--dry-run"]).ends(0, "3 keys can be added");
    assert!(!desk.path("sidegate.db").exists());

    desk.write(
        "bad.csv",
        &format!(
            "name,hash,expires_at\nx,{},\ny,md5:nonsense,never\n",
            SHA256.replace("15ad", "15ae")
        ),
    );
    let bad = import("bad.csv", &[]);
    bad.ends(3, "nothing was added");
    for place in ["bad.csv:3:3:", "bad.csv:3:16:"] {
        assert!(bad.err.contains(place), "{}", bad.err);
    }
    assert!(!desk.path("sidegate.db").exists());

    let added = import("keys.csv", &["--set", "partners", "--json"]);
    assert_eq!(
        (added.code, &added.json()["added"]),
        (0, &3.into()),
        "{}",
        added.err
    );
    let keys = desk.keys(&[]);
    let kinds: Vec<&str> = keys
        .iter()
        .map(|key| key["generations"][0]["hash"].as_str().unwrap())
        .collect();
    assert_eq!(keys.len(), 3);
    for kind in ["sha256", "bcrypt", "argon2"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    // Again, with one that is new: none is added.
    desk.write(
        "again.jsonl",
        &format!(
            "{{\"hash\":\"{}\"}}\n{{\"hash\":\"{SHA256}\"}}\n",
            SHA256.replace("15ad", "15af")
        ),
    );
    let again = import("again.jsonl", &[]);
    again.ends(1, "again.jsonl:2: there is a key");
    assert_eq!(desk.keys(&["--all"]).len(), 3);
    import("again.jsonl", &["--dry-run"]).ends(1, "1 key is there already");
    import("again.yaml", &[]).ends(4, "again.yaml");
    import("again.txt", &[]).ends(2, "--form");
    desk.run(&["keys", "audit"]).ends(0, "import");
}

#[test]
fn long_file_goes_in_pieces_and_says_how_far_it_came() {
    let desk = Desk::new(POLICY);
    let row = |number: u32| format!("k{number},{number:064x}\n");
    let rows = |numbers: std::ops::Range<u32>| numbers.map(row).collect::<String>();
    desk.write("first.csv", &format!("name,hash\n{}", rows(10_500..10_501)));
    desk.run(&["keys", "import", "first.csv"])
        .ends(0, "added 1 key");
    desk.write("keys.csv", &format!("name,hash\n{}", rows(1..12_001)));
    let stopped = desk.run(&["keys", "import", "keys.csv"]);
    stopped.ends(1, "10,000 keys were added, those up to line 10001");
    assert!(
        stopped.err.contains("keys.csv:10501: there is a key"),
        "{}",
        stopped.err
    );
    desk.write(
        "keys.csv",
        &format!("name,hash\n{}\n{}", rows(1..10_500), rows(10_501..12_001)),
    );
    let more = desk.run(&["keys", "import", "keys.csv", "--after-line", "10001"]);
    more.ends(0, "added 1,999 keys");
    desk.run(&["store", "status"]).ends(0, "12,000");
}

#[test]
fn endings_tell_a_script_who_has_to_act() {
    let desk = Desk::new(POLICY);
    desk.run(&["keys", "list"])
        .ends(4, "no key has been made yet");
    desk.key(&["--name", "a"]);
    for words in [
        &["keys", "show", "nobody"][..],
        &["keys", "revoke", "nobody", "--yes"],
        &["keys", "rotate", "nobody"],
    ] {
        desk.run(words).ends(1, "there is no key `nobody`");
    }
    // Somebody may have taken a text for an id.
    let text = desk.key(&["--name", "b"]);
    for words in [["keys", "show", &text], ["keys", "rotate", &text]] {
        let said = desk.run(&words);
        said.ends(1, "which is not shown");
        assert!(!said.err.contains(secret_of(&text)), "{}", said.err);
    }
    // Who names one that is not there has revoked none.
    let id = desk.id("a");
    desk.run(&["keys", "revoke", &id, "nobody", "--yes"])
        .ends(1, "nobody");
    assert_eq!(desk.keys(&[]).len(), 2);
    desk.run(&["keys", "revoke", &id]).ends(2, "--yes");
    desk.run(&["keys", "rotate", &id, "--grace", "100d"])
        .ends(2, "`grace` must be at most 90 days");
    desk.bare(&["keys", "list", "--store", "sqlite:nowhere.db"], "")
        .ends(4, "there is no `nowhere.db`");
    desk.bare(&["keys", "list", "--store", "nonsense"], "")
        .ends(2, "sqlite:PATH");
    desk.bare(&["keys", "list"], "").ends(2, "--store");
    desk.write("policy.yaml", &POLICY.replace("prefix", "prefiks"));
    let broken = desk.run(&["keys", "new", "--name", "b"]);
    broken.ends(3, "policy.yaml:2:");
    assert_eq!(broken.out, "");
    // A key can be ended whatever the policy says.
    desk.run(&["keys", "revoke", &id, "--yes"])
        .ends(0, "revoked");
    desk.write("policy.yaml", "routes:\n  - { path: /**, public: true }\n");
    desk.run(&["keys", "new", "--name", "b"])
        .ends(2, "has no set of API keys");
}

#[test]
fn folder_that_cannot_be_written_is_said_to_be_that() {
    let desk = Desk::new(POLICY);
    // Nobody can make a file there, whoever runs the tests.
    let words = [
        "keys",
        "new",
        "--name",
        "a",
        "--policy",
        "policy.yaml",
        "--store",
        "sqlite:/proc/sidegate.db",
    ];
    let said = desk.bare(&words, "");
    said.ends(4, "/proc/sidegate.db");
    assert_eq!(said.out, "");
    let migrate = ["store", "migrate", "--store", "sqlite:/proc/sidegate.db"];
    desk.bare(&migrate, "").ends(4, "/proc/sidegate.db");
}

#[test]
fn password_of_a_database_is_neither_taken_from_an_argument_nor_shown() {
    let desk = Desk::new(POLICY);
    let url = "postgres://gate:hunter2@127.0.0.1:1/keys";
    let said = desk.bare(&["store", "status", "--store", url], "");
    said.ends(2, "SIDEGATE_STORE");
    assert!(!said.err.contains("hunter2"), "{}", said.err);
    let variable = [("SIDEGATE_STORE", url)];
    for words in [&["store", "status"][..], &["keys", "list"]] {
        let said = run_in(desk.folder.path(), words, &variable, "");
        assert!(
            said.code == 4 && !said.err.contains("hunter2"),
            "{}: {}",
            said.code,
            said.err
        );
    }
}

#[test]
fn store_says_what_it_needs_and_is_brought_up_to_date() {
    let desk = Desk::new(POLICY);
    desk.run(&["store", "status"]).ends(1, "none");
    assert!(!desk.path("sidegate.db").exists());
    desk.run(&["store", "migrate"])
        .ends(0, "the tables are made");
    desk.run(&["store", "migrate"]).ends(0, "nothing to do");
    desk.run(&["store", "status"]).ends(0, "version 1");
    desk.write("text.db", &"no database ".repeat(500));
    desk.bare(&["store", "status", "--store", "sqlite:text.db"], "")
        .ends(4, "text.db");
}

#[test]
fn process_file_says_where_policy_and_store_are() {
    let desk = Desk::new(POLICY);
    let process =
        "policy: policy.yaml\nupstream: http://127.0.0.1:9000\nstore: sqlite:elsewhere.db\n";
    desk.write("sidegate.yaml", process);
    let new = ["keys", "new", "--name", "a", "--config", "sidegate.yaml"];
    assert_eq!(desk.bare(&new, "").code, 0);
    assert!(desk.path("elsewhere.db").exists() && !desk.path("sidegate.db").exists());
    let other = [
        "keys",
        "list",
        "--config",
        "sidegate.yaml",
        "--store",
        "sqlite:other.db",
    ];
    desk.bare(&other, "").ends(4, "other.db");
    desk.write("sidegate.yaml", &format!("{process}nonsense: 1\n"));
    desk.bare(&["keys", "list", "--config", "sidegate.yaml"], "")
        .ends(3, "nonsense");
}

/// An operator's machine has the policy and not what the gate is told in secret.
#[test]
fn policy_whose_secrets_are_elsewhere_is_good_enough_to_make_keys() {
    let policy = format!(
        "issuers: {{ main: {{ issuer: me, secret: \"${{NOT_HERE}}\", algorithms: [HS256], audience: a }} }}\nauthenticate: [partners]\n{}",
        POLICY.replace("from: [bearer]", "from: [{ header: x-team-key }]")
    );
    let desk = Desk::new(&policy);
    let said = desk.run(&["keys", "new", "--name", "a"]);
    said.ends(0, "curl -H \"x-team-key: $KEY\"");
}
