//! Questions asked at a decision door directly: by somebody who is not trusted, or not as the door's fronts ask.

use std::net::{IpAddr, Ipv4Addr};

use super::house::CALLER;
use crate::support::client::Connection;
use crate::support::gate::Setup;
use crate::support::{Answer, Call, Gate, Upstream};

/// Where fronts come from.
const FRONT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const RULES: &str = "routes: [ { path: /public/**, public: true } ]\n";

/// The doors that are asked over HTTP.
const DOORS: [&str; 5] = ["nginx", "haproxy", "traefik", "caddy", "envoy_http"];

struct Door {
    kind: &'static str,
    gate: Gate,
}

impl Door {
    fn open(kind: &'static str) -> Self {
        let process = format!(
            "listeners: [ {{ address: '127.0.0.1:0', door: {kind} }} ]\n\
             trusted_proxies: {{ cidrs: [127.0.0.1] }}\n"
        );
        let gate = Setup::policy(RULES)
            .process(&process)
            .without_listen()
            .start();
        Self { kind, gate }
    }

    /// A question about `GET http://app.test/public/x`, as the front asks it.
    fn question(&self) -> Vec<(&'static str, &'static str)> {
        let mut fields = match self.kind {
            "nginx" | "haproxy" => vec![
                ("X-Original-Method", "GET"),
                ("X-Original-URL", "http://app.test/public/x"),
            ],
            "envoy_http" => vec![("X-Forwarded-Proto", "http")],
            _ => vec![
                ("X-Forwarded-Method", "GET"),
                ("X-Forwarded-Proto", "http"),
                ("X-Forwarded-Host", "app.test"),
                ("X-Forwarded-Uri", "/public/x"),
            ],
        };
        fields.push(("X-Forwarded-For", "192.0.2.1"));
        fields
    }

    fn call(&self, fields: &[(&str, &str)]) -> Call {
        let target = if self.kind == "envoy_http" {
            "/public/x"
        } else {
            "/"
        };
        let call = Call::new(self.gate.address, "GET", target).host("app.test");
        fields
            .iter()
            .fold(call, |call, (name, value)| call.header(name, value))
    }

    fn ask_from(&self, source: IpAddr, fields: &[(&str, &str)]) -> Answer {
        Connection::open_from(source, self.gate.address).send(&self.call(fields))
    }

    /// Fails unless the answer is a refusal, and the one that is meant.
    #[track_caller]
    fn assert_refused(&self, what: &str, fields: &[(&str, &str)], status: u16, code: &str) {
        let answer = self.ask_from(FRONT, fields);
        let kind = self.kind;
        let meant = answer.header("x-sidegate-status").map(str::to_owned);
        let shown = if kind == "nginx" { 403 } else { status };
        assert_eq!(answer.status, shown, "{kind}, {what}: {}", answer.text());
        if kind == "nginx" {
            assert_eq!(meant, Some(status.to_string()), "{kind}, {what}");
        }
        assert_eq!(answer.code(), code, "{kind}, {what}");
    }
}

#[test]
fn question_of_a_trusted_front_is_answered_without_a_body() {
    for door in DOORS.map(Door::open) {
        let answer = door.ask_from(FRONT, &door.question());
        assert_eq!(answer.status, 200, "{}: {}", door.kind, answer.text());
        assert_eq!(answer.message.body.length, 0, "{}", door.kind);
        assert_eq!(
            answer.header("x-sidegate-target"),
            Some("/public/x"),
            "{}",
            door.kind
        );
        assert!(answer.header("x-request-id").is_some(), "{}", door.kind);
    }
}

#[test]
fn question_of_anybody_else_is_refused_whatever_it_asks() {
    for door in DOORS.map(Door::open) {
        for fields in [
            door.question(),
            Vec::new(),
            vec![("X-Original-URL", "nonsense")],
        ] {
            let answer = door.ask_from(CALLER, &fields);
            answer.assert_refused(403, "FRONT_UNTRUSTED");
        }
    }
}

#[test]
fn question_without_one_of_its_fields_is_refused() {
    for door in DOORS.map(Door::open) {
        for missing in 0..door.question().len() {
            let mut fields = door.question();
            let (name, _) = fields.remove(missing);
            door.assert_refused(
                &format!("without {name}"),
                &fields,
                400,
                "FORWARDED_INVALID",
            );
        }
    }
}

#[test]
fn question_with_one_of_its_fields_twice_is_refused() {
    for door in DOORS.map(Door::open) {
        let single = door.question();
        for (name, value) in single.iter().filter(|(name, _)| *name != "X-Forwarded-For") {
            let mut fields = door.question();
            fields.push((name, value));
            door.assert_refused(&format!("{name} twice"), &fields, 400, "FORWARDED_INVALID");
        }
    }
}

#[test]
fn question_about_a_target_that_is_none_is_refused() {
    for door in ["nginx", "haproxy"].map(Door::open) {
        for url in [
            "",
            "/public/x",
            "app.test/public/x",
            "//app.test/public/x",
            "http:/app.test/public/x",
            "http://",
            "http:///public/x",
            "ftp://app.test/public/x",
            "http://user@app.test/public/x",
            "http://app.test?/public/x",
            "http://app.test/public/x y",
            "http://app.test,open.test/public/x",
        ] {
            let fields = [
                ("X-Original-Method", "GET"),
                ("X-Original-URL", url),
                ("X-Forwarded-For", "192.0.2.1"),
            ];
            let answer = door.ask_from(FRONT, &fields);
            assert!(
                matches!(answer.status, 400 | 403),
                "{}, {url}: {}",
                door.kind,
                answer.status
            );
        }
    }
    for door in ["traefik", "caddy"].map(Door::open) {
        for (name, value) in [
            ("X-Forwarded-Uri", ""),
            ("X-Forwarded-Uri", "public/x"),
            ("X-Forwarded-Uri", "http://app.test/public/x"),
            ("X-Forwarded-Uri", "/public/x y"),
            ("X-Forwarded-Uri", "/public/x, /public/y z"),
            ("X-Forwarded-Method", ""),
            ("X-Forwarded-Method", "GET, POST"),
            ("X-Forwarded-Proto", "ftp"),
            ("X-Forwarded-Proto", "http, https"),
            ("X-Forwarded-Host", ""),
            ("X-Forwarded-Host", "app.test, open.test"),
            ("X-Forwarded-Host", "a b"),
        ] {
            let mut fields = door.question();
            fields.retain(|(known, _)| *known != name);
            fields.push((name, value));
            let answer = door.ask_from(FRONT, &fields);
            let kind = door.kind;
            assert!(
                matches!(answer.status, 400 | 403),
                "{kind}, {name}: {value}: {}",
                answer.status
            );
        }
    }
}

/// Fields of other fronts say nothing at this door.
#[test]
fn question_is_not_taken_from_the_fields_of_another_door() {
    for door in DOORS.map(Door::open) {
        let mut fields = door.question();
        for (name, value) in [
            ("X-Original-URL", "http://app.test/secret"),
            ("X-Original-Method", "POST"),
            ("X-Forwarded-Uri", "/secret"),
            ("X-Forwarded-Method", "POST"),
            ("X-Original-URI", "/secret"),
            ("X-Envoy-Original-Path", "/secret"),
        ] {
            if !fields.iter().any(|(known, _)| *known == name) {
                fields.push((name, value));
            }
        }
        let answer = door.ask_from(FRONT, &fields);
        assert_eq!(answer.status, 200, "{}: {}", door.kind, answer.text());
        assert_eq!(
            answer.header("x-sidegate-target"),
            Some("/public/x"),
            "{}",
            door.kind
        );
    }
}

/// Whatever is asked, and however: what is no pass is never answered with a 2xx.
#[test]
fn nothing_but_a_pass_is_answered_with_success() {
    for door in DOORS.map(Door::open) {
        for target in [
            "/",
            "/healthz",
            "/livez",
            "/metrics",
            "/favicon.ico",
            "/.well-known/x",
            "*",
        ] {
            for method in ["GET", "HEAD", "OPTIONS", "POST", "TRACE"] {
                let call = Call::new(door.gate.address, method, target).host("app.test");
                let answer = Connection::open_from(FRONT, door.gate.address).send(&call);
                assert!(
                    answer.status >= 400,
                    "{}: {method} {target}: {}",
                    door.kind,
                    answer.status
                );
            }
        }
    }
}

/// The upstream is never asked by a door that only decides.
#[test]
fn decision_door_forwards_nothing() {
    let app = Upstream::start();
    let process = "listeners: [ { address: '127.0.0.1:0', door: nginx } ]\n\
                   trusted_proxies: { cidrs: [127.0.0.1] }\n";
    let setup = Setup::policy(RULES).process(process).without_listen();
    let gate = setup.upstream(&app).start();
    let door = Door {
        kind: "nginx",
        gate,
    };
    assert_eq!(door.ask_from(FRONT, &door.question()).status, 200);
    assert_eq!(app.connections(), 0);
}
