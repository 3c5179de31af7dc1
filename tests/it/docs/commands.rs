//! The commands of the policy page, each run as it stands.

use super::{assert_fine, blocks, completed, folder, run};

/// The section whose commands are about one policy with API keys.
const KEYS: &str = "Keys from the command line";

/// The sections whose commands are about the section's own webhooks, and how much each shows.
const WEBHOOKS: [(&str, usize); 6] = [
    ("Verify webhooks", 1),
    ("Choose a preset", 0),
    ("Describe a scheme of your own", 1),
    ("Secrets by tenant", 0),
    ("Ask for a key and a signature", 0),
    ("Public keys and certificates", 0),
];

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
        .filter(|block| block.language == "sh" && block.section != KEYS)
        .filter(|block| {
            WEBHOOKS
                .iter()
                .all(|(section, _)| block.section != *section)
        });
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

/// What a section says of webhooks is tried with the policy that it shows.
#[test]
fn every_command_about_webhooks_does_what_the_page_says() {
    let blocks = blocks("config/README.md");
    for (section, shows) in WEBHOOKS {
        let folder = folder();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let (mut said, mut shown, mut ran) = (String::new(), 0, 0);
        for block in blocks.iter().filter(|block| block.section == section) {
            match (
                &*block.language,
                block.text.lines().next().unwrap_or_default(),
            ) {
                ("yaml", "# part of policy.yaml") => write("policy.yaml", &completed(&block.text)),
                ("yaml", name) => write(name.trim_start_matches("# "), &block.text),
                ("sh", _) => {
                    for line in block.text.lines() {
                        let output = run(folder.path(), line);
                        let fault = String::from_utf8_lossy(&output.stderr).into_owned();
                        assert!(output.status.success(), "{}: {line}\n{fault}", block.place);
                        said += &String::from_utf8_lossy(&output.stdout);
                        ran += 1;
                    }
                }
                _ => {
                    let missing = block.text.lines().find(|line| !said.contains(*line));
                    assert_eq!(missing, None, "{}:\n{said}", block.place);
                    shown += 1;
                }
            }
        }
        assert!(ran > 0, "`{section}` has no commands");
        assert_eq!(shown, shows, "what `{section}` shows");
    }
}

#[test]
fn table_of_presets_is_what_is_listed() {
    let folder = folder();
    let list = run(folder.path(), "sidegate presets list --json");
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let wanted = list["presets"].as_array().unwrap().iter().map(row);
    let wanted: Vec<String> = wanted.collect();
    let page = super::page("config/README.md");
    let section = page.split("## Choose a preset").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<&str> = rows.collect();
    for (row, wanted) in rows.iter().zip(&wanted) {
        assert_eq!(row, wanted);
    }
    assert_eq!(rows.len(), wanted.len());
}

fn row(preset: &serde_json::Value) -> String {
    let text = |key: &str| preset[key].as_str().unwrap().trim_end_matches('.');
    let challenges = preset["challenges"].as_array().unwrap();
    let challenges: Vec<String> = challenges
        .iter()
        .map(|challenge| format!("`{}`", challenge.as_str().unwrap()))
        .collect();
    format!(
        "| `{}` | {} | {} | {} | {} | {} |",
        text("name"),
        text("about"),
        text("covers"),
        text("window"),
        text("proof"),
        match challenges.is_empty() {
            true => "-".to_owned(),
            false => challenges.join(", "),
        }
    )
}
