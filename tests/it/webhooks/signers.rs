//! Deliveries that the senders' own packages signed: `tests/real/webhooks`, installed by `tests/run`.
//!
//! One process of Node and one of Python sign for all tests; each line they write was taken by the sender's package
//! before, and the same line with another body was not.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::{BASE, Hook, Sent, at};
use crate::support::process::real_part;
use crate::support::{now, repository};

/// Text that senders sign: not ASCII alone, with an escape, and a number at its end that can be another.
const BODY: &str =
    r#"{"id":"evt_1","type":"order.paid","name":"Zo\u00eb \ud83d\ude42 \/ Zoë","amount":1001}"#;
const FORM: &str =
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&Text=a+b%26c&To=%2B18005551212";

/// A text secret that is no secret of anybody's.
const TEXT: &str = "a-text-secret-of-32-bytes-length";
const WHSEC: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// What is asked of a signer, and what must come out.
struct Row {
    provider: &'static str,
    preset: &'static str,
    secret: &'static str,
    body: fn(i64) -> String,
    /// Another secret of the same form.
    wrong: &'static str,
    /// Seconds after which it is too old, and before which it lies too far in the future; 0 if no time is signed.
    window: u64,
}

const fn row(provider: &'static str, secret: &'static str, window: u64) -> Row {
    Row {
        provider,
        preset: provider,
        secret,
        body: |_| BODY.to_owned(),
        wrong: "another-text-secret-of-that-size",
        window,
    }
}

fn rows_of_node() -> Vec<Row> {
    let whsec = |provider| Row {
        wrong: "whsec_MTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ..row(provider, WHSEC, 300)
    };
    let hex = |provider| Row {
        wrong: "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        ..row(provider, HEX, 0)
    };
    vec![
        row("github", TEXT, 0),
        row("stripe", TEXT, 300),
        row("slack", TEXT, 300),
        whsec("standard-webhooks"),
        Row {
            provider: "standard-webhooks",
            ..whsec("gitlab")
        },
        Row {
            provider: "standard-webhooks",
            ..whsec("openai")
        },
        whsec("svix"),
        whsec("replicate"),
        Row {
            body: |_| {
                r#"{"type":"storageUpdated","data":{"projectId":"p","roomId":"r1"}}"#.to_owned()
            },
            ..whsec("liveblocks")
        },
        row("shopify", TEXT, 0),
        Row {
            body: |_| FORM.to_owned(),
            ..row("twilio", TEXT, 0)
        },
        Row {
            preset: "twilio",
            ..row("twilio-json", TEXT, 0)
        },
        Row {
            wrong: WRONG_P256,
            ..row("sendgrid", TEXT, 300)
        },
        Row {
            wrong: &WRONG_ED25519_HEX,
            ..row("discord", TEXT, 300)
        },
        Row {
            provider: "discord",
            wrong: &WRONG_ED25519_HEX,
            ..row("discord-events", TEXT, 300)
        },
        Row {
            wrong: WRONG_ED25519,
            ..row("telnyx", TEXT, 300)
        },
        row("square", TEXT, 0),
        Row {
            body: |now| format!(r#"{{"action":"create","webhookTimestamp":{now}000,"number":12}}"#),
            ..row("linear", TEXT, 60)
        },
        Row {
            body: adyen,
            ..hex("adyen")
        },
        hex("adyen-platform"),
        row("line", TEXT, 0),
        Row {
            body: |now| {
                format!(r#"{{"time_ms":{now}000,"events":[{{"name":"channel_occupied","n":12}}]}}"#)
            },
            ..row("pusher", TEXT, 300)
        },
        row("paddle", TEXT, 60),
        row("hubspot-v1", TEXT, 0),
        row("hubspot-v2", TEXT, 0),
        row("hubspot-v3", TEXT, 300),
        row("workos", TEXT, 180),
        row("mux", TEXT, 300),
        row("sanity", TEXT, 300),
        row("kontent-ai", TEXT, 0),
        row("razorpay", TEXT, 0),
        row("gocardless", TEXT, 0),
        row("coinbase-commerce", TEXT, 0),
        row("twitch", TEXT, 600),
        row("livekit", TEXT, 0),
        row("qstash", TEXT, 0),
        Row {
            wrong: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
            ..row(
                "contentful",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                30,
            )
        },
        row("rfc9421", TEXT, 300),
    ]
}

fn rows_of_python() -> Vec<Row> {
    let whsec = |provider| Row {
        wrong: "whsec_MTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ..row(provider, WHSEC, 300)
    };
    let form = |provider| Row {
        body: |_| FORM.to_owned(),
        ..row(provider, TEXT, 0)
    };
    vec![
        row("stripe", TEXT, 300),
        row("slack", TEXT, 300),
        whsec("standard-webhooks"),
        whsec("svix"),
        form("twilio"),
        Row {
            preset: "twilio",
            ..row("twilio-json", TEXT, 0)
        },
        form("twilio-shared-key"),
        Row {
            body: |_| r#"{"event-data":{"id":"ev","n":12}}"#.to_owned(),
            ..row("mailgun", TEXT, 32_400)
        },
        form("mandrill"),
        row("livekit", TEXT, 0),
        row("rfc9421", TEXT, 300),
    ]
}

fn adyen(_now: i64) -> String {
    let item = json!({
        "additionalData": {},
        "pspReference": "7914073381342284",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "Zoë-1407325143704",
        "amount": { "value": 1130, "currency": "EUR" },
        "eventCode": "AUTHORISATION",
        "success": "true",
    });
    json!({ "live": "false", "notificationItems": [{ "NotificationRequestItem": item }] })
        .to_string()
}

/// Keys of RFC 7515 appendix A.3 and RFC 8037 appendix A.
const WRONG_P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==";
const WRONG_ED25519: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const WRONG_ED25519_HEX: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

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

type Verdict = (&'static str, &'static str, &'static str);

fn verdicts(row: &Row, key: &str, sent: &Sent) -> Vec<Verdict> {
    let hook = Hook::preset(row.preset, &[key], "");
    let both = Hook::preset(row.preset, &[row.wrong, key], "");
    let other = Hook::preset(row.preset, &[row.wrong], "");
    let mut found = vec![
        ("as it was signed", "ok", hook.verdict(sent)),
        ("with a second secret", "ok", both.verdict(sent)),
        ("with another secret", "mismatch", other.verdict(sent)),
    ];
    if row.preset == "mailgun" {
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
