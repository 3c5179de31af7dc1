//! A real PostgreSQL, made for the tests and thrown away after them.
//!
//! `initdb` in a temporary folder, one port on loopback, nothing written to the disk for good. It runs as
//! somebody else when the tests run as root, because PostgreSQL refuses root. When the test process
//! ends, however it ends, the server is stopped and its folder removed. Everything here is blocking
//! and needs nothing but the standard library and `tempfile`.

mod machine;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use machine::{children, guard, other_than_root, programs, random, signal};

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
