//! Rewriting the request: what is taken out, what is put in.

use std::hint::black_box;

use sidegate::engine::{Decision, Permit};
use sidegate::model::Request;

use crate::engine::decide;
use crate::stage::{Stage, Work, fresh, same};
use crate::world::{RS256, bearer, engine, headers, policy_of, thing, usual};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("headers/apply-permit", || apply(&[])),
    Stage::new("headers/apply-permit-three-spoofed", || {
        apply(&[
            ("x-user", "root"),
            ("x_roles", "admin"),
            ("x-tenant", "other"),
        ])
    }),
    Stage::new("headers/strip-lookup-10-names", lookup),
];

fn permit(request: &Request) -> Permit {
    match decide(engine(&usual()), request) {
        Decision::Allow(permit) => permit,
        Decision::Deny(denial) => panic!("{denial:?}"),
    }
}

/// Credential out, every name of ours out, four identity headers in.
fn apply(spoofed: &[(&str, &str)]) -> Work {
    let mut request = bearer(&thing(5), RS256);
    request.headers.extend(headers(spoofed));
    let permit = permit(&request);
    let permit: &'static Permit = Box::leak(Box::new(permit));
    fresh(
        move || request.clone(),
        move |request| permit.apply(request),
    )
}

fn lookup() -> Work {
    let policy = policy_of(&usual());
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
    same(move || names.map(|name| policy.stripped().contains(black_box(name))))
}
