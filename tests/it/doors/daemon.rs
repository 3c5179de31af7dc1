//! Servers of others, with whatever processes they start themselves; none outlives the test.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// Starts its arguments as a group of processes of their own, and kills the whole group when its own input
/// ends, which it does when the test process goes, however it goes.
const GUARD: &str = r#"log=$1; shift; setsid "$@" >>"$log" 2>&1 </dev/null & child=$!
cat >/dev/null; kill -9 "-$child" 2>/dev/null; kill -9 "$child" 2>/dev/null; wait"#;

/// A running server.
pub(super) struct Daemon {
    guard: Child,
    input: Option<ChildStdin>,
    log: PathBuf,
}

impl Daemon {
    /// Starts a command in `folder`, where it also logs.
    pub(super) fn start(command: &Command, folder: &Path) -> Self {
        let log = folder.join("front.log");
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "guard"]).arg(&log);
        guard.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            guard.env(name, value.unwrap_or_default());
        }
        guard
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut guard = guard.spawn().unwrap();
        let input = guard.stdin.take();
        Self { guard, input, log }
    }

    /// What it said so far.
    pub(super) fn said(&self) -> String {
        let mut text = Vec::new();
        if let Ok(mut file) = std::fs::File::open(&self.log) {
            let _ = file.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Whether somebody listens on `address` before `patience` ends.
    pub(super) fn listens(&self, address: SocketAddr, patience: Duration) -> bool {
        let end = std::time::Instant::now() + patience;
        while std::time::Instant::now() < end {
            if TcpStream::connect(address).is_ok() {
                return true;
            }
            if self.taken() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Whether somebody else took its port first.
    fn taken(&self) -> bool {
        let said = self.said().to_ascii_lowercase();
        said.contains("address already in use") || said.contains("address in use")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.input.take());
        // Without input the guard kills the group and ends.
        let _ = self.guard.wait();
        if std::thread::panicking() {
            let said = self.said();
            let tail: Vec<&str> = said.lines().rev().take(40).collect();
            println!("--- the front said, last line first:\n{}", tail.join("\n"));
        }
    }
}
