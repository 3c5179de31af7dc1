//! The demo as a person uses it: what it prints is pasted into a shell.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use crate::support::eventually;
use crate::support::gate::sidegate;

/// A running demo with what it has printed so far; killed on drop.
struct Demo {
    child: Child,
    folder: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let printed = File::create(folder.path().join("printed")).unwrap();
        let child = sidegate()
            .args(["demo", "--listen", "127.0.0.1:0"])
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(printed)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let demo = Self { child, folder };
        eventually("the demo says how to end it", || {
            demo.printed().contains("Ctrl-C ends the demo")
        });
        demo
    }

    fn printed(&self) -> String {
        fs::read_to_string(self.folder.path().join("printed")).unwrap()
    }

    /// Ends it as Ctrl-C does.
    fn end(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Pastes the tokens and a `curl` line into a shell; gives status and reason code of the answer.
fn paste(tokens: &str, line: &str) -> String {
    let script = format!("{tokens}\n{}", line.replacen("curl -i", "curl -s -i", 1));
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    let status = answer.split(' ').nth(1).unwrap_or("no answer");
    match answer
        .split("\"code\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
    {
        Some(code) => format!("{status} {code}"),
        None => status.to_owned(),
    }
}

#[test]
fn every_printed_line_does_what_its_comment_says() {
    let demo = Demo::start();
    let printed = demo.printed();
    let is_token = |line: &&str| {
        let credential = ["='ey", "='demo_"]
            .into_iter()
            .find_map(|start| line.split_once(start));
        credential.is_some_and(|(name, _)| !name.contains(' '))
    };
    let tokens: Vec<&str> = printed.lines().filter(is_token).collect();
    let (mut comment, mut pasted) = ("", 0);
    for line in printed.lines() {
        if line.starts_with("curl ") {
            let wanted = comment.rsplit(": ").next().unwrap();
            assert_eq!(paste(&tokens.join("\n"), line), wanted, "{line}");
            pasted += 1;
        }
        comment = line;
    }
    assert!(tokens.len() > 10 && pasted > 30, "{printed}");
}

#[test]
fn demo_ends_with_0_and_leaves_nothing_behind() {
    let mut demo = Demo::start();
    let folder = demo.folder.path().to_owned();
    let policies = || {
        let names = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with("sidegate-demo-"))
            .count()
    };
    assert_eq!(policies(), 1);
    assert_eq!(demo.end(), Some(0));
    assert_eq!(policies(), 0);
}
