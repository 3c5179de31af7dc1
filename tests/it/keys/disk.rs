//! A disk that is full: keys are found, none is made, and uses are written when there is room again.
//!
//! The disk is a small file system in memory, which root may mount. Where that is not possible PostgreSQL is
//! told to write nothing, and the test of SQLite says that it did nothing.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::stand::Stand;
use crate::support::eventually;
use crate::support::postgres::Postgres;

/// A file system of its own, gone on drop.
struct Disk(TempDir);

impl Disk {
    /// One of this many mebibytes, if this user may mount one.
    fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        let is_mounted = mounted.is_ok_and(|status| status.success());
        is_mounted.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Leaves no byte free.
    fn fill(&self) {
        let mut file = fs::File::create(self.ballast()).unwrap();
        let zeros = vec![0; 4096];
        while std::io::Write::write_all(&mut file, &zeros).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// What a gate does while nothing can be written.
fn bear(store: &str, fill: impl FnOnce(), make_room: impl FnOnce()) {
    let stand = Stand::new(store);
    let gate = &stand.gate;
    let known = stand.make("known");
    let new = stand.make_many(10);
    stand.ask(&known).assert_passed();
    fill();
    // There may be some room left in pages that are there already.
    let mut made = Vec::new();
    let refused = loop {
        let answer = stand.try_make("n");
        match answer.status {
            201 => made.push(answer.json()["key"].as_str().unwrap().to_owned()),
            _ => break answer,
        }
        assert!(made.len() < 5000, "the disk is never full");
    };
    refused.assert_refused(503, "STORE_UNAVAILABLE");
    println!("{} keys were made before: {}", made.len(), refused.text());
    for key in new.iter().chain(&made) {
        stand.ask(key).assert_passed();
    }
    for _ in 0..50 {
        stand.ask(&known).assert_passed();
    }
    assert_eq!(gate.ask_admin("/readyz").status, 200);
    assert_eq!(gate.metric("sidegate_key_store_trusted", &[]), 1.0);
    stand.try_make("n").assert_refused(503, "STORE_UNAVAILABLE");
    println!("the store, as the status says: {}", gate.status()["store"]);
    make_room();
    eventually("keys can be made", || stand.try_make("n").status == 201);
    eventually("all uses are written", || {
        stand.uses(&known) >= 51 && new.iter().all(|key| stand.uses(key) >= 1)
    });
    assert_eq!(gate.metric("sidegate_key_uses_lost_total", &[]), 0.0);
    for key in &made {
        assert!(stand.uses(key) >= 1, "a key that was acknowledged is gone");
    }
}

#[test]
fn full_disk_of_postgresql_stops_the_making_of_keys_and_nothing_else() {
    let server = Postgres::start();
    let Some(disk) = Disk::mount(24) else {
        println!("no file system may be mounted here: the database is told to write nothing");
        return written_nothing(&server);
    };
    println!("the database is on a small file system of its own");
    let place = disk.path().display();
    let data = server.query("postgres", "SHOW data_directory");
    let owner = fs::metadata(data).unwrap();
    chown(disk.path(), Some(owner.uid()), Some(owner.gid())).unwrap();
    let space = format!("CREATE TABLESPACE small LOCATION '{place}'");
    server.query("postgres", &space);
    server.query("postgres", "CREATE DATABASE crowded TABLESPACE small");
    bear(&server.url("crowded"), || disk.fill(), || disk.make_room());
    drop(server);
}

fn written_nothing(server: &Postgres) {
    let url = server.database();
    let name = url.rsplit('/').next().unwrap();
    let set = |how: &str| {
        server.query("postgres", &format!("ALTER DATABASE {name} {how}"));
        let all = format!("FROM pg_stat_activity WHERE datname = '{name}'");
        let end = format!("SELECT count(pg_terminate_backend(pid)) {all}");
        server.query("postgres", &end);
        std::thread::sleep(std::time::Duration::from_secs(2));
    };
    bear(
        &url,
        || set("SET default_transaction_read_only = on"),
        || set("RESET default_transaction_read_only"),
    );
}

#[test]
fn database_that_may_not_be_written_stops_the_making_of_keys_and_nothing_else() {
    written_nothing(&Postgres::start());
}

#[test]
fn full_disk_of_sqlite_stops_the_making_of_keys_and_nothing_else() {
    let Some(disk) = Disk::mount(2) else {
        println!("no file system may be mounted here: nothing was tested");
        return;
    };
    let store = format!("sqlite:{}", disk.path().join("keys.db").display());
    bear(&store, || disk.fill(), || disk.make_room());
}
