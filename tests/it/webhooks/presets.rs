//! Every preset against what it must take and what it must refuse, signed by sidegate itself: one line a preset.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Method};
use sidegate::model::Host;
use sidegate::secret::Secret;
use sidegate::webhook::{Draft, presets};

use super::{Hook, Sent, at};

/// When everything is signed: 2026-01-01T12:00:00Z.
const NOON: u64 = 1_767_268_800;

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Whsec,
    Base64,
    Hex,
    /// A name with a password.
    Named,
    Ed25519Hex,
    Ed25519Base64,
    Ed25519Whpk,
    P256,
}

/// What a change of the body comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cover {
    /// It is noticed.
    Whole,
    /// It is noticed; half a body is not even JSON any more.
    Json,
    /// It is not noticed.
    Origin,
    /// Some changes are: others' tests say which.
    Part,
}

/// How long a delivery is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Good {
    /// So many seconds, either way.
    For(u64),
    /// For ever: no time is signed.
    Always,
    /// As its token says: see the tests of that kind.
    Own,
}

/// Whether there may be several signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Several {
    No,
    /// With this between them.
    List(&'static str),
    /// In another field.
    Field(&'static str),
}

use Cover::{Json, Origin, Part, Whole};
use Form::{Base64, Ed25519Base64, Ed25519Hex, Ed25519Whpk, Hex, Named, P256, Text, Whsec};
use Good::{Always, For, Own};
use Several::{Field, List, No};

type Line = (&'static str, Form, &'static str, Cover, Good, Several);

/// Preset, form of the key, where the signature stands (`?` in the query, `/` in the JSON), cover, window, several.
const LINES: &[Line] = &[
    (
        "adyen",
        Hex,
        "/notificationItems/0/NotificationRequestItem/additionalData/hmacSignature",
        Part,
        Always,
        No,
    ),
    ("adyen-platform", Hex, "HmacSignature", Whole, Always, No),
    (
        "aikido",
        Text,
        "X-Aikido-Webhook-Signature",
        Json,
        For(30),
        No,
    ),
    (
        "airtable",
        Base64,
        "X-Airtable-Content-MAC",
        Whole,
        Always,
        No,
    ),
    ("auth0", Text, "Authorization", Origin, Always, No),
    ("azure-event-grid", Text, "?code", Origin, Always, No),
    ("bitbucket", Text, "X-Hub-Signature", Whole, Always, No),
    (
        "box",
        Text,
        "BOX-SIGNATURE-PRIMARY",
        Whole,
        For(600),
        Field("BOX-SIGNATURE-SECONDARY"),
    ),
    (
        "buildkite",
        Text,
        "X-Buildkite-Signature",
        Whole,
        For(300),
        List(","),
    ),
    (
        "buildkite-token",
        Text,
        "X-Buildkite-Token",
        Origin,
        Always,
        No,
    ),
    (
        "calendly",
        Text,
        "Calendly-Webhook-Signature",
        Whole,
        For(180),
        List(","),
    ),
    (
        "circleci",
        Text,
        "circleci-signature",
        Whole,
        Always,
        List(","),
    ),
    ("cloudevents", Text, "Authorization", Origin, Always, No),
    (
        "coinbase-commerce",
        Text,
        "X-CC-Webhook-Signature",
        Whole,
        Always,
        No,
    ),
    ("customer-io", Text, "X-CIO-Signature", Whole, For(300), No),
    (
        "discord",
        Ed25519Hex,
        "X-Signature-Ed25519",
        Whole,
        For(300),
        No,
    ),
    (
        "discord-events",
        Ed25519Hex,
        "X-Signature-Ed25519",
        Whole,
        For(300),
        No,
    ),
    (
        "docusign",
        Text,
        "X-DocuSign-Signature-1",
        Whole,
        Always,
        Field("X-DocuSign-Signature-100"),
    ),
    ("dropbox", Text, "X-Dropbox-Signature", Whole, Always, No),
    (
        "elevenlabs",
        Text,
        "ElevenLabs-Signature",
        Whole,
        For(1800),
        List(","),
    ),
    ("forgejo", Text, "X-Forgejo-Signature", Whole, Always, No),
    ("gitea", Text, "X-Gitea-Signature", Whole, Always, No),
    ("github", Text, "X-Hub-Signature-256", Whole, Always, No),
    (
        "gitlab",
        Whsec,
        "webhook-signature",
        Whole,
        For(300),
        List(" "),
    ),
    ("gitlab-token", Text, "X-Gitlab-Token", Origin, Always, No),
    ("gocardless", Text, "Webhook-Signature", Whole, Always, No),
    ("gogs", Text, "X-Gogs-Signature", Whole, Always, No),
    (
        "grafana",
        Text,
        "X-Grafana-Alerting-Signature",
        Whole,
        Always,
        No,
    ),
    (
        "grafana-timestamp",
        Text,
        "X-Grafana-Alerting-Signature",
        Whole,
        For(300),
        No,
    ),
    (
        "hcp-terraform",
        Text,
        "X-TFE-Notification-Signature",
        Whole,
        Always,
        No,
    ),
    ("hubspot-v1", Text, "X-HubSpot-Signature", Whole, Always, No),
    ("hubspot-v2", Text, "X-HubSpot-Signature", Whole, Always, No),
    (
        "hubspot-v3",
        Text,
        "X-HubSpot-Signature-v3",
        Whole,
        For(300),
        No,
    ),
    ("intercom", Text, "X-Hub-Signature", Whole, Always, No),
    ("jira", Text, "X-Hub-Signature", Whole, Always, No),
    ("klaviyo", Text, "klaviyo-signature", Whole, For(300), No),
    (
        "kontent-ai",
        Text,
        "X-Kontent-ai-Signature",
        Whole,
        Always,
        No,
    ),
    ("line", Text, "x-line-signature", Whole, Always, No),
    ("linear", Text, "Linear-Signature", Json, For(60), No),
    (
        "liveblocks",
        Whsec,
        "webhook-signature",
        Whole,
        For(300),
        List(" "),
    ),
    ("livekit", Text, "Authorization", Whole, Own, No),
    (
        "mailgun",
        Text,
        "/signature/signature",
        Origin,
        For(32_400),
        No,
    ),
    ("mandrill", Text, "X-Mandrill-Signature", Whole, Always, No),
    ("meta", Text, "X-Hub-Signature-256", Whole, Always, No),
    ("mux", Text, "Mux-Signature", Whole, For(300), List(",")),
    ("okta", Text, "Authorization", Origin, Always, No),
    (
        "openai",
        Whsec,
        "webhook-signature",
        Whole,
        For(300),
        List(" "),
    ),
    (
        "paddle",
        Text,
        "Paddle-Signature",
        Whole,
        For(60),
        List(";"),
    ),
    (
        "pagerduty",
        Text,
        "X-PagerDuty-Signature",
        Whole,
        Always,
        List(","),
    ),
    ("postmark", Named, "Authorization", Origin, Always, No),
    ("pusher", Text, "X-Pusher-Signature", Json, For(300), No),
    ("qstash", Text, "Upstash-Signature", Whole, Own, No),
    ("quickbooks", Text, "intuit-signature", Whole, Always, No),
    ("razorpay", Text, "X-Razorpay-Signature", Whole, Always, No),
    (
        "replicate",
        Whsec,
        "webhook-signature",
        Whole,
        For(300),
        List(" "),
    ),
    ("rfc9421", Text, "Signature", Whole, For(300), No),
    (
        "rootly",
        Text,
        "X-Rootly-Signature",
        Whole,
        For(300),
        List(","),
    ),
    (
        "sanity",
        Text,
        "sanity-webhook-signature",
        Whole,
        For(300),
        List(","),
    ),
    (
        "sendgrid",
        P256,
        "X-Twilio-Email-Event-Webhook-Signature",
        Whole,
        For(300),
        No,
    ),
    ("sentry", Text, "Sentry-Hook-Signature", Whole, Always, No),
    ("shopify", Text, "X-Shopify-Hmac-Sha256", Whole, Always, No),
    ("slack", Text, "X-Slack-Signature", Whole, For(300), No),
    (
        "splunk-on-call",
        Text,
        "X-VictorOps-Signature",
        Whole,
        Always,
        No,
    ),
    (
        "square",
        Text,
        "x-square-hmacsha256-signature",
        Whole,
        Always,
        No,
    ),
    (
        "standard-webhooks",
        Whsec,
        "webhook-signature",
        Whole,
        For(300),
        List(" "),
    ),
    (
        "standard-webhooks-v1a",
        Ed25519Whpk,
        "webhook-signature",
        Whole,
        For(300),
        List(" "),
    ),
    (
        "stripe",
        Text,
        "Stripe-Signature",
        Whole,
        For(300),
        List(","),
    ),
    ("svix", Whsec, "svix-signature", Whole, For(300), List(" ")),
    ("teams", Base64, "Authorization", Whole, Always, No),
    (
        "telegram",
        Text,
        "X-Telegram-Bot-Api-Secret-Token",
        Origin,
        Always,
        No,
    ),
    (
        "telnyx",
        Ed25519Base64,
        "telnyx-signature-ed25519",
        Whole,
        For(300),
        No,
    ),
    ("trello", Text, "X-Trello-Webhook", Whole, Always, No),
    ("twilio", Text, "X-Twilio-Signature", Whole, Always, No),
    (
        "twilio-shared-key",
        Text,
        "X-Twilio-Signature",
        Whole,
        Always,
        No,
    ),
    (
        "twitch",
        Text,
        "Twitch-Eventsub-Message-Signature",
        Whole,
        For(600),
        No,
    ),
    ("typeform", Text, "Typeform-Signature", Whole, Always, No),
    ("vercel", Text, "x-vercel-signature", Whole, Always, No),
    ("webflow", Text, "x-webflow-signature", Whole, For(300), No),
    (
        "woocommerce",
        Text,
        "X-WC-Webhook-Signature",
        Whole,
        Always,
        No,
    ),
    (
        "workos",
        Text,
        "WorkOS-Signature",
        Whole,
        For(180),
        List(","),
    ),
    (
        "worldpay",
        Text,
        "Event-Signature",
        Whole,
        Always,
        List(","),
    ),
    ("x", Text, "x-twitter-webhooks-signature", Whole, Always, No),
    (
        "x-webhook-signature",
        Text,
        "X-Webhook-Signature",
        Whole,
        Always,
        No,
    ),
    ("xero", Text, "x-xero-signature", Whole, Always, No),
    (
        "zendesk",
        Text,
        "X-Zendesk-Webhook-Signature",
        Whole,
        For(300),
        No,
    ),
    (
        "zoho-payments",
        Text,
        "X-Zoho-Webhook-Signature",
        Whole,
        For(300),
        List(","),
    ),
    ("zoom", Text, "x-zm-signature", Whole, For(300), No),
];

/// Presets whose senders sign with certificates of theirs: the room's own tests hold them.
const BY_CERTIFICATE: &[&str] = &["aws-sns", "paypal"];

const BODY: &str = r#"{"id":"evt_1","event_id":"evt_1","event":{"id":"e"},"webhookTimestamp":1767268800000,"time_ms":1767268800000,"dispatched_at":1767268800,"n":1001}"#;
const FORM: &str = "AccountSid=AC1&Body=a+b%26c&Digits=1001";
const ITEM: &str = r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{},"pspReference":"7914","merchantAccountCode":"M","merchantReference":"R","amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true"}}]}"#;

/// A key: what the sender signs with, and what stands in the file.
struct Key {
    signs: String,
    verifies: String,
}

impl Form {
    /// One of two keys of this form.
    fn key(self, which: usize) -> Key {
        let same = |text: String| Key {
            signs: text.clone(),
            verifies: text,
        };
        let bytes = [b'a' + u8::try_from(which).unwrap(); 32];
        // Seeds and keys of RFC 8032 section 7.1, tests 1 and 2.
        let (seed, public) = [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            ),
        ][which];
        let pair = |public: String| Key {
            signs: seed.to_owned(),
            verifies: public,
        };
        match self {
            Self::Text => same(format!("a-text-secret-of-some-length-{which}")),
            Self::Named => same(format!("sender:password-of-some-length-{which}")),
            Self::Whsec => same(format!("whsec_{}", STANDARD.encode(bytes))),
            Self::Base64 => same(STANDARD.encode(bytes)),
            Self::Hex => same(hex(&bytes)),
            Self::Ed25519Hex => pair(public.to_owned()),
            Self::Ed25519Base64 => pair(STANDARD.encode(bytes_of(public))),
            Self::Ed25519Whpk => pair(format!("whpk_{}", STANDARD.encode(bytes_of(public)))),
            Self::P256 => p256(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

fn p256() -> Key {
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).unwrap();
    // What stands before the point of a P-256 key (RFC 5480 section 2).
    let spki = bytes_of("3059301306072a8648ce3d020106082a8648ce3d030107034200");
    let private = STANDARD.encode(pkcs8.as_ref());
    Key {
        signs: format!("-----BEGIN PRIVATE KEY-----\n{private}\n-----END PRIVATE KEY-----\n"),
        verifies: STANDARD.encode([spki, pair.public_key().as_ref().to_vec()].concat()),
    }
}

fn is_form(preset: &str) -> bool {
    ["twilio", "twilio-shared-key", "mandrill", "splunk-on-call"].contains(&preset)
}

/// Signs as the sender would.
fn signed(preset: &str, hook: &Hook, key: &Key) -> Sent {
    let (kind, body) = match preset {
        "adyen" => ("application/json", ITEM),
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
    // What is said of a signature that is not there is a mistake of its own.
    let mut without = sent.without(&[field, "Signature-Input"]);
    if field.starts_with('?') {
        without.target = "/hooks/in".to_owned();
    }
    without
}

/// With its signature twice, both equal.
fn doubled(sent: &Sent, field: &str) -> Sent {
    let mut twice = sent.with_twice(&[field]);
    if let Some(name) = field.strip_prefix('?') {
        let (_, value) = sent.target.split_once(&format!("{name}=")).unwrap();
        twice.target = format!("{}&{name}={value}", sent.target);
    }
    if let Some(name) = field
        .strip_prefix('/')
        .and_then(|way| way.rsplit('/').next())
    {
        let text = String::from_utf8(sent.body.clone()).unwrap();
        let from = text.find(&format!("\"{name}\":\"")).unwrap();
        let to = from + name.len() + 4 + text[from + name.len() + 4..].find('"').unwrap() + 1;
        let entry = text[from..to].to_owned();
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
        No => return None,
        List(sep) => {
            let own = own
                .split(sep)
                .filter(|item| !wrong.split(sep).any(|other| other == *item));
            let items: Vec<&str> = wrong.split(sep).chain(own).collect();
            both.headers.push((field.to_owned(), items.join(sep)));
        }
        Field(second) => {
            both.headers.push((field.to_owned(), wrong));
            both.headers.push((second.to_owned(), own));
        }
    }
    Some(both)
}

type Verdict = (&'static str, &'static str, &'static str);

fn verdicts(&(preset, form, field, cover, good, several): &Line) -> Vec<Verdict> {
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
    let changed = if cover == Origin { "ok" } else { "mismatch" };
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
    if cover != Part {
        found.push((
            "one byte changed",
            changed,
            hook.verdict(&sent.with_other_byte()),
        ));
    }
    let cut = match (cover, field.starts_with('/')) {
        (Json, _) | (_, true) => "malformed",
        _ => changed,
    };
    found.push(("body truncated", cut, hook.verdict(&half)));
    match good {
        For(seconds) => {
            found.push(("just in time", "ok", hook.verdict(&sent.after(seconds))));
            found.push(("expired", "stale", hook.verdict(&sent.after(seconds + 1))));
            found.push((
                "from the future",
                "future",
                hook.verdict(&sent.before(seconds + 1)),
            ));
        }
        Always => found.push(("years later", "ok", hook.verdict(&sent.after(100_000_000)))),
        Own => {}
    }
    let by_other = signed(preset, &other, &wrong);
    if several != No
        && let Some(two) = with_two(&sent, &by_other, field, several)
    {
        found.push(("second signature of the sender's", "ok", hook.verdict(&two)));
    }
    found
}

#[test]
fn every_preset_takes_what_is_signed_and_refuses_what_is_not() {
    let mut wrong = BTreeMap::new();
    for line in LINES {
        for (case, expected, found) in verdicts(line) {
            if expected != found {
                wrong.insert(
                    format!("{}: {case}", line.0),
                    format!("{found}, not {expected}"),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_preset_has_a_line() {
    let lines = LINES.iter().map(|line| line.0);
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
