//! A policy is tried on live traffic, and a rule on a route, before either decides anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::Connection;
use crate::support::gate::{Setup, sidegate};
use crate::support::issuer::Mood;
use crate::support::keys::SigningKey;
use crate::support::{Call, Gate, Issuer, Upstream, eventually, now};

const ACTIVE: &str = "roles: { admin: ['*'], editor: ['*:read'] }\nroutes:\n  \
    - { path: /public/**, public: true, name: open }\n  \
    - { path: /admin/**, roles: [admin], name: admin }\n  - { path: /api/**, name: api }\n";

/// Lets editors into /admin, asks for admins on /api, closes /public, opens /new.
const CANDIDATE: &str = "roles: { admin: ['*'], editor: ['*:read'] }\nroutes:\n  \
    - { path: /admin/**, roles: [admin, editor], name: office }\n  \
    - { path: /api/**, roles: [admin], name: api-v2 }\n  \
    - { path: /new/**, public: true, name: fresh }\n";

const BROKEN: &str = "routes:\n  - { path: /a, publik: true }\n";

fn plain(issuer: &Issuer, upstream: &Upstream) -> Setup {
    Setup::policy(&format!("{}{ACTIVE}", issuer.section())).upstream(upstream)
}

fn setup(issuer: &Issuer, upstream: &Upstream, candidate: &str) -> Setup {
    plain(issuer, upstream).file("candidate.yaml", candidate)
}

fn house(candidate: &str) -> (Gate, Issuer, Upstream) {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let candidate = format!("{}{candidate}", issuer.section());
    let gate = setup(&issuer, &upstream, &candidate)
        .process("workers: 1\nshadow: candidate.yaml\nlog: { format: json }\n")
        .start();
    gate.wait_ready();
    (gate, issuer, upstream)
}

fn replace_candidate(gate: &Gate, text: &str) {
    let beside = gate.folder().join(".candidate.new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, gate.folder().join("candidate.yaml")).unwrap();
}

fn counted(gate: &Gate, outcome: &str, labels: &[&str]) -> f64 {
    let outcome = format!("outcome=\"{outcome}\"");
    let labels: Vec<&str> = labels.iter().copied().chain([outcome.as_str()]).collect();
    gate.metric("sidegate_shadow_total", &labels)
}

fn records(gate: &Gate) -> Vec<Value> {
    let parsed = |line: &String| serde_json::from_str::<Value>(line).ok();
    let all = gate.output.all();
    all.iter()
        .filter_map(parsed)
        .filter(|record| record["decision"].is_string())
        .collect()
}

/// Whether the candidate's own keys are there.
fn knows_keys(gate: &Gate) -> bool {
    gate.status()["shadow"]["key_sets"][0]["ready"] == true
}

#[test]
fn candidate_that_differs_in_roles_and_routes_is_counted_and_decides_nothing() {
    let (gate, issuer, upstream) = house(CANDIDATE);
    eventually("the candidate has keys", || knows_keys(&gate));
    let editor = issuer.token(&json!({ "roles": ["editor"] }));
    gate.get("/public/a").send().assert_passed();
    gate.get("/api/a").bearer(&editor).send().assert_passed();
    let refused = gate.get("/admin/a").bearer(&editor).send();
    refused.assert_refused(403, "INSUFFICIENT_ROLE");
    gate.get("/new/a").send().assert_refused(403, "NO_ROUTE");
    gate.get("/api/a")
        .send()
        .assert_refused(401, "TOKEN_MISSING");
    gate.get("/other").send().assert_refused(403, "NO_ROUTE");
    assert_eq!(upstream.count(), 2);
    eventually("all six are compared", || {
        gate.metric("sidegate_shadow_total", &[]) >= 6.0
    });
    for (outcome, labels, wanted) in [
        ("would_deny", &["route=\"open\"", "NO_ROUTE"][..], 1.0),
        ("would_deny", &["route=\"api\"", "INSUFFICIENT_ROLE"], 1.0),
        (
            "would_allow",
            &["route=\"admin\"", "INSUFFICIENT_ROLE"],
            1.0,
        ),
        ("would_allow", &["route=\"\"", "NO_ROUTE"], 1.0),
        ("same", &["route=\"api\"", "reason=\"\""], 1.0),
        ("same", &["route=\"\""], 1.0),
    ] {
        assert_eq!(
            counted(&gate, outcome, labels),
            wanted,
            "{outcome} {labels:?}"
        );
    }
    let shadow = gate.status()["shadow"].clone();
    assert!(
        shadow["hash"].is_string() && shadow["loaded_at"].is_string(),
        "{shadow}"
    );
    assert_eq!(
        (&shadow["routes"], &shadow["last_error"]),
        (&json!(3), &Value::Null)
    );
    let api = shadow["compared"].as_array().unwrap();
    let api = api.iter().find(|one| one["route"] == "api").unwrap();
    assert_eq!(
        (&api["same"], &api["would_deny"]),
        (&json!(1), &json!(1)),
        "{shadow}"
    );
}

#[test]
fn records_tell_what_differs_and_nothing_where_it_does_not() {
    let (gate, issuer, _upstream) = house(CANDIDATE);
    eventually("the candidate has keys", || knows_keys(&gate));
    let editor = issuer.token(&json!({ "roles": ["editor"] }));
    gate.get("/admin/a").bearer(&editor).send();
    eventually("the opinion came", || {
        counted(&gate, "would_allow", &[]) >= 1.0
    });
    gate.get("/admin/b").bearer(&editor).send();
    gate.get("/public/a").send().assert_passed();
    gate.get("/api/a").send();
    eventually("all are recorded", || records(&gate).len() >= 4);
    let records = records(&gate);
    let of = |path: &str| records.iter().find(|one| one["path"] == path).unwrap();
    let hash = gate.status()["shadow"]["hash"].clone();
    // Verified by now.
    let wanted = json!({ "decision": "allow", "route": "office", "policy": hash });
    assert_eq!(of("/admin/b")["shadow"], wanted);
    assert_eq!(of("/admin/b")["decision"], "deny");
    let wanted = json!({ "decision": "deny", "reason": "NO_ROUTE", "policy": hash });
    assert_eq!(of("/public/a")["shadow"], wanted);
    assert!(of("/api/a")["shadow"].is_null());
}

#[test]
fn sample_bounds_what_is_told_and_not_what_is_counted() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let candidate = format!("{}{CANDIDATE}", issuer.section());
    let gate = setup(&issuer, &upstream, &candidate)
        .process(
            "workers: 1\nshadow: { policy: candidate.yaml, sample: 10% }\n\
             log: { format: json, decisions: { sample_allowed: 0 } }\n",
        )
        .start();
    let mut connection = Connection::open(gate.address);
    for _ in 0..100 {
        connection
            .send(&Call::new(gate.address, "GET", "/public/a"))
            .assert_passed();
    }
    eventually("all are compared", || {
        counted(&gate, "would_deny", &[]) >= 100.0
    });
    eventually("some are told", || records(&gate).len() >= 9);
    thread::sleep(Duration::from_millis(100));
    let told = records(&gate);
    assert!(told.len() <= 11, "{}", told.len());
    assert!(
        told.iter()
            .all(|one| one["shadow"].is_object() && one["sample"].is_null())
    );
}

#[test]
fn broken_candidate_keeps_nobody_from_starting_and_is_tried_once_it_is_sound() {
    let (gate, issuer, _upstream) = house(BROKEN);
    gate.get("/public/a").send().assert_passed();
    let token = issuer.token(&json!({}));
    gate.get("/api/a").bearer(&token).send().assert_passed();
    let shadow = gate.status()["shadow"].clone();
    assert!(shadow["hash"].is_null(), "{shadow}");
    assert!(
        shadow["last_error"].to_string().contains("publik"),
        "{shadow}"
    );
    assert_eq!(gate.metric("sidegate_shadow_active", &[]), 0.0);
    assert_eq!(gate.metric("sidegate_shadow_total", &[]), 0.0);
    assert!(
        gate.output.contain("shadow policy refused"),
        "{}",
        gate.output.text()
    );
    assert!(gate.output.contain("candidate.yaml:"));
    replace_candidate(&gate, &format!("{}{CANDIDATE}", issuer.section()));
    eventually("the mended candidate is tried", || {
        gate.metric("sidegate_shadow_active", &[]) == 1.0
    });
    gate.get("/public/a").send().assert_passed();
    eventually("it says something", || {
        counted(&gate, "would_deny", &[]) >= 1.0
    });
    // Off again, and the policy in force is what it was.
    let hash = gate.status()["policy"]["hash"].clone();
    replace_candidate(&gate, BROKEN);
    eventually("it is off", || {
        gate.metric("sidegate_shadow_active", &[]) == 0.0
    });
    let before = gate.metric("sidegate_shadow_total", &[]);
    gate.get("/public/a").send().assert_passed();
    assert_eq!(gate.metric("sidegate_shadow_total", &[]), before);
    assert_eq!(gate.status()["policy"]["hash"], hash);
    assert_eq!(
        gate.metric("sidegate_config_last_reload_successful", &[]),
        1.0
    );
}

#[test]
fn reloaded_candidate_is_counted_anew() {
    let (gate, issuer, _upstream) = house(CANDIDATE);
    gate.get("/public/a").send().assert_passed();
    eventually("one differs", || counted(&gate, "would_deny", &[]) >= 1.0);
    let first = gate.status()["shadow"]["hash"].clone();
    replace_candidate(&gate, &format!("{}{ACTIVE}", issuer.section()));
    gate.signal("HUP");
    eventually("another one is tried", || {
        gate.status()["shadow"]["hash"] != first
    });
    assert_eq!(gate.status()["shadow"]["compared"], json!([]));
    gate.get("/public/a").send().assert_passed();
    eventually("it agrees", || {
        let compared = gate.status()["shadow"]["compared"].clone();
        compared[0]["same"] == 1 && compared[0]["would_deny"] == 0
    });
}

#[test]
fn candidate_whose_issuer_is_down_concerns_neither_readiness_nor_answers() {
    let (issuer, down, upstream) = (Issuer::start(), Issuer::start(), Upstream::start());
    down.feel(Mood::Slow(Duration::from_secs(4)));
    let folder = tempfile::tempdir().unwrap();
    let candidate = folder.path().join("candidate.yaml");
    std::fs::write(&candidate, format!("{}{CANDIDATE}", down.section())).unwrap();
    let gate = plain(&issuer, &upstream)
        .argument("--shadow")
        .argument(candidate.to_str().unwrap())
        .start();
    gate.wait_ready();
    let own = issuer.token(&json!({}));
    // As if it came from the issuer that is down.
    let theirs = down.token(&json!({}));
    let since = Instant::now();
    for _ in 0..20 {
        gate.get("/api/a").bearer(&own).send().assert_passed();
        let refused = gate.get("/api/a").bearer(&theirs).send();
        refused.assert_refused(401, "TOKEN_ISSUER_UNKNOWN");
    }
    assert!(
        since.elapsed() < Duration::from_secs(3),
        "{:?}",
        since.elapsed()
    );
}

/// Thousands of tokens that neither policy has seen, from many callers, and nobody can tell the difference.
#[test]
fn flood_of_unverified_tokens_is_compared_in_bounds_and_changes_no_answer() {
    const CALLERS: usize = 16;
    const EACH: usize = 60;
    let (gate, issuer, upstream) = house(CANDIDATE);
    eventually("the candidate has keys", || knows_keys(&gate));
    let stranger = SigningKey::other_rsa("main");
    let passed = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (gate, issuer, stranger, passed) = (&gate, &issuer, &stranger, &passed);
            scope.spawn(move || {
                let mut connection = Connection::open(gate.address);
                for turn in 0..EACH {
                    let claims = issuer.claims(&json!({ "sub": format!("u{caller}-{turn}") }));
                    let good = turn % 2 == 0;
                    let token = match good {
                        true => issuer.key().sign(&claims),
                        false => stranger.sign(&claims),
                    };
                    let call = Call::new(gate.address, "GET", "/api/a").bearer(&token);
                    let answer = connection.send(&call);
                    match good {
                        true => answer.assert_passed(),
                        false => answer.assert_refused(401, "TOKEN_SIGNATURE_INVALID"),
                    }
                    passed.fetch_add(usize::from(good), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(upstream.count(), passed.load(Ordering::Relaxed));
    let all = (CALLERS * EACH) as f64;
    eventually("each is compared or skipped", || {
        gate.metric("sidegate_shadow_total", &["route=\"api\""]) >= all
    });
    assert_eq!(gate.metric("sidegate_shadow_total", &[]), all);
    assert_eq!(counted(&gate, "unknown", &[]), 0.0);
    let skipped = counted(&gate, "skipped", &[]);
    let told = counted(&gate, "would_deny", &["INSUFFICIENT_ROLE"]) + counted(&gate, "same", &[]);
    assert_eq!(told + skipped, all);
}

#[test]
fn shadow_is_named_by_variable_too_and_its_absence_shows_nothing() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let without = plain(&issuer, &upstream).start();
    without.get("/public/a").send().assert_passed();
    assert!(without.status().get("shadow").is_none());
    assert!(
        !without
            .ask_admin("/metrics")
            .text()
            .contains("sidegate_shadow")
    );
    let folder = tempfile::tempdir().unwrap();
    let candidate = folder.path().join("candidate.yaml");
    std::fs::write(&candidate, format!("{}{CANDIDATE}", issuer.section())).unwrap();
    let gate = plain(&issuer, &upstream)
        .env("SIDEGATE_SHADOW__POLICY", candidate.to_str().unwrap())
        .env("SIDEGATE_SHADOW__SAMPLE", "1%")
        .start();
    assert_eq!(gate.metric("sidegate_shadow_active", &[]), 1.0);
}

fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

/// The day that is so many days from today.
fn day(days: i64) -> String {
    let moment = moment(now() + days * 86_400);
    moment.split('T').next().unwrap().to_owned()
}

fn observing(issuer: &Issuer, until: &str) -> String {
    format!(
        "{}roles: {{ admin: ['*'] }}\nroutes:\n  - path: /reports/**\n    name: reports\n    \
         roles: [admin]\n    observe: {{ until: {until} }}\n",
        issuer.section()
    )
}

#[test]
fn observed_rule_refuses_nobody_before_its_day_and_is_told() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Setup::policy(&observing(&issuer, &day(10)))
        .process("workers: 1\nlog: { format: json, decisions: { record: denied } }\n")
        .upstream(&upstream)
        .start();
    gate.wait_ready();
    let token = issuer.token(&json!({}));
    gate.get("/reports/a").bearer(&token).send().assert_passed();
    let admin = issuer.token(&json!({ "roles": ["admin"] }));
    gate.get("/reports/b").bearer(&admin).send().assert_passed();
    let nobody = gate.get("/reports/c").send();
    nobody.assert_refused(401, "TOKEN_MISSING");
    let labels = ["route=\"reports\"", "INSUFFICIENT_ROLE"];
    eventually("it is counted", || {
        gate.metric("sidegate_observed_total", &labels) == 1.0
    });
    eventually("it is recorded", || records(&gate).len() >= 2);
    let records = records(&gate);
    assert_eq!(records.len(), 2, "{records:?}");
    assert_eq!(
        (&records[0]["path"], &records[0]["decision"]),
        (&json!("/reports/a"), &json!("allow"))
    );
    let wanted = json!({ "rule": "roles", "reason": "INSUFFICIENT_ROLE" });
    assert_eq!(records[0]["observed"], wanted);
}

#[test]
fn forgotten_observation_is_enforced_by_a_gate_that_starts_with_it() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Setup::policy(&observing(&issuer, &day(-1)))
        .upstream(&upstream)
        .start();
    gate.wait_ready();
    assert!(
        gate.output.contain("the time to observe"),
        "{}",
        gate.output.text()
    );
    let token = issuer.token(&json!({}));
    let refused = gate.get("/reports/a").bearer(&token).send();
    refused.assert_refused(403, "INSUFFICIENT_ROLE");
    assert_eq!(upstream.count(), 0);
    assert_eq!(gate.metric("sidegate_observed_total", &[]), 0.0);
}

#[test]
fn observation_ends_while_the_gate_runs() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Setup::policy(&observing(&issuer, &moment(now() + 5)))
        .upstream(&upstream)
        .start();
    gate.wait_ready();
    let token = issuer.token(&json!({}));
    gate.get("/reports/a").bearer(&token).send().assert_passed();
    eventually("the rule is enforced", || {
        gate.get("/reports/a").bearer(&token).send().status == 403
    });
}

#[test]
fn check_fails_from_the_day_on_and_tools_follow_the_time_of_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    let text = "issuers:\n  main: { url: https://idp.example.com, audience: api }\n\
        roles: { admin: ['*'] }\nroutes:\n  - path: /reports/**\n    roles: [admin]\n    \
        observe: { until: 2026-06-30, rules: [roles] }\n";
    std::fs::write(&policy, text).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = sidegate();
        command.current_dir(folder.path()).args(arguments);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            output.status.code().unwrap(),
            said + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let check = |time: &str| run(&["check", "--policy", "policy.yaml", "--now", time]);
    let (code, said) = check("2026-06-30T23:59:59Z");
    assert_eq!(code, 0, "{said}");
    let (code, said) = check("2026-07-01T00:00:00Z");
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("policy.yaml:7:") && said.contains("error"),
        "{said}"
    );
    let (code, said) = check("2026-01-01T00:00:00Z");
    assert!(code == 1 && said.contains("90 days"), "{said}");
    let explain = |time: &str| {
        run(&[
            "explain",
            "--policy",
            "policy.yaml",
            "GET",
            "/reports/a",
            "--as-subject",
            "bob",
            "--now",
            time,
        ])
    };
    let (code, said) = explain("2026-06-30T00:00:00Z");
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("would refuse with INSUFFICIENT_ROLE"),
        "{said}"
    );
    let (code, said) = explain("2026-07-01T00:00:00Z");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("INSUFFICIENT_ROLE"), "{said}");
    let listing = run(&[
        "check",
        "--policy",
        "policy.yaml",
        "--now",
        "2026-06-01T00:00:00Z",
        "--explain-routes",
    ]);
    assert!(
        listing.1.contains("roles until 2026-07-01T00:00:00Z"),
        "{}",
        listing.1
    );
}

#[test]
fn candidate_is_tried_where_every_door_only_answers() {
    let (issuer, candidate) = (Issuer::start(), CANDIDATE);
    let candidate = format!("{}{candidate}", issuer.section());
    let gate = Setup::policy(&format!("{}{ACTIVE}", issuer.section()))
        .file("candidate.yaml", &candidate)
        .process("shadow: candidate.yaml\n")
        .argument("--door=nginx")
        .argument("--trust=127.0.0.1")
        .start();
    gate.wait_ready();
    assert_eq!(gate.metric("sidegate_shadow_active", &[]), 1.0);
}
