//! From a request to a permit, whole.

mod deliveries;
mod given;

use std::path::Path;
use std::time::{Duration, SystemTime};

use http::Method;
use proptest::collection::vec;
use proptest::sample::select;

use super::*;
use crate::credential;
use crate::document::{Fields, Problems, parse};
use crate::jwks::{self, KeySets};
use crate::model::{Client, Host, Scheme};
use crate::policy;
use crate::telemetry::Registry;

const NOW: u64 = 1_800_000_000;
const KEY: &str = "a key of at least thirty-two bytes";
const POLICY: &str = "
issuers:
  main: { url: 'https://idp.example', audience: api, secret: '${KEY}' }
tokens:
  from: [bearer, { header: X-Id-Token }, { cookie: id }, { query: token }]
identity_headers:
  X-User: '{{ principal.subject }}'
  X-Tenant: '{{ principal.tenant }}'
  X-Gate: sidegate
routes:
  - { path: '/api/{thing}/**', identity_headers: { X-Thing: '{{ path.thing }}' } }
  - { path: /open, public: true }
";

fn engine() -> Engine {
    engine_of(POLICY)
}

fn engine_of(policy: &str) -> Engine {
    let problems = Problems::new();
    let environment = |name: &str| match name {
        "KEY" => Some(KEY.to_owned()),
        "OLD" => Some("the secret from before, long enough as well".to_owned()),
        _ => None,
    };
    let top = parse("policy.yaml", policy, &environment, &problems).unwrap();
    let mut fields = Fields::of(&top, "policy file", &problems).unwrap();
    let credentials = credential::Config::read(&mut fields, &problems);
    let rules = policy::Config::read(&mut fields, &problems);
    fields.finish();
    let known = policy::Known {
        webhooks: &credentials.webhook_profiles(),
        issuers: &credentials.issuer_names(),
        key_sets: &credentials.key_set_names(),
        stored_key_sets: &credentials.stored_key_set_names(),
        upstreams: None,
    };
    let policy = rules.compile(&known, &problems);
    let key_sets = KeySets::new(jwks::Settings::default(), &Registry::new()).unwrap();
    let verifiers = credentials.build(Path::new(""), &key_sets, &problems);
    match (policy, verifiers) {
        (Some(policy), Some(verifiers)) => Engine::new(policy, verifiers, "test".into()),
        _ => panic!("{:#?}", problems.into_sorted()),
    }
}

fn token(subject: &str) -> String {
    let claims = serde_json::json!({
        "iss": "https://idp.example", "aud": "api", "sub": subject, "exp": NOW + 600,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(KEY.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
}

fn request(target: &str, fields: &[(&'static str, String)]) -> Request {
    Request {
        method: Method::GET,
        scheme: Scheme::Https,
        host: Host::parse("app.example.com").unwrap(),
        path: CanonicalPath::parse(target).unwrap(),
        headers: crate::model::Fields::of(fields),
        client: Client::direct("192.0.2.1:1000".parse().unwrap()),
        received_at: SystemTime::UNIX_EPOCH + Duration::from_secs(NOW),
    }
}

fn bearer(target: &str, token: &str) -> Request {
    request(target, &[("authorization", format!("Bearer {token}"))])
}

/// Decides, with all the waiting it takes.
fn decide(engine: &Engine, request: &Request) -> Decision {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let plan = engine.plan(request);
    let decided = runtime.unwrap().block_on(engine.decide(&plan, request));
    match decided {
        Next::Decided(decision) => decision,
        Next::Body(awaited) => panic!("{awaited:?}"),
    }
}

fn permit(engine: &Engine, request: &Request) -> Permit {
    match decide(engine, request) {
        Decision::Allow(permit) => permit,
        Decision::Deny(denial) => panic!("{denial:?}"),
    }
}

fn reason(decision: Decision) -> Option<Reason> {
    match decision {
        Decision::Allow(_) => None,
        Decision::Deny(denial) => Some(denial.denied().reason),
    }
}

fn told(permit: &Permit) -> Vec<String> {
    let headers = permit.identity_headers();
    headers
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect()
}

#[test]
fn route_admits_callers_of_the_issuers_it_names_and_no_others() {
    let engine = engine_of(
        "
issuers:
  main: { url: 'https://idp.example', audience: api, secret: '${KEY}' }
  other: { url: 'https://other.example', audience: api, secret: '${KEY}' }
routes:
  - { path: /main, authenticate: [main] }
  - { path: /other, authenticate: [other] }
  - { path: /both, authenticate: [other, main] }
",
    );
    let token = token("ann");
    let answer = |target| reason(decide(&engine, &bearer(target, &token)));
    // The token is new, then packed, then ready: it is `main`'s all the time.
    for _ in 0..3 {
        assert_eq!(answer("/other"), Some(Reason::TokenIssuerUnknown));
        assert_eq!(answer("/main"), None);
        assert_eq!(answer("/other"), Some(Reason::TokenIssuerUnknown));
        assert_eq!(answer("/both"), None);
    }
}

#[test]
fn only_a_token_that_nobody_has_judged_takes_waiting() {
    let engine = engine();
    let now = |request: &Request| {
        let decision = engine.decide_now(&engine.plan(request), request);
        decision.map(reason)
    };
    let known = bearer("/api/a", &token("ann"));
    assert_eq!(now(&known), None);
    assert_eq!(reason(decide(&engine, &known)), None);
    assert_eq!(now(&known), Some(None));
    assert_eq!(now(&bearer("/api/a", "no.such.token")), None);
    for (request, wanted) in [
        (request("/open", &[]), None),
        (request("/api/a", &[]), Some(Reason::TokenMissing)),
        (request("/nowhere", &[]), Some(Reason::NoRoute)),
        (request("/api//a", &[]), Some(Reason::PathAmbiguous)),
        (
            bearer("/api/a?token=other", &token("ann")),
            Some(Reason::CredentialAmbiguous),
        ),
    ] {
        assert_eq!(now(&request), Some(wanted), "{request:?}");
        assert_eq!(reason(decide(&engine, &request)), wanted, "{request:?}");
    }
}

#[test]
fn caller_that_is_known_is_told_of_like_one_that_is_not() {
    let engine = engine();
    for (subject, thing) in [("ann", "a"), ("bob", "b"), ("ann", "c"), ("bob", "a")] {
        let request = bearer(&format!("/api/{thing}/x"), &token(subject));
        let wanted = [
            format!("x-user: {subject}"),
            "x-gate: sidegate".into(),
            format!("x-thing: {thing}"),
        ];
        for _ in 0..2 {
            assert_eq!(told(&permit(&engine, &request)), wanted);
        }
    }
}

/// The app may know the token; who reads the address in an answer or a log may not.
#[test]
fn answer_repeats_no_token_though_the_app_gets_it() {
    let engine = engine_of(&POLICY.replace("tokens:\n", "tokens:\n  forward: true\n"));
    let asked = request(
        "/api/a?x=1&%74oken=SECRET&y=2",
        &[("x-id-token", "SECRET".to_owned())],
    );
    let repeated = engine.repeatable(&asked);
    assert_eq!(repeated.path.query(), Some("x=1&y=2"));
    assert!(repeated.headers.is_empty());
    assert!(engine.reads_credential_from_parameter("token"));
    assert!(!engine.reads_credential_from_parameter("x"));
    assert!(engine.reads_credential_from_header("x_id_token"));
    assert!(!engine.reads_credential_from_header("x-other"));
}

#[test]
fn permit_stays_as_it_was_made() {
    let first = engine();
    let request = bearer("/api/a", &token("ann"));
    let permit = permit(&first, &request);
    let before = told(&permit);
    drop(first);
    let second = engine();
    decide(&second, &request);
    assert_eq!(told(&permit), before);
}

fn apply(permit: &Permit, request: &mut Request) {
    request.path = permit.path(&request.path).into_owned();
    permit.rewrite(&mut request.headers);
}

#[test]
fn public_route_takes_no_credential_out_and_all_that_poses_as_ours() {
    let fields = [
        ("authorization", "Bearer x".to_owned()),
        ("x_user", "root".to_owned()),
        ("x-sidegate-any", "1".to_owned()),
    ];
    let mut request = request("/open?token=x", &fields);
    apply(&permit(&engine(), &request), &mut request);
    let names: Vec<_> = request.headers.iter().map(|field| field.name()).collect();
    assert_eq!(names, [&b"authorization"[..], b"x-gate"]);
    assert_eq!(request.path.query(), Some("token=x"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_left_in_parts_is_what_is_left_of_the_request(
        fields in vec(select(vec![
            ("accept", "*/*"), ("accept", "text/html"), ("authorization", "Basic eA=="), ("x_tenant", "evil"),
            ("X-User", "root"), ("x.gate", "1"), ("x-sidegate-a", "1"), ("cookie", "a=1; id=TOKEN; b=2"),
            ("cookie", "id=TOKEN"), ("cookie", " c=3 "), ("x-id-token", "TOKEN"), ("x-thing", "evil"),
        ]), 0..8),
        query in select(vec!["", "?a=1", "?token=TOKEN", "?a=1&token=TOKEN&token=TOKEN&b"]),
    ) {
        let token = token("ann");
        let mut fields: Vec<(&'static str, String)> = fields
            .into_iter()
            .map(|(name, value)| (name, value.replace("TOKEN", &token)))
            .collect();
        if !fields.iter().any(|(name, _)| *name == "authorization") {
            fields.push(("authorization", format!("Bearer {token}")));
        } else {
            fields.push(("x-id-token", token.clone()));
        }
        let mut request = request(&format!("/api/a{}", query.replace("TOKEN", &token)), &fields);
        let authorizations = request.headers.get_all("authorization").count();
        proptest::prop_assume!(authorizations == 1);
        let permit = permit(&engine(), &request);
        let mut left = request.headers.clone();
        permit.clear(&mut left);
        for (name, value) in permit.identity_headers() {
            proptest::prop_assert!(!left.contains(name), "{}", name);
            left.append(name, value);
        }
        let path = permit.path(&request.path).into_owned();
        apply(&permit, &mut request);
        proptest::prop_assert_eq!(&left, &request.headers);
        proptest::prop_assert_eq!(&path, &request.path);
        let text = format!("{:?}{path:?}", left.to_map());
        proptest::prop_assert!(!text.contains(&token), "{}", text);
    }
}

#[test]
fn keys_leave_also_where_nobody_asks_who_calls() {
    let engine = engine_of(
        "
issuers:
  main: { url: 'https://idp.example', audience: api, secret: '${KEY}' }
api_keys:
  beside: { prefix: pk_, from: [bearer, { query: key }], keys: [] }
  alone: { from: { header: X-Key }, keys: [] }
routes:
  - { path: /open, public: true }
  - { path: /closed, authenticate: [main] }
",
    );
    let key = |value: &str| {
        let fields = [
            ("authorization", format!("Bearer {value}")),
            ("referer", format!("/a?b=1&key={value}")),
            ("x-other", "kept".to_owned()),
        ];
        request(&format!("/open?a=1&key={value}"), &fields)
    };
    let left = |request: &Request| {
        let permit = permit(&engine, request);
        let mut fields = request.headers.clone();
        permit.rewrite(&mut fields);
        let path = permit.path(&request.path).target().to_string();
        let mut names: Vec<String> = fields
            .iter()
            .map(|field| String::from_utf8_lossy(field.name()).into_owned())
            .collect();
        names.sort_unstable();
        (
            path,
            names.join(" "),
            fields.get("referer").map(<[u8]>::to_vec),
        )
    };
    // Sets share the place of the query with nobody: whatever stands there, goes.
    let (path, names, referer) = left(&key("pk_secret"));
    assert_eq!((&*path, &*names), ("/open?a=1", "referer x-other"));
    assert_eq!(referer.as_deref(), Some(&b"/a?b=1"[..]));
    let (path, names, _) = left(&key("token"));
    assert_eq!(
        (&*path, &*names),
        ("/open?a=1", "authorization referer x-other")
    );
    let alone = request("/open", &[("x-key", "anything".to_owned())]);
    assert_eq!(left(&alone).1, "");
    let closed = request(
        "/closed",
        &[("authorization", "Bearer pk_secret".to_owned())],
    );
    assert_eq!(reason(decide(&engine, &closed)), Some(Reason::KeyUnknown));
}
