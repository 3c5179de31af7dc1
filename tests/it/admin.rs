//! The admin listener: health, readiness, metrics, status, on an address of its own.

use serde_json::json;

use crate::support::gate::Setup;
use crate::support::issuer::Mood;
use crate::support::{Call, Gate, Issuer, Upstream, eventually};

const RULES: &str =
    "routes:\n  - { path: /public/**, public: true, name: open }\n  - { path: /**, name: rest }\n";

fn house() -> (Gate, Issuer, Upstream) {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Gate::start(&format!("{}{RULES}", issuer.section()), &upstream);
    (gate, issuer, upstream)
}

#[test]
fn gate_is_healthy_and_ready() {
    let (gate, _issuer, _upstream) = house();
    assert_eq!(gate.ask_admin("/healthz").status, 200);
    gate.wait_ready();
}

#[test]
fn gate_without_keys_is_healthy_but_not_ready() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    issuer.feel(Mood::Down);
    let process = "key_sets: { min_refresh: 1s, cooldown: 1s }\n";
    let policy = format!("{}{RULES}", issuer.section());
    let gate = Setup::policy(&policy)
        .process(process)
        .upstream(&upstream)
        .start();
    assert_eq!(gate.ask_admin("/healthz").status, 200);
    assert_eq!(gate.ask_admin("/readyz").status, 503);
    gate.get("/public/a").send().assert_passed();
    let answer = gate.get("/a").bearer(&issuer.token(&json!({}))).send();
    answer.assert_refused(503, "ISSUER_UNAVAILABLE");
    issuer.feel(Mood::Well);
    eventually("it recovers by itself", || {
        gate.ask_admin("/readyz").status == 200
    });
    gate.get("/a")
        .bearer(&issuer.token(&json!({})))
        .send()
        .assert_passed();
}

#[test]
fn metrics_count_requests_by_route_and_reason() {
    let (gate, issuer, _upstream) = house();
    gate.get("/public/a").send().assert_passed();
    gate.get("/a")
        .bearer(&issuer.token(&json!({})))
        .send()
        .assert_passed();
    gate.get("/a").send().assert_refused(401, "TOKEN_MISSING");
    let count = |labels: &[&str]| gate.metric("sidegate_requests_total", labels);
    eventually("the last request is counted", || {
        count(&["TOKEN_MISSING"]) > 0.0
    });
    assert!(count(&["open"]) >= 1.0 && count(&["rest"]) >= 2.0);
}

#[test]
fn metrics_are_valid_prometheus_text() {
    let (gate, _issuer, _upstream) = house();
    gate.get("/public/a").send().assert_passed();
    let answer = gate.ask_admin("/metrics");
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/plain")
    );
    for line in answer.text().lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        assert!(
            name.starts_with("sidegate_") || name.starts_with("process_"),
            "{line}"
        );
        value.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
    }
}

/// A caller cannot make the metrics grow.
#[test]
fn metrics_have_no_label_that_a_caller_chooses() {
    let (gate, issuer, _upstream) = house();
    let size = || gate.ask_admin("/metrics").text().lines().count();
    for turn in 0..5 {
        gate.get(&format!("/public/warm-{turn}")).send();
        gate.get(&format!("/warm-{turn}")).send();
        gate.get("/warm").bearer(&issuer.token(&json!({}))).send();
    }
    let before = size();
    for turn in 0..200 {
        let token = issuer.token(&json!({ "sub": format!("user-{turn}") }));
        gate.get(&format!("/page-{turn}"))
            .host(&format!("h{turn}.test"))
            .bearer(&token)
            .send();
        gate.call(&format!("M{turn}"), "/public/x").send();
    }
    let after = size();
    assert!(after < before + 60, "from {before} to {after} lines");
}

#[test]
fn status_tells_about_policy_and_key_sets() {
    let (gate, _issuer, _upstream) = house();
    gate.wait_ready();
    let status = gate.status();
    assert!(status.is_object());
    let text = status.to_string();
    for word in ["main", "version", "policy"] {
        assert!(text.contains(word), "no `{word}` in {text}");
    }
}

#[test]
fn unknown_page_is_not_found() {
    let (gate, _issuer, _upstream) = house();
    assert_eq!(gate.ask_admin("/nothing").status, 404);
}

#[test]
fn reading_cannot_reload() {
    let (gate, _issuer, _upstream) = house();
    assert_eq!(gate.ask_admin("/reload").status, 405);
}

/// A browser that was led here by a name of somebody else's.
#[test]
fn reload_from_another_origin_is_refused() {
    let (gate, _issuer, _upstream) = house();
    let call = Call::new(gate.admin, "POST", "/reload").body("");
    let answer = call.header("Origin", "https://evil.test").send();
    assert!((400..500).contains(&answer.status), "{}", answer.status);
}

#[test]
fn admin_pages_are_not_on_the_public_listener() {
    let (gate, _issuer, upstream) = house();
    for page in ["/metrics", "/status", "/readyz", "/reload"] {
        gate.get(page).send().assert_refused(401, "TOKEN_MISSING");
    }
    assert_eq!(upstream.count(), 0);
}

#[test]
fn admin_listener_can_be_off() {
    let upstream = Upstream::start();
    let gate = Setup::policy("routes: [ { path: /**, public: true } ]\n")
        .process("admin: off\n")
        .upstream(&upstream)
        .without_admin()
        .start();
    gate.get("/").send().assert_passed();
    assert!(!gate.output.contain("sidegate: admin on"));
}
