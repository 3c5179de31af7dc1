//! What is parsed first: the path in its one spelling, and the host.

use std::hint::black_box;

use http::uri::PathAndQuery;
use sidegate::model::{CanonicalPath, Host};

use crate::stage::{Stage, Work, fresh, same};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("path/plain", || {
        path("/api/v1/tenants/acme/thing5/42/details?page=2&sort=name")
    }),
    Stage::new("path/escaped", || {
        path("/api/v1/tenants/acme/caf%c3%a9/%7euser/a%20b?page=2")
    }),
    Stage::new("path/refused", || path("/api/v1/tenants/acme/%2e%2e/other")),
    Stage::new("host/name", || host("api.example.com")),
    Stage::new("host/capitals-and-port", || host("API.Example.com:8443")),
];

/// From the target as the HTTP library hands it over.
fn path(target: &'static str) -> Work {
    fresh(
        move || Some(PathAndQuery::from_static(target)),
        |target| target.take().map(CanonicalPath::from_target),
    )
}

fn host(text: &'static str) -> Work {
    same(move || Host::parse(black_box(text)))
}
