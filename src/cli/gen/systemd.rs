//! systemd: the unit that ships, with the secrets of this policy handed in by the manager.

use std::fmt::Write as _;

use super::facts::Facts;
use super::platform::{self, Platform};
use super::{File, process};

/// The unit as it stands in `deploy/`, which is hardened and held against `systemd-analyze` there.
const UNIT: &str = include_str!("../../../deploy/systemd/sidegate.service");
/// Before this line of the unit stand the lines that hand in secrets.
const BEFORE: &str = "# SIGTERM drains:";

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let mut files = vec![
        File::new("sidegate.service", unit(facts)),
        File::new("policy.yaml", facts.home.policy.clone()),
    ];
    if !facts.home.variables.is_empty() {
        files.push(File::new("environment", environment(facts)));
    }
    files.push(File::new(process::NAME, process_file(facts)));
    files
}

/// The user that the unit runs as is made when it starts, so it can read no file that is closed to others: the
/// manager reads such files and hands them in.
fn unit(facts: &Facts) -> String {
    let mut credentials = String::new();
    let named = facts.home.files.iter().chain(&facts.home.elsewhere);
    for (position, file) in named.enumerate() {
        if position == 0 {
            credentials.push_str(
                "# The policy names files. If only root may read them, let systemd hand them in, and write\n\
                 # `/run/credentials/sidegate.service/NAME` in the policy; restart the unit when they change.\n",
            );
        }
        let name = credential(file);
        // Writing to a string cannot fail.
        let _ = writeln!(credentials, "# LoadCredential={name}:/etc/sidegate/{name}");
    }
    UNIT.replacen(BEFORE, &format!("{credentials}{BEFORE}"), 1)
}

/// The last part of a path, as far as it can stand in a unit.
fn credential(path: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    last.chars().filter(|letter| plain(*letter)).collect()
}

/// What `EnvironmentFile` reads: an empty value counts as not set, and the gate says so.
fn environment(facts: &Facts) -> String {
    let mut lines = "# /etc/sidegate/environment, readable by root only (chmod 600).\n".to_owned();
    for name in &facts.home.variables {
        lines.extend([name.as_str(), "=\n"]);
    }
    lines
}

fn process_file(facts: &Facts) -> String {
    let platform = Platform {
        address: facts.sidegate.listen().to_string(),
        policy: "policy.yaml",
        upstream: facts.app.to_string(),
        store: "sqlite:/var/lib/sidegate/sidegate.db",
        own: "# With TimeoutStopSec of the unit.\ndrain: { delay: 0s, timeout: 30s }".to_owned(),
    };
    platform::file(facts, &platform)
}
