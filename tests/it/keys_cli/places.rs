//! API keys from the command line: where policy and store are, and what is said when they are not to be had.

use super::*;

#[test]
fn endings_tell_a_script_who_has_to_act() {
    let desk = Desk::new(POLICY);
    desk.run(&["keys", "list"])
        .ends(4, "no key has been made yet");
    desk.key(&["--name", "a"]);
    for words in [
        &["keys", "show", "nobody"][..],
        &["keys", "revoke", "nobody", "--yes"],
        &["keys", "rotate", "nobody"],
    ] {
        desk.run(words)
            .ends(1, "there is no key with the id `nobody`");
    }
    // Somebody may have taken a text for an id.
    let text = desk.key(&["--name", "b"]);
    for words in [["keys", "show", &text], ["keys", "rotate", &text]] {
        let said = desk.run(&words);
        said.ends(1, "which is not shown");
        assert!(!said.err.contains(secret_of(&text)), "{}", said.err);
    }
    // Who names one that is not there has revoked none.
    let id = desk.id("a");
    desk.run(&["keys", "revoke", &id, "nobody", "--yes"])
        .ends(1, "nobody");
    assert_eq!(desk.keys(&[]).len(), 2);
    desk.run(&["keys", "revoke", &id]).ends(2, "--yes");
    desk.run(&["keys", "rotate", &id, "--grace", "100d"])
        .ends(2, "`grace` must be at most 90 days");
    desk.bare(&["keys", "list", "--store", "sqlite:nowhere.db"], "")
        .ends(4, "there is no `nowhere.db`");
    desk.bare(&["keys", "list", "--store", "nonsense"], "")
        .ends(2, "sqlite:PATH");
    desk.bare(&["keys", "list"], "").ends(2, "--store");
    desk.write("policy.yaml", &POLICY.replace("prefix", "prefiks"));
    let broken = desk.run(&["keys", "new", "--name", "b"]);
    broken.ends(3, "policy.yaml:2:");
    assert_eq!(broken.out, "");
    // A key can be ended whatever the policy says.
    desk.run(&["keys", "revoke", &id, "--yes"])
        .ends(0, "revoked");
    desk.write("policy.yaml", "routes:\n  - { path: /**, public: true }\n");
    desk.run(&["keys", "new", "--name", "b"])
        .ends(2, "has no set of API keys");
}

#[test]
fn folder_that_cannot_be_written_is_said_to_be_that() {
    let desk = Desk::new(POLICY);
    // Nobody can make a file there, whoever runs the tests.
    let words = [
        "keys",
        "new",
        "--name",
        "a",
        "--policy",
        "policy.yaml",
        "--store",
        "sqlite:/proc/sidegate.db",
    ];
    let said = desk.bare(&words, "");
    said.ends(4, "/proc/sidegate.db");
    assert_eq!(said.out, "");
    let migrate = ["store", "migrate", "--store", "sqlite:/proc/sidegate.db"];
    desk.bare(&migrate, "").ends(4, "/proc/sidegate.db");
}

#[test]
fn password_of_a_database_is_neither_taken_from_an_argument_nor_shown() {
    let desk = Desk::new(POLICY);
    let url = "postgres://gate:hunter2@127.0.0.1:1/keys";
    let said = desk.bare(&["store", "status", "--store", url], "");
    said.ends(2, "SIDEGATE_STORE");
    assert!(!said.err.contains("hunter2"), "{}", said.err);
    let variable = [("SIDEGATE_STORE", url)];
    for words in [&["store", "status"][..], &["keys", "list"]] {
        let said = run_in(desk.folder.path(), words, &variable, "");
        assert!(
            said.code == 4 && !said.err.contains("hunter2"),
            "{}: {}",
            said.code,
            said.err
        );
    }
}

#[test]
fn store_says_what_it_needs_and_is_brought_up_to_date() {
    let desk = Desk::new(POLICY);
    desk.run(&["store", "status"]).ends(1, "none");
    assert!(!desk.path("sidegate.db").exists());
    desk.run(&["store", "migrate"])
        .ends(0, "the tables are made");
    desk.run(&["store", "migrate"]).ends(0, "nothing to do");
    desk.run(&["store", "status"]).ends(0, "version 2");
    desk.write("text.db", &"no database ".repeat(500));
    desk.bare(&["store", "status", "--store", "sqlite:text.db"], "")
        .ends(4, "text.db");
}

#[test]
fn process_file_says_where_policy_and_store_are() {
    let desk = Desk::new(POLICY);
    let process =
        "policy: policy.yaml\nupstream: http://127.0.0.1:9000\nstore: sqlite:elsewhere.db\n";
    desk.write("sidegate.yaml", process);
    let new = ["keys", "new", "--name", "a", "--config", "sidegate.yaml"];
    assert_eq!(desk.bare(&new, "").code, 0);
    assert!(desk.path("elsewhere.db").exists() && !desk.path("sidegate.db").exists());
    let other = [
        "keys",
        "list",
        "--config",
        "sidegate.yaml",
        "--store",
        "sqlite:other.db",
    ];
    desk.bare(&other, "").ends(4, "other.db");
    desk.write("sidegate.yaml", &format!("{process}nonsense: 1\n"));
    desk.bare(&["keys", "list", "--config", "sidegate.yaml"], "")
        .ends(3, "nonsense");
}

/// An operator's machine has the policy and not what the gate is told in secret.
#[test]
fn policy_whose_secrets_are_elsewhere_is_good_enough_to_make_keys() {
    let policy = format!(
        "issuers: {{ main: {{ issuer: me, secret: \"${{NOT_HERE}}\", algorithms: [HS256], audience: a }} }}\nauthenticate: [partners]\n{}",
        POLICY.replace("from: [bearer]", "from: [{ header: x-team-key }]")
    );
    let desk = Desk::new(&policy);
    let said = desk.run(&["keys", "new", "--name", "a"]);
    said.ends(0, "curl -H \"x-team-key: $KEY\"");
}

/// A gate reads them, and a key that is made elsewhere would open nothing there.
#[test]
fn variables_below_the_store_are_read_as_a_gate_reads_them() {
    let desk = Desk::new(POLICY);
    let make = ["keys", "new", "--name", "a", "--policy", "policy.yaml"];
    let elsewhere = [
        ("SIDEGATE_STORE__URL", "sqlite:elsewhere.db"),
        ("SIDEGATE_STORE__TIMEOUT", "5s"),
    ];
    let made = run_in(desk.folder.path(), &make, &elsewhere, "");
    made.ends(0, "");
    assert!(desk.folder.path().join("elsewhere.db").exists());
    assert!(!desk.folder.path().join("sidegate.db").exists());
    let wrong = [elsewhere[0], ("SIDEGATE_STORE__TIMEOUT", "soon")];
    let said = run_in(desk.folder.path(), &make, &wrong, "");
    said.ends(2, "SIDEGATE_STORE__TIMEOUT");
}
