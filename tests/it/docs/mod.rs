//! What the pages say is run: every YAML block, the marked commands, the tables, the links.

mod commands;
mod front;
mod story;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sidegate::model::Reason;
use tempfile::TempDir;

const PAGES: [&str; 10] = [
    "README.md",
    "config/README.md",
    "deploy/README.md",
    "deploy/compose/README.md",
    "deploy/grafana/README.md",
    "deploy/helm/README.md",
    "deploy/image/README.md",
    "deploy/kubernetes/README.md",
    "deploy/prometheus/README.md",
    "deploy/systemd/README.md",
];
/// On a day when no observed rule of the pages is over.
const CHECK_POLICY: &str = "sidegate check --policy policy.yaml --now 2026-11-22T00:00:00Z";
const ISSUERS: &str = "issuers:\n  main: { url: https://idp.example.com, audience: my-api }\n";
const ROUTES: &str = "routes:\n  - path: /**\n";
/// Variables with what webhooks' senders share.
const SENDERS: [&str; 16] = [
    "ACME_SECRET",
    "BILLING_SECRET",
    "EVENTS_TOKEN",
    "GITHUB_SECRET",
    "GLOBEX_SECRET",
    "GRAFANA_SECRET",
    "META_SECRET",
    "META_VERIFY_TOKEN",
    "OLD_GITHUB_SECRET",
    "OLD_GLOBEX_SECRET",
    "OLD_STRIPE_SECRET",
    "PARTNER_SECRET",
    "PARTNER_SIGNING_SECRET",
    "SLACK_SECRET",
    "STRIPE_SECRET",
    "WAREHOUSE_SECRET",
];
const KEYS: &str = r#"{"keys":[{"kty":"EC","kid":"one","crv":"P-256",
    "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    std::fs::read_to_string(repository().join(name)).unwrap()
}

/// A fenced block of a page.
pub(crate) struct Block {
    /// Page and line, for messages.
    pub(crate) place: String,
    pub(crate) language: String,
    /// The heading that it stands under.
    section: String,
    /// The comment on the line before the fence.
    mark: Option<String>,
    pub(crate) text: String,
}

pub(crate) fn blocks(name: &str) -> Vec<Block> {
    let text = page(name);
    let (mut blocks, mut section) = (Vec::new(), String::new());
    let (mut open, mut before): (Option<Block>, &str) = (None, "");
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let mark = before
                    .strip_prefix("<!-- run: ")
                    .and_then(|mark| mark.strip_suffix(" -->"));
                open = Some(Block {
                    place: format!("{name}:{}", number + 1),
                    language: language.to_owned(),
                    section: section.clone(),
                    mark: mark.map(str::to_owned),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text += line;
                block.text.push('\n');
            }
            (None, None) => {
                if let Some(heading) = line.strip_prefix("## ") {
                    heading.clone_into(&mut section);
                }
            }
        }
        before = line;
    }
    assert!(open.is_none(), "{name}: a fence is not closed");
    blocks
}

/// A folder with what the pages' files name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    write("keys.json", KEYS);
    write("keys.yaml", "[]");
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    write("policy.yaml", &format!("{ISSUERS}{ROUTES}"));
    let sender = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    write("partner.pem", &sender.public_key_pem());
    write("tls.crt", &issued.cert.pem());
    write("tls.key", &issued.signing_key.serialize_pem());
    folder
}

fn run(folder: &Path, command: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_sidegate"));
    let path = format!(
        "{}:{}",
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("JWT_SECRET", "a secret that is long enough for HS256")
        .env("ISSUER_URL", "https://idp.example.com")
        .env("DEMO_ISSUER", "http://127.0.0.1:1")
        .env("DATABASE_URL", "postgres://gate@localhost/sidegate")
        .env("ADMIN_TOKEN", "0123456789-of-at-least-32-characters")
        .env("VALID_API_KEYS", "k3yk3yk3yk3yk3yk3yk3y")
        .env(
            "GITLAB_SECRET",
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        )
        .env("REDIS_URL", "redis://localhost:6379/0")
        .env("ENCRYPTION_KEY", "0123456789-of-at-least-32-characters")
        .envs(SENDERS.map(|name| (name, format!("the secret called {name}"))))
        .output()
        .unwrap()
}

fn assert_fine(folder: &Path, command: &str, place: &str) {
    let output = run(folder, command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{place}: {command}\n{said}");
}

/// Adds what a part of a policy leaves out.
fn completed(part: &str) -> String {
    let has = |key: &str| part.lines().any(|line| line.starts_with(key));
    let mut whole = part.to_owned();
    if !has("issuers:") && (!has("api_keys:") || part.contains("[main")) {
        whole += ISSUERS;
    }
    if !has("routes:") {
        whole += ROUTES;
    }
    whole
}

#[test]
fn every_yaml_block_passes_check() {
    let mut above = String::new();
    for block in PAGES.iter().flat_map(|name| blocks(name)) {
        if block.language != "yaml" || story::tells(&block) {
            continue;
        }
        let folder = folder();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        let check = match block.text.lines().next().unwrap_or_default() {
            "# policy.yaml" => {
                write("policy.yaml", &block.text);
                CHECK_POLICY
            }
            "# part of policy.yaml" => {
                above = completed(&block.text);
                write("policy.yaml", &above);
                CHECK_POLICY
            }
            "# sidegate.yaml" => {
                write("sidegate.yaml", &block.text);
                "sidegate check --config sidegate.yaml"
            }
            // Held against the first policy of its page.
            "# cases.yaml" => {
                write("policy.yaml", &blocks("config/README.md")[1].text);
                write("cases.yaml", &block.text);
                "sidegate test cases.yaml"
            }
            "# cases.yaml for the policy above" => {
                write("policy.yaml", &above);
                write("cases.yaml", &block.text);
                "sidegate test cases.yaml"
            }
            // Used as they stand by the tests of `deploy`.
            "# values.yaml" | "# kustomization.yaml" => continue,
            other => panic!(
                "{}: a block must say what it is, not `{other}`",
                block.place
            ),
        };
        assert_fine(folder.path(), check, &block.place);
    }
}

#[test]
fn marked_commands_work_in_a_folder_with_the_pages_policy() {
    let policy = blocks("README.md")
        .into_iter()
        .find(|block| block.language == "yaml")
        .unwrap();
    let folder = folder();
    std::fs::write(folder.path().join("policy.yaml"), policy.text).unwrap();
    let mut marks = BTreeSet::new();
    for block in PAGES.iter().flat_map(|name| blocks(name)) {
        let Some(mark) = block.mark else { continue };
        let command = match mark.as_str() {
            "serve" => stopped(&block.text),
            _ => block.text,
        };
        assert_fine(folder.path(), &command, &block.place);
        marks.insert(mark);
    }
    let wanted = ["check", "serve", "token"].map(str::to_owned);
    assert_eq!(marks, BTreeSet::from(wanted));
}

/// `serve` runs until it is stopped, which it hears once it has started, and its port may be taken here.
fn stopped(serve: &str) -> String {
    let here = ["0.0.0.0:8080", "127.0.0.1:8081"]
        .iter()
        .fold(serve.to_owned(), |line, port| {
            line.replace(port, "127.0.0.1:0")
        });
    here.replace(
        "sidegate serve",
        "timeout --preserve-status -s TERM 8 sidegate serve --admin 127.0.0.1:0",
    )
}

#[test]
fn demo_policy_and_reference_pass_check() {
    for policy in ["config/demo/policy.yaml", "config/reference.policy.yaml"] {
        let folder = folder();
        std::fs::write(folder.path().join("policy.yaml"), page(policy)).unwrap();
        // So many routes should have cases, and the reference is there to be read.
        std::fs::write(folder.path().join("cases.yaml"), "").unwrap();
        assert_fine(folder.path(), &format!("{CHECK_POLICY} --strict"), policy);
    }
}

#[test]
fn table_of_reasons_is_the_code_s() {
    let readme = page("README.md");
    let rows: Vec<String> = Reason::ALL
        .iter()
        .map(|reason| format!("| {} | `{reason}` | ", reason.status().as_u16()))
        .collect();
    for row in &rows {
        assert!(readme.contains(row), "missing: {row}");
    }
    let is_code =
        |cell: &str| cell.len() > 4 && cell.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let listed = readme
        .lines()
        .filter(|line| line.starts_with("| ") && line.split('`').nth(1).is_some_and(is_code))
        .filter(|line| {
            line.split(" | ")
                .next()
                .is_some_and(|first| first.len() == 5)
        })
        .count();
    assert_eq!(listed, rows.len());
}

#[test]
fn every_metric_is_listed() {
    let readme = page("README.md");
    // The names of tables and indexes in the store begin alike.
    let tables = |name: &str| {
        let schema = page("src/store/sqlite/migrations/1.sql");
        schema.contains(name)
    };
    for name in metrics(&repository().join("src")) {
        if tables(&name) {
            continue;
        }
        assert!(readme.contains(&format!("| `{name}` |")), "{name}");
    }
}

/// Every text in the sources that is a metric's name. The commands have none, and names of other things.
fn metrics(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("src/cli") {
                names.extend(metrics(&path));
            }
            continue;
        }
        let tests = path
            .iter()
            .any(|part| part == "tests" || part == "tests.rs");
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
        for piece in code.split('"').filter(|_| !tests) {
            let plain = piece.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            if plain && piece.starts_with("sidegate_") && piece.len() > "sidegate_".len() {
                names.insert(piece.to_owned());
            }
        }
    }
    names
}

#[test]
fn links_lead_somewhere() {
    for name in PAGES {
        let folder = repository().join(name).parent().unwrap().to_owned();
        for link in page(name)
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => repository().join(name),
                file => folder.join(file),
            };
            assert!(target.exists(), "{name}: {link}");
            assert!(
                anchor.is_empty() || anchors(&target).contains(anchor),
                "{name}: {link}"
            );
        }
    }
}

/// Headings as GitHub links to them.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings
        .map(|heading| {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            words
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}
