//! The commands of the policy page, each run as it stands.

use super::{assert_fine, blocks, folder, run};

/// The section whose commands are about one policy with API keys.
const KEYS: &str = "Keys from the command line";

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
    let commands = blocks
        .iter()
        .filter(|block| block.language == "sh" && block.section != KEYS);
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

/// The commands about keys follow each other: what one makes, the next one shows.
#[test]
fn every_command_about_keys_does_what_the_page_says() {
    let blocks = blocks("config/README.md");
    let section = || blocks.iter().filter(|block| block.section == KEYS);
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    for (language, name) in [("yaml", "policy.yaml"), ("csv", "keys.csv")] {
        let block = section().find(|block| block.language == language);
        write(name, &block.unwrap().text);
    }
    let id = || {
        let list = run(
            folder.path(),
            "sidegate keys list --json --policy policy.yaml",
        );
        let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
        list["keys"][0]["id"].as_str().unwrap().to_owned()
    };
    let mut ran = 0;
    for block in section().filter(|block| block.language == "sh") {
        for line in block.text.lines() {
            let line = match line.contains(" ID ") {
                true => line.replace(" ID ", &format!(" {} ", id())),
                false => line.to_owned(),
            };
            assert_fine(folder.path(), &line, &block.place);
            ran += 1;
        }
    }
    assert!(ran >= 13, "the section has more commands than {ran}");
    let entry = std::fs::read_to_string(folder.path().join("keys.yaml")).unwrap();
    assert!(entry.contains("- name: \"deploy\""), "{entry}");
}
