//! The setting that the stages share: policies, tokens, requests, a moment.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue, Method};
use sidegate::credential::{self, Verifiers};
use sidegate::document::{Fields, Node, Problems, parse};
use sidegate::engine::Engine;
use sidegate::jwks::{self, KeySets};
use sidegate::model::{self, CanonicalPath, Client, Host, Request, Scheme};
use sidegate::policy::{self, Known, Policy};
use sidegate::telemetry::Registry;

/// When every request arrives, unless it says otherwise.
const NOW: u64 = 1_800_000_000;

/// Tokens that are good at [`NOW`], for ten minutes. Signed once with keys that were thrown away, so
/// that every run verifies the same bytes:
///
/// ```text
/// sidegate token --algorithm RS256 --kid rs256 --issuer https://idp.example.com --audience my-api
///   --subject u1 --tenant acme --role admin --role user --email u1@example.com --jwks-out keys.json
///   --claim iat=1799999940 --claim nbf=1799999940 --claim exp=1800000600 --claim 'name="User One"'
/// ```
pub(crate) const RS256: &str = include_str!("tokens/rs256.jwt").trim_ascii_end();
/// The same claims, signed on P-256.
pub(crate) const ES256: &str = include_str!("tokens/es256.jwt").trim_ascii_end();
const RS256_KEY: &str = include_str!("tokens/rs256.json").trim_ascii_end();
const ES256_KEY: &str = include_str!("tokens/es256.json").trim_ascii_end();

/// What tokens of the issuer `shared` are signed with.
const SECRET: &str = "a secret that has more than sixty-four bytes, for HS256 to have enough of it";

/// The four headers that stand in every policy here.
const IDENTITY_HEADERS: &str = r#"identity_headers:
  X-User: "{{ principal.subject }}"
  X-Tenant: "{{ principal.tenant }}"
  X-Roles: "{{ principal.roles }}"
  X-Email: "{{ principal.email }}"
"#;

/// The issuers `main`, whose keys made [`RS256`] and [`ES256`], and `shared`, which has a secret, and
/// more up to `number`.
pub(crate) fn issuers(number: usize) -> String {
    let keys = format!("{{ keys: [{RS256_KEY}, {ES256_KEY}] }}");
    let named = |name: &str, host: &str, keys: &str| {
        format!(
            "  {name}: {{ issuer: \"https://{host}.example.com\", audience: my-api, {keys} }}\n"
        )
    };
    let mut text = String::from("issuers:\n");
    text += &named("main", "idp", &format!("jwks: {keys}"));
    text += &named("shared", "shared", "secret: \"${SECRET}\"");
    for number in 2..number {
        let (name, host) = (format!("more{number}"), format!("idp{number}"));
        text += &named(&name, &host, &format!("jwks: {keys}"));
    }
    text
}

/// Rules for this many things of a tenant: captures, methods, a role, open ends, four headers.
pub(crate) fn rules(things: usize) -> String {
    let mut text = format!("{IDENTITY_HEADERS}routes:\n");
    for number in 0..things {
        let _ = writeln!(
            text,
            "  - {{ path: \"/api/v1/tenants/{{tenant}}/thing{number}/{{id}}/**\", methods: [GET, POST], roles: [admin] }}"
        );
    }
    text
}

/// A policy of so many issuers and one route, for all who have a token.
pub(crate) fn open(number: usize) -> String {
    issuers(number) + "routes:\n  - path: /**\n"
}

/// The policy that most stages use: two issuers, ten routes.
pub(crate) fn usual() -> String {
    issuers(2) + &rules(10)
}

/// The document that a policy's text is.
pub(crate) fn document(text: &str) -> Node {
    let environment = |name: &str| (name == "SECRET").then(|| SECRET.to_owned());
    parse("policy.yaml", text, &environment, &Problems::new()).expect("the text is YAML")
}

/// Both halves of a policy.
pub(crate) fn read(node: &Node) -> (credential::Config, policy::Config) {
    let problems = Problems::new();
    let mut fields = Fields::of(node, "policy file", &problems).expect("the document is a map");
    let credentials = credential::Config::read(&mut fields, &problems);
    let rules = policy::Config::read(&mut fields, &problems);
    fields.finish();
    assert!(!problems.has_errors(), "{:#?}", problems.into_sorted());
    (credentials, rules)
}

/// The rules of a policy, compiled.
pub(crate) fn compile(config: policy::Config, credentials: &credential::Config) -> Policy {
    let problems = Problems::new();
    let known = Known {
        webhooks: &[],
        issuers: &credentials.issuer_names(),
        key_sets: &credentials.key_set_names(),
        stored_key_sets: &credentials.stored_key_set_names(),
        upstreams: None,
    };
    let policy = config.compile(&known, &problems);
    policy.unwrap_or_else(|| panic!("{:#?}", problems.into_sorted()))
}

/// A policy for as long as the process lives.
pub(crate) fn policy_of(text: &str) -> &'static Policy {
    let (credentials, rules) = read(&document(text));
    keep(compile(rules, &credentials))
}

/// A value for as long as the process lives, so that what borrows from it can be kept.
pub(crate) fn keep<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// The process's key sets and counters.
static HOUSE: LazyLock<(Arc<KeySets>, credential::Metrics)> = LazyLock::new(|| {
    sidegate::listener::install_crypto();
    let registry = Registry::new();
    let key_sets = KeySets::new(jwks::Settings::default(), &registry).expect("key sets");
    (
        key_sets,
        credential::Metrics::new(&registry).expect("metrics"),
    )
});

/// Verifiers that remember nothing yet.
pub(crate) fn verifiers(text: &str) -> Verifiers {
    build(text).1
}

/// A policy and its verifiers, as a process with several workers has them.
fn build(text: &str) -> (Policy, Verifiers) {
    let (credentials, rules) = read(&document(text));
    let policy = compile(rules, &credentials);
    let (key_sets, metrics) = &*HOUSE;
    let problems = Problems::new();
    let built = credentials.build(Path::new(""), key_sets, &problems);
    let built = built.unwrap_or_else(|| panic!("{:#?}", problems.into_sorted()));
    let verifiers = built.keeping(policy.claims_read()).observed_by(metrics);
    (policy, verifiers)
}

/// An engine for as long as the process lives.
pub(crate) fn engine(text: &str) -> &'static Engine {
    let (policy, verifiers) = build(text);
    keep(Engine::new(policy, verifiers, "version".into()))
}

/// A usual request without a credential.
pub(crate) fn request(target: &str) -> Request {
    Request {
        method: Method::GET,
        scheme: Scheme::Https,
        host: Host::parse("api.example.com").expect("a host"),
        path: CanonicalPath::parse(target).expect("a path"),
        headers: headers(&[
            ("host", "api.example.com"),
            ("user-agent", "bench/1.0"),
            ("accept", "application/json"),
            ("accept-encoding", "gzip, deflate"),
            ("x-request-id", "5f0c2b52-7f0e-4d0e-9d3c-0c8a6f1f8a11"),
        ]),
        client: Client::direct(([192, 0, 2, 7], 4711).into()),
        received_at: now(),
    }
}

/// A usual request with a bearer token.
pub(crate) fn bearer(target: &str, token: &str) -> Request {
    let mut request = request(target);
    let value = format!("Bearer {token}");
    add(&mut request.headers, &[("authorization", value.as_str())]);
    request
}

/// The path of a thing of tenant `acme`, which is the tenant of every token.
pub(crate) fn thing(number: usize) -> String {
    format!("/api/v1/tenants/acme/thing{number}/42/details")
}

pub(crate) fn headers(pairs: &[(&str, &str)]) -> model::Fields {
    let mut fields = model::Fields::new();
    add(&mut fields, pairs);
    fields
}

pub(crate) fn add(fields: &mut model::Fields, pairs: &[(&str, &str)]) {
    for (name, value) in pairs {
        let name = HeaderName::try_from(*name).expect("a name");
        fields.append(&name, &HeaderValue::try_from(*value).expect("a value"));
    }
}

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

/// A token of the issuer `shared`, with `more` claims beside the usual ones.
pub(crate) fn hs256(more: usize) -> String {
    let more = (0..more).map(|number| {
        let name = format!("claim_number_{number}");
        (name, format!("value {number}").into())
    });
    sign(more)
}

/// A token of the issuer `shared` with these claims beside the usual ones.
pub(crate) fn sign(more: impl IntoIterator<Item = (String, serde_json::Value)>) -> String {
    let mut claims = serde_json::json!({
        "iss": "https://shared.example.com", "aud": "my-api", "sub": "u1", "tenant_id": "acme",
        "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 600,
        "roles": ["admin", "user"], "email": "u1@example.com", "name": "User One",
    });
    claims.as_object_mut().expect("a map").extend(more);
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token")
}
