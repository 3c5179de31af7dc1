//! Every preset against what it must take and what it must refuse, signed by sidegate itself.

mod keys;
mod lines;
mod stamped;

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderName, HeaderValue, Method};
use sidegate::model::Host;
use sidegate::secret::Secret;
use sidegate::webhook::{Draft, presets};

use self::keys::Key;
use self::lines::{Cover, Good, Line, Several, lines};
use super::{Hook, Sent, at};

/// When everything is signed: 2026-01-01T12:00:00Z.
const NOON: u64 = 1_767_268_800;

/// Presets whose senders sign with certificates of theirs: the room's own tests hold them.
const BY_CERTIFICATE: &[&str] = &["aws-sns", "paypal"];

const BODY: &str = r#"{"id":"evt_1","event_id":"evt_1","event":{"id":"e"},"webhookTimestamp":1767268800000,"time_ms":1767268800000,"dispatched_at":1767268800,"n":1001}"#;
const FORM: &str = "AccountSid=AC1&Body=a+b%26c&Digits=1001";
const PAYLOAD: &str = "bt_payload=PG5vdGlmaWNhdGlvbi8%2BMTAwMQ%3D%3D%0A";
const ITEM: &str = r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{},"pspReference":"7914","merchantAccountCode":"M","merchantReference":"R","amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true"}}]}"#;

const CHANGES: &str = r#"{"value":[{"subscriptionId":"s","resource":"users/1"}]}"#;

fn is_form(preset: &str) -> bool {
    let forms = [
        "twilio",
        "twilio-shared-key",
        "mandrill",
        "splunk-on-call",
        "plivo",
        "mailgun-routes",
    ];
    forms.contains(&preset)
}

/// Signs as the sender would.
fn signed(preset: &str, hook: &Hook, key: &Key) -> Sent {
    let (kind, body) = match preset {
        "adyen" => ("application/json", ITEM),
        "microsoft-graph" => ("application/json", CHANGES),
        "braintree" => ("application/x-www-form-urlencoded", PAYLOAD),
        preset if is_form(preset) => ("application/x-www-form-urlencoded", FORM),
        _ => ("application/json", BODY),
    };
    let given = [(
        HeaderName::from_static("content-type"),
        HeaderValue::from_static(kind),
    )];
    let draft = Draft {
        method: &Method::POST,
        host: &Host::parse("hooks.example.com").unwrap(),
        target: "/hooks/in",
        headers: &given,
        body: body.as_bytes(),
        signed_at: at(NOON),
        event_id: None,
        secret: &Secret::new(key.signs.clone().into_bytes()),
    };
    let signed = hook
        .0
        .sign(&draft)
        .unwrap_or_else(|error| panic!("{preset}: {error}"));
    let headers = given.iter().chain(&signed.headers);
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    Sent {
        method: Method::POST,
        target: signed.target.unwrap_or_else(|| draft.target.to_owned()),
        headers: headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: signed.body.unwrap_or_else(|| body.as_bytes().to_vec()),
        at: at(NOON),
    }
}

/// Without its signature.
fn unsigned(sent: &Sent, field: &str) -> Sent {
    if let Some(pointer) = field.strip_prefix('/').map(|_| field) {
        let mut body: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(name)
            .unwrap();
        return sent.with_body(body.to_string().into_bytes());
    }
    if let Some(name) = field.strip_suffix('=') {
        return sent.with_body(fields_but(&sent.body, name).join("&").into_bytes());
    }
    // What is said of a signature that is not there is a mistake of its own.
    let mut without = sent.without(&[field, "Signature-Input"]);
    if field.starts_with('?') {
        without.target = "/hooks/in".to_owned();
    }
    without
}

/// The fields of a form but one.
fn fields_but(form: &[u8], name: &str) -> Vec<String> {
    let fields = std::str::from_utf8(form).unwrap().split('&');
    let start = format!("{name}=");
    let others = fields.filter(|field| !field.starts_with(&start));
    others.map(str::to_owned).collect()
}

/// With its signature twice, both equal.
fn doubled(sent: &Sent, field: &str) -> Sent {
    let mut twice = sent.with_twice(&[field]);
    if field.ends_with('=') {
        let text = String::from_utf8(sent.body.clone()).unwrap();
        let own = text.split('&').find(|one| one.starts_with(field)).unwrap();
        twice.body = format!("{text}&{own}").into_bytes();
    }
    if let Some(name) = field.strip_prefix('?') {
        let (_, value) = sent.target.split_once(&format!("{name}=")).unwrap();
        twice.target = format!("{}&{name}={value}", sent.target);
    }
    if let Some(name) = field
        .strip_prefix('/')
        .and_then(|way| way.rsplit('/').next())
    {
        let text = String::from_utf8(sent.body.clone()).unwrap();
        let start = format!("\"{name}\":\"");
        let (_, rest) = text.split_once(&start).unwrap();
        let (value, _) = rest.split_once('"').unwrap();
        let entry = format!("{start}{value}\"");
        twice.body = text
            .replacen(&entry, &format!("{entry},{entry}"), 1)
            .into_bytes();
    }
    twice
}

/// With the signature of another key before its own.
fn with_two(sent: &Sent, other: &Sent, field: &str, several: Several) -> Option<Sent> {
    let value = |sent: &Sent| {
        let found = sent
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(field));
        found.unwrap().1.clone()
    };
    let (own, wrong) = (value(sent), value(other));
    let mut both = sent.without(&[field]);
    match several {
        Several::No => return None,
        Several::List(sep) => {
            let own = own
                .split(sep)
                .filter(|item| !wrong.split(sep).any(|other| other == *item));
            let items: Vec<&str> = wrong.split(sep).chain(own).collect();
            both.headers.push((field.to_owned(), items.join(sep)));
        }
        Several::Field(second) => {
            both.headers.push((field.to_owned(), wrong));
            both.headers.push((second.to_owned(), own));
        }
    }
    Some(both)
}

type Verdict = (&'static str, &'static str, &'static str);

fn verdicts(line: Line) -> Vec<Verdict> {
    let Line {
        preset,
        form,
        field,
        cover,
        good,
        several,
    } = line;
    let (key, wrong) = (form.key(0), form.key(1));
    let hook = Hook::preset(preset, &[&key.verifies], "");
    let other = Hook::preset(preset, &[&wrong.verifies], "");
    // Who signs names the first by its id where one is named at all.
    let listed = match preset {
        "twilio-shared-key" => [&*key.verifies, &*wrong.verifies],
        _ => [&*wrong.verifies, &*key.verifies],
    };
    let both = Hook::preset(preset, &listed, "");
    let sent = signed(preset, &hook, &key);
    let changed = if cover == Cover::Origin {
        "ok"
    } else {
        "mismatch"
    };
    let half = sent.with_body(sent.body[..sent.body.len() / 2].to_vec());
    let mut found = vec![
        ("valid", "ok", hook.verdict(&sent)),
        ("another secret", "mismatch", other.verdict(&sent)),
        ("second secret of ours", "ok", both.verdict(&sent)),
        (
            "header missing",
            "missing",
            hook.verdict(&unsigned(&sent, field)),
        ),
        (
            "header twice",
            "malformed",
            hook.verdict(&doubled(&sent, field)),
        ),
    ];
    // In a form the last digit is the signature's own.
    if cover != Cover::Part && !field.ends_with('=') {
        found.push((
            "one byte changed",
            changed,
            hook.verdict(&sent.with_other_byte()),
        ));
    }
    let cut = match (cover, field.starts_with('/')) {
        _ if field.ends_with('=') => "missing",
        (Cover::Json, _) | (_, true) => "malformed",
        _ => changed,
    };
    found.push(("body truncated", cut, hook.verdict(&half)));
    match good {
        Good::For(seconds) => {
            found.push(("just in time", "ok", hook.verdict(&sent.after(seconds))));
            found.push(("expired", "stale", hook.verdict(&sent.after(seconds + 1))));
            found.push((
                "from the future",
                "future",
                hook.verdict(&sent.before(seconds + 1)),
            ));
        }
        Good::Always => found.push(("years later", "ok", hook.verdict(&sent.after(100_000_000)))),
        Good::Own => {}
    }
    let by_other = signed(preset, &other, &wrong);
    if several != Several::No
        && let Some(two) = with_two(&sent, &by_other, field, several)
    {
        found.push(("second signature of the sender's", "ok", hook.verdict(&two)));
    }
    found
}

#[test]
fn every_preset_takes_what_is_signed_and_refuses_what_is_not() {
    let mut wrong = BTreeMap::new();
    for line in lines() {
        for (case, expected, found) in verdicts(line) {
            if expected != found {
                wrong.insert(
                    format!("{}: {case}", line.preset),
                    format!("{found}, not {expected}"),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_preset_has_a_line() {
    let lines = lines().into_iter().map(|line| line.preset);
    let held: BTreeSet<&str> = lines.chain(BY_CERTIFICATE.iter().copied()).collect();
    let names: BTreeSet<&str> = presets().iter().map(|preset| preset.name).collect();
    assert_eq!(names, held);
}

#[test]
fn presets_by_certificate_are_read() {
    Hook::preset(
        "aws-sns",
        &[],
        "parameters: { topic: \"arn:aws:sns:eu-west-1:123456789012:t\" }\n",
    );
    Hook::preset(
        "paypal",
        &[],
        "parameters: { webhook_id: 1AB23456CD789012E }\n",
    );
}
