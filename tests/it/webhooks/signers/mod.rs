//! Deliveries that the senders' own packages signed: `tests/real/webhooks`, installed by `tests/run`.
//!
//! One process of Node and one of Python sign for all tests; each line they write was taken by the sender's package
//! before, and the same line with another body was not.

mod rows;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use sidegate::webhook::{Fetcher, Proof, presets};

use self::rows::{Keys, Row, rows_of_node, rows_of_python};
use super::{BASE, Hook, Sent, at};
use crate::support::process::real_part;
use crate::support::{now, repository};

/// What a signer wrote, each with the row it was asked for.
fn signed(rows: &[Row], mut command: Command) -> Vec<Value> {
    let mut asked = String::new();
    for row in rows {
        let line = json!({
            "provider": row.provider,
            "secret": row.secret,
            "body": STANDARD.encode((row.body)(moment())),
            "url": format!("{BASE}/hooks/in"),
            "timestamp": moment(),
            "id": "msg_2a1b",
        });
        asked += &format!("{line}\n");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()).unwrap());
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| line.starts_with('{'));
    let found: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(found.len(), rows.len(), "{text}");
    found
}

/// When everything is signed: now, for most packages hold what they verify against their clocks.
fn moment() -> i64 {
    static MOMENT: OnceLock<i64> = OnceLock::new();
    *MOMENT.get_or_init(now)
}

fn delivery(answer: &Value) -> Sent {
    assert_eq!(answer["error"], Value::Null, "{answer}");
    let headers = answer["headers"].as_object().unwrap().iter();
    let url = answer["url"].as_str().unwrap();
    Sent {
        method: Method::POST,
        target: url.strip_prefix(BASE).unwrap().to_owned(),
        headers: headers
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        body: STANDARD.decode(answer["body"].as_str().unwrap()).unwrap(),
        at: at(answer["timestamp"].as_u64().unwrap()),
    }
}

/// Holds every line against its preset, and against what must be refused.
fn hold(rows: &[Row], answers: &[Value]) {
    let mut wrong = BTreeMap::new();
    for (row, answer) in rows.iter().zip(answers) {
        let sent = delivery(answer);
        let key = answer["key"].as_str().unwrap_or(row.secret);
        for (case, expected, found) in verdicts(row, key, &sent) {
            if expected != found {
                wrong.insert(
                    format!("{} {case}", row.preset),
                    format!("{found}, not {expected}"),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A webhook with these keys, of which a certificate is the last.
fn hook(row: &Row, keys: &[&str]) -> Hook {
    match row.keys {
        Keys::OfPreset => Hook::preset(row.preset, keys, row.more),
        Keys::Public => Hook::keyed(row.preset, "public_keys", keys, row.more),
        Keys::Certificate => {
            let fetcher = Fetcher::knowing(keys.last().unwrap().as_bytes()).unwrap();
            let settings = format!("preset: {}\n{}", row.preset, row.more);
            Hook::with(&settings, &[], fetcher)
        }
    }
}

type Verdict = (&'static str, &'static str, &'static str);

fn verdicts(row: &Row, key: &str, sent: &Sent) -> Vec<Verdict> {
    let hook = hook(row, &[key]);
    let both = self::hook(row, &[row.wrong, key]);
    let other = self::hook(row, &[row.wrong]);
    let mut found = vec![
        ("as it was signed", "ok", hook.verdict(sent)),
        ("with a second secret", "ok", both.verdict(sent)),
        ("with another secret", "mismatch", other.verdict(sent)),
    ];
    if ["mailgun-routes", "mercado-pago"].contains(&row.preset) {
        let first = sent.body.iter().position(u8::is_ascii_digit).unwrap();
        let other = [&sent.body[..first], b"x", &sent.body[first..]].concat();
        found.push((
            "with another event",
            "ok",
            hook.verdict(&sent.with_body(other)),
        ));
    } else if row.preset == "mailgun" {
        let other = String::from_utf8(sent.body.clone())
            .unwrap()
            .replace("12}", "13}");
        assert_ne!(other.as_bytes(), sent.body);
        // The event is not signed, and the preset says so.
        found.push((
            "with another event",
            "ok",
            hook.verdict(&sent.with_body(other.into_bytes())),
        ));
    } else if row.preset != "adyen" {
        found.push((
            "with another byte",
            "mismatch",
            hook.verdict(&sent.with_other_byte()),
        ));
    }
    if row.window > 0 {
        found.push((
            "at the end of its time",
            "ok",
            hook.verdict(&sent.after(row.window - 1)),
        ));
        found.push((
            "too late",
            "stale",
            hook.verdict(&sent.after(row.window + 1)),
        ));
        found.push((
            "too early",
            "future",
            hook.verdict(&sent.before(row.window + 2)),
        ));
    }
    found
}

#[test]
fn what_packages_for_node_sign_holds() {
    let rows = rows_of_node();
    let mut command = Command::new("node");
    command.arg(repository("tests/real/webhooks/sign.mjs"));
    command.arg(folder_of_packages());
    hold(&rows, &signed(&rows, command));
}

#[test]
fn what_packages_for_python_sign_holds() {
    let rows = rows_of_python();
    let mut command = Command::new(real_part("webhooks/venv/bin/python"));
    command.arg(repository("tests/real/webhooks/sign.py"));
    hold(&rows, &signed(&rows, command));
}

fn folder_of_packages() -> std::path::PathBuf {
    let modules = real_part("webhooks/node/node_modules");
    modules.parent().map(Path::to_path_buf).unwrap()
}

#[test]
fn package_that_vouches_for_a_preset_signs_here() {
    let (node, python) = (rows_of_node(), rows_of_python());
    let held = |name: &str| node.iter().chain(&python).any(|row| row.preset == name);
    let vouched = presets().iter();
    let vouched = vouched.filter(|preset| preset.proof() == Proof::Package);
    let vouched = vouched.map(|preset| preset.name);
    let missing: Vec<&str> = vouched.filter(|name| !held(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
