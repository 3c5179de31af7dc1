//! Signed deliveries, from their heads to what becomes of them.

use http::{HeaderName, HeaderValue};

use super::*;
use crate::replay::{self, Replay};
use crate::secret::Secret;
use crate::webhook::Draft;

const SIGNED: &str = "
issuers:
  main: { url: 'https://idp.example', audience: api, secret: '${KEY}' }
api_keys:
  partners:
    from: { header: X-Key }
    keys:
      - { id: acme, name: acme, hash: 'sha256:aef0b54b04c40f68361e493cd756ca5729f72d251b99702201bcb5742ebca932', tenant: acme, metadata: { event_id: forged, plan: gold } }
webhooks:
  hook:
    secrets: [{ id: new, secret: '${KEY}' }, { id: old, secret: '${OLD}' }]
    max_body: 1KiB
    scheme: &timed
      kind: hmac
      alg: sha256
      signature: { from: header, name: X-Signature, encoding: hex }
      timestamp: { from: header, name: X-Time, format: unix, tolerance: 300s }
      id: { from: header, name: X-Id }
      signed: '{id}.{timestamp}.{body}'
      covers: body
  kind: { secrets: '${KEY}', scheme: *timed, replay: { seen: acknowledge }, principal: { subject: bot, roles: [ingest] } }
  tenants:
    secrets: { acme: '${KEY}', globex: '${OLD}' }
    secrets_by: { header: X-Tenant }
    scheme: *timed
  token: { secrets: '${KEY}', scheme: { kind: token, signature: { from: header, name: X-Token }, covers: origin } }
  address: { secrets: '${KEY}', scheme: { kind: token, signature: { from: query, name: code }, covers: origin } }
  challenged:
    preset: meta
    secrets: '${KEY}'
    challenge_token: '${KEY}'
    answer_challenges: true
roles: { ingest: ['*'] }
identity_headers: { X-User: '{{ principal.subject }}' }
routes:
  - { path: /hook, authenticate: [hook] }
  - { path: /again, authenticate: [hook] }
  - { path: /large, authenticate: [hook], max_body: 2KiB }
  - { path: /kind, authenticate: [kind], roles: [ingest] }
  - { path: /strict, authenticate: [hook], roles: [ingest] }
  - { path: /either, authenticate: [main, partners, hook] }
  - { path: /both, authenticate: { all: [partners, hook] } }
  - { path: /tenants, authenticate: { all: [partners, tenants] } }
  - { path: /token, authenticate: [token] }
  - { path: /address, authenticate: [address] }
  - { path: /challenged, authenticate: [challenged], methods: [GET, POST] }
";

const OLD: &str = "the secret from before, long enough as well";
const PARTNER: &str = "a-key-of-a-partner-0123456789";
const BODY: &[u8] = b"{\"a\":1}";

fn signing() -> Engine {
    let settings = replay::Settings::default();
    forgetful().remembering(Replay::new(&settings, &Registry::new()).unwrap())
}

/// Without a memory of what was seen.
fn forgetful() -> Engine {
    engine_of(SIGNED)
}

/// A delivery as the sender of a webhook signs it, at this time.
#[derive(Clone, Copy)]
struct Sent<'s> {
    webhook: &'s str,
    secret: &'s str,
    target: &'s str,
    event: &'s str,
    body: &'s [u8],
    at: u64,
}

const SENT: Sent<'static> = Sent {
    webhook: "hook",
    secret: KEY,
    target: "/hook",
    event: "e1",
    body: BODY,
    at: NOW,
};

impl Sent<'_> {
    fn to(self, engine: &Engine) -> Request {
        let host = Host::parse("app.example.com").unwrap();
        let secret = Secret::new(self.secret.as_bytes().to_vec());
        let webhook = engine.verifiers().webhook(self.webhook).unwrap();
        let draft = Draft {
            method: &Method::POST,
            host: &host,
            target: self.target,
            headers: &[],
            body: self.body,
            signed_at: SystemTime::UNIX_EPOCH + Duration::from_secs(self.at),
            event_id: Some(self.event),
            secret: &secret,
        };
        let signed = webhook.sign(&draft).unwrap();
        let mut request = request(self.target, &[]);
        request.method = Method::POST;
        for (name, value) in &signed.headers {
            request.headers.append(name, value);
        }
        request
    }
}

fn with(mut request: Request, name: &'static str, value: &str) -> Request {
    let name = HeaderName::from_static(name);
    request
        .headers
        .append(&name, &HeaderValue::from_str(value).unwrap());
    request
}

fn deliver(engine: &Engine, request: &Request, body: &[u8]) -> Decision {
    let plan = engine.plan(request);
    let body = Bytes::copy_from_slice(body);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        match engine.decide(&plan, request).await {
            Next::Decided(decision) => decision,
            Next::Body(awaited) => engine.decide_delivery(awaited, request, &body).await,
        }
    })
}

fn passed(engine: &Engine, request: &Request) -> Permit {
    match deliver(engine, request, BODY) {
        Decision::Allow(permit) => permit,
        Decision::Deny(denial) => panic!("{denial:?}"),
    }
}

fn refused(engine: &Engine, request: &Request, body: &[u8]) -> Option<Reason> {
    reason(deliver(engine, request, body))
}

#[test]
fn genuine_delivery_passes_with_the_body_that_was_verified() {
    let engine = signing();
    let permit = passed(&engine, &SENT.to(&engine));
    let principal = permit.principal().unwrap();
    assert_eq!(principal.kind, crate::model::PrincipalKind::Webhook);
    assert_eq!((&*principal.subject, &*principal.issuer), ("hook", "hook"));
    let claim = |name: &str| principal.claims.get(name).and_then(|claim| claim.as_str());
    assert_eq!(claim("webhook"), Some("hook"));
    assert_eq!(claim("secret_id"), Some("new"));
    assert_eq!(claim("event_id"), Some("e1"));
    assert_eq!(claim("signed_at"), Some("2027-01-15T08:00:00Z"));
    assert!(permit.is_delivery() && permit.reply().is_none());
    assert_eq!(permit.fingerprint(), None);
    // It is given once: nothing else can take its place.
    assert_eq!(permit.take_body().as_deref(), Some(BODY));
    assert_eq!(permit.take_body(), None);
    assert!(permit.is_delivery());
}

#[test]
fn every_secret_counts_and_is_told() {
    let engine = signing();
    let sent = Sent {
        secret: OLD,
        ..SENT
    };
    let permit = passed(&engine, &sent.to(&engine));
    let facts = permit.principal().unwrap().webhook.as_deref().unwrap();
    assert_eq!(&*facts.secret, "old");
}

#[test]
fn what_is_not_genuine_is_refused() {
    let engine = signing();
    let good = SENT.to(&engine);
    assert_eq!(
        refused(&engine, &good, b"{\"a\":2}"),
        Some(Reason::SignatureInvalid)
    );
    let wrong = Sent {
        secret: "another secret of some length",
        ..SENT
    };
    assert_eq!(
        refused(&engine, &wrong.to(&engine), BODY),
        Some(Reason::SignatureInvalid)
    );
    for at in [NOW - 301, NOW + 301] {
        let late = Sent { at, ..SENT };
        assert_eq!(
            refused(&engine, &late.to(&engine), BODY),
            Some(Reason::SignatureExpired)
        );
    }
    assert_eq!(
        refused(&engine, &request("/hook", &[]), BODY),
        Some(Reason::SignatureMissing)
    );
    // A token is not looked for, and so not judged either.
    let token = bearer("/hook", "no.such.token");
    assert_eq!(
        refused(&engine, &token, BODY),
        Some(Reason::SignatureMissing)
    );
}

#[test]
fn right_signature_is_judged_by_the_route_like_any_caller() {
    let engine = signing();
    let strict = Sent {
        target: "/strict",
        ..SENT
    };
    let decision = deliver(&engine, &strict.to(&engine), BODY);
    assert!(decision.principal().is_some());
    assert_eq!(reason(decision), Some(Reason::InsufficientRole));
    // It was not reserved.
    let again = deliver(&engine, &strict.to(&engine), BODY);
    assert_eq!(reason(again), Some(Reason::InsufficientRole));
    let kind = Sent {
        webhook: "kind",
        target: "/kind",
        ..SENT
    };
    let permit = passed(&engine, &kind.to(&engine));
    assert_eq!(told(&permit), ["x-user: bot"]);
}

#[test]
fn accepted_delivery_does_not_pass_again_and_one_that_failed_does() {
    let engine = signing();
    let request = SENT.to(&engine);
    let first = passed(&engine, &request);
    assert_eq!(
        refused(&engine, &request, BODY),
        Some(Reason::DeliveryPending)
    );
    first.settle(false);
    let second = passed(&engine, &request);
    // Whoever leaves before the upstream has answered lets go of it.
    drop(second);
    passed(&engine, &request).settle(true);
    for _ in 0..2 {
        assert_eq!(
            refused(&engine, &request, BODY),
            Some(Reason::SignatureReplayed)
        );
    }
    // Signed anew it is the same event.
    let again = Sent {
        at: NOW - 10,
        ..SENT
    };
    assert_eq!(
        refused(&engine, &again.to(&engine), BODY),
        Some(Reason::SignatureReplayed)
    );
    let other = Sent {
        event: "e2",
        ..SENT
    };
    passed(&engine, &other.to(&engine)).settle(true);
    let elsewhere = Sent {
        target: "/again",
        ..SENT
    };
    passed(&engine, &elsewhere.to(&engine)).settle(true);
}

#[test]
fn sender_is_told_that_all_is_well_where_the_file_says_so() {
    let engine = signing();
    let kind = || {
        Sent {
            webhook: "kind",
            target: "/kind",
            ..SENT
        }
        .to(&engine)
    };
    passed(&engine, &kind()).settle(true);
    let permit = passed(&engine, &kind());
    assert_eq!(permit.reply().unwrap().status, http::StatusCode::OK);
    assert_eq!(permit.take_body(), None);
}

#[test]
fn without_a_memory_nothing_passes_that_may_pass_once() {
    let engine = forgetful();
    let request = SENT.to(&engine);
    assert_eq!(
        refused(&engine, &request, BODY),
        Some(Reason::StoreUnavailable)
    );
    // Who only tries asks no memory.
    let plan = engine.plan(&request);
    let body = Bytes::from_static(BODY);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.unwrap();
    for _ in 0..2 {
        let tried = runtime.block_on(engine.decide_whole(&plan, &request, &body));
        assert_eq!(reason(tried), None);
    }
}

#[test]
fn body_is_no_longer_than_the_webhook_or_the_route_says() {
    let engine = signing();
    let (body, longer) = (vec![b'x'; 1025], vec![b'x'; 2049]);
    for (target, body, wanted) in [
        ("/hook", &body, Some(Reason::BodyTooLarge)),
        ("/large", &body, None),
        ("/large", &longer, Some(Reason::BodyTooLarge)),
    ] {
        let sent = Sent {
            target,
            body,
            event: target,
            ..SENT
        };
        assert_eq!(refused(&engine, &sent.to(&engine), body), wanted);
    }
    assert!(
        engine
            .decide_now(&engine.plan(&SENT.to(&engine)), &SENT.to(&engine))
            .is_none()
    );
}

#[test]
fn signature_beside_a_token_or_a_key_is_ambiguous_where_either_would_do() {
    let engine = signing();
    let sent = || {
        Sent {
            target: "/either",
            ..SENT
        }
        .to(&engine)
    };
    let permit = passed(&engine, &sent());
    assert_eq!(&*permit.principal().unwrap().issuer, "hook");
    permit.settle(true);
    for both in [
        with(sent(), "x-key", PARTNER),
        with(sent(), "x-key", "nobody's"),
        with(sent(), "authorization", &format!("Bearer {}", token("ann"))),
    ] {
        assert_eq!(
            refused(&engine, &both, BODY),
            Some(Reason::CredentialAmbiguous)
        );
    }
    let key = with(request("/either", &[]), "x-key", PARTNER);
    let token = bearer("/either", &token("ann"));
    for alone in [key, token] {
        let permit = passed(&engine, &alone);
        assert!(!permit.is_delivery());
        assert!(permit.principal().unwrap().webhook.is_none());
    }
    assert_eq!(
        refused(&engine, &bearer("/either", "no.such.token"), BODY),
        Some(Reason::TokenMalformed)
    );
    assert_eq!(
        refused(&engine, &request("/either", &[]), BODY),
        Some(Reason::TokenMissing)
    );
}

#[test]
fn key_and_signature_are_both_needed_where_the_route_asks_for_both() {
    let engine = signing();
    let sent = |secret| {
        Sent {
            target: "/both",
            secret,
            ..SENT
        }
        .to(&engine)
    };
    let wrong = "another secret of some length";
    let unsigned = with(request("/both", &[]), "x-key", PARTNER);
    for (request, wanted) in [
        (request("/both", &[]), Reason::KeyMissing),
        (sent(KEY), Reason::KeyMissing),
        (with(sent(KEY), "x-key", "nobody's"), Reason::KeyUnknown),
        (with(sent(wrong), "x-key", "nobody's"), Reason::KeyUnknown),
        (
            with(sent(wrong), "x-key", PARTNER),
            Reason::SignatureInvalid,
        ),
        (unsigned, Reason::SignatureMissing),
    ] {
        assert_eq!(refused(&engine, &request, BODY), Some(wanted));
    }
    let both = with(sent(KEY), "x-key", PARTNER);
    assert_eq!(
        refused(&engine, &both, b"other"),
        Some(Reason::SignatureInvalid)
    );
    let permit = passed(&engine, &both);
    let principal = permit.principal().unwrap();
    assert_eq!(principal.kind, crate::model::PrincipalKind::ApiKey);
    assert_eq!(&*principal.issuer, "partners");
    let claim = |name: &str| principal.claims.get(name).and_then(|claim| claim.as_str());
    // What the key's metadata calls the same is not what was signed.
    assert_eq!(claim("event_id"), Some("e1"));
    assert_eq!(claim("webhook"), Some("hook"));
    assert_eq!(claim("plan"), Some("gold"));
    assert_eq!(&*principal.webhook.as_deref().unwrap().name, "hook");
    assert!(permit.fingerprint().is_some());
    let mut left = both.headers.clone();
    permit.rewrite(&mut left);
    assert!(left.get("x-key").is_none() && left.get("x-signature").is_some());
}

#[test]
fn key_of_one_tenant_does_not_go_with_the_signature_of_another() {
    let engine = signing();
    let sent = |tenant: &str, secret| {
        let sent = Sent {
            webhook: "tenants",
            target: "/tenants",
            secret,
            ..SENT
        };
        with(with(sent.to(&engine), "x-key", PARTNER), "x-tenant", tenant)
    };
    let theirs = deliver(&engine, &sent("globex", OLD), BODY);
    assert!(theirs.principal().is_some());
    assert_eq!(reason(theirs), Some(Reason::TenantMismatch));
    assert_eq!(refused(&engine, &sent("acme", KEY), BODY), None);
    for (tenant, secret) in [("globex", KEY), ("nobody", KEY)] {
        assert_eq!(
            refused(&engine, &sent(tenant, secret), BODY),
            Some(Reason::SignatureInvalid)
        );
    }
}

#[test]
fn fixed_token_does_not_reach_the_app() {
    let engine = signing();
    let request = with(request("/token", &[]), "x-token", KEY);
    let permit = passed(&engine, &request);
    let mut left = request.headers.clone();
    permit.rewrite(&mut left);
    assert!(left.get("x-token").is_none());
    assert!(engine.reads_credential_from_header("x_token"));
}

#[test]
fn fixed_token_in_the_address_does_not_reach_the_app_or_a_log() {
    let engine = signing();
    let code: String = url::form_urlencoded::byte_serialize(KEY.as_bytes()).collect();
    let request = request(&format!("/address?a=1&code={code}"), &[]);
    let permit = passed(&engine, &request);
    assert_eq!(permit.path(&request.path).target().as_str(), "/address?a=1");
    let query = engine.verifiers().redacted(request.path.query().unwrap());
    assert!(!query.contains(&code), "{query}");
    let shown = engine.verifiers().without_tokens(&request.path);
    assert_eq!(shown.target().as_str(), "/address?a=1");
}

#[test]
fn challenge_is_answered_and_nobody_passes_by_it() {
    let engine = signing();
    let target = "/challenged?hub.mode=subscribe&hub.challenge=1158&hub.verify_token=";
    let token = KEY.replace(' ', "%20");
    let asked = request(&format!("{target}{token}"), &[]);
    let permit = match deliver(&engine, &asked, b"") {
        Decision::Allow(permit) => permit,
        Decision::Deny(denial) => panic!("{denial:?}"),
    };
    assert_eq!(permit.reply().unwrap().body, "1158");
    assert!(permit.is_delivery() && permit.principal().is_none());
    assert_eq!(permit.take_body(), None);
    let wrong = request(&format!("{target}wrong"), &[]);
    assert!(refused(&engine, &wrong, b"").is_some());
}

#[test]
fn principal_given_outright_needs_its_signature_where_the_route_asks_for_one() {
    let engine = signing();
    let request = SENT.to(&engine);
    let sender = passed(&engine, &request).principal().unwrap().clone();
    let ask = |target: &str, principal: &Arc<Principal>| {
        let request = super::request(target, &[]);
        let plan = engine.plan(&request);
        reason(engine.decide_as(&plan, &request, Some(principal)))
    };
    assert_eq!(ask("/hook", &sender), None);
    assert_eq!(ask("/kind", &sender), Some(Reason::SignatureMissing));
    let both = with(
        Sent {
            target: "/both",
            ..SENT
        }
        .to(&engine),
        "x-key",
        PARTNER,
    );
    let partner = passed(&engine, &both).principal().unwrap().clone();
    assert_eq!(ask("/both", &partner), None);
    let unsigned = Arc::new(Principal {
        webhook: None,
        ..(*partner).clone()
    });
    assert_eq!(ask("/both", &unsigned), Some(Reason::SignatureMissing));
    assert_eq!(ask("/either", &unsigned), None);
}

#[test]
fn what_comes_of_deliveries_is_counted() {
    let registry = Registry::new();
    let metrics = crate::webhook::Metrics::new(&registry).unwrap();
    let engine = signing().counting(&metrics);
    let request = Sent {
        at: NOW - 3,
        ..SENT
    }
    .to(&engine);
    passed(&engine, &request).settle(true);
    refused(&engine, &request, BODY);
    refused(&engine, &request, b"other");
    refused(&engine, &super::request("/hook", &[]), b"");
    refused(&engine, &request, &[0; 1025]);
    let text = registry.render().unwrap();
    for reason in ["ok", "replay", "mismatch", "missing", "too_large"] {
        let line = format!(
            "sidegate_webhook_verify_total{{preset=\"\",reason=\"{reason}\",route=\"/hook\",webhook=\"hook\"}} 1"
        );
        assert!(text.contains(&line), "{line}\n{text}");
    }
    for line in [
        "sidegate_webhook_secret_total{secret=\"new\",webhook=\"hook\"} 2",
        "sidegate_webhook_age_seconds_sum{webhook=\"hook\"} 6",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("sidegate_webhook_ending_secret_total{"));
}
