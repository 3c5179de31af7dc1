//! A real PostgreSQL, made for the tests and thrown away after them.
//!
//! `initdb` in a temporary folder, one port on loopback, nothing written to the disk for good. It runs as
//! somebody else when the tests run as root, because PostgreSQL refuses root. When the test process
//! ends, however it ends, the server is stopped and its folder removed. Everything here is blocking
//! and needs nothing but the standard library and `tempfile`.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// Waits until the tests are over, then ends the server and what it wrote.
const GUARD: &str = r#"cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
[ -z "$pid" ] || { pkill -KILL -P "$pid"; kill -KILL "$pid"; }
for _ in 1 2 3 4 5 6 7 8 9; do
  rm -rf "$1" 2>/dev/null && break
  sleep 0.2
done"#;

/// A server with databases of its own.
pub(crate) struct Postgres {
    bin: PathBuf,
    folder: TempDir,
    owner: Option<(u32, u32)>,
    port: u16,
    password: String,
    guard: Child,
}

/// The server of this test process, for tests that leave it as it is.
pub(crate) fn postgres() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(Postgres::start)
}

impl Postgres {
    /// Makes a server of its own, for a test that stops it.
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("sidegate-postgres-")
            .tempdir_in("/tmp")
            .unwrap();
        let owner = other_than_root();
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let guard = guard(folder.path());
        let mut server = Self {
            bin: programs(),
            folder,
            owner,
            port: 0,
            password: random(),
            guard,
        };
        server.make();
        // Somebody else may take the port before the server does.
        for _ in 0..5 {
            let socket = TcpListener::bind("127.0.0.1:0").unwrap();
            server.port = socket.local_addr().unwrap().port();
            drop(socket);
            if server.try_restart().status.success() {
                let role = format!("CREATE ROLE keeper LOGIN PASSWORD '{}'", server.password);
                server.query("postgres", &role);
                return server;
            }
        }
        panic!("PostgreSQL does not start: {}", server.log());
    }

    /// Makes an empty database, and gives the URL of somebody who may do anything in it.
    pub(crate) fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("d{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.query("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a database, for somebody who may do anything and needs no password.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of a database, for `keeper`, who needs a password and has no rights of its own.
    pub(crate) fn keeper_url(&self, database: &str) -> String {
        let (password, port) = (&self.password, self.port);
        format!("postgres://keeper:{password}@127.0.0.1:{port}/{database}")
    }

    /// The password in [`Self::keeper_url`].
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Runs statements in a database, by its name or the end of its URL; gives what `psql -At` prints.
    pub(crate) fn query(&self, database: &str, sql: &str) -> String {
        let database = database.rsplit('/').next().unwrap();
        let port = self.port.to_string();
        let output = self.run(
            "psql",
            &[
                "-X",
                "-h",
                "127.0.0.1",
                "-p",
                &port,
                "-U",
                "postgres",
                "-d",
                database,
            ]
            .iter()
            .copied()
            .chain(["-v", "ON_ERROR_STOP=1", "-q", "-At", "-c", sql])
            .collect::<Vec<_>>(),
        );
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Stops it at once, as if its machine had lost power.
    pub(crate) fn stop(&self) {
        let output = self.control(&["-m", "immediate", "stop"]);
        assert!(output.status.success(), "{}", self.log());
    }

    /// Starts it again, on the same port.
    pub(crate) fn restart(&self) {
        let output = self.try_restart();
        assert!(output.status.success(), "{}", self.log());
    }

    /// Lets it hang: connections stay open, and nothing answers.
    pub(crate) fn pause(&self) {
        // The first one first, so that it makes no more.
        let first = self.process();
        signal("STOP", &[first]);
        signal("STOP", &children(first));
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        let first = self.process();
        signal("CONT", &children(first));
        signal("CONT", &[first]);
    }

    /// Encrypts connections from now on, with this certificate and its key (PEM).
    pub(crate) fn encrypt(&self, certificate: &str, key: &str) {
        let data = self.data();
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            self.write(&data.join(name), text);
        }
        let settings = fs::read_to_string(data.join("postgresql.conf")).unwrap();
        self.write(
            &data.join("postgresql.conf"),
            &format!("{settings}\nssl = on\n"),
        );
        self.stop();
        self.restart();
    }

    fn make(&self) {
        let data = self.data();
        let output = self.run(
            "initdb",
            &[
                "-D",
                data.to_str().unwrap(),
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "-N",
            ],
        );
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "initdb: {said}");
        let rules = "host all keeper 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n";
        self.write(&data.join("pg_hba.conf"), rules);
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nmax_connections = 200\n\
             shared_buffers = '32MB'\nfsync = off\nfull_page_writes = off\n\
             autovacuum = off\nlog_statement = 'ddl'\n",
            self.folder.path().display()
        );
        self.write(&data.join("postgresql.conf"), &settings);
    }

    fn try_restart(&self) -> Output {
        let log = self.folder.path().join("log");
        let port = format!("-p {}", self.port);
        self.control(&[
            "-w",
            "-t",
            "60",
            "-l",
            log.to_str().unwrap(),
            "-o",
            &port,
            "start",
        ])
    }

    fn control(&self, arguments: &[&str]) -> Output {
        let data = self.data();
        let mut all = vec!["-D", data.to_str().unwrap(), "-s"];
        all.extend(arguments);
        self.run("pg_ctl", &all)
    }

    /// Runs one of PostgreSQL's programs as somebody it likes.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.bin.join(program));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C")
            .env("PGCONNECT_TIMEOUT", "10")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command.output().unwrap()
    }

    fn write(&self, path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((user, group)) = self.owner {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The number of the server's first process.
    fn process(&self) -> u32 {
        let facts = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        facts.lines().next().unwrap().parse().unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Without input the guard ends the server, and then itself.
        let _ = self.guard.wait();
    }
}

fn guard(folder: &Path) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", GUARD, "guard"]).arg(folder);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Who runs the server: nobody in particular, when the tests run as root.
fn other_than_root() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2);
        let mut number = || fields.next()?.parse().ok();
        Some((number()?, number()?))
    };
    Some(
        find("postgres")
            .or_else(|| find("nobody"))
            .expect("a user who is not root"),
    )
}

/// The folder of PostgreSQL's programs; of several, the newest.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev().map(|(_, path)| path.join("bin")));
    let whole = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "psql"]
            .iter()
            .all(|name| folder.join(name).exists())
    };
    let found = folders.into_iter().find(whole);
    found.expect("PostgreSQL is missing: run the tests with `tests/run`, which installs it")
}

/// The processes that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers
        .filter(|number| {
            let facts = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
            let behind_name = facts.rsplit(')').next().unwrap_or_default();
            behind_name.split_whitespace().nth(1) == Some(&parent.to_string())
        })
        .collect()
}

fn signal(name: &str, processes: &[u32]) {
    let numbers: Vec<_> = processes.iter().map(ToString::to_string).collect();
    let sent = Command::new("sh")
        .args([
            "-c",
            "name=$1; shift; [ $# = 0 ] || kill -\"$name\" \"$@\"",
            "kill",
            name,
        ])
        .args(&numbers)
        .stderr(Stdio::null())
        .status();
    sent.unwrap();
}

fn random() -> String {
    let mut bytes = [0_u8; 16];
    let mut source = fs::File::open("/dev/urandom").unwrap();
    source.read_exact(&mut bytes).unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
