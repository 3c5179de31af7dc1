//! Policies that a door cannot serve are refused before any request comes, with file, line and door.

use crate::support::gate::{Setup, sidegate};
use crate::support::{Gate, eventually};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// What some doors cannot do; the route in question stands in line 6.
struct Misfit {
    what: &'static str,
    policy: &'static str,
    /// Doors that cannot.
    refusing: &'static [&'static str],
    /// Doors that can.
    serving: &'static [&'static str],
}

const DECISION: [&str; 6] = [
    "nginx",
    "traefik",
    "caddy",
    "haproxy",
    "envoy_http",
    "ext_authz",
];

const MISFITS: [Misfit; 3] = [
    Misfit {
        what: "a webhook",
        policy: "webhooks:\n  plain:\n    preset: x-webhook-signature\n    secrets: ${HOOK_SECRET}\n\
                 routes:\n  - { path: /hook, authenticate: plain, name: hooked }\n",
        refusing: &[
            "nginx",
            "haproxy",
            "caddy",
            "traefik",
            "envoy_http",
            "ext_authz",
        ],
        serving: &["proxy"],
    },
    Misfit {
        what: "served keys",
        policy: "issuers:\n  none: { url: 'http://127.0.0.1:9', audience: nobody }\n\
                 api_keys:\n  own: { prefix: own_, store: true }\n\
                 routes:\n  - { path: '/own/**', api_keys: own, authenticate: none, roles: [admin], name: hooked }\n",
        refusing: &DECISION,
        serving: &["proxy"],
    },
    Misfit {
        what: "a key in the query",
        policy: "api_keys:\n  own:\n    prefix: own_\n    from: { query: api_key }\n\
                 routes:\n  - { path: /x, authenticate: own, name: hooked }\n",
        refusing: &["traefik", "caddy", "envoy_http"],
        serving: &["nginx", "haproxy", "ext_authz", "proxy"],
    },
];

fn process(door: &str, more: &str) -> String {
    format!(
        "listeners: [ {{ address: '127.0.0.1:0', door: {door}{more} }} ]\n\
         trusted_proxies: {{ cidrs: [127.0.0.1] }}\nupstream: http://127.0.0.1:9\nstore: 'sqlite:keys.db'\n"
    )
}

fn setup(misfit: &Misfit, process: &str) -> Setup {
    Setup::policy(misfit.policy)
        .process(process)
        .without_listen()
        .env("HOOK_SECRET", SECRET)
}

/// What a refusal has to name.
fn assert_named(what: &str, door: &str, said: &str) {
    assert!(said.contains("policy.yaml:6:"), "{what} at {door}: {said}");
    assert!(said.contains(door), "{what} at {door}: {said}");
}

#[test]
fn process_does_not_start_with_a_route_that_its_door_cannot_judge() {
    for misfit in MISFITS {
        for door in misfit.refusing {
            let (code, said) = setup(&misfit, &process(door, "")).refusal();
            assert_ne!(code, 0, "{} at {door}", misfit.what);
            assert_named(misfit.what, door, &said);
        }
    }
}

#[test]
fn process_starts_where_the_door_can() {
    for misfit in MISFITS {
        for door in misfit.serving {
            drop(setup(&misfit, &process(door, "")).start());
        }
    }
    let with_bodies = process("traefik", ", max_body: 1MiB");
    drop(setup(&MISFITS[0], &with_bodies).start());
}

#[test]
fn check_says_the_same_before_anything_is_started() {
    for misfit in MISFITS {
        for (door, fits) in misfit
            .refusing
            .iter()
            .map(|door| (door, false))
            .chain(misfit.serving.iter().map(|door| (door, true)))
        {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("policy.yaml"), misfit.policy).unwrap();
            let text = format!("{}policy: policy.yaml\n", process(door, ""));
            std::fs::write(folder.path().join("sidegate.yaml"), text).unwrap();
            let output = sidegate()
                .current_dir(folder.path())
                .env("HOOK_SECRET", SECRET)
                .args(["check", "--config", "sidegate.yaml"])
                .output()
                .unwrap();
            let said =
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            let what = misfit.what;
            assert_eq!(output.status.success(), fits, "{what} at {door}: {said}");
            if !fits {
                assert_named(what, door, &said);
            }
        }
    }
}

#[test]
fn unfit_route_is_closed_where_the_listener_says_so() {
    let gate = setup(&MISFITS[0], &process("nginx", ", unfit_routes: deny")).start();
    let answer = question(&gate, "POST", "/hook");
    answer.assert_refused(403, "WRONG_DOOR");
}

#[test]
fn reload_that_brings_an_unfit_route_is_refused() {
    let first = "routes:\n  - { path: /public/**, public: true }\n";
    let setup = Setup::policy(first).process(&process("nginx", ""));
    let gate = setup.without_listen().env("HOOK_SECRET", SECRET).start();
    assert_eq!(question(&gate, "GET", "/public/x").status, 200);
    gate.replace_policy(MISFITS[0].policy);
    eventually("the reload is refused", || {
        gate.metric("sidegate_reloads_total", &["failure"]) > 0.0
    });
    assert_named("a reload", "nginx", &gate.output.text());
    assert_eq!(question(&gate, "GET", "/public/x").status, 200);
}

/// A question as nginx asks it.
fn question(gate: &Gate, method: &str, path: &str) -> crate::support::Answer {
    gate.get("/")
        .header("X-Original-Method", method)
        .header("X-Original-URL", &format!("http://app.test{path}"))
        .header("X-Forwarded-For", "192.0.2.1")
        .send()
}
