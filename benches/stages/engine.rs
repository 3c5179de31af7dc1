//! The decision as a front door asks for it: plan, then decide.

use std::hint::black_box;

use futures_util::FutureExt as _;
use sidegate::engine::{Decision, Engine, Next};
use sidegate::model::{Reason, Request};

use crate::stage::{Stage, Work, same};
use crate::world::{RS256, bearer, engine, issuers, request, rules, thing, usual};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("decide/known-token", || {
        decided(&usual(), bearer(&thing(5), RS256), None)
    }),
    Stage::new("decide/known-token-10000-routes-100-issuers", || {
        let policy = issuers(100) + &rules(10_000);
        decided(&policy, bearer(&thing(5_000), RS256), None)
    }),
    Stage::new("decide/public-route", || {
        let policy = issuers(2) + "routes:\n  - { path: /**, public: true }\n";
        decided(&policy, request("/index.html"), None)
    }),
    Stage::new("decide/no-token", || {
        decided(&usual(), request(&thing(5)), Some(Reason::TokenMissing))
    }),
    Stage::new("decide/no-route", || {
        decided(&usual(), bearer("/elsewhere", RS256), Some(Reason::NoRoute))
    }),
    Stage::new("decide/wrong-tenant", || {
        let request = bearer("/api/v1/tenants/other/thing5/42/details", RS256);
        decided(&usual(), request, Some(Reason::TenantMismatch))
    }),
];

/// Plans and decides. Waits for nothing: every key is here.
pub(crate) fn decide(engine: &Engine, request: &Request) -> Decision {
    let plan = engine.plan(request);
    match engine.decide(&plan, request).now_or_never() {
        Some(Next::Decided(decision)) => decision,
        _ => panic!("nobody is asked"),
    }
}

fn decided(policy: &str, request: Request, wanted: Option<Reason>) -> Work {
    let engine = engine(policy);
    let reason = match decide(engine, &request) {
        Decision::Allow(_) => None,
        Decision::Deny(denial) => Some(denial.denied().reason),
    };
    assert_eq!(reason, wanted, "{}", request.path.as_str());
    same(move || decide(engine, black_box(&request)))
}
