//! The real binary in front of an upstream.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::client::{Answer, Call};
use super::process::Lines;
use super::{PATIENCE, Upstream, eventually};

/// A running `sidegate serve`, killed on drop.
pub(crate) struct Gate {
    child: Child,
    folder: TempDir,
    /// The first listener.
    pub(crate) address: SocketAddr,
    /// The admin listener.
    pub(crate) admin: SocketAddr,
    /// What it said, on both outputs.
    pub(crate) output: Lines,
}

/// How a gate will be started.
pub(crate) struct Setup {
    folder: TempDir,
    policy: PathBuf,
    process: Option<PathBuf>,
    upstream: Option<String>,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
    listen: bool,
    admin: bool,
}

impl Setup {
    /// A gate with this policy.
    pub(crate) fn policy(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.yaml");
        std::fs::write(&policy, text).unwrap();
        Self {
            folder,
            policy,
            process: None,
            upstream: None,
            environment: Vec::new(),
            arguments: Vec::new(),
            listen: true,
            admin: true,
        }
    }

    /// A gate with the policy of an example, read where it stands.
    pub(crate) fn example(system: &str) -> Self {
        let mut setup = Self::policy("");
        let folder = super::repository("config/examples").join(system);
        setup.policy = folder.join("policy.yaml");
        let process = folder.join("sidegate.yaml");
        setup.process = process.exists().then_some(process);
        setup
    }

    /// Forwards to this upstream by default.
    #[must_use]
    pub(crate) fn upstream(self, upstream: &Upstream) -> Self {
        self.upstream_url(&upstream.url())
    }

    /// Forwards to this URL by default.
    #[must_use]
    pub(crate) fn upstream_url(mut self, url: &str) -> Self {
        self.upstream = Some(url.to_owned());
        self
    }

    /// Starts with this process file.
    #[must_use]
    pub(crate) fn process(mut self, text: &str) -> Self {
        let path = self.folder.path().join("sidegate.yaml");
        std::fs::write(&path, text).unwrap();
        self.process = Some(path);
        self
    }

    /// Reads the policy from this path.
    #[must_use]
    pub(crate) fn policy_file(mut self, path: PathBuf) -> Self {
        self.policy = path;
        self
    }

    /// Writes a file beside the policy.
    #[must_use]
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), content).unwrap();
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Adds an argument.
    #[must_use]
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Leaves it to the process file where to listen.
    #[must_use]
    pub(crate) fn without_listen(mut self) -> Self {
        self.listen = false;
        self
    }

    /// Leaves the admin listener to the process file.
    #[must_use]
    pub(crate) fn without_admin(mut self) -> Self {
        self.admin = false;
        self
    }

    /// What starts it, for tests that look after the process themselves.
    pub(crate) fn command(&self) -> Command {
        let mut command = sidegate();
        command.arg("serve").arg("--policy").arg(&self.policy);
        if self.admin {
            command.args(["--admin", "127.0.0.1:0"]);
        }
        if self.listen {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        if let Some(process) = &self.process {
            command.arg("--config").arg(process);
        }
        if let Some(upstream) = &self.upstream {
            command.args(["--upstream", upstream]);
        }
        command
            .args(&self.arguments)
            .envs(self.environment.iter().cloned());
        command
    }

    /// Starts it and waits until it says that it listens.
    pub(crate) fn start(self) -> Gate {
        let (child, output) = spawn(self.command());
        let mut gate = Gate {
            child,
            folder: self.folder,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            admin: SocketAddr::from(([127, 0, 0, 1], 0)),
            output,
        };
        gate.wait_for_line("sidegate: ready");
        gate.address = gate.addresses()[0];
        if let Some(admin) = gate.output.after("sidegate: admin on http://") {
            gate.admin = admin.parse().unwrap();
        }
        gate
    }

    /// Starts it, expecting it to refuse; returns its exit code and what it said.
    pub(crate) fn refusal(self) -> (i32, String) {
        let (mut child, output) = spawn(self.command());
        let status = wait(&mut child);
        // The readers may still be a line behind.
        std::thread::sleep(Duration::from_millis(100));
        (status.code().unwrap_or(-1), output.text())
    }
}

/// The binary, in an environment without surprises.
pub(crate) fn sidegate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidegate"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

fn spawn(mut command: Command) -> (Child, Lines) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let output = Lines::default();
    output.follow(child.stdout.take().unwrap());
    output.follow(child.stderr.take().unwrap());
    (child, output)
}

fn wait(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("the gate does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Gate {
    /// A gate with this policy in front of this upstream.
    pub(crate) fn start(policy: &str, upstream: &Upstream) -> Self {
        Setup::policy(policy).upstream(upstream).start()
    }

    /// A request with any method.
    pub(crate) fn call(&self, method: &str, target: &str) -> Call {
        Call::new(self.address, method, target)
    }

    /// A GET.
    pub(crate) fn get(&self, target: &str) -> Call {
        self.call("GET", target)
    }

    /// A POST.
    pub(crate) fn post(&self, target: &str) -> Call {
        self.call("POST", target)
    }

    /// A GET to the admin listener.
    pub(crate) fn ask_admin(&self, target: &str) -> Answer {
        Call::new(self.admin, "GET", target).send()
    }

    /// `/status`, as JSON.
    pub(crate) fn status(&self) -> Value {
        self.ask_admin("/status").json()
    }

    /// The sum of a metric's samples whose line has all of `labels` in it.
    pub(crate) fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.ask_admin("/metrics").text();
        let named = |line: &&str| {
            let rest = line.strip_prefix(name).unwrap_or("x");
            rest.starts_with(['{', ' ']) && labels.iter().all(|label| rest.contains(label))
        };
        let value = |line: &str| {
            line.rsplit(' ')
                .next()
                .and_then(|value| value.parse::<f64>().ok())
        };
        text.lines().filter(named).filter_map(value).sum()
    }

    /// Waits until readiness says yes.
    pub(crate) fn wait_ready(&self) {
        eventually("the gate is ready", || {
            self.ask_admin("/readyz").status == 200
        });
    }

    /// The folder the policy was written to.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces the policy the way an editor does: writes beside it and renames.
    pub(crate) fn replace_policy(&self, text: &str) {
        let beside = self.folder().join(".policy.new");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(beside, self.folder().join("policy.yaml")).unwrap();
    }

    /// Addresses of all listeners, in the order of the process file.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let address = |line: &String| {
            let rest = line.strip_prefix("sidegate: listening on ")?;
            rest.split("://").nth(1)?.split(' ').next()?.parse().ok()
        };
        self.output.all().iter().filter_map(address).collect()
    }

    /// Sends a signal by name: `TERM`, `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &command])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for its end.
    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn wait_for_line(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.output.contain(text) {
            let ended = self.child.try_wait().unwrap();
            let late = Instant::now() > end;
            assert!(
                ended.is_none() && !late,
                "no `{text}`:\n{}",
                self.output.text()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            // The first thing to look at when a test fails.
            println!("--- the gate said:\n{}", self.output.text());
        }
    }
}
