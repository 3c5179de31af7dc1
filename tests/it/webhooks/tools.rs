//! The commands as they are used: what `webhook sign` makes, `webhook verify` takes, and a gate lets through.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::Upstream;
use crate::support::gate::{Setup, sidegate};

/// A text that is a good secret of every scheme that takes one as it is.
const PLAIN: &str = "a secret that nobody else has";
/// Base64 of 32 bytes.
const BASE64: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// Hexadecimal digits of 32 bytes.
const HEX: &str = "30313233343536373839616263646566303132333435363738396162636465ff";

/// A body that has what schemes take from one.
const BODY: &str = r#"{"id":"evt_1","type":"push","event_id":"e-1","webhookTimestamp":1767268800000,"text":"caf\u00e9"}"#;

pub(super) fn run(words: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = sidegate();
    command.args(words);
    for (name, value) in variables {
        command.env(name, value);
    }
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// A folder with a body in it.
pub(super) fn folder(body: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    std::fs::write(&file, body).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

pub(super) fn put(folder: &TempDir, name: &str, text: &str) -> String {
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The presets with what is said of each.
fn listed() -> Vec<Value> {
    let (code, json, said) = run(&["presets", "list", "--json"], &[]);
    assert_eq!(code, 0, "{said}");
    let json: Value = serde_json::from_str(&json).unwrap();
    json["presets"].as_array().unwrap().clone()
}

#[test]
fn every_preset_is_listed_and_shown_as_yaml_that_can_be_pasted() {
    let presets = listed();
    assert!(presets.len() >= 45, "{}", presets.len());
    for preset in &presets {
        let name = preset["name"].as_str().unwrap();
        for key in ["about", "kind", "covers", "window"] {
            let word = preset[key].as_str().unwrap();
            assert!(!word.is_empty(), "{name} says no {key}");
        }
        let (code, text, _) = run(&["presets", "show", name], &[]);
        assert!(code == 0 && text.contains("scheme:"), "{name}");
    }
    let (code, _, said) = run(&["presets", "show", "githib"], &[]);
    assert_eq!(code, 2);
    assert!(said.contains("did you mean `github`?"), "{said}");
    let (code, table, _) = run(&["presets", "list", "stripe"], &[]);
    assert!(code == 0 && table.contains("300 s"), "{table}");
}

/// Signs with the first of some secrets that the scheme takes; the headers, or nothing where something is missing.
fn signed(preset: &str, body: &str, more: &[&str]) -> Option<(&'static str, String)> {
    for secret in [
        PLAIN,
        BASE64,
        HEX,
        "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "user:secret",
    ] {
        let words = ["webhook", "sign", "--preset", preset, "--secret-env", "KEY"];
        let rest = ["--body", body, "--at", "2026-01-01T12:00:00Z", "--json"];
        let words = [&words, &rest[..], more].concat();
        let (code, json, said) = run(&words, &[("KEY", secret)]);
        match code {
            0 => return Some((secret, json)),
            _ if said.contains("the secret cannot be used") => {}
            _ => return None,
        }
    }
    None
}

#[test]
fn what_is_signed_is_verified_and_nothing_else() {
    let mut verified = Vec::new();
    for preset in listed() {
        let name = preset["name"].as_str().unwrap();
        let kind = preset["kind"].as_str().unwrap();
        if ["ed25519", "ecdsa-p256"]
            .iter()
            .any(|public| kind.starts_with(public))
        {
            continue;
        }
        let (folder, body) = folder(BODY);
        let url = ["--url", "https://hooks.example.com/in?x=1"];
        let Some((secret, json)) = signed(name, &body, &url) else {
            continue;
        };
        let json: Value = serde_json::from_str(&json).unwrap();
        assert!(
            !json.to_string().contains(PLAIN) || preset["kind"] == "token",
            "{name}"
        );
        let lines = json["headers"].as_array().unwrap().iter();
        let lines = lines.map(|pair| {
            format!(
                "{}: {}\n",
                pair[0].as_str().unwrap(),
                pair[1].as_str().unwrap()
            )
        });
        let head = put(&folder, "head", &lines.collect::<String>());
        use base64::Engine as _;
        let sent = json["body_base64"].as_str().unwrap();
        let sent = base64::engine::general_purpose::STANDARD
            .decode(sent)
            .unwrap();
        let sent = put(&folder, "sent", std::str::from_utf8(&sent).unwrap());
        let url = json["url"].as_str().unwrap();
        let verify = |at: &str, key: &str| {
            let words = [
                "webhook",
                "verify",
                "--preset",
                name,
                "--secret-env",
                "KEY",
                "--headers",
                &head,
            ];
            let rest = ["--body", &sent, "--url", url, "--at", at];
            run(&[&words, &rest[..]].concat(), &[("KEY", key)])
        };
        let (code, out, said) = verify("2026-01-01T12:00:00Z", secret);
        assert_eq!(code, 0, "{name}: {out}{said}");
        assert!(!out.contains(secret), "{name}: {out}");
        let other = match secret {
            PLAIN => "another secret that is long".to_owned(),
            other => other
                .replace("MDEy", "MDEz")
                .replace("3031", "3032")
                .replace("user", "root"),
        };
        let (code, out, said) = verify("2026-01-01T12:00:00Z", &other);
        assert_eq!(code, 1, "{name}: {out}{said}");
        if kind.starts_with("hmac") && preset["window_seconds"].is_u64() {
            let (code, out, _) = verify("2026-01-02T12:00:00Z", secret);
            assert_eq!(code, 1, "{name}: {out}");
            assert!(out.contains("signed 86400 s ago"), "{name}: {out}");
            assert!(out.contains("only the time is not"), "{name}: {out}");
        }
        verified.push(name.to_owned());
    }
    assert!(verified.len() >= 50, "{}: {verified:?}", verified.len());
}

#[test]
fn public_key_schemes_take_the_private_key_and_published_ones_say_why_not() {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use base64::Engine as _;
    let pair = Ed25519KeyPair::generate().unwrap();
    let der = pair.to_pkcs8v1().unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let (folder, body) = folder(BODY);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    let pem = put(&folder, "private.pem", &pem);
    let words = [
        "webhook",
        "sign",
        "--preset",
        "discord",
        "--secret-file",
        &pem,
    ];
    let (code, head, said) = run(&[&words, &["--body", &body, "--headers"][..]].concat(), &[]);
    assert_eq!(code, 0, "{said}");
    let head = put(&folder, "head", &head);
    let public: String = pair
        .public_key()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let words = [
        "webhook", "verify", "--preset", "discord", "--secret", &public,
    ];
    let (code, out, said) = run(
        &[&words, &["--headers", &head, "--body", &body][..]].concat(),
        &[],
    );
    assert_eq!(code, 0, "{out}{said}");
    let words = [
        "webhook",
        "sign",
        "--preset",
        "aws-sns",
        "--secret-env",
        "KEY",
        "--body",
        &body,
    ];
    let (code, _, said) = run(&words, &[("KEY", PLAIN)]);
    assert!(
        code == 1 && said.contains("only the sender has"),
        "{code} {said}"
    );
}

#[test]
fn whatever_is_wrong_is_said() {
    let (folder, body) = folder(BODY);
    let sign = |words: &[&str], variables: &[(&str, &str)]| {
        run(&[&["webhook", "sign"], words].concat(), variables)
    };
    let policy = put(
        &folder,
        "policy.yaml",
        "webhooks:\n  a: { preset: github, secrets: \"${A}\" }\n  b: { preset: stripe, secrets: \"${B}\" }\nroutes: []\n",
    );
    let given = ["--secret-env", "KEY"];
    let key = [("KEY", PLAIN)];
    for (words, variables, code, part) in [
        (
            &["--preset", "strpe"][..],
            &key[..],
            2,
            "did you mean `stripe`?",
        ),
        (
            &["--preset", "github", "--policy", &policy],
            &key,
            2,
            "cannot be used with",
        ),
        (
            &["--preset", "github", "--webhook", "a"],
            &key,
            2,
            "cannot be used with",
        ),
        (&["--policy", &policy], &key, 2, "--webhook a, b"),
        (
            &["--policy", &policy, "--webhook", "zzzzzz"],
            &key,
            2,
            "known: a, b",
        ),
        (&["--policy", "/nowhere.yaml"], &key, 4, "/nowhere.yaml"),
        (
            &["--preset", "github", "--body", "/nowhere"],
            &key,
            4,
            "/nowhere",
        ),
        (
            &["--preset", "github", "--url", "hooks"],
            &key,
            2,
            "is no address",
        ),
        (
            &["--preset", "github", "--header", "x"],
            &key,
            2,
            "`Name: value`",
        ),
        (&["--preset", "github"], &[], 4, "`KEY` is not set"),
        (&["--preset", "twilio"], &key, 2, "--url https://"),
        (
            &["--preset", "github", "--at", "tomorrow"],
            &key,
            2,
            "seconds since 1970",
        ),
        (
            &["--preset", "airtable"],
            &key,
            2,
            "the secret cannot be used",
        ),
        (&[], &key, 2, "--preset NAME"),
    ] {
        let (found, _, said) = sign(&[words, &given].concat(), variables);
        assert_eq!(found, code, "{words:?}: {said}");
        assert!(said.contains(part), "{words:?}: {said}");
        assert!(!said.contains(PLAIN), "{said}");
    }
    let (code, _, said) = sign(&["--preset", "github", "--body", &body], &[]);
    assert!(code == 2 && said.contains("nothing to sign with"), "{said}");
    // A public key could be taken for the seed of a private one.
    let hooks = "webhooks: { d: { preset: discord, public_keys: \"${D}\" } }\nroutes: []\n";
    let hooks = put(&folder, "public.yaml", hooks);
    let (code, _, said) = sign(&["--policy", &hooks, "--body", &body], &[("D", HEX)]);
    let part = "the private key of the sender";
    assert!(code == 2 && said.contains(part), "{said}");
    let (code, _, said) = sign(
        &["--policy", &policy, "--webhook", "a", "--body", &body],
        &[("A", PLAIN)],
    );
    assert_eq!(code, 0, "{said}");
    let (code, out, said) = sign(
        &["--preset", "github", "--secret", PLAIN, "--body", &body],
        &[],
    );
    assert!(code == 0 && said.contains("shell's history"), "{said}");
    assert!(!format!("{out}{said}").contains(PLAIN), "{out}{said}");
}

#[test]
fn refused_delivery_says_exactly_why() {
    let (folder, body) = folder(BODY);
    let verify = |head: &str| {
        let words = [
            "webhook",
            "verify",
            "--preset",
            "stripe",
            "--secret-env",
            "KEY",
        ];
        let rest = [
            "--headers",
            head,
            "--body",
            &body,
            "--at",
            "2026-01-01T12:00:00Z",
        ];
        let (code, out, said) = run(&[&words, &rest[..]].concat(), &[("KEY", PLAIN)]);
        assert_eq!(code, 1, "{out}{said}");
        out
    };
    let signature = "0".repeat(64);
    for (head, parts) in [
        (
            "Content-Type: a/b\n".to_owned(),
            &["SIGNATURE_MISSING", "none in the header stripe-signature"][..],
        ),
        (
            format!("Stripe-Signature: t=1767268800,v1={signature}\n"),
            &[
                "SIGNATURE_INVALID (mismatch)",
                "none of 1 made it",
                "1767268800.{\\\"id\\\"",
            ],
        ),
        (
            format!("Stripe-Signature: t=1767268000,v1={signature}\n"),
            &[
                "SIGNATURE_EXPIRED (stale)",
                "signed 800 s ago",
                "which is 500 s less",
                "not right either",
            ],
        ),
        (
            format!("Stripe-Signature: t=1767269800,v1={signature}\n"),
            &["SIGNATURE_EXPIRED (future)", "1000 s in the future"],
        ),
        (
            "Stripe-Signature: t=1767268800,v1=xyz\n".to_owned(),
            &[
                "SIGNATURE_INVALID (malformed)",
                "no signature can be decoded",
            ],
        ),
        (
            format!("Stripe-Signature: t=1767268800,v1={signature}\nStripe-Signature: t=1\n"),
            &["SIGNATURE_INVALID (malformed)", "twice"],
        ),
    ] {
        let out = verify(&put(&folder, "head", &head));
        for part in parts {
            assert!(out.contains(part), "{part}: {out}");
        }
    }
}

/// What `sh` makes of a line.
fn shell(line: &str, folder: &Path) -> String {
    let output = Command::new("sh")
        .args(["-c", &format!("{line} -s -o /dev/null -w '%{{http_code}}'")])
        .current_dir(folder)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn curl_line_is_taken_by_a_gate_once() {
    let upstream = Upstream::start();
    let policy = "webhooks:\n  hook: { preset: stripe, secrets: \"${KEY}\" }\nroutes:\n  - { path: /hooks, methods: [POST], authenticate: [hook] }\n";
    let gate = Setup::policy(policy)
        .env("KEY", PLAIN)
        .upstream(&upstream)
        .start();
    let (folder, body) = folder(BODY);
    let url = format!("http://{}/hooks", gate.address);
    let words = [
        "webhook",
        "sign",
        "--preset",
        "stripe",
        "--secret-env",
        "KEY",
    ];
    let rest = ["--body", &body, "--url", &url, "--curl"];
    let (code, line, said) = run(&[&words, &rest[..]].concat(), &[("KEY", PLAIN)]);
    assert_eq!(code, 0, "{said}");
    let line = line.trim_end();
    assert_eq!(shell(line, folder.path()), "200");
    assert_eq!(upstream.last().message.body.bytes, BODY.as_bytes());
    assert_eq!(shell(line, folder.path()), "409");
    let (_, line, _) = run(&[&words, &rest[..]].concat(), &[("KEY", "another secret")]);
    assert_eq!(shell(line.trim_end(), folder.path()), "401");
    assert_eq!(upstream.count(), 1);
}

#[test]
fn explanation_says_what_became_of_the_signature() {
    let (folder, body) = folder(BODY);
    let policy = put(
        &folder,
        "policy.yaml",
        "webhooks:\n  hook: { preset: stripe, secrets: \"${NOT_SET_HERE}\" }\nroutes:\n  - { path: /hooks, methods: [POST], authenticate: [hook] }\n",
    );
    let explain = |more: &[&str]| {
        let words = [
            "explain", "--policy", &policy, "POST", "/hooks", "--body", &body,
        ];
        let rest = ["--now", "2026-01-01T12:00:00Z"];
        run(&[&words, &rest[..], more].concat(), &[])
    };
    let (code, out, said) = explain(&["--as-webhook", "hook"]);
    assert_eq!(code, 0, "{out}{said}");
    for part in [
        "webhook    hook (stripe)",
        "the whole body",
        "holds      secret: 1 made it",
        "genuine, by the secret 1",
        "event      evt_1",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (code, out, _) = explain(&[]);
    assert!(
        code == 1 && out.contains("a signature as `hook` (stripe) makes one"),
        "{out}"
    );
    // The secret is not here: whose it is cannot be said, but the time can.
    let header = format!("Stripe-Signature: t=1767268800,v1={}", "0".repeat(64));
    let (code, out, _) = explain(&["-H", &header]);
    assert!(code == 0 && out.contains("taken for good"), "{out}");
    let header = format!("Stripe-Signature: t=1767260000,v1={}", "0".repeat(64));
    let (code, out, _) = explain(&["-H", &header]);
    assert!(code == 1 && out.contains("SIGNATURE_EXPIRED"), "{out}");
    let (code, json, _) = explain(&["--as-webhook", "hook", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(code, 0);
    assert_eq!(json["signature"]["secret"], "1");
    assert_eq!(json["caller"]["principal"]["kind"], "webhook");
}

#[test]
fn what_a_sender_may_reach_is_told() {
    let (folder, _) = folder("");
    let policy = put(
        &folder,
        "policy.yaml",
        "webhooks:\n  hook: { preset: stripe, secrets: \"${KEY}\" }\napi_keys: { partners: { prefix: acme_ } }\nroutes:\n  - { path: /hooks, authenticate: [hook] }\n  - { path: /both, authenticate: { all: [partners, hook] } }\n  - { path: /keys, authenticate: [partners] }\n",
    );
    let key = [("KEY", PLAIN)];
    let (code, out, said) = run(
        &["what-can", "--as-webhook", "hook", "--policy", &policy],
        &key,
    );
    assert_eq!(code, 0, "{out}{said}");
    let (reaches, rest) = out.split_once("does not reach").unwrap();
    assert!(
        reaches.contains("/hooks") && !reaches.contains("/both"),
        "{out}"
    );
    assert!(rest.contains("/both") && rest.contains("/keys"), "{out}");
    let (_, out, _) = run(&["who-can", "POST", "/both", "--policy", &policy], &key);
    assert!(
        out.contains("keys of     partners") && out.contains("as hook signs, besides"),
        "{out}"
    );
    let (_, out, _) = run(&["who-can", "POST", "/hooks", "--policy", &policy], &key);
    assert!(out.contains("senders of  hook"), "{out}");
    let (_, out, _) = run(&["check", "--policy", &policy, "--explain-routes"], &key);
    for part in ["deliveries of hook", "keys of partners, and signed as hook"] {
        assert!(out.contains(part), "{part}: {out}");
    }
}
