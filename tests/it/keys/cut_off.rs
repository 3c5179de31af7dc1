//! A gate that its database does not let in for a while, during which others change keys.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::stand::{Stand, id};
use crate::support::eventually;
use crate::support::operator::Operator;
use crate::support::postgres::Postgres;

const A_SECOND: Duration = Duration::from_secs(1);

/// A gate whose database can shut it out, and somebody who is let in all the same.
struct Door {
    server: Postgres,
    database: String,
    stand: Stand,
    operator: Operator,
}

fn door() -> Door {
    let server = Postgres::start();
    let url = server.database();
    let database = url.rsplit('/').next().unwrap().to_owned();
    server.query(&database, "GRANT ALL ON SCHEMA public TO keeper");
    let stand = Stand::new(&server.keeper_url(&database));
    let operator = stand.operator(&url);
    Door {
        server,
        database,
        stand,
        operator,
    }
}

impl Door {
    fn shut(&self) {
        self.server
            .query(&self.database, "ALTER ROLE keeper NOLOGIN");
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'keeper'";
        self.server.query(&self.database, end);
        eventually("the gate notices", || {
            self.stand.gate.status()["store"]["reachable"] == false
        });
    }

    fn open(&self) {
        self.server.query(&self.database, "ALTER ROLE keeper LOGIN");
    }
}

#[test]
fn revocation_that_a_gate_missed_is_seen_when_it_is_back() {
    let door = door();
    let stand = &door.stand;
    let (ended, stays) = (stand.make("ended"), stand.make("stays"));
    stand.ask(&ended).assert_passed();
    stand.ask(&stays).assert_passed();
    door.shut();
    door.operator.run(&["keys", "revoke", id(&ended), "--yes"]);
    sleep(A_SECOND);
    // Nobody could tell: that is what `keep_known` is for.
    stand.ask(&ended).assert_passed();
    door.open();
    let begin = Instant::now();
    eventually("the gate is back", || {
        let answer = stand.ask(&ended);
        let is_reached = stand.gate.status()["store"]["reachable"] == true;
        assert!(matches!(answer.status, 200 | 401), "{}", answer.text());
        is_reached || answer.status == 401
    });
    let back = begin.elapsed();
    let seen = stand.until(&ended, 401, "KEY_REVOKED");
    println!("let in again after {back:?}; the revocation was seen {seen:?} later");
    assert!(seen < A_SECOND, "{seen:?}");
    stand.ask(&stays).assert_passed();
}

#[test]
fn password_of_a_database_is_shown_nowhere() {
    let door = door();
    door.shut();
    let gate = &door.stand.gate;
    door.stand
        .try_make("n")
        .assert_refused(503, "STORE_UNAVAILABLE");
    sleep(A_SECOND);
    let mut said = gate.output.text();
    for page in ["/status", "/readyz?verbose", "/metrics"] {
        said.push_str(&gate.ask_admin(page).text());
    }
    assert!(!said.contains(door.server.password()), "{said}");
    door.open();
}
