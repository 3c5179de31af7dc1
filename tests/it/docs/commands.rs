//! The commands of the policy page, each run as it stands.

use super::{blocks, folder, run};

/// A decision as the log has it.
const RECORD: &str = r#"{"schema":1,"event":"decision","time":"2026-11-22T08:00:00Z","decision":"deny","reason":"INSUFFICIENT_ROLE","status":403,"route":"/admin/**","method":"GET","scheme":"https","host":"api.example.com","path":"/admin/users","client":"192.0.2.7","kind":"user","subject":"bob","issuer":"main","roles":["viewer"],"scopes":[]}"#;

/// An answer of no is an answer; a command that is not understood, or a file that is not, is a mistake
/// of the page.
#[test]
fn every_command_of_the_policy_page_gives_an_answer() {
    let blocks = blocks("config/README.md");
    let page = |name: &str| {
        let mut found = blocks.iter();
        found.find(|block| block.text.starts_with(name)).unwrap()
    };
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let policy = &page("# policy.yaml").text;
    write("policy.yaml", policy);
    write("policy.new.yaml", &policy.replace("[admin]", "[owner]"));
    write("cases.yaml", &page("# cases.yaml").text);
    write("decisions.log", &format!("{RECORD}\n"));
    let commands = blocks.iter().filter(|block| block.language == "sh");
    let mut ran = 0;
    for block in commands {
        for line in block.text.lines().filter(|line| !line.trim().is_empty()) {
            let output = run(folder.path(), line);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let answered = matches!(output.status.code(), Some(0 | 1)) && !said.contains("error:");
            assert!(answered, "{}: {line}\n{said}", block.place);
            ran += 1;
        }
    }
    assert!(ran >= 10, "the page has more commands than {ran}");
}
