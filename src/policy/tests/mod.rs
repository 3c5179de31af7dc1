//! The room's tests, by what they hold; here is what they share.

mod actions;
mod claims;
mod conditions;
mod considering;
mod errors;
mod group_mistakes;
mod groups;
mod handing_on;
mod inheriting;
mod keys;
mod laws;
mod memo;
mod mistakes;
mod names;
mod observing;
mod rendering;
mod rights;
mod route_mistakes;
mod routing;
mod sources;
mod step_up;
mod telling;
mod tenants;
mod webhooks;
mod working_out;

use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderName, HeaderValue, Method};

use super::{Access, Config, Grant, Known, Match, Policy};
use crate::document::{Fields, Problems, parse};
use crate::model::{
    CanonicalPath, Claims, Client, Coverage, Denied, Host, Oddity, OddityClass, Principal,
    PrincipalKind, Reason, Request, Scheme, WebhookProfile,
};

/// Compiles a policy with the issuers `main` and `other`; gives every problem as text.
fn compile(text: &str) -> (Option<Policy>, Vec<String>) {
    let issuers: [Arc<str>; 2] = ["main".into(), "other".into()];
    compile_knowing(
        text,
        &Known {
            webhooks: &[],
            issuers: &issuers,
            key_sets: &[],
            stored_key_sets: &[],
            upstreams: None,
        },
    )
}

fn compile_knowing(text: &str, known: &Known<'_>) -> (Option<Policy>, Vec<String>) {
    let problems = Problems::new();
    let environment = |name: &str| (name == "VALUE").then(|| "s3cret {{ x".to_owned());
    let node = parse("policy.yaml", text, &environment, &problems).unwrap();
    let mut fields = Fields::of(&node, "policy", &problems).unwrap();
    let config = Config::read(&mut fields, &problems);
    fields.finish();
    let policy = config.compile(known, &problems);
    let problems = problems.into_sorted();
    (policy, problems.iter().map(ToString::to_string).collect())
}

/// A policy that must be sound, without so much as a warning.
fn policy(text: &str) -> Policy {
    let (policy, problems) = compile(text);
    assert_eq!(problems, Vec::<String>::new(), "{text}");
    policy.unwrap()
}

fn request(method: &str, host: &str, path: &str) -> Request {
    Request {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        scheme: Scheme::Https,
        host: Host::parse(host).unwrap(),
        path: CanonicalPath::parse(path).unwrap(),
        headers: crate::model::Fields::new(),
        client: Client::direct("192.0.2.7:4711".parse().unwrap()),
        received_at: SystemTime::UNIX_EPOCH,
    }
}

pub(super) fn get(path: &str) -> Request {
    request("GET", "api.example.com", path)
}

fn with_headers(mut request: Request, headers: &[(&str, &[u8])]) -> Request {
    for (name, value) in headers {
        request.headers.append(
            &HeaderName::from_bytes(name.as_bytes()).unwrap(),
            &HeaderValue::from_bytes(value).unwrap(),
        );
    }
    request
}

/// A webhook whose deliveries have a tenant, and whose signatures cover the body.
pub(super) fn webhook(name: &str) -> WebhookProfile {
    WebhookProfile {
        name: name.into(),
        covers: Coverage::Body,
        chosen_by: None,
        needs_key: false,
        challenges: Box::default(),
        has_tenant: true,
    }
}

fn principal(roles: &[&str], scopes: &[&str]) -> Principal {
    Principal {
        kind: PrincipalKind::User,
        subject: "u1".into(),
        tenant: None,
        email: None,
        roles: roles.iter().map(|role| (*role).into()).collect(),
        scopes: scopes.iter().map(|scope| (*scope).into()).collect(),
        issuer: "main".into(),
        claims: Claims::default(),
        expires_at: SystemTime::UNIX_EPOCH,
        key: None,
        webhook: None,
        memo: Default::default(),
    }
}

fn machine(roles: &[&str], scopes: &[&str]) -> Principal {
    Principal {
        kind: PrincipalKind::Machine,
        ..principal(roles, scopes)
    }
}

fn of_tenant(tenant: &str) -> Principal {
    Principal {
        tenant: Some(tenant.into()),
        ..principal(&[], &[])
    }
}

fn judge(policy: &Policy, request: &Request, principal: &Principal) -> Result<Grant, Denied> {
    judge_shared(policy, request, &Arc::new(principal.clone()))
}

/// Judges a principal that keeps its memo.
fn judge_shared(
    policy: &Policy,
    request: &Request,
    principal: &Arc<Principal>,
) -> Result<Grant, Denied> {
    let matched = policy.find(request).expect("a route matches");
    policy.authorize(&matched, request, principal)
}

/// The headers of a grant, as `name: value`.
fn told(grant: &Grant) -> Vec<String> {
    let headers = grant.headers();
    headers
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect()
}

/// The reason for a refusal, or `None` when the caller may pass.
fn reason(policy: &Policy, request: &Request, principal: &Principal) -> Option<Reason> {
    judge(policy, request, principal)
        .err()
        .map(|denied| denied.reason)
}

#[test]
fn policy_can_be_shared_between_workers() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Policy>();
    shared::<Arc<super::HeaderNames>>();
}

#[test]
fn reference_policy_of_the_design_works() {
    let policy = policy(
        "identity_headers:\n  X-User: \"{{ principal.subject }}\"\nroutes:\n  - path: /admin/**\n    roles: [admin]\n  - path: /api/tenants/{tenant}/**\n  - path: /api/**\n",
    );
    let admin = principal(&["admin"], &[]);
    let granted = judge(&policy, &get("/admin/x"), &admin).unwrap();
    assert_eq!(told(&granted), ["x-user: u1"]);
    assert_eq!(
        reason(&policy, &get("/admin"), &principal(&["user"], &[])),
        Some(Reason::InsufficientRole)
    );
    assert_eq!(
        reason(&policy, &get("/api/tenants/acme/x"), &of_tenant("globex")),
        Some(Reason::TenantMismatch)
    );
    assert_eq!(
        reason(&policy, &get("/api/tenants/acme/x"), &of_tenant("acme")),
        None
    );
    assert_eq!(reason(&policy, &get("/api/x"), &admin), None);
    assert!(policy.find(&get("/other")).is_none());
    let names: Vec<_> = policy
        .routes()
        .iter()
        .map(|r| r.name().to_string())
        .collect();
    assert_eq!(names, ["/admin/**", "/api/tenants/{tenant}/**", "/api/**"]);
}

#[test]
fn route_says_who_is_admitted_and_where_it_leads() {
    let policy = policy(
        "authenticate: main\nroutes:\n  - { path: /a }\n  - { path: /b, authenticate: [other], upstream: reports }\n  - { path: /c, public: true }\n",
    );
    let [a, b, c] = policy.routes() else {
        panic!("three routes")
    };
    let only = |name: &str| Access::Authenticated {
        accepted: Some([Arc::from(name)].into()),
        signed: None,
    };
    assert_eq!((a.access(), &**a.upstream()), (&only("main"), "default"));
    assert_eq!((b.access(), &**b.upstream()), (&only("other"), "reports"));
    assert_eq!(*c.access(), Access::Public);
    assert_eq!((c.index(), c.place().line), (2, 5));
}

#[test]
fn match_names_its_captures_decoded() {
    let policy = policy("routes:\n  - path: /{org}/*/{file-name}/**\n    tenant: any\n");
    let matched = |path: &str| {
        let request = get(path);
        let matched: Match<'_> = policy.find(&request).unwrap();
        let captures = matched.captures();
        captures
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(matched("/a/b/c%20d/e"), ["org=a", "file-name=c d"]);
    assert_eq!(matched("/%C3%A9/b/c"), ["org=é", "file-name=c"]);
}
