//! A real Redis, made for the tests and thrown away after them.
//!
//! In a temporary folder, on one port of loopback, nothing written to the disk. When the test process ends,
//! however it ends, the server is killed. Everything here is blocking and needs nothing but the standard library
//! and `tempfile`.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Starts its arguments, says which process that is, and kills it when its own input ends.
const GUARD: &str = r#"log=$1; shift; "$@" >>"$log" 2>&1 </dev/null & child=$!; echo $child; cat >/dev/null; kill -9 $child"#;
/// How long starting may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server, killed on drop.
pub(crate) struct Redis {
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    encrypted: bool,
    running: RefCell<Option<Running>>,
}

struct Running {
    guard: Child,
    process: String,
}

impl Redis {
    /// A server without a password.
    pub(crate) fn start() -> Self {
        Self::started(&[], false, |_| {})
    }

    /// A server that asks for this password.
    pub(crate) fn with_password(password: &str) -> Self {
        Self::started(&["--requirepass", password], false, |_| {})
    }

    /// A server that speaks nothing but TLS, with this certificate and its key (PEM).
    pub(crate) fn with_tls(certificate: &str, key: &str) -> Self {
        let arguments = [
            "--tls-cert-file",
            "server.crt",
            "--tls-key-file",
            "server.key",
            "--tls-auth-clients",
            "no",
        ];
        Self::started(&arguments, true, |folder| {
            fs::write(folder.path().join("server.crt"), certificate).unwrap();
            fs::write(folder.path().join("server.key"), key).unwrap();
        })
    }

    fn started(arguments: &[&str], encrypted: bool, prepare: impl FnOnce(&TempDir)) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("sidegate-redis-")
            .tempdir_in("/tmp")
            .unwrap();
        prepare(&folder);
        let mut server = Self {
            folder,
            port: 0,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            encrypted,
            running: RefCell::new(None),
        };
        // Somebody else may take the port before the server does.
        for _ in 0..5 {
            server.port = super::free_port();
            if server.try_restart() {
                return server;
            }
        }
        panic!("Redis does not start: {}", server.log());
    }

    /// Its address, without a password.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.encrypted { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Kills it, as if its machine had lost power.
    pub(crate) fn kill(&self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        drop(running.guard.stdin.take());
        // Without input the guard kills its child and ends.
        let _ = running.guard.wait();
        // The kernel may take a moment to close the port.
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts it again, on the same port. It has forgotten everything.
    pub(crate) fn restart(&self) {
        self.kill();
        assert!(self.try_restart(), "{}", self.log());
    }

    /// Lets it hang: connections stay open, and nothing answers.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    /// Says something to it, and gives the answer as it stands on the wire.
    pub(crate) fn say(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
            .write_all(format!("{command}\r\nQUIT\r\n").as_bytes())
            .unwrap();
        let mut answer = String::new();
        // Closed with bytes on their way, the connection may end in an error.
        let _ = stream.read_to_string(&mut answer);
        let answer = answer.strip_suffix("+OK\r\n").unwrap_or(&answer);
        answer.trim_end().to_owned()
    }

    fn signal(&self, name: &str) {
        let running = self.running.borrow();
        let process = &running.as_ref().expect("it runs").process;
        let sent = Command::new("kill")
            .args([&format!("-{name}"), process])
            .status();
        assert!(sent.unwrap().success());
    }

    fn try_restart(&self) -> bool {
        let port = self.port.to_string();
        let plain = if self.encrypted { "0" } else { &port };
        let log = self.folder.path().join("log");
        fs::write(&log, "").unwrap();
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "guard"]).arg(&log);
        guard.args(["redis-server", "--bind", "127.0.0.1", "--port", plain]);
        if self.encrypted {
            guard.args(["--tls-port", &port]);
        }
        guard
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .args(&self.arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut guard = guard.spawn().unwrap();
        let mut process = String::new();
        let mut said = BufReader::new(guard.stdout.take().unwrap());
        said.read_line(&mut process).unwrap();
        *self.running.borrow_mut() = Some(Running {
            guard,
            process: process.trim().to_owned(),
        });
        self.comes_up()
    }

    fn comes_up(&self) -> bool {
        let end = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            assert!(
                !log.contains("not found"),
                "Redis is missing: run the tests with `tests/run`, which installs it"
            );
            if log.contains("Ready to accept connections") {
                return true;
            }
            if log.contains("Failed listening") || Instant::now() > end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
