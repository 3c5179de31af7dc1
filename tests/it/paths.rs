//! Paths with two readings: none of them reaches the upstream, and none slips past a rule.

use crate::support::client::raw;
use crate::support::{Gate, Upstream};

const RULES: &str = "issuers: { none: { url: http://127.0.0.1:9, audience: nobody } }\n\
                     routes: [ { path: /public/**, public: true }, { path: /admin/** } ]\n";

fn house() -> (Gate, Upstream) {
    let upstream = Upstream::start();
    (Gate::start(RULES, &upstream), upstream)
}

/// Sends a target as it is, and returns the status of the answer.
fn ask(gate: &Gate, target: &str) -> u16 {
    let text = format!("GET {target} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
    let answer = raw(gate.address, text.as_bytes());
    let code = answer.split(' ').nth(1).unwrap_or("0");
    code.parse().unwrap_or(0)
}

#[test]
fn path_with_two_readings_is_refused() {
    let (gate, upstream) = house();
    for target in [
        "/public/../admin/x",
        "/../admin",
        "/public/..",
        "/public/./x",
        "/public/%2e%2e/admin/x",
        "/public/.%2E/admin/x",
        "/public/%2E./admin",
        "/public/..%2fadmin",
        "/public/..%5cadmin",
        "/public/a%2fb",
        "/public/a%2Fb",
        "/public/a%5cb",
        "/public\\admin",
        "/public/a\\..\\admin",
        "//admin/x",
        "/public//admin",
        "/public//../admin",
        "/public/%252e%252e/admin",
        "/public/%2561dmin",
        "/public/..;/admin",
        "/public/a;b=c",
        "/public/a%3bb",
        "/public/a%00",
        "/public/a%0d%0aX:1",
        "/public/a%7f",
        "/public/%c0%ae%c0%ae/admin",
        "/public/%ff",
        "/public/%u002e",
        "/public/%",
        "/public/%zz",
        "public/a",
        "*",
    ] {
        assert_eq!(ask(&gate, target), 400, "{target}");
    }
    assert_eq!(upstream.count(), 0);
}

#[test]
fn refusal_of_a_path_names_its_reason() {
    let (gate, _upstream) = house();
    gate.get("/public/%2e%2e/admin")
        .send()
        .assert_refused(400, "PATH_AMBIGUOUS");
}

#[test]
fn other_spelling_of_one_path_is_judged_and_sent_alike() {
    let (gate, upstream) = house();
    for (sent, judged) in [
        ("/public/%61bc", "/public/abc"),
        ("/public/%7euser", "/public/~user"),
    ] {
        assert_eq!(ask(&gate, sent), 200, "{sent}");
        assert_eq!(upstream.last().target, judged);
    }
}

#[test]
fn needless_encoding_does_not_hide_a_protected_path() {
    let (gate, upstream) = house();
    for target in [
        "/%61dmin/x",
        "/admin%2e/../x",
        "/adm%69n",
        "/admin/",
        "/admin",
    ] {
        assert!(matches!(ask(&gate, target), 400 | 401), "{target}");
    }
    assert_eq!(upstream.count(), 0);
}

#[test]
fn path_that_no_route_names_is_refused() {
    let (gate, upstream) = house();
    for target in [
        "/",
        "/Public/a",
        "/publicity",
        "/PUBLIC/a",
        "/other?/public/a",
        "/x%3F/public/",
    ] {
        gate.get(target).send().assert_refused(403, "NO_ROUTE");
    }
    assert_eq!(upstream.count(), 0);
}

/// RFC 9112 section 3.2.2.
#[test]
fn absolute_target_is_judged_by_its_path() {
    let (gate, upstream) = house();
    assert_eq!(ask(&gate, "http://app.test/admin/x"), 401);
    assert_eq!(upstream.count(), 0);
    assert_eq!(ask(&gate, "http://app.test/public/x"), 200);
    assert_eq!(upstream.last().target, "/public/x");
}

/// RFC 9110 section 7.1: a fragment is no part of a target; it is neither judged nor sent.
#[test]
fn fragment_goes_nowhere() {
    let (gate, upstream) = house();
    assert!(matches!(ask(&gate, "/admin#/public/"), 400 | 401));
    assert_eq!(upstream.count(), 0);
    ask(&gate, "/public/a#/../../admin");
    assert!(
        upstream
            .seen()
            .iter()
            .all(|seen| seen.target == "/public/a")
    );
}

#[test]
fn query_is_passed_on_untouched() {
    let (gate, upstream) = house();
    let target = "/public/x?a=%2e%2e/..&b=//&c=;&d=%zz";
    assert_eq!(ask(&gate, target), 200);
    assert_eq!(upstream.last().target, target);
}

#[test]
fn class_of_spellings_passes_when_it_is_allowed() {
    let upstream = Upstream::start();
    let policy = format!("paths: {{ allow: [encoded_slash] }}\n{RULES}");
    let gate = Gate::start(&policy, &upstream);
    assert_eq!(ask(&gate, "/public/a%2fb"), 200);
    assert_eq!(upstream.last().target, "/public/a%2Fb");
    assert_eq!(ask(&gate, "/public/a;b"), 400);
    assert_eq!(ask(&gate, "/public/..%2fadmin"), 400);
}

/// RFC 9112 section 3.2.
#[test]
fn host_that_is_none_is_refused() {
    let (gate, upstream) = house();
    for host in [
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: a b\r\n",
        "Host: a:port\r\n",
        "Host: a, b\r\n",
        "Host: u@a\r\n",
    ] {
        let text = format!("GET /public/a HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        let answer = raw(gate.address, text.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400"), "{host:?}: {answer}");
    }
    assert_eq!(upstream.count(), 0);
}

#[test]
fn trace_and_connect_are_refused() {
    let (gate, upstream) = house();
    for method in ["TRACE", "CONNECT"] {
        let target = if method == "CONNECT" {
            "app.test:80"
        } else {
            "/public/a"
        };
        let text =
            format!("{method} {target} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
        let answer = raw(gate.address, text.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 4"), "{method}: {answer}");
    }
    assert_eq!(upstream.count(), 0);
}
