//! Every door, with the real server that asks at it: one policy means the same everywhere.
//!
//! The fronts are started with what `sidegate gen` prints. One table of cases goes through all of them, and
//! what follows must be the same: the decision and its reason (from sidegate's own records), the status,
//! the target and the identity headers at the app. Where fronts rightly differ (spellings of paths, odd requests),
//! the law of the table holds: what reaches the app was judged by sidegate as it is, or nothing reached the app.

mod daemon;
mod front;
mod house;
mod outcome;
mod row;
mod table;

use front::Front;
use house::House;

/// Sends the whole table through a door, and tells all that is wrong at once.
fn hold_the_table(door: Front) {
    let house = House::start(door, table::policy);
    let callers = table::Callers::of(&house.issuer);
    let mut wrong = Vec::new();
    for row in table::rows(&callers) {
        let outcome = house.put(&row);
        let complaints = outcome.complaints(&row, door);
        wrong.extend(complaints.iter().map(|complaint| format!("{}: {complaint}", row.what)));
    }
    assert!(wrong.is_empty(), "{door:?}, {} complaints:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn proxy_holds_the_table() {
    hold_the_table(Front::Proxy);
}

#[test]
fn nginx_holds_the_table() {
    hold_the_table(Front::Nginx);
}
