//! Two gates on one store: what ends a key at one of them ends it at both, within a second.

use std::time::{Duration, Instant};

use super::stand::{OWN, Stand, id};
use crate::support::postgres::postgres;

const A_SECOND: Duration = Duration::from_secs(1);

/// Ends a key in every way and says the longest that one of the gates took to refuse it.
fn revocations(store: &str) -> Duration {
    let gates = [Stand::new(store), Stand::new(store)];
    let operator = gates[0].own_operator();
    let by_cli = |key: &str| {
        operator.run(&["keys", "revoke", id(key), "--yes"]);
    };
    let by_admin = |key: &str| {
        let answer = gates[0]
            .gate
            .as_admin("DELETE", &format!("/keys/{}", id(key)));
        assert_eq!(answer.send().status, 200);
    };
    let by_route = |key: &str| {
        let call = gates[1].gate.call("DELETE", &format!("{OWN}/{}", id(key)));
        let answer = call.bearer(&gates[1].person()).send();
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let ways: [&dyn Fn(&str); 3] = [&by_cli, &by_admin, &by_route];
    let mut longest = Duration::ZERO;
    for (way, revoke) in ways.into_iter().enumerate() {
        for round in 0..3 {
            let key = gates[round % 2].make("n");
            for stand in [&gates[0], &gates[1], &gates[0], &gates[1]] {
                stand.ask(&key).assert_passed();
            }
            revoke(&key);
            let revoked = Instant::now();
            for stand in &gates {
                stand.until(&key, 401, "KEY_REVOKED");
            }
            let took = revoked.elapsed();
            assert!(took < A_SECOND, "way {way}: {took:?}");
            longest = longest.max(took);
        }
    }
    longest
}

#[test]
fn revocation_is_effective_on_both_gates_of_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("keys.db").display());
    println!("SQLite: within {:?}", revocations(&store));
}

#[test]
fn revocation_is_effective_on_both_gates_of_one_database() {
    println!(
        "PostgreSQL: within {:?}",
        revocations(&postgres().database())
    );
}
