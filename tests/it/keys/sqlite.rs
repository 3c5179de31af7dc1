//! A SQLite file that somebody else holds, that is away, and that is another one when it comes back.

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempfile::TempDir;

use super::stand::{Stand, id, nobodys};
use crate::support::eventually;

/// The store's time-out as it is when nothing is said, with what a busy machine adds.
const LONGEST: Duration = Duration::from_millis(2500);
const A_SECOND: Duration = Duration::from_secs(1);

struct Desk {
    stand: Stand,
    folder: TempDir,
}

fn desk(kept: &str) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("keys.db").display());
    let stand = Stand::with(&store, kept);
    stand.gate.wait_ready();
    Desk { stand, folder }
}

impl Desk {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Moves the file with what belongs to it.
    fn rename(&self, from: &str, to: &str) {
        for end in ["-wal", "-shm", ""] {
            let from = self.path(&format!("{from}{end}"));
            let _ = fs::remove_file(self.path(&format!("{to}{end}")));
            if from.exists() {
                fs::rename(from, self.path(&format!("{to}{end}"))).unwrap();
            }
        }
    }
}

#[test]
fn long_writer_stops_the_making_of_keys_and_nothing_else() {
    let desk = desk("keep_known: 1h");
    let stand = &desk.stand;
    let known = stand.make("known");
    let new = stand.make_many(20);
    stand.ask(&known).assert_passed();
    let writer = Connection::open(desk.path("keys.db")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begin = Instant::now();
    stand.try_make("n").assert_refused(503, "STORE_UNAVAILABLE");
    let waited = begin.elapsed();
    assert!(waited < LONGEST, "{waited:?}");
    for key in &new {
        stand.ask(key).assert_passed();
        stand.ask(&known).assert_passed();
    }
    stand.ask(&nobodys()).assert_refused(401, "KEY_UNKNOWN");
    let revoke = stand
        .gate
        .as_admin("DELETE", &format!("/keys/{}", id(&known)));
    revoke.send().assert_refused(503, "STORE_UNAVAILABLE");
    sleep(4 * A_SECOND);
    stand.ask(&known).assert_passed();
    assert_eq!(stand.gate.metric("sidegate_key_store_trusted", &[]), 1.0);
    assert!(stand.gate.metric("sidegate_key_uses_waiting", &[]) > 0.0);
    writer.execute_batch("COMMIT").unwrap();
    eventually("keys can be made", || stand.try_make("n").status == 201);
    eventually("all uses are written", || stand.uses(&known) == 22);
    assert!(new.iter().all(|key| stand.uses(key) == 1));
    println!("locked: making was refused after {waited:?}");
}

#[test]
fn file_that_is_away_is_silence_and_is_found_again() {
    let desk = desk("keep_known: 1h");
    let stand = &desk.stand;
    let (known, new) = (stand.make("known"), stand.make("new"));
    stand.ask(&known).assert_passed();
    desk.rename("keys.db", "away.db");
    stand.ask(&new).assert_refused(503, "STORE_UNAVAILABLE");
    stand.ask(&known).assert_passed();
    stand.try_make("n").assert_refused(503, "STORE_UNAVAILABLE");
    eventually("the status says so", || {
        stand.gate.status()["store"]["reachable"] == false
    });
    let made_anew = desk.path("keys.db").exists();
    assert!(!made_anew, "an empty store would say that all are unknown");
    desk.rename("away.db", "keys.db");
    let back = stand.until(&new, 200, "");
    println!("a file that is there again is found after {back:?}");
    assert!(back < 5 * A_SECOND, "{back:?}");
    stand.ask(&known).assert_passed();
    stand.make("n");
}

#[test]
fn known_keys_count_no_longer_than_stated_without_the_file() {
    for kept in ["keep_known: 1s", "keep_known: 0s"] {
        let desk = desk(kept);
        let stand = &desk.stand;
        let known = stand.make("known");
        stand.ask(&known).assert_passed();
        desk.rename("keys.db", "away.db");
        let ended = stand.until(&known, 503, "STORE_UNAVAILABLE");
        desk.rename("away.db", "keys.db");
        let back = stand.until(&known, 200, "");
        println!("{kept}: refused after {ended:?}, good again after {back:?}");
        assert!(ended < 4 * A_SECOND && back < 5 * A_SECOND);
    }
}

/// A backup that is put back: what it does not know is nobody's, and what it has not revoked is good.
#[test]
fn file_that_was_replaced_is_the_one_that_counts() {
    let desk = desk("keep_known: 1h");
    let stand = &desk.stand;
    let (old, late) = (stand.make("old"), stand.make("late"));
    stand.ask(&late).assert_passed();
    let store = format!("sqlite:{}", desk.path("next.db").display());
    let other = stand.operator(&store);
    let words = [
        "--name",
        "next",
        "--tenant",
        "acme",
        "--scope",
        "alerts:read",
    ];
    let next = other.make(&words);
    stand.ask(&next).assert_refused(401, "KEY_UNKNOWN");
    desk.rename("next.db", "keys.db");
    let good = stand.until(&next, 200, "");
    let unknown = stand.until(&late, 401, "KEY_UNKNOWN");
    println!(
        "replaced: the new file's key after {good:?}, the old one's gone after {unknown:?} more"
    );
    assert!(good + unknown < 2 * A_SECOND);
    stand.ask(&old).assert_refused(401, "KEY_UNKNOWN");
    stand.make("n");
}

#[test]
fn file_that_is_no_database_is_silence() {
    let desk = desk("keep_known: 1h");
    let stand = &desk.stand;
    let (known, new) = (stand.make("known"), stand.make("new"));
    stand.ask(&known).assert_passed();
    desk.rename("keys.db", "away.db");
    fs::write(desk.path("keys.db"), "this is no database\n".repeat(500)).unwrap();
    for _ in 0..10 {
        stand.ask(&new).assert_refused(503, "STORE_UNAVAILABLE");
        stand.ask(&known).assert_passed();
        sleep(A_SECOND / 10);
    }
    stand.try_make("n").assert_refused(503, "STORE_UNAVAILABLE");
    desk.rename("away.db", "keys.db");
    let back = stand.until(&new, 200, "");
    assert!(back < 5 * A_SECOND, "{back:?}");
}
