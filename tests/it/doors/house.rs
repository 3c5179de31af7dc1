//! One policy behind one door: issuer, app, gate and the front that asks, made by `sidegate gen`.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::front::{Front, Running};
use super::outcome::Outcome;
use super::row::{Row, call, get};
use crate::support::client::Connection;
use crate::support::gate::Setup;
use crate::support::{Call, Gate, Issuer, PATIENCE, Upstream, eventually, free_port};

/// Where callers come from: not where fronts come from, so that what is believed of whom can be told apart.
pub(super) const CALLER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// What stands between a caller and an app.
pub(super) struct House {
    pub(super) door: Front,
    pub(super) issuer: Issuer,
    pub(super) app: Upstream,
    /// Nothing while it is stopped.
    pub(super) gate: RefCell<Option<Gate>>,
    /// Where callers knock.
    pub(super) address: SocketAddr,
    _front: Option<Running>,
    folder: TempDir,
    marks: Cell<usize>,
    /// How much of the decision log was looked at.
    read: Cell<u64>,
}

impl House {
    /// Starts all of it; the policy is made for the issuer.
    pub(super) fn start(door: Front, policy: impl Fn(&Issuer) -> String) -> Self {
        let (issuer, app) = (Issuer::start(), Upstream::start());
        let folder = tempfile::Builder::new()
            .prefix("sidegate-door-")
            .tempdir_in("/tmp")
            .unwrap();
        let policy = policy(&issuer);
        std::fs::write(folder.path().join("policy.yaml"), &policy).unwrap();
        std::fs::write(folder.path().join("hook.secret"), SECRET).unwrap();
        let sidegate = SocketAddr::from(([127, 0, 0, 1], free_port()));
        door.generate(folder.path(), app.address, sidegate);
        let gate = setup(door, folder.path(), &policy, &app, sidegate).start();
        // Readiness is no guide: one issuer of the table is never there.
        eventually("the issuer's keys are known", || {
            gate.output.contain("key set loaded issuer=main")
        });
        let front = door.run(folder.path());
        let address = front.as_ref().map_or(gate.address, |front| front.address);
        let house = Self {
            door,
            issuer,
            app,
            gate: RefCell::new(Some(gate)),
            address,
            _front: front,
            folder,
            marks: Cell::new(0),
            read: Cell::new(0),
        };
        house.wait_for_the_front();
        house
    }

    /// A token of this issuer with these claims besides the usual ones.
    pub(super) fn token(&self, claims: &Value) -> String {
        self.issuer.token(claims)
    }

    /// Sends sidegate a signal.
    pub(super) fn signal(&self, name: &str) {
        self.gate.borrow().as_ref().expect("it runs").signal(name);
    }

    /// Lets sidegate hang, every thread of it.
    pub(super) fn pause(&self) {
        self.signal("STOP");
        let id = self.gate.borrow().as_ref().expect("it runs").id();
        let stopped = |task: std::io::Result<std::fs::DirEntry>| {
            let stat = std::fs::read_to_string(task.unwrap().path().join("stat"));
            stat.is_ok_and(|stat| stat.contains(") T "))
        };
        eventually("sidegate hangs", || {
            let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
            tasks.into_iter().all(stopped)
        });
    }

    /// Stops sidegate, and nothing else.
    pub(super) fn stop(&self) {
        drop(self.gate.take());
    }

    /// Sends a request and gives its answer, if there is one.
    pub(super) fn send(&self, method: &str, bytes: &[u8]) -> Option<crate::support::Answer> {
        let mut connection = self.connect();
        connection.write(bytes);
        connection.try_read(method)
    }

    /// Sends an ordinary request, which has an answer.
    pub(super) fn ask(&self, method: &str, call: &Call) -> crate::support::Answer {
        self.send(method, &call.bytes()).expect("the front answers")
    }

    /// A connection of a caller.
    pub(super) fn connect(&self) -> Connection {
        Connection::open_from(CALLER, self.address)
    }

    /// Sends a case through the door, and gathers all that followed.
    pub(super) fn put(&self, row: &Row) -> Outcome {
        self.app.forget();
        let answer = self.send(&row.method, &row.bytes);
        let seen = self.app.seen();
        let records = self.records();
        // Requests that were smuggled into the case may come to the app late.
        let late = self.app.seen();
        let late = late.into_iter().skip(seen.len());
        let late = late.filter(|seen| !seen.target.starts_with(MARK));
        Outcome {
            answer,
            seen: seen.into_iter().chain(late).collect(),
            records,
        }
    }

    /// What was decided since the last time, in order.
    pub(super) fn records(&self) -> Vec<Value> {
        self.marks.set(self.marks.get() + 1);
        let mark = format!("{MARK}{}", self.marks.get());
        let answer = self.ask("GET", &get(&mark).header("Connection", "close"));
        assert_eq!(answer.status, 200, "the mark: {}", answer.text());
        let end = Instant::now() + PATIENCE;
        let mut fresh = Vec::new();
        while !fresh
            .iter()
            .any(|record: &Value| record["path"] == mark.as_str())
        {
            assert!(Instant::now() < end, "the mark is not on record: {fresh:?}");
            std::thread::sleep(Duration::from_millis(1));
            fresh.extend(self.written());
        }
        fresh.retain(|record| {
            !record["path"]
                .as_str()
                .unwrap_or_default()
                .starts_with(MARK)
        });
        fresh
    }

    /// The records that were written since it was last looked, as far as their lines are whole.
    fn written(&self) -> Vec<Value> {
        let mut file = File::open(log_of(self.folder.path())).unwrap();
        file.seek(SeekFrom::Start(self.read.get())).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let end = if whole.is_empty() {
            0
        } else {
            whole.len() as u64 + 1
        };
        self.read.set(self.read.get() + end);
        whole
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Some fronts listen before they know where requests go.
    fn wait_for_the_front(&self) {
        let ready = call("GET", "/public/ready")
            .header("Connection", "close")
            .bytes();
        eventually("the front passes requests on", || {
            self.send("GET", &ready)
                .is_some_and(|answer| answer.status == 200)
        });
        self.records();
    }
}

/// What webhooks are signed with; policies find it in `hook.secret`.
pub(super) const SECRET: &str = "a-secret-that-is-long-enough-for-a-webhook";

const MARK: &str = "/public/mark-";

fn log_of(folder: &Path) -> PathBuf {
    folder.join("decisions.log")
}

/// The gate that `sidegate gen` says belongs to this front.
fn setup(door: Front, folder: &Path, policy: &str, app: &Upstream, sidegate: SocketAddr) -> Setup {
    let mut setup = Setup::policy(policy)
        .file("hook.secret", SECRET)
        .argument("--set")
        .argument("workers=1")
        .argument("--set")
        .argument(&format!("log.decisions.file={}", log_of(folder).display()));
    match std::fs::read_to_string(folder.join("sidegate.yaml")) {
        Ok(process) => setup = setup.process(&process).without_listen(),
        Err(_) => {
            assert_eq!(door, Front::Proxy, "the process file is missing");
            setup = setup
                .process(&format!("listen: {sidegate}\n"))
                .without_listen();
        }
    }
    if door.is_passed_through() {
        setup = setup.upstream(app);
    }
    setup
}
