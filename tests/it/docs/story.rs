//! The README's running examples: their files are written, their commands run, and what they show is what
//! the commands say, in the order of the page.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use super::{Block, blocks, folder, run};
use crate::support::process::Server;
use crate::support::{Upstream, free_port};

/// The headings that the stories stand under, and how much each of them shows.
pub(super) const SECTIONS: [(&str, usize); 3] = [
    ("Give out API keys", 3),
    ("Verify webhooks", 4),
    ("Change a policy and know what it does", 7),
];

/// Whether a block is part of a story, and run there.
pub(super) fn tells(block: &Block) -> bool {
    let mut sections = SECTIONS.iter().map(|(section, _)| *section);
    block.place.starts_with("README.md") && sections.any(|section| block.section == section)
}

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
            let line = self
                .here(line)
                .replace(" ID ", &format!(" {} ", self.key()));
            if line.starts_with("sidegate serve") {
                self.serve(&line);
            } else {
                self.said += &say(self.folder.path(), &line);
                self.last = line;
            }
        }
    }

    /// A line of the page, with this stage's ports for those of the page.
    fn here(&self, line: &str) -> String {
        line.replace("http://127.0.0.1:9000", &self.upstream.url())
            .replace("localhost:8080", &self.listen)
            .replace("localhost:9901", &self.admin)
    }

    /// The id of the key that the story is about, if it has made one.
    fn key(&self) -> String {
        let listed = run(
            self.folder.path(),
            "sidegate keys list --json --policy policy.yaml",
        );
        let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap_or_default();
        listed["keys"][0]["id"].as_str().unwrap_or("ID").to_owned()
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
            let line = self.here(line);
            for _ in 0..50 {
                if self.says(&line) {
                    break;
                }
                sleep(Duration::from_millis(100));
                self.said += &say(self.folder.path(), &self.last);
            }
            assert!(self.says(&line), "{}: {line}\n{}", block.place, self.said);
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

fn goes_as_it_is_told(section: &str) -> usize {
    let mut stage = Stage::new();
    let mut shown = 0;
    let blocks = blocks("README.md");
    for block in blocks.iter().filter(|block| block.section == section) {
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
    shown
}

#[test]
fn stories_of_the_readme_go_as_they_are_told() {
    for (section, shows) in SECTIONS {
        assert_eq!(goes_as_it_is_told(section), shows, "what `{section}` shows");
    }
}
