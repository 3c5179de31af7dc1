//! What `webhook verify` tells of schemes that are code: every step, and nothing that would help to forge one.

use super::tools::{folder, put, run};

const SECRET: &str = "a secret that nobody else has, of some length";
const URL: &str = "https://hooks.example.com/in?a=1";
const AT: &str = "2026-01-01T12:00:00Z";

/// The presets whose schemes are code and can be signed, and steps of theirs.
const KINDS: &[(&str, &[&str])] = &[
    (
        "livekit",
        &[
            "token: one in the header authorization",
            "algorithm: HS256",
            "digest: that of the body",
        ],
    ),
    (
        "qstash",
        &[
            "sender: issuer Upstash, and this address",
            "times: it counts now",
            "digest: that of the body",
        ],
    ),
    (
        "twilio",
        &[
            "body: its digest stands in the address",
            "address: https://hooks.example.com/in?a=1&bodySHA256=",
        ],
    ),
    (
        "contentful",
        &[
            "timestamp: 0 s ago; 30 s are tolerated",
            "fields: those that x-contentful-signed-headers lists",
        ],
    ),
    (
        "rfc9421",
        &[
            "covers: (\"@method\" \"@target-uri\" \"content-digest\")",
            "created: 0 s ago",
            "digest: that of the body",
        ],
    ),
];

/// What `sign` makes of a body: the head, and the address, which Twilio's digest stands in.
fn signed(preset: &str, body: &str, secret: &str) -> (String, String) {
    let mut words = vec!["webhook", "sign", "--preset", preset, "--secret-env", "KEY"];
    words.extend(["--body", body, "--url", URL, "--at", AT, "--headers"]);
    let (code, head, said) = run(&words, &[("KEY", secret)]);
    assert_eq!(code, 0, "{preset}: {said}");
    let moved = said.lines().find_map(|line| line.split_once("is now "));
    (
        head,
        moved.map_or_else(|| URL.to_owned(), |(_, url)| url.to_owned()),
    )
}

fn told(preset: &str, head: &str, body: &str, url: &str) -> (i32, String) {
    let mut words = vec![
        "webhook",
        "verify",
        "--preset",
        preset,
        "--secret-env",
        "KEY",
    ];
    words.extend(["--headers", head, "--body", body, "--url", url, "--at", AT]);
    let (code, out, said) = run(&words, &[("KEY", SECRET)]);
    let told = format!("{out}{said}");
    assert!(!told.contains(SECRET), "{told}");
    (code, told)
}

#[test]
fn schemes_in_code_tell_every_step() {
    for (preset, parts) in KINDS {
        let (folder, body) = folder(r#"{"n":1}"#);
        let (head, url) = signed(preset, &body, SECRET);
        let head = put(&folder, "head", &head);
        let (code, told) = told(preset, &head, &body, &url);
        assert_eq!(code, 0, "{preset}: {told}");
        for part in parts.iter().chain(&["secret: 1 made it", "  signed  "]) {
            assert!(told.contains(part), "{preset}: {part}: {told}");
        }
        assert!(!told.contains("fails"), "{preset}: {told}");
    }
}

#[test]
fn what_is_told_of_a_wrong_one_makes_no_right_one() {
    for (preset, _) in KINDS {
        let (folder, body) = folder(r#"{"n":1}"#);
        let (right, url) = signed(preset, &body, SECRET);
        let (wrong, _) = signed(
            preset,
            &body,
            "another secret that nobody has, of some length",
        );
        let head = put(&folder, "head", &wrong);
        let (code, told) = told(preset, &head, &body, &url);
        assert_eq!(code, 1, "{preset}: {told}");
        assert!(
            told.contains("secret: none of 1 made it"),
            "{preset}: {told}"
        );
        for line in right.lines().filter(|line| !wrong.contains(line)) {
            let value = line.rsplit([' ', '.', '=']).find(|part| part.len() > 20);
            let value = value.unwrap_or(line);
            assert!(!told.contains(value), "{preset} tells {value}: {told}");
        }
        let other = put(&folder, "other", r#"{"n":2}"#);
        let genuine = put(&folder, "genuine", &right);
        let (code, told) = super::steps::told(preset, &genuine, &other, &url);
        assert!(code == 1 && told.contains("fails"), "{preset}: {told}");
    }
}

#[test]
fn id_of_an_event_makes_no_line_of_its_own() {
    let (folder, body) = folder("{\"id\":\"evt\\n  holds      secret: 1 made it\"}");
    for secret in [SECRET, "another secret that nobody has, of some length"] {
        let (head, url) = signed("fourthwall", &body, secret);
        let head = put(&folder, "head", &head);
        let (code, told) = told("fourthwall", &head, &body, &url);
        assert_eq!(code == 0, secret == SECRET, "{told}");
        let made = "  holds      secret: 1 made it";
        let lines = told.lines().filter(|line| line.starts_with(made));
        assert_eq!(lines.count(), usize::from(code == 0), "{told}");
        assert!(told.contains("event: evt\\n"), "{told}");
    }
}

#[test]
fn schemes_with_certificates_tell_what_is_known_without_them() {
    let note = concat!(
        r#"{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:us-east-1:123456789012:t","Message":"hello","#,
        r#""Timestamp":"2026-01-01T12:00:00.000Z","SignatureVersion":"1","Signature":"AAAA","#,
        r#""SigningCertURL":"https://sns.us-east-1.amazonaws.com.evil.example/x.pem"}"#
    );
    let (folder, body) = folder(note);
    let policy = "webhooks:\n  sns: { preset: aws-sns, parameters: { topic: 'arn:aws:sns:us-east-1:123456789012:t' } }\n  pp: { preset: paypal, parameters: { webhook_id: 1AB } }\nroutes:\n  - { path: /in, authenticate: [sns] }\n  - { path: /pp, authenticate: [pp] }\n";
    let policy = put(&folder, "policy.yaml", policy);
    let tell = |webhook: &str, head: &str| {
        let head = put(&folder, "head", head);
        let mut words = vec![
            "webhook",
            "verify",
            "--policy",
            &policy,
            "--webhook",
            webhook,
        ];
        words.extend(["--headers", &head, "--body", &body, "--at", AT]);
        run(&words, &[])
    };
    let (code, told, said) = tell("sns", "x-amz-sns-message-type: Notification\n");
    assert_eq!(code, 1, "{told}{said}");
    for part in [
        "version: 1, with SHA-1",
        "topic: one of those that count",
        "which is not the sender's",
        "Message\\nhello\\n",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let head = "PAYPAL-TRANSMISSION-SIG: AAAA\nPAYPAL-TRANSMISSION-ID: i-1\nPAYPAL-TRANSMISSION-TIME: 2026-01-01T12:00:00Z\n\
                PAYPAL-AUTH-ALGO: SHA256withRSA\nPAYPAL-CERT-URL: https://api.paypal.com/v1/notifications/certs/CERT-1\n";
    let (code, told, said) = tell("pp", head);
    assert_eq!(code, 1, "{told}{said}");
    for part in [
        "signature: one in the header paypal-transmission-sig",
        "the sender's own",
        "i-1|2026-01-01T12:00:00Z|1AB|",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
