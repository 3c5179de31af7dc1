//! What a policy costs: compiled once, asked for every request.

#![expect(
    clippy::expect_used,
    reason = "a bench whose setting is wrong should stop"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::SystemTime;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::{HeaderMap, Method};
use sidegate::document::{Fields, Node, Problems, parse};
use sidegate::model::{
    CanonicalPath, Claims, Client, Host, Memo, Principal, PrincipalKind, Request, Scheme,
};
use sidegate::policy::{Config, Known, Policy};

/// A policy with this many routes: tenants, captures, methods and open ends.
fn text(routes: usize) -> String {
    let mut text = String::from(
        "identity_headers:\n  X-User: \"{{ principal.subject }}\"\n  X-Roles: \"{{ principal.roles }}\"\nroutes:\n",
    );
    for number in 0..routes {
        let _ = writeln!(
            text,
            "  - {{ path: \"/api/v1/tenants/{{tenant}}/thing{number}/{{id}}/**\", methods: [GET, POST], roles: [user] }}"
        );
    }
    text
}

fn document(text: &str) -> Node {
    parse("policy.yaml", text, &|_| None, &Problems::new()).expect("the text is YAML")
}

fn read(node: &Node) -> Config {
    let problems = Problems::new();
    let mut fields = Fields::of(node, "policy", &problems).expect("the document is a map");
    Config::read(&mut fields, &problems)
}

fn compile(config: Config) -> Policy {
    let issuers: [Arc<str>; 1] = ["main".into()];
    let known = Known {
        issuers: &issuers,
        upstreams: None,
    };
    config
        .compile(&known, &Problems::new())
        .expect("the policy is sound")
}

fn request(thing: usize) -> Request {
    let path = format!("/api/v1/tenants/acme/thing{thing}/42/details");
    Request {
        method: Method::GET,
        scheme: Scheme::Https,
        host: Host::parse("api.example.com").expect("a host"),
        path: CanonicalPath::parse(&path).expect("a path"),
        headers: HeaderMap::new(),
        client: Client::direct(([192, 0, 2, 7], 4711).into()),
        received_at: SystemTime::UNIX_EPOCH,
    }
}

fn caller() -> Arc<Principal> {
    Arc::new(Principal {
        kind: PrincipalKind::User,
        subject: "u1".into(),
        tenant: Some("acme".into()),
        email: None,
        roles: vec!["user".into()],
        scopes: Vec::new(),
        issuer: "main".into(),
        claims: Claims::default(),
        expires_at: SystemTime::UNIX_EPOCH,
        memo: Memo::default(),
    })
}

fn per_request(c: &mut Criterion) {
    let caller = caller();
    for routes in [10, 1_000, 10_000] {
        let policy = compile(read(&document(&text(routes))));
        let request = request(routes / 2);
        c.bench_function(&format!("policy/find/{routes} routes"), |b| {
            b.iter(|| policy.find(black_box(&request)));
        });
        let matched = policy.find(&request).expect("a route matches");
        c.bench_function(&format!("policy/authorize/{routes} routes"), |b| {
            b.iter(|| policy.authorize(black_box(&matched), black_box(&request), &caller));
        });
    }
}

fn stripping(c: &mut Criterion) {
    let policy = compile(read(&document(&text(10))));
    c.bench_function("policy/stripped/10 names of a usual request", |b| {
        let names = [
            "host",
            "user-agent",
            "accept",
            "accept-encoding",
            "authorization",
            "x-request-id",
            "x-roles",
            "cookie",
            "content-type",
            "traceparent",
        ];
        b.iter(|| names.map(|name| policy.stripped().contains(black_box(name))));
    });
}

fn loading(c: &mut Criterion) {
    let node = document(&text(10_000));
    let mut group = c.benchmark_group("policy/load");
    group.sample_size(10);
    group.bench_function("read 10000 routes", |b| b.iter(|| read(black_box(&node))));
    group.bench_function("compile 10000 routes", |b| {
        b.iter_batched(|| read(&node), compile, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, per_request, stripping, loading);
criterion_main!(benches);
