//! How Backflow's API keys are rotated and counted: row B5 of the policy in `config/examples/backflow`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::backflow_keys::{admin, gate, house, text};
use crate::support::{eventually, now};

/// Row B5: both texts count until the grace ends, and then the new one alone.
#[test]
fn rotated_key_counts_until_its_grace_ends() {
    let house = house();
    let admin = admin("acme");
    let made = house.key(&admin, json!({ "name": "ci", "scopes": ["*"] }));
    let old = text(&made, "key");
    house.data(old).assert_passed();

    let below = format!("/{}/rotate", text(&made, "id"));
    let begin = Instant::now();
    let rotated = house.ask(&admin, "POST", &below, Some(json!({ "grace": "3s" })));
    assert_eq!(rotated.status, 200, "{}", rotated.text());
    let rotated = rotated.json();
    let new = text(&rotated, "key");
    assert_eq!(rotated["id"], made["id"]);
    assert_ne!(new, old);
    let (with_old, with_new) = (house.data(old), house.data(new));
    if begin.elapsed() < Duration::from_secs(3) {
        with_old.assert_passed();
    }
    with_new.assert_passed();

    eventually("the grace ends", || house.data(old).status == 401);
    assert!(begin.elapsed() >= Duration::from_millis(2900));
    house.data(old).assert_refused(401, "KEY_EXPIRED");
    house.data(new).assert_passed();
}

/// Row B5: without a grace the old text ends with the rotation.
#[test]
fn rotation_without_a_grace_ends_the_old_text_at_once() {
    let house = house();
    let admin = admin("acme");
    let made = house.key(&admin, json!({ "name": "ci", "scopes": ["*"] }));
    house.data(text(&made, "key")).assert_passed();
    let below = format!("/{}/rotate", text(&made, "id"));
    let rotated = house.ask(&admin, "POST", &below, Some(json!({ "grace": "0s" })));
    house.data(text(&rotated.json(), "key")).assert_passed();
    eventually("every worker knows", || {
        house.data(text(&made, "key")).outcome() == (401, "KEY_EXPIRED".to_owned())
    });
}

/// Row B5: uses are counted for each key, and a gate that is stopped forgets none.
#[test]
fn uses_outlive_a_drain() {
    let mut house = house();
    let admin = admin("acme");
    let busy = house.key(&admin, json!({ "name": "busy", "scopes": ["*"] }));
    let idle = house.key(&admin, json!({ "name": "idle", "scopes": ["*"] }));
    let uses = |list: &[Value], key: &Value| {
        let found = list.iter().find(|it| it["id"] == key["id"]).unwrap();
        (found["uses"].clone(), found["last_used_at"].clone())
    };
    assert_eq!(uses(&house.list(&admin), &busy), (json!(0), Value::Null));
    let begin = now();
    for _ in 0..37 {
        house.data(text(&busy, "key")).assert_passed();
    }
    // At once, before the counts are due to be written.
    house.gate.signal("TERM");
    assert!(house.gate.wait_for_end().success());
    house.gate = gate(&house.store, &house.upstream);

    let list = house.list(&admin);
    let (count, last) = uses(&list, &busy);
    assert_eq!(count, 37, "{list:?}");
    let last: jiff::Timestamp = last.as_str().unwrap().parse().unwrap();
    assert!((begin - 1..=now()).contains(&last.as_second()), "{last}");
    assert_eq!(uses(&list, &idle), (json!(0), Value::Null));

    house.data(text(&busy, "key")).assert_passed();
    eventually("the list counts on", || {
        uses(&house.list(&admin), &busy).0 == 38
    });
}
