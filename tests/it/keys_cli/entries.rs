//! API keys from the command line: hashes for files, with nothing stored.

use super::*;

#[test]
fn key_of_a_listed_set_is_an_entry_to_paste_and_is_kept_nowhere() {
    let desk = Desk::new(LISTED);
    desk.write(
        "keys.yaml",
        &format!("- {{ name: old, hash: '{SHA256}' }}\n"),
    );
    let made = desk.run(&[
        "keys",
        "new",
        "--name",
        "deploy",
        "--scope",
        "deploy",
        "--expires",
        "30d",
    ]);
    assert_eq!(made.code, 0, "{}", made.err);
    let text = made.out.trim();
    assert!(text.starts_with("ci_") && !made.err.contains(text));
    assert!(!desk.path("sidegate.db").exists());
    // All of stderr is YAML: it can be appended as it is.
    let file = std::fs::read_to_string(desk.path("keys.yaml")).unwrap();
    desk.write("keys.yaml", &(file + &made.err));
    let check = desk.run(&["check"]);
    assert_eq!(check.code, 0, "{}{}", check.out, check.err);
    let hash = desk.bare(&["keys", "hash"], &format!("{text}\n"));
    assert!(made.err.contains(hash.out.trim()), "{}", made.err);

    let json = desk.run(&["keys", "new", "--name", "x", "--json"]).json();
    assert_eq!(json["entry"]["name"], "x");
    assert!(
        json["entry"]["hash"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
    desk.run(&["keys", "list"])
        .ends(2, "keeps no set of API keys in a store");
    desk.run(&["keys", "import", "keys.yaml"])
        .ends(2, "are not in a store");
    desk.run(&["keys", "expiring"]).ends(2, "keeps no set");
}

#[test]
fn entry_is_made_without_any_policy() {
    let desk = Desk::new("");
    let made = desk.bare(
        &[
            "keys",
            "new",
            "--name",
            "ci",
            "--prefix",
            "x_",
            "--hash-only",
        ],
        "",
    );
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(
        made.out.starts_with("x_") && made.err.contains("hash: \"sha256:"),
        "{}",
        made.err
    );
    desk.bare(&["keys", "new", "--name", "ci", "--prefix", "x_"], "")
        .ends(2, "--hash-only");
    desk.bare(
        &[
            "keys",
            "new",
            "--name",
            "ci",
            "--prefix",
            "ey",
            "--hash-only",
        ],
        "",
    )
    .ends(2, "ey");
    desk.bare(&["keys", "new", "--name", "ci"], "")
        .ends(2, "--policy");
}

#[test]
fn hash_reads_a_text_from_stdin_only() {
    let desk = Desk::new("");
    let hash = |input: &str| desk.bare(&["keys", "hash"], input);
    assert_eq!(hash("abc").out.trim(), SHA256);
    assert_eq!(hash("abc\n").out.trim(), SHA256);
    hash("").ends(2, "nothing came from stdin");
    hash("a\nb\n").ends(2, "no line ends");
    desk.bare(&["keys", "hash", "abc"], "")
        .ends(2, "unexpected argument");
}
