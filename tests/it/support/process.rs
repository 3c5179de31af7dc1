//! Processes that never outlive the test that started them.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use super::{eventually, repository};

/// Starts its arguments and kills them when its own input ends, which it does when the test process
/// goes, however it goes.
const GUARD: &str = r#""$@" & child=$!; cat >/dev/null; kill -9 $child"#;

/// A server in another process, killed on drop.
pub(crate) struct Server {
    guard: Child,
    input: Option<ChildStdin>,
    lines: Lines,
}

/// What a process said so far, line by line.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>);

impl Server {
    /// Starts `program`, which must be one of the real parts that `tests/run` installs.
    pub(crate) fn start(command: &Command) -> Self {
        let mut guard = Command::new("sh");
        guard
            .args(["-c", GUARD, "guard"])
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            guard.env(name, value.unwrap_or_default());
        }
        guard
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut guard = guard.spawn().unwrap();
        let lines = Lines::default();
        lines.follow(guard.stdout.take().unwrap());
        lines.follow(guard.stderr.take().unwrap());
        let input = guard.stdin.take();
        Self {
            guard,
            input,
            lines,
        }
    }

    /// Waits for a line with `text` in it.
    pub(crate) fn wait_for(&self, text: &str) {
        eventually(&format!("`{text}` from a server"), || {
            self.lines.contain(text)
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.input.take());
        // Without input the guard kills its child and ends.
        let _ = self.guard.wait();
    }
}

impl Lines {
    /// Collects what `source` says, on a thread of its own.
    pub(crate) fn follow(&self, source: impl Read + Send + 'static) {
        let lines = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(source).lines().map_while(Result::ok) {
                lines.0.lock().unwrap().push(line);
            }
        });
    }

    /// Everything so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Everything so far, as one text.
    pub(crate) fn text(&self) -> String {
        self.all().join("\n")
    }

    /// Whether some line has `text` in it.
    pub(crate) fn contain(&self, text: &str) -> bool {
        self.0
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains(text))
    }

    /// The rest of the first line that begins with `prefix`.
    pub(crate) fn after(&self, prefix: &str) -> Option<String> {
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .find_map(|line| line.strip_prefix(prefix).map(str::to_owned))
    }
}

/// A file of the real parts, or a failed test that says how to get them.
pub(crate) fn real_part(path: &str) -> std::path::PathBuf {
    let path = repository("target/real").join(path);
    assert!(
        path.exists(),
        "{} is missing: run the tests with `tests/run`, which installs it",
        path.display()
    );
    path
}
