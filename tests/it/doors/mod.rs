//! Every door, with the real server that asks at it: one policy means the same everywhere.
//!
//! The fronts are started with what `sidegate gen` prints. One table of cases goes through all of them, and
//! what follows must be the same: the decision and its reason (from sidegate's own records), the status,
//! the target and the identity headers at the app. Where fronts rightly differ (spellings of paths, odd requests),
//! the law of the table holds: what reaches the app was judged by sidegate as it is, or nothing reached the app.

mod connections;
mod daemon;
mod deliveries;
pub(crate) mod front;
mod house;
mod outages;
mod outcome;
mod queries;
mod questions;
mod row;
mod table;
mod unfit;

use front::Front;
use house::House;

/// Tests of one fact at some doors: `at!(fact: name Front, ...)`.
macro_rules! at {
    ($fact:ident: $($name:ident $front:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                $fact(Front::$front);
            }
        )+
    };
}
use at;

/// Tests of one fact at every door, in a module of their own.
macro_rules! at_every_front {
    ($module:ident, $fact:ident) => {
        mod $module {
            use super::{Front, $fact};

            crate::doors::at!($fact:
                proxy Proxy, nginx Nginx, haproxy Haproxy, apache Apache, traefik Traefik, caddy Caddy,
                envoy_http EnvoyHttp, ext_authz ExtAuthz);
        }
    };
}
use at_every_front;

/// Sends the whole table through a door, and tells all that is wrong at once.
fn the_table_holds(door: Front) {
    let house = House::start(door, table::policy);
    let callers = table::Callers::of(&house.issuer);
    let mut wrong = Vec::new();
    for row in table::rows(&callers) {
        let outcome = house.put(&row);
        let complaints = outcome.complaints(&row, door);
        wrong.extend(
            complaints
                .iter()
                .map(|complaint| format!("{}: {complaint}", row.what)),
        );
    }
    assert!(
        wrong.is_empty(),
        "{door:?}, {} complaints:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

at_every_front!(tables, the_table_holds);
