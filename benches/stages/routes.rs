//! Finding the route.

use std::hint::black_box;

use crate::stage::{Stage, Work, same};
use crate::world::{issuers, keep, policy_of, request, rules, thing};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("route/10-routes", || find(2, 10)),
    Stage::new("route/1000-routes", || find(2, 1_000)),
    Stage::new("route/10000-routes", || find(2, 10_000)),
    Stage::new("route/10000-routes-100-issuers", || find(100, 10_000)),
    Stage::new("route/none", none),
];

fn find(number: usize, routes: usize) -> Work {
    let policy = policy_of(&(issuers(number) + &rules(routes)));
    let request = keep(request(&thing(routes / 2)));
    assert!(policy.find(request).is_some(), "a route matches");
    same(move || policy.find(black_box(request)))
}

fn none() -> Work {
    let policy = policy_of(&(issuers(2) + &rules(10)));
    let request = keep(request("/api/v1/tenants/acme/elsewhere/42"));
    assert!(policy.find(request).is_none(), "no route matches");
    same(move || policy.find(black_box(request)))
}
