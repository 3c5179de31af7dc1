//! The page on proxies in front: its commands run, with a real nginx and with what `gen` printed for it.

use std::net::SocketAddr;
use std::process::Command;

use super::{Block, blocks, folder, run};
use crate::doors::front::{Front, Running};
use crate::support::process::Server;
use crate::support::{Upstream, free_port};

/// The heading that the commands stand under.
pub(super) const SECTION: &str = "Put it behind the proxy that you have";

/// A set-up as the page has it, on ports of this machine.
struct Stage {
    folder: tempfile::TempDir,
    nginx: Running,
    _gate: Server,
}

fn section() -> Vec<Block> {
    let of_section = |block: &Block| block.section == SECTION;
    blocks("README.md").into_iter().filter(of_section).collect()
}

/// The one command of the section that begins like this.
fn command(beginning: &str) -> String {
    let blocks = section();
    let lines = blocks.iter().flat_map(|block| block.text.lines());
    let mut found = lines.filter(|line| line.starts_with(beginning));
    found
        .next()
        .unwrap_or_else(|| panic!("no `{beginning}`"))
        .to_owned()
}

impl Stage {
    fn before(app: SocketAddr) -> Self {
        let folder = folder();
        let policy = section().into_iter().find(|block| block.language == "yaml");
        std::fs::write(folder.path().join("policy.yaml"), policy.unwrap().text).unwrap();
        let door = format!("127.0.0.1:{}", free_port());
        let generate = command("sidegate gen nginx").replace("127.0.0.1:9000", &app.to_string());
        let said = run(
            folder.path(),
            &format!("{generate} --sidegate http://{door}"),
        );
        assert!(
            said.status.success(),
            "{generate}: {}",
            String::from_utf8_lossy(&said.stderr)
        );
        let mut gate = Command::new(env!("CARGO_BIN_EXE_sidegate"));
        let serve = command("sidegate serve --config");
        let words = serve.split(' ').skip(1);
        // The process is started from wherever the tests are.
        gate.args(words.map(|word| match word {
            "sidegate.yaml" => folder.path().join(word).display().to_string(),
            word => word.to_owned(),
        }));
        gate.args(["--admin", "off"]);
        let gate = Server::start(&gate);
        gate.wait_for("sidegate: ready");
        Self {
            nginx: Front::Nginx.run(folder.path()).unwrap(),
            folder,
            _gate: gate,
        }
    }

    /// What doctor says, once each line that the page shows behind the command is found in it.
    fn is_examined(&self, doctor: &str, instead: &[(&str, String)]) {
        let blocks = section();
        let at = blocks
            .iter()
            .position(|block| block.text.trim() == doctor)
            .unwrap();
        let front = self.nginx.address.to_string();
        let here = instead.iter().fold(
            doctor.replace("app.example.com", &front),
            |line, (page, own)| line.replace(page, own),
        );
        let output = run(self.folder.path(), &here);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{here}\n{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let shown = &blocks[at + 1];
        assert_eq!(shown.language, "text");
        for line in shown.text.lines() {
            assert!(said.contains(line), "{}: {line}\n{said}", shown.place);
        }
    }
}

#[test]
fn proxy_in_front_is_set_up_and_examined_as_the_page_says() {
    let app = Upstream::start();
    let address = app.url().replace("http://", "").parse().unwrap();
    let doctor = command("sidegate doctor");
    Stage::before(address).is_examined(&doctor, &[]);
}

#[test]
fn doctor_stands_in_for_the_app_as_the_page_says() {
    let app = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let blocks = section();
    let mut lines = blocks.iter().flat_map(|block| block.text.lines());
    let doctor = lines.find(|line| line.contains("--as-app")).unwrap();
    Stage::before(app).is_examined(doctor, &[("127.0.0.1:9000", app.to_string())]);
}
