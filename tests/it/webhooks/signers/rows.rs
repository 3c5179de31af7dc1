//! What is asked of the packages, and what must come of it.

use serde_json::json;

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
pub(super) struct Row {
    pub(super) provider: &'static str,
    pub(super) preset: &'static str,
    pub(super) secret: &'static str,
    pub(super) body: fn(i64) -> String,
    /// Another secret of the same form.
    pub(super) wrong: &'static str,
    /// Seconds after which it is too old, and before which it lies too far in the future; 0 if no time is signed.
    pub(super) window: u64,
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

pub(super) fn rows_of_node() -> Vec<Row> {
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
            wrong: WRONG_ED25519_HEX,
            ..row("discord", TEXT, 300)
        },
        Row {
            provider: "discord",
            wrong: WRONG_ED25519_HEX,
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

pub(super) fn rows_of_python() -> Vec<Row> {
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
