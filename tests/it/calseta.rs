//! Calseta: the policy in `config/examples/calseta`, row K5. Keys are in `calseta_keys.rs` and
//! `calseta_old_keys.rs`, signatures in `calseta_webhooks.rs`.

use crate::support::gate::Setup;
use crate::support::{Gate, Upstream, example};

/// Where the sources that sign have their secrets, and what these are in tests.
pub(crate) const SECRETS: [(&str, &str); 3] = [
    (
        "SENTINEL_WEBHOOK_SECRET",
        "what-sentinel-signs-with-in-tests",
    ),
    ("ELASTIC_WEBHOOK_SECRET", "what-elastic-signs-with-in-tests"),
    ("SPLUNK_WEBHOOK_SECRET", "what-splunk-signs-with-in-tests"),
];

/// With the secrets of the sources that sign.
pub(crate) fn with_secrets(setup: Setup) -> Setup {
    let with = |setup: Setup, (name, secret): (&str, &str)| setup.env(name, secret);
    SECRETS.into_iter().fold(setup, with)
}

/// The example's policy alone, in a folder of its own, where its store may be.
fn bare() -> Setup {
    with_secrets(Setup::policy(&example("calseta/policy.yaml")))
}

/// The same with this process file.
fn setup(process: &str, upstream: &Upstream) -> Setup {
    bare().process(&example(process)).upstream(upstream)
}

/// Row K5: asks with these lines of `X-Forwarded-For`; returns the address the app is told.
fn told(gate: &Gate, upstream: &Upstream, lines: &[&str]) -> String {
    let call = gate.get("/health");
    let call = lines
        .iter()
        .fold(call, |call, line| call.header("X-Forwarded-For", line));
    call.send().assert_passed();
    upstream
        .last()
        .header("x-client-ip")
        .expect("no client address")
        .to_owned()
}

/// Row K5, `TRUSTED_PROXY_COUNT` style.
#[test]
fn one_trusted_proxy_makes_the_last_address_count() {
    let upstream = Upstream::start();
    let gate = setup("calseta/sidegate.yaml", &upstream).start();
    for (lines, client) in [
        (&["203.0.113.7"][..], "203.0.113.7"),
        (&["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (&["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
        (&["127.0.0.1, 203.0.113.7"], "203.0.113.7"),
        (&["2001:db8::7"], "2001:db8::7"),
    ] {
        assert_eq!(told(&gate, &upstream, lines), client, "{lines:?}");
    }
}

/// Row K5, CIDR style.
#[test]
fn trusted_addresses_are_skipped_from_the_right() {
    let upstream = Upstream::start();
    let gate = setup("calseta/sidegate.cidr.yaml", &upstream).start();
    for (lines, client) in [
        (&["203.0.113.7"][..], "203.0.113.7"),
        (&["203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        (&["198.51.100.1, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        (&["10.9.9.9, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        (&["203.0.113.7", "10.1.2.3"], "203.0.113.7"),
    ] {
        assert_eq!(told(&gate, &upstream, lines), client, "{lines:?}");
    }
}

/// Row K5.
#[test]
fn nobody_is_trusted_when_nothing_is_said() {
    let upstream = Upstream::start();
    let gate = bare().upstream(&upstream).start();
    assert_eq!(told(&gate, &upstream, &["203.0.113.7"]), "127.0.0.1");
}

/// Row K5: without trust, what a caller says about itself does not reach the app either.
#[test]
fn forwarded_header_of_a_stranger_is_replaced() {
    let upstream = Upstream::start();
    let gate = bare().upstream(&upstream).start();
    told(&gate, &upstream, &["203.0.113.7"]);
    assert_eq!(upstream.last().header("x-forwarded-for"), Some("127.0.0.1"));
}

/// Row K5.
#[test]
fn trusting_everybody_is_refused_at_load() {
    for cidr in ["0.0.0.0/0", "\"::/0\""] {
        let process =
            format!("trusted_proxies: {{ cidrs: [{cidr}] }}\nupstream: http://127.0.0.1:9\n");
        let (code, said) = bare().process(&process).refusal();
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("trusted_proxies"), "{said}");
    }
}

/// Row K5: an address that is none, from a proxy we trust.
#[test]
fn broken_forwarded_header_of_a_trusted_proxy_is_refused() {
    let upstream = Upstream::start();
    let gate = setup("calseta/sidegate.yaml", &upstream).start();
    let answer = gate
        .get("/health")
        .header("X-Forwarded-For", "not an address")
        .send();
    answer.assert_refused(400, "FORWARDED_INVALID");
    assert_eq!(upstream.count(), 0);
}
