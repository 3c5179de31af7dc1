//! The README's running example: its files are written, its commands run, and what it shows is what they
//! say, in the order of the page.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use super::{Block, blocks, folder, run};
use crate::support::process::Server;
use crate::support::{Upstream, free_port};

/// The heading that the story stands under.
pub(super) const SECTION: &str = "Change a policy and know what it does";

/// A stage for the story: a folder, an app, and the ports that stand in for those of the page.
struct Stage {
    folder: tempfile::TempDir,
    upstream: Upstream,
    listen: String,
    admin: String,
    gate: Option<Server>,
    /// What the last block of commands said.
    said: String,
    last: String,
}

impl Stage {
    fn new() -> Self {
        let local = || format!("127.0.0.1:{}", free_port());
        Self {
            folder: folder(),
            upstream: Upstream::start(),
            listen: local(),
            admin: local(),
            gate: None,
            said: String::new(),
            last: String::new(),
        }
    }

    fn write(&self, block: &Block) {
        let first = block.text.lines().next().unwrap();
        let name = first.strip_prefix("# ").unwrap();
        std::fs::write(self.folder.path().join(name), &block.text).unwrap();
    }

    fn play(&mut self, block: &Block) {
        self.said.clear();
        for line in block.text.lines() {
            let line = line
                .replace("http://127.0.0.1:9000", &self.upstream.url())
                .replace("localhost:8080", &self.listen)
                .replace("localhost:9901", &self.admin);
            if line.starts_with("sidegate serve") {
                self.serve(&line);
            } else {
                self.said += &say(self.folder.path(), &line);
                self.last = line;
            }
        }
    }

    fn serve(&mut self, line: &str) {
        let binary = Path::new(env!("CARGO_BIN_EXE_sidegate"));
        let line = line.replace("sidegate serve", "serve");
        let script = format!(
            "cd {} && exec {} {line} --listen {} --admin {}",
            self.folder.path().display(),
            binary.display(),
            self.listen,
            self.admin
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        command.env("JWT_SECRET", "a secret that is long enough for HS256");
        let gate = Server::start(&command);
        gate.wait_for("sidegate: ready");
        self.gate = Some(gate);
    }

    /// Counters and records come a moment after the answer, so the last command is asked again.
    fn shows(&mut self, block: &Block) {
        for line in block.text.lines() {
            for _ in 0..50 {
                if self.says(line) {
                    break;
                }
                sleep(Duration::from_millis(100));
                self.said += &say(self.folder.path(), &self.last);
            }
            assert!(self.says(line), "{}: {line}\n{}", block.place, self.said);
        }
    }

    fn says(&self, line: &str) -> bool {
        self.said.lines().any(|said| said.contains(line.trim()))
    }
}

fn say(folder: &Path, line: &str) -> String {
    let output = run(folder, line);
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn story_of_the_readme_goes_as_it_is_told() {
    let mut stage = Stage::new();
    let mut shown = 0;
    let blocks = blocks("README.md");
    for block in blocks.iter().filter(|block| block.section == SECTION) {
        match block.language.as_str() {
            "yaml" => stage.write(block),
            "sh" => stage.play(block),
            "text" => {
                stage.shows(block);
                shown += 1;
            }
            other => panic!("{}: {other}", block.place),
        }
    }
    assert_eq!(shown, 7, "what the story shows");
}
