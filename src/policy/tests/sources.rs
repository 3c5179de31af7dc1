//! Keys that are for some sources, or for some networks only.

use super::keys::{compile_keyed, key, keyed};
use super::*;
use crate::model::KeyFacts;
use crate::policy::{Fact, Rule};

const RULES: &str = "routes:
  - { path: '/hooks/{source}' }
  - { path: '/in/{provider}', source: '{{ path.provider }}' }
  - { path: /header, source: '{{ header.x-source }}' }
  - { path: /host, source: '{{ host.0 }}' }
  - { path: '/any/{source}', source: any }
  - { path: /unbound }
  - { path: '/t/{tenant}/{source}', roles: [x] }
";

fn bound(sources: Option<&[&str]>, networks: Option<&[&str]>) -> Principal {
    let facts = KeyFacts {
        id: "k1".into(),
        sources: sources.map(|sources| sources.iter().map(|name| (*name).into()).collect()),
        networks: networks.map(|nets| nets.iter().map(|net| net.parse().unwrap()).collect()),
    };
    Principal {
        key: Some(Arc::new(facts)),
        ..key(&[], &["*"])
    }
}

fn refused(policy: &Policy, request: &Request, principal: &Principal) -> bool {
    match reason(policy, request, principal) {
        None => false,
        Some(Reason::SourceNotAllowed) => true,
        Some(other) => panic!("{other}"),
    }
}

#[test]
fn key_passes_only_where_the_request_names_one_of_its_sources() {
    let policy = keyed(RULES);
    let acme = bound(Some(&["acme", "a b"]), None);
    let header = |value: &str| with_headers(get("/header"), &[("x-source", value.as_bytes())]);
    for (request, wanted) in [
        (get("/hooks/acme"), false),
        (get("/hooks/%61cme"), false),
        (get("/hooks/a%20b"), false),
        (get("/hooks/ACME"), true),
        (get("/hooks/other"), true),
        (get("/in/acme"), false),
        (get("/in/other"), true),
        (header("acme"), false),
        (header("other"), true),
        (header(""), true),
        (get("/header"), true),
        (
            with_headers(header("acme"), &[("x_source", b"other")]),
            true,
        ),
        (request("GET", "acme.example.com", "/host"), false),
        (request("GET", "other.example.com", "/host"), true),
        (get("/any/other"), false),
        (get("/unbound"), true),
    ] {
        assert_eq!(
            refused(&policy, &request, &acme),
            wanted,
            "{}",
            request.path
        );
    }
    for path in ["/hooks/acme", "/unbound"] {
        assert!(refused(&policy, &get(path), &bound(Some(&[]), None)));
    }
    assert!(refused(&policy, &header(""), &bound(Some(&[""]), None)));
}

#[test]
fn whoever_is_for_any_source_passes() {
    let policy = keyed(RULES);
    for caller in [
        principal(&[], &[]),
        machine(&[], &[]),
        key(&[], &[]),
        bound(None, None),
    ] {
        for path in [
            "/hooks/other",
            "/in/x",
            "/header",
            "/host",
            "/any/x",
            "/unbound",
        ] {
            assert!(!refused(&policy, &get(path), &caller), "{path}");
        }
    }
}

#[test]
fn key_is_refused_outside_its_networks_before_anything_else_is_judged() {
    let policy = keyed(RULES);
    for (networks, wanted) in [
        (&["192.0.2.0/24"][..], false),
        (&["10.0.0.0/8", "192.0.2.7/32"], false),
        (&["10.0.0.0/8"], true),
        (&["2001:db8::/32"], true),
        (&[], true),
    ] {
        let key = bound(None, Some(networks));
        assert_eq!(
            refused(&policy, &get("/unbound"), &key),
            wanted,
            "{networks:?}"
        );
    }
    let elsewhere = bound(Some(&["a"]), Some(&["10.0.0.0/8"]));
    let denied = judge(&policy, &get("/t/acme/b"), &elsewhere).unwrap_err();
    assert_eq!(
        denied.detail,
        "the key may not be presented from the client's address"
    );
    let rules = |key: &Principal| -> Vec<Rule> {
        let request = get("/t/acme/b");
        let matched = policy.find(&request).unwrap();
        matched
            .route
            .checks_of(Some(key))
            .map(|check| check.rule())
            .collect()
    };
    assert_eq!(
        rules(&elsewhere),
        [Rule::Network, Rule::Tenant, Rule::Source, Rule::Roles]
    );
    assert_eq!(rules(&key(&[], &[])), [Rule::Tenant, Rule::Roles]);
    assert_eq!(rules(&principal(&[], &[])), [Rule::Tenant, Rule::Roles]);
}

#[test]
fn source_can_be_observed_and_a_network_cannot() {
    let policy = keyed(
        "routes:\n  - { path: '/hooks/{source}', observe: { until: 1970-01-31, rules: [source] } }\n  - { path: '/all/{source}', observe: { until: 1970-01-31 } }\n",
    );
    for path in ["/hooks/other", "/all/other"] {
        let grant = judge(&policy, &get(path), &bound(Some(&["acme"]), None)).unwrap();
        assert_eq!(grant.observed().unwrap().rule, Rule::Source);
        let elsewhere = bound(None, Some(&["10.0.0.0/8"]));
        assert!(refused(&policy, &get(path), &elsewhere));
    }
    for (route, said) in [
        (
            "{ path: /a, roles: [x], observe: { until: 2026-12-31, rules: [source] } }",
            "is not asked for",
        ),
        (
            "{ path: '/{source}', observe: { until: 2026-12-31, rules: [network] } }",
            "is not a rule that can",
        ),
    ] {
        let (policy, problems) =
            compile_keyed(&format!("authenticate: partners\nroutes: [{route}]\n"));
        assert!(
            policy.is_none() && problems[0].contains(said),
            "{problems:?}"
        );
    }
}

#[test]
fn capture_binds_the_source_unasked_only_where_keys_come() {
    let policy = keyed(
        "routes:\n  - { path: '/a/{source}' }\n  - { path: '/b/{source}', authenticate: main }\n  - { path: '/c/{source}', public: true }\n",
    );
    let sources: Vec<Option<String>> = policy.routes().iter().map(|route| route.source()).collect();
    assert_eq!(
        sources,
        [Some("the path's `source`".to_owned()), None, None]
    );
    let plain = super::policy("routes:\n  - { path: '/a/{source}' }\n");
    assert_eq!(plain.routes()[0].checks().count(), 0);
}

#[test]
fn source_is_inherited_replaced_and_lifted_like_a_tenant() {
    let policy = keyed(
        "routes:\n  - group: hooks\n    defaults: { source: '{{ path.provider }}' }\n    routes:\n      - { path: '/{provider}/a' }\n      - { path: '/{provider}/b', source: '{{ header.x-s }}' }\n      - { path: '/{provider}/c', source: any }\n",
    );
    let shown: Vec<String> = policy
        .routes()
        .iter()
        .map(|route| format!("{:?} {}", route.source(), route.origin("source").unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            "Some(\"the path's `provider`\") policy.yaml:4, group hooks",
            "Some(\"the header `x-s`\") policy.yaml:7",
            "None policy.yaml:8",
        ]
    );
    let facts: Vec<Fact> = policy.facts_read().into_iter().collect();
    assert_eq!(facts, [Fact::Header("x-s".into())]);
}

#[test]
fn route_can_speak_for_one_source_by_name() {
    let text = "routes:
  - { path: /v1/ingest/splunk, source: splunk }
  - { path: /v1/ingest/other, source: '${VALUE_OF_NONE:-other}' }
  - { group: g, defaults: { source: github }, routes: [{ path: /g }, { path: /h, source: any }] }
";
    let policy = keyed(text);
    let splunk = bound(Some(&["splunk"]), None);
    for (path, wanted) in [
        ("/v1/ingest/splunk", false),
        ("/v1/ingest/other", true),
        ("/g", true),
        ("/h", false),
    ] {
        assert_eq!(refused(&policy, &get(path), &splunk), wanted, "{path}");
    }
    assert!(!refused(
        &policy,
        &get("/g"),
        &bound(Some(&["github"]), None)
    ));
    assert!(!refused(&policy, &get("/g"), &bound(None, None)));
    let shown = policy.routes().iter().map(|route| route.source());
    let shown: Vec<Option<String>> = shown.collect();
    assert_eq!(
        shown,
        [
            Some("the route's source `splunk`".to_owned()),
            Some("the route's source".into()),
            Some("the route's source `github`".into()),
            None
        ]
    );
    let request = get("/g");
    let matched = policy.find(&request).unwrap();
    let check = matched.route.checks_of(Some(&splunk)).next().unwrap();
    assert!(check.reads().is_empty());
    let told = policy.tell(check, &matched, &request, Some(&splunk));
    assert_eq!(
        format!("{} | {} | {}", told.asks, told.has, told.enough),
        "the route's source `github` to be a source of the key | a key for the source splunk | \
         a key for the source `github`"
    );
}

#[test]
fn mistakes_of_a_source_are_named() {
    for (text, said) in [
        (
            "routes: [{ path: /a, source: '{{ path.b }}' }]",
            "the path has no capture `b`",
        ),
        (
            "routes: [{ path: /a, source: '{{ principal.subject }}' }]",
            "where a request names its source",
        ),
        (
            "routes: [{ path: /a, source: 'git{{ host.0 }}' }]",
            "where a request names its source",
        ),
        (
            "routes: [{ path: '/in/{provider}', source: provider }]",
            "write `{{ path.provider }}`",
        ),
        (
            "defaults: { source: github }\nroutes: [{ path: '/{source}' }]",
            "reads something else",
        ),
        (
            "routes: [{ path: /a, public: true, source: any }]",
            "a public route asks nobody",
        ),
        (
            "defaults: { source: any }\nroutes: [{ path: /a }]",
            "cannot be a default of the whole file",
        ),
        (
            "defaults: { source: '{{ path.b }}' }\nroutes: [{ path: /a }]",
            "which the source rule of",
        ),
        (
            "defaults: { source: '{{ header.b }}' }\nroutes: [{ path: '/{source}' }]",
            "reads something else",
        ),
        ("routes: [{ path: /a, source: }]", "without a value"),
    ] {
        let (policy, problems) = compile_keyed(&format!("authenticate: partners\n{text}\n"));
        assert!(
            policy.is_none() && problems.join("\n").contains(said),
            "{text}\n{problems:?}"
        );
    }
}

#[test]
fn what_a_key_is_for_is_told() {
    let policy = keyed(RULES);
    let told = |path: &str, key: &Principal| {
        let request = get(path);
        let matched = policy.find(&request).unwrap();
        let check = matched.route.checks_of(Some(key)).next().unwrap();
        let denied = policy
            .judge(check, &matched, &request, Some(key))
            .unwrap_err();
        assert!(check.reasons().contains(&denied.reason));
        let told = policy.tell(check, &matched, &request, Some(key));
        format!("{} | {} | {}", told.asks, told.has, told.enough)
    };
    let key = bound(Some(&["acme", "b"]), None);
    assert_eq!(
        told("/hooks/evil", &key),
        "the path's `source`, here `evil`, to be a source of the key | a key for one of the sources acme, b | \
         a key for the source `evil`"
    );
    assert_eq!(
        told("/unbound", &key),
        "a credential for any source, as the route names none | a key for one of the sources acme, b | \
         a key for any source, or a `source` on the route"
    );
    assert_eq!(
        told("/unbound", &bound(None, Some(&["10.0.0.0/8"]))),
        "a client in 10.0.0.0/8, as the key says | the client 192.0.2.7 | a client in 10.0.0.0/8"
    );
    let denied = judge(&policy, &get("/hooks/evil"), &key).unwrap_err();
    assert_eq!(denied.detail, "the path's `source` is no source of the key");
}
