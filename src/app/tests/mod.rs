//! The wiring with real files, sockets and threads.

#[cfg(feature = "sqlite")]
mod keys;
mod life;
mod reload;
mod start;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
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
