//! The real binary before an app: what reaches the app of deliveries, and what becomes of its files.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::support::gate::Setup;
use crate::support::{Answer, Gate, Upstream, eventually};

const SECRET: &str = "a secret that is long enough for this";
const NEXT: &str = "another secret, which comes after that";
const POLICY: &str = "
webhooks:
  plain:
    preset: x-webhook-signature
    secrets: { file: hook.secret }
    replay: { keep: 1h }
identity_headers: { X-Source: '{{ principal.claims.webhook }}' }
routes:
  - { path: /status/**, authenticate: [plain] }
  - { path: /hook, authenticate: [plain], max_body: 1KiB }
";

fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let digest = mac.chain_update(body).finalize().into_bytes();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

fn deliver(gate: &Gate, path: &str, secret: &str, body: &str) -> Answer {
    let signature = signature(secret, body.as_bytes());
    gate.post(path)
        .header("X-Webhook-Signature", &signature)
        .body(body)
        .send()
}

fn house() -> (Gate, Upstream) {
    let upstream = Upstream::start();
    let gate = Setup::policy(POLICY)
        .file("hook.secret", SECRET)
        .process("limits: { held_bodies: 64 KiB }\n")
        .upstream(&upstream)
        .start();
    (gate, upstream)
}

#[test]
fn delivery_passes_once_and_again_only_when_the_app_has_failed() {
    let (gate, upstream) = house();
    deliver(&gate, "/hook", SECRET, "{}").assert_passed();
    let seen = upstream.last();
    assert_eq!(seen.header("x-source"), Some("plain"));
    assert_eq!(seen.header("content-length"), Some("2"));
    assert_eq!(seen.message.body.bytes, b"{}");
    deliver(&gate, "/hook", SECRET, "{}").assert_refused(409, "SIGNATURE_REPLAYED");
    for _ in 0..2 {
        assert_eq!(deliver(&gate, "/status/500", SECRET, "{}").status, 500);
    }
    assert_eq!(upstream.count(), 3);
    let counted = |reason| {
        let reason = format!("reason=\"{reason}\"");
        let labels = ["webhook=\"plain\"", reason.as_str()];
        gate.metric("sidegate_webhook_verify_total", &labels)
    };
    assert_eq!((counted("ok") as u32, counted("replay") as u32), (3, 1));
    assert_eq!(gate.metric("sidegate_held_body_bytes", &[]) as u32, 0);
}

#[test]
fn nothing_that_was_not_signed_reaches_the_app() {
    let (gate, upstream) = house();
    deliver(&gate, "/hook", "wrong", "{}").assert_refused(401, "SIGNATURE_INVALID");
    gate.post("/hook")
        .body("{}")
        .send()
        .assert_refused(401, "SIGNATURE_MISSING");
    let tampered = gate
        .post("/hook")
        .header("X-Webhook-Signature", &signature(SECRET, b"{}"))
        .body("[]");
    tampered.send().assert_refused(401, "SIGNATURE_INVALID");
    let long = "x".repeat(1025);
    deliver(&gate, "/hook", SECRET, &long).assert_refused(413, "BODY_TOO_LARGE");
    assert_eq!(upstream.count(), 0);
    for secret in [SECRET, &signature(SECRET, b"{}")] {
        assert!(!gate.output.text().contains(secret));
    }
}

#[test]
fn secret_that_is_written_anew_counts_and_what_was_seen_stays_seen() {
    let (gate, _upstream) = house();
    deliver(&gate, "/hook", SECRET, "1").assert_passed();
    let file = gate.folder().join("hook.secret");
    std::fs::write(&file, NEXT).unwrap();
    gate.signal("HUP");
    let mut number = 1;
    eventually("the next secret counts", || {
        number += 1;
        deliver(&gate, "/hook", NEXT, &number.to_string()).status == 200
    });
    deliver(&gate, "/hook", SECRET, "3").assert_refused(401, "SIGNATURE_INVALID");
    std::fs::write(&file, SECRET).unwrap();
    gate.signal("HUP");
    eventually("what was seen is known after two reloads", || {
        deliver(&gate, "/hook", SECRET, "1").status == 409
    });
}
