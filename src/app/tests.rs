//! The wiring with real files, sockets and threads.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::config::{self, ProcessConfig};
use crate::document::Problems;
use crate::listener;

use super::*;

const OPEN: &str = "routes: [{ path: /**, public: true }]\n";
const OTHER: &str = "routes: [{ path: /other/**, public: true }]\n";
const BROKEN: &str = "routes:\n  - path: /**\n    publik: true\n";
const WITH_ISSUER: &str = "\
issuers:
  main: { url: 'http://127.0.0.1:1', audience: api }
routes: [{ path: /** }]
";

fn folder(policy: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.yaml");
    fs::write(&path, policy).unwrap();
    (folder, path)
}

fn config(policy: &Path, more: &[(&str, &str)]) -> ProcessConfig {
    let policy = policy.display().to_string();
    let mut flags = vec![
        ("listen", "127.0.0.1:0"),
        ("admin.listen", "127.0.0.1:0"),
        ("upstream", "http://127.0.0.1:1"),
        ("workers", "2"),
        ("policy", policy.as_str()),
        ("log.level", "off"),
        ("log.decisions", "off"),
    ];
    flags.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
    flags.extend(more);
    let flags = flags
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let problems = Problems::new();
    let config = config::load(None, std::iter::empty(), flags.collect(), &problems);
    config.unwrap_or_else(|| panic!("{:#?}", problems.into_sorted()))
}

/// A process that runs on threads of its own until it is dropped.
struct Running {
    listener: SocketAddr,
    admin: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<Result<(), Error>>>,
}

impl Running {
    fn start(config: ProcessConfig) -> Self {
        listener::install_crypto();
        let bound = build(config).unwrap();
        let (listener, admin) = (bound.listeners()[0].socket, bound.admin().unwrap());
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let stopped = async {
                let _ = stopped.await;
            };
            let on_ready = move || ready.send(()).unwrap();
            runtime()?.block_on(bound.run_until(stopped, on_ready))
        });
        is_ready.recv_timeout(Duration::from_secs(20)).unwrap();
        Self {
            listener,
            admin,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    fn stop(&mut self) -> Result<(), Error> {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap()
    }

    fn admin(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.admin).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Waits until the admin listener answers with `text`.
    fn admin_until(&self, request: &str, text: &str) -> String {
        let since = Instant::now();
        loop {
            let answer = self.admin(request);
            if answer.contains(text) {
                return answer;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{answer}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn policy_with_mistakes_stops_the_start_with_each_of_them() {
    let (_folder, path) = folder("routes:\n  - path: /**\n    publik: true\nrouts: []\n");
    let Err(Error::Policy(Mistakes(problems))) = build(config(&path, &[])) else {
        panic!("expected mistakes");
    };
    let lines: Vec<_> = problems.iter().map(|problem| problem.place.line).collect();
    assert!(lines.contains(&3) && lines.contains(&4), "{problems:#?}");
}

#[test]
fn empty_and_absent_policy_files_stop_the_start() {
    for (policy, reason) in [(Some("\n"), "is empty"), (None, "cannot be read")] {
        let (_folder, path) = folder(policy.unwrap_or_default());
        if policy.is_none() {
            fs::remove_file(&path).unwrap();
        }
        let error = build(config(&path, &[])).err().unwrap().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn taken_address_stops_the_start() {
    let (_folder, path) = folder(OPEN);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = build(config(&path, &[("listen", &address)])).err().unwrap();
    assert!(
        matches!(error, Error::Listener(listener::Error::InUse(_))),
        "{error}"
    );
    let error = build(config(&path, &[("admin.listen", &address)]))
        .err()
        .unwrap();
    assert!(matches!(error, Error::Admin(_)), "{error}");
}

#[test]
fn service_ends_when_told_and_frees_its_address() {
    let (_folder, path) = folder(OPEN);
    let mut running = Running::start(config(&path, &[]));
    TcpStream::connect(running.listener).unwrap();
    assert!(running.admin("GET /readyz").contains("200 OK"));
    running.stop().unwrap();
    assert!(TcpStream::connect(running.listener).is_err());
    assert!(TcpStream::connect(running.admin).is_err());
}

#[test]
fn readiness_falls_before_the_service_stops_accepting() {
    let (_folder, path) = folder(OPEN);
    let mut running = Running::start(config(&path, &[("drain.delay", "2s")]));
    drop(running.stop.take());
    running.admin_until("GET /readyz?verbose", "service: it is ending");
    TcpStream::connect(running.listener).unwrap();
    running.thread.take().unwrap().join().unwrap().unwrap();
}

#[test]
fn process_is_not_ready_before_its_issuer_was_reached() {
    let (_folder, path) = folder(WITH_ISSUER);
    let mut running = Running::start(config(&path, &[]));
    assert!(running.admin("GET /healthz").contains("200 OK"));
    let answer = running.admin("GET /readyz");
    assert!(answer.contains("503"), "{answer}");
    assert!(answer.contains("key set main: no keys so far"), "{answer}");
    running.stop().unwrap();
}

#[test]
fn broken_policy_changes_nothing_and_the_next_good_one_is_taken() {
    let (_folder, path) = folder(OPEN);
    let mut running = Running::start(config(&path, &[]));
    let first = running.admin("GET /status");
    let hash = hash(&first);

    fs::write(&path, BROKEN).unwrap();
    let status = running.admin_until("GET /status", "publik");
    assert!(status.contains(&hash), "{status}");
    assert!(status.contains(":3:"), "{status}");
    let metrics = running.admin("GET /metrics");
    assert!(metrics.contains("sidegate_config_last_reload_successful 0"));

    fs::write(&path, OTHER).unwrap();
    let status = running.admin_until("GET /status", "\"last_error\": null");
    assert!(!status.contains(&hash), "{status}");
    let metrics = running.admin("GET /metrics");
    assert!(metrics.contains("sidegate_config_last_reload_successful 1"));
    assert!(metrics.contains("sidegate_reloads_total{result=\"success\"} 1"));
    assert!(metrics.contains("sidegate_reloads_total{result=\"failure\"} 1"));
    running.stop().unwrap();
}

#[test]
fn unchanged_policy_is_reloaded_on_request_only() {
    let (_folder, path) = folder(OPEN);
    let mut running = Running::start(config(&path, &[]));
    fs::write(&path, OPEN).unwrap();
    thread::sleep(Duration::from_millis(600));
    let metrics = running.admin("GET /metrics");
    assert!(!metrics.contains("sidegate_reloads_total{"), "{metrics}");
    let answer = running.admin("POST /reload");
    assert!(
        answer.contains("200 OK") && answer.contains("loaded"),
        "{answer}"
    );
    fs::write(&path, BROKEN).unwrap();
    let answer = running.admin("POST /reload");
    assert!(answer.contains("publik"), "{answer}");
    running.stop().unwrap();
}

/// An upstream that takes its time for every answer.
fn upstream(time: Duration) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    thread::spawn(move || {
        for caller in socket.incoming() {
            let mut caller = caller.unwrap();
            thread::spawn(move || {
                while head(&mut caller).is_some() {
                    thread::sleep(time);
                    write!(caller, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
                }
            });
        }
    });
    url
}

/// Reads one head.
fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(String::from_utf8(head).unwrap())
}

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn requests_that_meet_the_end_are_answered_and_told_that_they_are_the_last() {
    let (_folder, path) = folder(OPEN);
    let url = upstream(Duration::from_millis(500));
    let mut running = Running::start(config(&path, &[("upstream", &url), ("workers", "1")]));
    let mut waiting = TcpStream::connect(running.listener).unwrap();
    waiting.write_all(REQUEST.as_bytes()).unwrap();
    let mut idle = TcpStream::connect(running.listener).unwrap();
    idle.write_all(b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    head(&mut idle);
    let mut kept = TcpStream::connect(running.listener).unwrap();
    kept.write_all(b"G").unwrap();
    thread::sleep(Duration::from_millis(200));

    drop(running.stop.take());
    running.admin_until("GET /readyz?verbose", "service: it is ending");
    thread::sleep(Duration::from_millis(100));
    kept.write_all(&REQUEST.as_bytes()[1..]).unwrap();
    for mut caller in [waiting, kept] {
        let head = head(&mut caller).expect("an answer");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("connection: close"), "{head}");
    }
    running.thread.take().unwrap().join().unwrap().unwrap();
}

#[test]
fn draining_cuts_what_takes_too_long() {
    let (_folder, path) = folder(OPEN);
    let url = upstream(Duration::from_secs(60));
    let settings = [("upstream", url.as_str()), ("drain.timeout", "300ms")];
    let mut running = Running::start(config(&path, &settings));
    let mut waiting = TcpStream::connect(running.listener).unwrap();
    waiting.write_all(REQUEST.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(200));
    let since = Instant::now();
    running.stop().unwrap();
    assert!(since.elapsed() < Duration::from_secs(5));
    assert_eq!(head(&mut waiting), None);
}

/// The policy's hash in a status.
fn hash(status: &str) -> String {
    let (_, rest) = status.split_once("\"hash\": ").unwrap();
    rest.chars()
        .skip_while(|c| *c != '"')
        .skip(1)
        .take(12)
        .collect()
}
