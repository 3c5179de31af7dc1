//! What the upstream may see of a request: what is taken out, what is put in.

use std::hint::black_box;

use sidegate::engine::{Decision, Permit};
use sidegate::http1::encode;
use sidegate::model::Request;

use crate::engine::decide;
use crate::stage::{Stage, Work, fresh, same};
use crate::world::{RS256, add, bearer, engine, keep, policy_of, thing, usual};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("headers/apply-permit", || apply(&[])),
    Stage::new("headers/apply-permit-three-spoofed", || {
        apply(&[
            ("x-user", "root"),
            ("x_roles", "admin"),
            ("x-tenant", "other"),
        ])
    }),
    Stage::new("headers/permit-written-straight", written_straight),
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
    add(&mut request.headers, spoofed);
    let permit = keep(permit(&request));
    fresh(
        move || request.clone(),
        move |request| {
            request.path = permit.path(&request.path).into_owned();
            permit.rewrite(&mut request.headers);
        },
    )
}

/// The same head, written without changing the request.
fn written_straight() -> Work {
    let request = bearer(&thing(5), RS256);
    let permit = permit(&request);
    let mut out = Vec::new();
    same(move || {
        out.clear();
        write(&mut out, black_box(&request), &permit);
    })
}

fn write(out: &mut Vec<u8>, request: &Request, permit: &Permit) {
    let mut fields = request.headers.clone();
    permit.clear(&mut fields);
    encode::request(out, &request.method, permit.path(&request.path).as_str());
    encode::fields(out, &fields);
    for (name, value) in permit.identity_headers() {
        encode::field(out, name.as_str(), value.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
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
