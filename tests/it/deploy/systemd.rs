//! The unit, as `systemd-analyze` sees it. No systemd runs here, so it is not started.

use std::path::Path;
use std::process::Command;

use super::tools::{deploy, folder, said};

/// What `systemd-analyze security` may say at most, times ten: 0 is a unit without anything, 100 one without
/// any bounds. What is left is the network, which a gate cannot do without.
const EXPOSURE: u32 = 17;

/// The unit in a folder that has the programs which it names.
fn root(unit: &str) -> tempfile::TempDir {
    let root = folder();
    let at = |path: &str| root.path().join(path);
    for folder in ["usr/local/bin", "usr/bin", "etc/systemd/system"] {
        std::fs::create_dir_all(at(folder)).unwrap();
    }
    std::os::unix::fs::symlink("usr/bin", at("bin")).unwrap();
    for program in ["usr/local/bin/sidegate", "usr/bin/kill"] {
        std::fs::copy("/bin/true", at(program)).unwrap();
    }
    std::fs::write(at("etc/systemd/system/sidegate.service"), unit).unwrap();
    // What every unit depends on, unless it says otherwise.
    for target in [
        "sysinit",
        "basic",
        "shutdown",
        "network-online",
        "multi-user",
    ] {
        let file = format!("etc/systemd/system/{target}.target");
        std::fs::write(at(&file), "[Unit]\nDescription=one\n").unwrap();
    }
    root
}

fn analyze(root: &Path, arguments: &[&str]) -> super::tools::Said {
    let mut command = Command::new("systemd-analyze");
    command.arg(format!("--root={}", root.display()));
    said(command.args(arguments).env("SYSTEMD_PAGER", ""))
}

/// Verifies a unit, and says how exposed it is, times ten.
pub(super) fn assert_sound(unit: &str, place: &str) {
    let root = root(unit);
    let verified = analyze(root.path(), &["verify", "--man=no", "sidegate.service"]);
    assert!(
        verified.good && verified.all.is_empty(),
        "{place}\n{}",
        verified.all
    );
    let threshold = format!("--threshold={EXPOSURE}");
    let judged = analyze(
        root.path(),
        &[
            "security",
            "--offline=yes",
            "--no-pager",
            &threshold,
            "sidegate.service",
        ],
    );
    assert!(judged.good, "{place}\n{}", judged.all);
}

fn unit() -> String {
    std::fs::read_to_string(deploy("systemd/sidegate.service")).unwrap()
}

#[test]
fn unit_is_sound_and_exposes_little() {
    assert_sound(&unit(), "sidegate.service");
}

#[test]
fn unit_without_its_sandbox_would_be_noticed() {
    let open = unit().replace("ProtectSystem=strict", "");
    let open = open.replace("SystemCallFilter=", "# ");
    let root = root(&open);
    let threshold = format!("--threshold={EXPOSURE}");
    let judged = analyze(
        root.path(),
        &[
            "security",
            "--offline=yes",
            "--no-pager",
            &threshold,
            "sidegate.service",
        ],
    );
    assert!(!judged.good, "{}", judged.all);
    let wrong = unit().replace("Restart=on-failure", "Restart=sometimes");
    let said = analyze(
        self::root(&wrong).path(),
        &["verify", "--man=no", "sidegate.service"],
    );
    assert!(said.all.contains("sometimes"), "{}", said.all);
}
