//! What the machine has to offer: programs, users, processes.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Waits until the tests are over, then ends the server and what it wrote.
const GUARD: &str = r#"cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
[ -z "$pid" ] || { pkill -KILL -P "$pid"; kill -KILL "$pid"; }
for _ in 1 2 3 4 5 6 7 8 9; do
  rm -rf "$1" 2>/dev/null && break
  sleep 0.2
done"#;

pub(super) fn guard(folder: &Path) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", GUARD, "guard"]).arg(folder);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Who runs the server: nobody in particular, when the tests run as root.
pub(super) fn other_than_root() -> Option<(u32, u32)> {
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
pub(super) fn programs() -> PathBuf {
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
pub(super) fn children(parent: u32) -> Vec<u32> {
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

pub(super) fn signal(name: &str, processes: &[u32]) {
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

pub(super) fn random() -> String {
    let mut bytes = [0_u8; 16];
    let mut source = fs::File::open("/dev/urandom").unwrap();
    source.read_exact(&mut bytes).unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
