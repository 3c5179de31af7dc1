use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sidegate::document::{Fields, Problems, parse};
use sidegate::engine::{Decision, Engine, Permit};
use sidegate::jwks::KeySets;
use sidegate::model::{CanonicalPath, Client, Host, Request, Scheme};
use sidegate::policy::Known;
use sidegate::telemetry::Registry;
use sidegate::{credential, policy};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

fn engine() -> Engine {
    let keys = std::fs::read_to_string("/work/wt/cg/keys.json").unwrap();
    let text = format!(
        "issuers:\n  main: {{ url: https://idp.example.com, audience: my-api, jwks: {keys} }}\nidentity_headers:\n  X-User: \"{{{{ principal.subject }}}}\"\n  X-Tenant: \"{{{{ principal.tenant }}}}\"\n  X-Roles: \"{{{{ principal.roles }}}}\"\n  X-Email: \"{{{{ principal.email }}}}\"\nroutes:\n  - path: /api/tenants/{{tenant}}/**\n    roles: [admin]\n"
    );
    let problems = Problems::new();
    let node = parse("policy.yaml", &text, &|_| None, &problems).unwrap();
    let mut fields = Fields::of(&node, "policy", &problems).unwrap();
    let credentials = credential::Config::read(&mut fields, &problems);
    let rules = policy::Config::read(&mut fields, &problems);
    fields.finish();
    let names = credentials.issuer_names();
    let policy = rules.compile(
        &Known {
            issuers: &names,
            upstreams: None,
        },
        &problems,
    );
    let registry = Registry::new();
    let key_sets = KeySets::new(sidegate::jwks::Settings::default(), &registry).unwrap();
    let verifiers = credentials.build(Path::new("."), &key_sets, &problems);
    let Some(verifiers) = verifiers else {
        for p in problems.into_sorted() {
            eprintln!("{p}");
        }
        panic!()
    };
    let verifiers = verifiers.observed_by(&credential::Metrics::new(&registry).unwrap());
    Engine::new(policy.unwrap(), verifiers, Arc::from("v"))
}

#[inline(never)]
fn canonical(target: PathAndQuery) -> CanonicalPath {
    CanonicalPath::from_target(target).unwrap()
}
#[inline(never)]
fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

fn request(headers: HeaderMap) -> Request {
    let target =
        PathAndQuery::from_maybe_shared(bytes::Bytes::from_static(b"/api/tenants/acme/x")).unwrap();
    Request {
        method: Method::GET,
        scheme: Scheme::Http,
        host: host("127.0.0.1:7021"),
        path: canonical(target),
        headers,
        client: Client::direct("127.0.0.1:4711".parse().unwrap()),
        received_at: SystemTime::now(),
    }
}

#[inline(never)]
fn judge(engine: &Engine, request: &Request, rt: &tokio::runtime::Runtime) -> Permit {
    let plan = engine.plan(request);
    let decision = decide(engine, &plan, request, rt);
    match decision {
        Decision::Allow(p) => p,
        Decision::Deny(d) => panic!("{d:?}"),
    }
}
#[cfg(feature_now)]
#[inline(never)]
fn decide(
    engine: &Engine,
    plan: &sidegate::engine::Plan<'_>,
    request: &Request,
    _rt: &tokio::runtime::Runtime,
) -> Decision {
    match engine.decide_now(plan, request) {
        Some(d) => d,
        None => _rt.block_on(engine.decide(plan, request)),
    }
}
#[cfg(not(feature_now))]
#[inline(never)]
fn decide(
    engine: &Engine,
    plan: &sidegate::engine::Plan<'_>,
    request: &Request,
    rt: &tokio::runtime::Runtime,
) -> Decision {
    use std::task::{Context, Poll, Waker};
    let mut f = std::pin::pin!(engine.decide(plan, request));
    match f.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(d) => d,
        Poll::Pending => rt.block_on(f),
    }
}
#[inline(never)]
fn apply(permit: &Permit, request: &mut Request) {
    permit.apply(request)
}
#[inline(never)]
fn drop_permit(permit: Permit) {
    drop(permit)
}

fn main() {
    let token = std::fs::read_to_string("/work/wt/cg/token").unwrap();
    let value = Bytes_value(&format!("Bearer {}", token.trim()));
    let engine = engine();
    let rt = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let n: usize = std::env::args().nth(1).map_or(1000, |n| n.parse().unwrap());
    for _ in 0..n {
        let mut h = HeaderMap::with_capacity(20);
        h.insert("host", HeaderValue::from_static("127.0.0.1:7021"));
        h.insert("authorization", value.clone());
        h.insert("user-agent", HeaderValue::from_static("bench/1.0"));
        h.insert("accept", HeaderValue::from_static("application/json"));
        h.insert("accept-encoding", HeaderValue::from_static("gzip, deflate"));
        h.insert(
            HeaderName::from_static("x-request-id"),
            HeaderValue::from_static("5f0c2b52-7f0e-4d0e-9d3c-0c8a6f1f8a11"),
        );
        let mut r = request(h);
        let p = judge(&engine, black_box(&r), &rt);
        apply(&p, black_box(&mut r));
        assert_eq!(r.headers.len(), 9);
        drop_permit(p);
    }
}
#[allow(non_snake_case)]
fn Bytes_value(text: &str) -> HeaderValue {
    HeaderValue::from_maybe_shared(bytes::Bytes::from(text.to_owned())).unwrap()
}
