//! API keys from the command line: secrets that their holders sign webhooks with.

use super::*;

const PROCESS: &str = "\
policy: policy.yaml
upstream: http://127.0.0.1:9000
api_keys: { encryption_key: '${ENCRYPTION_KEY}' }
";
const ENCRYPTION_KEY: (&str, &str) = ("ENCRYPTION_KEY", "a-key-of-the-tests-and-of-nobody-else");

fn desk() -> Desk {
    let desk = Desk::new(POLICY);
    desk.write("sidegate.yaml", PROCESS);
    desk
}

fn run(desk: &Desk, words: &[&str]) -> Said {
    let process = ["--config", "sidegate.yaml"];
    let words = [words, &process].concat();
    run_in(desk.folder.path(), &words, &[ENCRYPTION_KEY], "")
}

/// Whether a text stands in any file of the folder.
fn is_kept(desk: &Desk, text: &str) -> bool {
    let files = std::fs::read_dir(desk.folder.path()).unwrap();
    let mut contents = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    contents.any(|bytes| memchr::memmem::find(&bytes, text.as_bytes()).is_some())
}

#[test]
fn signing_secret_stands_behind_the_key_once_and_in_no_file() {
    let desk = desk();
    let made = run(
        &desk,
        &["keys", "new", "--name", "monitor", "--signing-secret"],
    );
    assert_eq!(made.code, 0, "{}", made.err);
    let lines: Vec<&str> = made.out.lines().collect();
    let [text, secret] = lines[..] else {
        panic!("{}", made.out)
    };
    assert!(text.starts_with("acme_") && secret.starts_with("whsec_"));
    assert!(!made.err.contains(secret) && !is_kept(&desk, secret));

    let id = desk.id("monitor");
    let shown = desk.run(&["keys", "show", &id, "--json"]).json();
    assert_eq!(shown["generations"][0]["signing_secret"], true);
    assert!(!shown.to_string().contains(secret));

    let again = run(&desk, &["keys", "rotate", &id, "--json"]).json();
    let renewed = again["signing_secret"].as_str().unwrap();
    assert!(renewed.starts_with("whsec_") && renewed != secret);
    assert!(!is_kept(&desk, renewed));
}

#[test]
fn signing_secret_needs_a_key_to_encrypt_it_with() {
    let desk = desk();
    let new = ["keys", "new", "--name", "a", "--signing-secret"];
    desk.run(&new).ends(2, "api_keys.encryption_key");
    let listed = [&new[..], &["--hash-only"]].concat();
    desk.run(&listed).ends(2, "--hash-only");
    assert!(!desk.path("sidegate.db").exists() || desk.keys(&["--all"]).is_empty());

    desk.write(
        "sidegate.yaml",
        &PROCESS.replace("${ENCRYPTION_KEY}", "${SHORT}"),
    );
    let words = [&new[..], &["--config", "sidegate.yaml"]].concat();
    let said = run_in(desk.folder.path(), &words, &[("SHORT", "too-short")], "");
    said.ends(3, "at least 32 bytes");
    assert!(!format!("{}{}", said.out, said.err).contains("too-short"));
}
