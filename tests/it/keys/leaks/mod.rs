//! Texts of keys are shown once, when they are made, and never again: not by the gate, not by the command
//! line, not in a file, not to the app.
//!
//! Keys come in every way there is, are used in every place, well and badly, and written where they do not
//! belong; then everything that anybody said or kept is searched for pieces of them.

mod house;
mod scan;

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::stand::{mistyped, with};
use crate::support::gate::Setup;
use crate::support::{Call, Upstream, eventually};
use house::{Held, House, hash, minted, store};
use scan::Scan;

/// Keys through the command line, the admin listener, a route, and out of another system.
fn make(house: &mut House) {
    let words = ["keys", "new", "--set", "stored", "--tenant", "acme"];
    let more = ["--owner", "ann", "--scope", "*", "--name", "cli"];
    let output = house.command(&[&words[..], &more].concat(), "", true);
    assert!(output.status.success());
    let cli = String::from_utf8(output.stdout).unwrap();
    let cli = cli.trim().to_owned();
    house.hold(&cli);

    let wish =
        json!({ "set": "stored", "name": "admin", "tenant": "acme", "scopes": ["alerts:read"] });
    let answer = with(house.admin("POST", ""), &wish);
    let admin = house.made(answer, 201);
    house.hold(&admin);

    let wish = json!({ "name": "own", "scopes": ["alerts:read"] });
    let call = house.gate.post("/own/keys").header("X-API-Key", &cli);
    let own = house.made(with(call, &wish), 201);
    house.hold(&own);

    let (secret, _) = minted("lkz_");
    let old = format!("old-{}", secret.get(20..52).unwrap());
    let start = old.get(..8).unwrap();
    let rows = format!("name,hash,key_prefix\nold,{},{start}\n", hash(&old));
    let path = house.folder.path().join("keys.csv");
    fs::write(&path, rows).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let words = ["keys", "import", &path, "--set", "stored"];
    assert!(house.command(&words, "", false).status.success());
    house.hold(&old);

    let output = house.command(&["keys", "rotate", id(&cli), "--grace", "1h"], "", true);
    let next = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    house.hold(&next);
    let call = house.admin("POST", &format!("/{}/rotate", id(&admin)));
    let text = house.made(with(call, &json!({ "grace": "1h" })), 200);
    house.hold(&text);
    let call = house.gate.post(&format!("/own/keys/{}/rotate", id(&cli)));
    // The replaced text has an end, and what it asked for would last longer.
    let call = call.header("X-API-Key", &next);
    let text = house.made(with(call, &json!({ "grace": "1h" })), 200);
    house.hold(&text);
}

fn id(text: &str) -> &str {
    crate::support::operator::id_of(text, "lka_")
}

/// Presents what is right, and what is nearly right, everywhere.
fn use_all(house: &mut House) {
    for key in house.keys.clone() {
        let wrong = mistyped(&key.text);
        let cut = key.text.get(1..).unwrap().to_owned();
        let long = format!("{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}", key.text);
        for text in [key.text.clone(), wrong, cut, long, format!("{} ", key.text)] {
            for path in ["/alerts/a", "/open/a", "/own/keys", "/nowhere"] {
                for call in presented(house, &key, &text, path) {
                    house.send(call);
                }
            }
        }
    }
}

/// A text in every place where credentials are read, and beside them. Not in the path: that is the app's.
fn presented(house: &House, key: &Held, text: &str, path: &str) -> Vec<Call> {
    let get = |more: &str| house.gate.get(&format!("{path}{more}"));
    let word = text.trim();
    let encoded: String = word.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let page = |name: &str, text: &str| format!("http://app.example/page?a=1&{name}={text}&b=2");
    vec![
        get("").header(key.header, text),
        get("").header(&key.header.to_lowercase(), text),
        get("").header("X-API-Key", text),
        get("").bearer(text),
        get("").header("Authorization", &format!("bearer   {text}")),
        get("").header("Cookie", &format!("a=1; k={word}; b=2")),
        get("").header("Cookie", &format!("k=\"{word}\"")),
        get(&format!("?a=1&apiKey={word}&b=2")),
        get(&format!("?%61piKey={encoded}")),
        get(&format!("?apiKey={encoded}&apiKey={word}")),
        get(&format!("?apiKey={word}")).header("X-API-Key", "other"),
        get("").header("Referer", &page("apiKey", word)),
        get("").header("Referer", &page("api%4Bey", &encoded)),
        get("").header(key.header, text).header(key.header, text),
    ]
}

/// Gives texts where an id, a hash or a name belongs.
fn mistake(house: &mut House) {
    let keys: Vec<_> = house.keys.iter().map(|key| key.text.clone()).collect();
    for text in &keys {
        for words in [["keys", "show", text], ["keys", "rotate", text]] {
            assert!(!house.command(&words, "", false).status.success());
        }
        house.command(&["keys", "revoke", text, "--yes"], "", false);
        house.command(&["keys", "hash"], &format!("{text}\n"), false);
        for call in [
            house.admin("GET", &format!("/{text}")),
            house.admin("DELETE", &format!("/{text}")),
            house.admin("GET", &format!("?tenant={text}")),
            house.admin("GET", &format!("?key={text}")),
            house
                .gate
                .as_admin("GET", "/status")
                .header("X-API-Key", text),
            Call::new(house.gate.admin, "GET", "/keys").bearer(text),
        ] {
            house.send(call);
        }
        let call = with(
            house.admin("POST", ""),
            &json!({ "name": "n", "hash": text }),
        );
        house.keep(&call);
        let rows = format!("name,hash\nold,{text}\nolder,sha256:{text}\n");
        let path = house.folder.path().join("wrong.csv");
        fs::write(&path, rows).unwrap();
        let path = path.to_str().unwrap().to_owned();
        house.command(&["keys", "import", &path, "--set", "stored"], "", false);
    }
    for text in &keys[..4] {
        explain(house, text);
        misplace(house, text);
    }
}

fn explain(house: &mut House, text: &str) {
    for header in ["X-API-Key", "X-Listed", "X-Inline", "X-Variable"] {
        let header = format!("{header}: {text}");
        house.command(&["explain", "GET", "/alerts/a", "-H", &header], "", false);
    }
    let target = format!("/alerts/a?apiKey={text}");
    house.command(&["explain", "GET", &target], "", false);
}

/// Writes a text into the policy, the variable and the folder where something else belongs.
fn misplace(house: &mut House, text: &str) {
    let good = fs::read_to_string(house.policy()).unwrap();
    let mistakes = [
        (
            "keys: [{",
            format!("keys: [{{ name: x, hash: {text} }}, {{"),
        ),
        (
            "keys: [{",
            format!("keys: [{{ name: x, hash: 'sha256:{text}' }}, {{"),
        ),
        ("keys: [{", format!("keys: [{{ name: x, key: {text} }}, {{")),
        ("keys: [{", format!("keys: [{text}, {{")),
        ("environment: VALID_KEYS", format!("environment: {text}")),
        (
            "environment: VALID_KEYS",
            format!("environment: '{text},{text}'"),
        ),
        ("prefix: lke_", format!("prefix: {text}")),
        ("file: keys.yaml", format!("keys: {text}")),
    ];
    for (from, to) in mistakes {
        assert!(good.contains(from));
        check(house, &good.replacen(from, &to, 1));
    }
    let (before, short) = (house.variable.clone(), text.get(..19).unwrap());
    for variable in [
        format!("{text},{text}"),
        format!("{text} {text}"),
        format!("{text},,\u{1}"),
        format!("{short},{text}\n{text}"),
    ] {
        house.variable = variable;
        check(house, &good);
    }
    house.variable = before;
    let path = house.folder.path().join("mounted/wrong");
    for content in [
        format!("{text}\n{text}"),
        format!("sha256:{text}"),
        format!("{text}\u{0}"),
    ] {
        fs::write(&path, content).unwrap();
        check(house, &good);
    }
    fs::remove_file(&path).unwrap();
    let listed = house.gate.folder().join("keys.yaml");
    let right = fs::read_to_string(&listed).unwrap();
    for content in [
        format!("- {text}\n"),
        format!("{text}\n"),
        format!("- {{ hash: {text} }}\n"),
    ] {
        fs::write(&listed, content).unwrap();
        check(house, &good);
    }
    fs::write(&listed, right).unwrap();
    house.gate.replace_policy(&good);
    house.gate.signal("HUP");
}

/// Has a policy checked by the command line, and by the gate that runs.
fn check(house: &mut House, policy: &str) {
    house.gate.replace_policy(policy);
    house.command(&["check"], "", false);
    let answer = Call::new(house.gate.admin, "POST", "/reload").send();
    house.keep(&answer);
    let answer = house.gate.ask_admin("/status");
    house.keep(&answer);
}

/// Everything that is kept somewhere, or was sent on.
fn collect(house: &mut House) {
    for page in [
        "/status",
        "/readyz?verbose",
        "/metrics",
        "/keys/openapi.json",
    ] {
        let answer = house.gate.as_admin("GET", page).send();
        house.heard(page, answer.message.body.bytes);
    }
    let output = house.gate.output.text();
    house.heard("the gate's outputs", output);
    let log = fs::read(house.gate.folder().join("decisions.log")).unwrap();
    house.heard("the decision log", log);
    for end in ["", "-wal", "-shm"] {
        let path = format!("{}{end}", store(&house.folder).replace("sqlite:", ""));
        house.heard(&path, fs::read(&path).unwrap());
    }
    for seen in house.upstream.seen() {
        house.heard("the app", format!("{seen:?}"));
    }
}

#[test]
fn no_text_of_a_key_is_seen_again() {
    let mut house = House::build();
    make(&mut house);
    use_all(&mut house);
    for words in [["keys", "list"], ["keys", "audit"]] {
        house.command(&words, "", false);
    }
    let answer = house.admin("GET", "?status=any").send();
    house.keep(&answer);
    mistake(&mut house);
    for key in house.keys.clone() {
        if let Some(id) = key
            .text
            .strip_prefix("lka_")
            .and_then(|rest| rest.get(..12))
        {
            house.command(&["keys", "show", id], "", false);
            house.command(&["keys", "revoke", id, "--yes"], "", false);
        }
    }
    use_all(&mut house);
    // The uses are written by then.
    std::thread::sleep(Duration::from_secs(3));
    collect(&mut house);
    let scan = Scan::of(house.keys.iter().map(|key| key.text.as_str()));
    let total: usize = house.said.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{} pieces of {total} bytes were searched", house.said.len());
    assert!(house.upstream.count() > 100 && total > 100_000);
    let mut leaks = Vec::new();
    for (whence, bytes) in &house.said {
        if let Some(around) = scan.find(bytes) {
            leaks.push(format!("{whence}: {around}"));
        }
    }
    assert!(leaks.is_empty(), "{}: {}", leaks.len(), leaks.join("\n\n"));
}

/// What stands in a path goes on as it was sent, and is recorded unless the operator says otherwise.
#[test]
fn text_in_a_path_is_no_credential_and_can_be_kept_out_of_the_log() {
    let (text, hash) = minted("lka_");
    let policy = format!(
        "api_keys: {{ listed: {{ prefix: lka_, keys: [{{ name: ci, hash: '{hash}', scopes: ['*'] }}] }} }}
routes: [{{ path: /alerts/**, scopes: [alerts:read] }}]
"
    );
    let gate = Setup::policy(&policy)
        .process("log: { decisions: { file: decisions.log, redact: [path] } }\n")
        .upstream(&Upstream::start())
        .start();
    let path = format!("/alerts/{text}");
    gate.get(&path).send().assert_refused(401, "KEY_MISSING");
    gate.get("/alerts/a")
        .header("X-API-Key", &text)
        .send()
        .assert_passed();
    let log = gate.folder().join("decisions.log");
    let read = || fs::read(&log).unwrap_or_default();
    eventually("both are recorded", || {
        read().iter().filter(|byte| **byte == b'\n').count() == 2
    });
    let scan = Scan::of([text.as_str()].into_iter());
    assert_eq!(scan.find(&read()), None);
    assert_eq!(scan.find(gate.output.text().as_bytes()), None);
}
