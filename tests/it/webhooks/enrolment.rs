//! The real binary, and senders that bring their secret.

use std::fs;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::support::gate::{Setup, sidegate};
use crate::support::{Answer, Gate, Upstream, eventually};

const MADE: &str = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";
const TOKEN: &str = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl";
const EVENT: &str = r#"{"events":[{"action":"changed"}]}"#;

/// The moment so many seconds from now.
fn within(seconds: i64) -> String {
    let now = Timestamp::now().as_second();
    Timestamp::from_second(now + seconds).unwrap().to_string()
}

/// A policy for both senders, whose windows end then.
fn policy(until: &str) -> String {
    format!(
        "webhooks:
  asana:
    preset: asana
    secrets: {{ file: asana.secret, enrol: {{ until: {until} }} }}
  notion:
    preset: notion
    secrets: [{{ id: page, secret: {{ file: notion.secret, enrol: {{ until: {until} }} }} }}]
routes:
  - {{ path: /asana, methods: [POST], authenticate: asana }}
  - {{ path: /notion, methods: [POST], authenticate: notion }}
  - {{ path: /far, methods: [POST], authenticate: notion, when: 'cidr(\"192.0.2.0/24\").containsIP(request.client_ip)' }}
"
    )
}

fn house(until: &str) -> (Gate, Upstream) {
    let upstream = Upstream::start();
    let gate = Setup::policy(&policy(until))
        .process("workers: 2\nlog: { decisions: all }\n")
        .upstream(&upstream)
        .start();
    (gate, upstream)
}

fn signature(secret: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let digest = mac.chain_update(body).finalize().into_bytes();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Asana's first request.
fn handshake(gate: &Gate, secret: &str) -> Answer {
    let call = gate.post("/asana").header("X-Hook-Secret", secret);
    call.body("{}").send()
}

/// What Asana sends from then on.
fn event(gate: &Gate, secret: &str, body: &str) -> Answer {
    let call = gate.post("/asana");
    let call = call.header("X-Hook-Signature", &signature(secret, body));
    call.body(body).send()
}

/// What Notion sends, signed with this token.
fn notion(gate: &Gate, path: &str, token: &str, body: &str) -> Answer {
    let signature = format!("sha256={}", signature(token, body));
    let call = gate.post(path).header("X-Notion-Signature", &signature);
    call.body(body).send()
}

fn token(token: &str) -> String {
    format!(r#"{{"verification_token":"{token}"}}"#)
}

#[test]
fn secret_of_asana_is_taken_once_and_counts_at_once_and_after_a_restart() {
    let (gate, upstream) = house(&within(3_600));
    event(&gate, MADE, EVENT).assert_refused(401, "SIGNATURE_INVALID");
    let answer = handshake(&gate, MADE);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-hook-secret"), Some(MADE));
    assert_eq!(upstream.count(), 0);
    event(&gate, MADE, EVENT).assert_passed();
    let kept = fs::read_to_string(gate.folder().join("asana.secret")).unwrap();
    assert_eq!(kept, format!("{MADE}\n"));
    for again in [MADE, "another-secret-of-its-own"] {
        handshake(&gate, again).assert_refused(401, "SIGNATURE_MISSING");
    }
    event(&gate, "another-secret-of-its-own", "{}").assert_refused(401, "SIGNATURE_INVALID");
    eventually("the file is read", || {
        gate.output.text().contains("webhook-enrolled")
    });
    event(&gate, MADE, r#"{"events":[]}"#).assert_passed();
    // Heartbeats are all alike.
    assert_eq!(event(&gate, MADE, r#"{"events":[]}"#).status, 200);
    assert_eq!(upstream.count(), 2);
    let enrolled = [r#"webhook="asana""#, r#"secret="1""#];
    let count = gate.metric("sidegate_webhook_enrolled_total", &enrolled);
    assert_eq!(count as u32, 1);
    let counted = [r#"webhook="asana""#, r#"reason="enrolled""#];
    let count = gate.metric("sidegate_webhook_verify_total", &counted);
    assert_eq!(count as u32, 1);

    let again = Setup::policy(&policy(&within(3_600)))
        .file("asana.secret", kept)
        .upstream(&upstream)
        .start();
    event(&again, MADE, r#"{"events":[1]}"#).assert_passed();
    handshake(&again, MADE).assert_refused(401, "SIGNATURE_MISSING");
}

#[test]
fn log_and_record_say_who_brought_a_secret_and_never_what() {
    let (gate, _upstream) = house(&within(3_600));
    assert_eq!(handshake(&gate, MADE).status, 200);
    let body = token(TOKEN);
    assert_eq!(notion(&gate, "/notion", TOKEN, &body).status, 200);
    eventually("both are told of", || {
        let text = gate.output.text();
        let told = text.matches("a secret was enrolled").count();
        let recorded = |what: &str| text.contains(what);
        told == 2
            && recorded("enrolled the secret 1 of asana")
            && recorded("enrolled the secret page of notion")
    });
    let text = gate.output.text();
    let told = text
        .lines()
        .find(|line| line.contains("a secret was enrolled"));
    assert!(told.unwrap().contains("127.0.0.1"), "{text}");
    assert!(!text.contains(MADE) && !text.contains("tMrlL1qK5vu"));
}

#[test]
fn token_of_notion_is_taken_where_the_rules_of_the_route_let_it() {
    let (gate, upstream) = house(&within(3_600));
    let body = token(TOKEN);
    notion(&gate, "/far", TOKEN, &body).assert_refused(403, "CONDITION_FALSE");
    notion(&gate, "/notion", "another-token-than-that", &body)
        .assert_refused(401, "SIGNATURE_INVALID");
    gate.post("/notion")
        .body(r#"{"verification_token":"short"}"#)
        .send()
        .assert_refused(401, "SIGNATURE_MISSING");
    gate.post("/notion")
        .body("{}")
        .send()
        .assert_refused(401, "SIGNATURE_MISSING");
    assert!(!gate.folder().join("notion.secret").exists());
    let answer = notion(&gate, "/notion", TOKEN, &body);
    assert_eq!((answer.status, upstream.count()), (200, 0));
    let event = r#"{"id":"e1","type":"page.created"}"#;
    notion(&gate, "/notion", TOKEN, event).assert_passed();
    // A later attempt is another body with the same id.
    let later = r#"{"id":"e1","type":"page.created","attempt_number":2}"#;
    notion(&gate, "/notion", TOKEN, later).assert_refused(409, "SIGNATURE_REPLAYED");
}

#[test]
fn window_opens_and_shuts_while_the_gate_runs() {
    let (gate, _upstream) = house(&within(3));
    std::thread::sleep(Duration::from_secs(4));
    handshake(&gate, MADE).assert_refused(401, "SIGNATURE_MISSING");
    assert!(!gate.folder().join("asana.secret").exists());
    fs::write(gate.folder().join("policy.yaml"), policy(&within(3_600))).unwrap();
    eventually("the window is open again", || {
        handshake(&gate, MADE).status == 200
    });
    event(&gate, MADE, EVENT).assert_passed();
}

#[test]
fn of_many_at_the_same_moment_one_is_taken() {
    let (gate, _upstream) = house(&within(3_600));
    let answers: Vec<(String, u16)> = std::thread::scope(|scope| {
        let each = (0..12).map(|number| {
            let gate = &gate;
            scope.spawn(move || {
                let secret = format!("a-secret-of-number-{number}");
                let status = handshake(gate, &secret).status;
                (secret, status)
            })
        });
        let each: Vec<_> = each.collect();
        each.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let taken: Vec<&String> = { answers.iter() }
        .filter_map(|(secret, status)| (*status == 200).then_some(secret))
        .collect();
    assert_eq!(taken.len(), 1, "{answers:?}");
    let refused = answers.iter().filter(|(_, status)| *status != 200);
    assert!(
        refused
            .clone()
            .all(|(_, status)| [401, 503].contains(status)),
        "{answers:?}"
    );
    let kept = fs::read_to_string(gate.folder().join("asana.secret")).unwrap();
    assert_eq!(kept.trim_end(), taken[0]);
    event(&gate, taken[0], EVENT).assert_passed();
}

#[test]
fn folder_that_cannot_be_written_is_an_outage_and_the_window_stays_open() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("kept");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("asana.secret").display().to_string();
    let upstream = Upstream::start();
    let text = policy(&within(3_600)).replace("asana.secret", &file);
    let gate = Setup::policy(&text).upstream(&upstream).start();
    fs::remove_dir(&folder).unwrap();
    handshake(&gate, MADE).assert_refused(503, "STORE_UNAVAILABLE");
    fs::create_dir(&folder).unwrap();
    assert_eq!(handshake(&gate, MADE).status, 200);
    let names: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    event(&gate, MADE, EVENT).assert_passed();
}

#[test]
fn window_of_one_sender_is_in_nobody_else_s_way() {
    let text = format!(
        "webhooks:
  notion: {{ preset: notion, secrets: {{ file: notion.secret, enrol: {{ until: {} }} }} }}
  plain: {{ preset: x-webhook-signature, secrets: \"${{PLAIN_SECRET}}\" }}
routes:
  - {{ path: /both, methods: [POST], authenticate: [notion, plain] }}
",
        within(3_600)
    );
    let upstream = Upstream::start();
    let gate = Setup::policy(&text).env("PLAIN_SECRET", MADE);
    let gate = gate.upstream(&upstream).start();
    let plain = |body: &str| {
        let signature = format!("sha256={}", signature(MADE, body));
        let call = gate.post("/both");
        let call = call.header("X-Webhook-Signature", &signature);
        call.body(body).send()
    };
    plain(EVENT).assert_passed();
    // What the other sender signed is its delivery, whatever stands in it.
    plain(&token(TOKEN)).assert_passed();
    assert!(!gate.folder().join("notion.secret").exists());
    let call = gate.post("/both").body(token(TOKEN));
    assert_eq!(call.send().status, 200);
    assert!(gate.folder().join("notion.secret").exists());
    assert_eq!(upstream.count(), 2);
}

#[test]
fn policy_that_is_only_tried_keeps_nothing() {
    let text = policy(&within(3_600));
    let upstream = Upstream::start();
    let gate = Setup::policy(&text)
        .file("tried.yaml", text.replace("asana.secret", "tried.secret"))
        .process("shadow: { policy: tried.yaml }\n")
        .upstream(&upstream)
        .start();
    assert_eq!(handshake(&gate, MADE).status, 200);
    let tried = || gate.metric("sidegate_shadow_total", &[r#"outcome="same""#]);
    eventually("it was tried", || tried() as u32 == 1);
    assert!(!gate.folder().join("tried.secret").exists());
    assert!(gate.folder().join("asana.secret").exists());
}

#[test]
fn check_tells_of_windows_that_are_over_or_too_long() {
    for (until, wanted) in [
        (within(60), ""),
        (within(-60), "no secret has come"),
        (within(25 * 3_600), "more than 24 hours ahead"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.yaml");
        fs::write(&file, policy(&until)).unwrap();
        let mut check = sidegate();
        let output = check.args(["check", "--policy"]).arg(&file).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.success(),
            wanted.is_empty(),
            "{until}: {said}"
        );
        assert!(said.contains(wanted), "{until}: {said}");
    }
}
