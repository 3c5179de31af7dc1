//! Routes that take signed deliveries, alone or beside another credential.

use super::*;
use crate::model::WebhookFacts;

fn profiles() -> Vec<WebhookProfile> {
    let plain = |name: &str| WebhookProfile {
        has_tenant: false,
        ..webhook(name)
    };
    vec![
        plain("gh"),
        webhook("st"),
        WebhookProfile {
            chosen_by: Some("org".into()),
            ..webhook("chosen")
        },
        WebhookProfile {
            needs_key: true,
            ..webhook("kept")
        },
    ]
}

fn compile_hooked(text: &str) -> (Option<Policy>, Vec<String>) {
    let (issuers, sets): ([Arc<str>; 1], [Arc<str>; 1]) = (["main".into()], ["partners".into()]);
    let known = Known {
        webhooks: &profiles(),
        issuers: &issuers,
        key_sets: &sets,
        stored_key_sets: &sets,
        upstreams: None,
    };
    compile_knowing(text, &known)
}

fn hooked(routes: &str) -> Policy {
    let (policy, problems) = compile_hooked(&format!("routes:\n{routes}"));
    assert_eq!(problems, Vec::<String>::new(), "{routes}");
    policy.unwrap()
}

fn delivery(event: &str) -> Principal {
    let claims = serde_json::json!({
        "webhook": "gh", "secret_id": "1", "event_id": event, "signed_at": "2026-01-02T03:04:05Z",
    });
    Principal {
        kind: PrincipalKind::Webhook,
        issuer: "gh".into(),
        claims: Claims::new(claims.as_object().unwrap().clone()),
        webhook: Some(Arc::new(WebhookFacts {
            name: "gh".into(),
            secret: "1".into(),
            event_id: Some(event.into()),
            signed_at: None,
        })),
        ..principal(&["ingest"], &["events:write"])
    }
}

#[test]
fn signature_is_asked_for_alone_or_beside_a_credential() {
    let policy = hooked(
        "  - { path: /a, authenticate: gh }\n  - { path: /b, authenticate: [gh, partners] }\n  \
         - { path: /c, authenticate: { all: [partners, kept] } }\n  \
         - { path: /d, authenticate: { all: [gh, main] } }\n",
    );
    let of = |at: usize| policy.routes()[at].access();
    let names = |names: &[&str]| Some(names.iter().map(|name| Arc::from(*name)).collect());
    for (at, accepted, signed) in [
        (0, names(&["gh"]), None),
        (1, names(&["gh", "partners"]), None),
        (2, names(&["partners"]), Some("kept")),
        (3, names(&["main"]), Some("gh")),
    ] {
        let signed = signed.map(Arc::from);
        assert_eq!(*of(at), Access::Authenticated { accepted, signed });
    }
    assert!(of(0).accepts("gh") && of(0).takes_deliveries_of("gh"));
    assert!(!of(3).accepts("gh") && of(3).takes_deliveries_of("gh"));
    assert!(!of(3).takes_deliveries_of("st"));
}

#[test]
fn both_may_stand_wherever_one_may() {
    let both = "{ all: [partners, gh] }";
    for text in [
        format!("authenticate: {both}\nroutes: [{{ path: /a }}]\n"),
        format!("defaults: {{ authenticate: {both} }}\nroutes: [{{ path: /a }}]\n"),
        format!(
            "authenticate: main\nroutes: [{{ group: g, defaults: {{ authenticate: {both} }}, routes: [{{ path: /a }}] }}]\n"
        ),
    ] {
        let (policy, problems) = compile_hooked(&text);
        assert_eq!(problems, Vec::<String>::new(), "{text}");
        let policy = policy.unwrap();
        assert_eq!(policy.routes()[0].access().signed().unwrap().as_ref(), "gh");
        assert!(policy.routes()[0].origin("authenticate").is_some());
    }
}

#[test]
fn mistakes_of_both_are_named() {
    for (written, said) in [
        (
            "{ all: [partners] }",
            "names one issuer or set of API keys and no webhook",
        ),
        (
            "{ all: [gh] }",
            "names no issuer or set of API keys and one webhook",
        ),
        ("{ all: [gh, st] }", "and 2 webhooks"),
        (
            "{ all: [partners, main] }",
            "names 2 issuers or sets of API keys and no webhook",
        ),
        ("{ all: [partners, main, gh] }", "names 2 issuers or sets"),
        (
            "{ all: [] }",
            "names no issuer or set of API keys and no webhook",
        ),
        ("{ all: partners }", "expected a list"),
        ("{ all: [partners, git] }", "no webhook `git`"),
        (
            "{ any: [partners, gh] }",
            "unknown key `any` in authenticate",
        ),
        ("{}", "needs the key `all`"),
        ("{ all: }", "without a value"),
        (
            "git",
            "there is no issuer and no set of API keys and no webhook `git`",
        ),
    ] {
        let text = format!("routes: [{{ path: /a, authenticate: {written} }}]\n");
        let (policy, problems) = compile_hooked(&text);
        let problems = problems.join("\n");
        assert!(
            policy.is_none() && problems.contains(said),
            "{text}{problems}"
        );
    }
}

#[test]
fn routes_that_a_webhook_cannot_serve_are_named() {
    for (route, said) in [
        ("path: /a, authenticate: chosen", "no capture `org`"),
        (
            "path: /a, authenticate: { all: [main, chosen] }",
            "no capture `org`",
        ),
        ("path: /a, authenticate: any", "no capture `org`"),
        (
            "path: /a, authenticate: kept",
            "`authenticate: { all: [partners, kept] }`",
        ),
        (
            "path: /a, authenticate: [partners, kept]",
            "comes with an API key",
        ),
        (
            "path: /a, authenticate: { all: [main, kept] }",
            "comes with an API key",
        ),
        (
            "path: '/{tenant}', authenticate: gh",
            "a delivery of `gh` has no tenant",
        ),
        (
            "path: /a, tenant: '{{ header.x-t }}', authenticate: gh",
            "`principal: { tenant: ... }`",
        ),
        (
            "path: /a, acr: mfa, authenticate: gh",
            "no sign-in behind it",
        ),
        (
            "path: /a, max_age: 5m, authenticate: [gh, st]",
            "no sign-in behind it",
        ),
        (
            "path: /a, source: splunk, authenticate: gh",
            "it is for API keys",
        ),
        (
            "path: /a, max_body: 5MiB, authenticate: main",
            "no webhook is named here",
        ),
        (
            "path: /a, max_body: 5MiB, public: true",
            "`max_body` cannot hold",
        ),
        (
            "path: /a, max_body: 0, authenticate: gh",
            "from 1 byte to 1 GiB",
        ),
        (
            "path: /a, max_body: 1025 MiB, authenticate: gh",
            "from 1 byte to 1 GiB",
        ),
        (
            "path: /a/**, api_keys: partners, authenticate: gh",
            "no requests for keys",
        ),
    ] {
        let (policy, problems) = compile_hooked(&format!("routes: [{{ {route} }}]\n"));
        let problems = problems.join("\n");
        assert!(
            policy.is_none() && problems.contains(said),
            "{route}\n{problems}"
        );
    }
}

#[test]
fn routes_that_a_webhook_can_serve_are_fine() {
    hooked(
        "  - { path: '/1/{org}/x', authenticate: chosen }\n  \
         - { path: '/2/{tenant}', authenticate: st }\n  \
         - { path: '/3/{tenant}', authenticate: gh, tenant: any }\n  \
         - { path: '/4/{tenant}', authenticate: { all: [partners, gh] } }\n  \
         - { path: '/5/{tenant}', authenticate: [partners, gh] }\n  \
         - { path: /6, authenticate: { all: [main, gh] }, acr: mfa, max_age: 5m }\n  \
         - { path: /7, authenticate: { all: [partners, kept] }, source: splunk }\n  \
         - { path: '/8/{source}', authenticate: gh }\n",
    );
}

#[test]
fn route_says_how_much_is_held() {
    let policy = hooked(
        "  - group: hooks\n    path: /hooks\n    defaults: { authenticate: gh, max_body: 5MiB }\n    routes:\n      \
         - { path: /a }\n      - { path: /b, max_body: 100 }\n      - { path: /c, authenticate: main }\n  \
         - { path: /d, authenticate: gh }\n",
    );
    let held: Vec<Option<usize>> = policy
        .routes()
        .iter()
        .map(|route| route.most_body())
        .collect();
    assert_eq!(held, [Some(5 << 20), Some(100), None, None]);
    let said = |at: usize| policy.routes()[at].origin("max_body").is_some();
    assert_eq!(
        [said(0), said(1), said(2), said(3)],
        [true, true, false, false]
    );
}

#[test]
fn whose_credentials_count_must_be_said_beside_webhooks() {
    let issuers: [Arc<str>; 1] = ["main".into()];
    let hooks = profiles();
    let compile = |issuers: &[Arc<str>], webhooks: &[WebhookProfile]| {
        let known = Known {
            webhooks,
            issuers,
            key_sets: &[],
            stored_key_sets: &[],
            upstreams: None,
        };
        compile_knowing("routes: [{ path: /a }]\n", &known)
            .1
            .join("\n")
    };
    assert_eq!(compile(&[], &hooks[..1]), "");
    assert!(compile(&issuers, &hooks[..1]).contains("the file has issuers and webhooks"));
    assert!(compile(&[], &hooks[..2]).contains("the file has several webhooks"));
    let (_, all) = compile_hooked("routes: [{ path: /a }]\n");
    assert!(
        all[0].contains("issuers, sets of API keys and webhooks"),
        "{all:?}"
    );
    assert!(compile(&[], &[]).contains("a sender under `webhooks`"));
}

#[test]
fn rights_of_a_delivery_are_bounded_by_its_scopes() {
    let text = "roles: { ingest: ['events:*'] }\nroutes:\n  \
                - { path: /write, authenticate: gh, permission: 'events:write' }\n  \
                - { path: /read, authenticate: gh, permission: 'events:read' }\n  \
                - { path: /role, authenticate: gh, roles: [ingest] }\n";
    let (policy, problems) = compile_hooked(text);
    assert_eq!(problems, Vec::<String>::new());
    let policy = policy.unwrap();
    let sender = delivery("e1");
    assert_eq!(reason(&policy, &get("/write"), &sender), None);
    assert_eq!(reason(&policy, &get("/role"), &sender), None);
    assert_eq!(
        reason(&policy, &get("/read"), &sender),
        Some(Reason::PermissionDenied)
    );
    let star = Principal {
        scopes: vec!["*".into()],
        ..sender
    };
    assert_eq!(
        reason(&policy, &get("/write"), &star),
        Some(Reason::PermissionDenied)
    );
}

#[test]
fn condition_and_headers_see_what_was_signed() {
    let policy = hooked(
        "  - path: /a\n    authenticate: gh\n    when: principal.kind == 'webhook' && principal.claims.webhook == 'gh' \
         && principal.claims.secret_id != '2' && timestamp(principal.claims.signed_at) < timestamp('2027-01-01T00:00:00Z')\n    \
         identity_headers:\n      X-Event: '{{ principal.claims.event_id }}'\n      X-At: '{{ principal.claims.signed_at }}'\n      \
         X-Kind: '{{ principal.kind }}'\n",
    );
    let granted = judge(&policy, &get("/a"), &delivery("e1")).unwrap();
    assert_eq!(
        told(&granted),
        [
            "x-event: e1",
            "x-at: 2026-01-02T03:04:05Z",
            "x-kind: webhook"
        ]
    );
}

/// A delivery's principal is its own: nothing is worked out for other routes, and nothing is taken from a memo
/// that says what another delivery was told.
#[test]
fn delivery_leaves_the_memo_alone() {
    let policy = hooked(
        "  - { path: /a, authenticate: gh, identity_headers: { X-Event: '{{ principal.claims.event_id }}' } }\n  \
         - { path: /b, authenticate: gh, identity_headers: { X-B: '{{ principal.subject }}' } }\n",
    );
    let sender = Arc::new(delivery("e1"));
    let granted = judge_shared(&policy, &get("/a"), &sender).unwrap();
    assert_eq!(told(&granted), ["x-event: e1"]);
    assert!(format!("{:?}", sender.memo).contains("filled: false"));
    let user = Arc::new(Principal {
        webhook: None,
        ..delivery("e2")
    });
    assert_eq!(
        told(&judge_shared(&policy, &get("/a"), &user).unwrap()),
        ["x-event: e2"]
    );
    assert!(format!("{:?}", user.memo).contains("filled: true"));
}
