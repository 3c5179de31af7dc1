//! API keys from the command line: keys of another system.

use super::*;

#[test]
fn keys_of_another_system_are_imported_whole_or_not_at_all() {
    let desk = Desk::new(POLICY);
    desk.write(
        "keys.csv",
        &format!(
            "name,hash,key_prefix,tenant,owner,roles,scopes,allowed_sources,networks,expires_at,created_at,metadata\n\
             a,{SHA256},abcdefgh,acme,alice,admin,\"alerts:read,alerts:write\",sentinel,10.0.0.0/8,2027-01-31,2024-05-01T10:00:00Z,\n\
             b,{BCRYPT},cai_1234,,,,*,,,,,\n\
             c,\"{ARGON2}\",cai_5678,,,,,,,,,\"{{\"\"plan\"\":\"\"gold\"\"}}\"\n"
        ),
    );
    let import = |file: &str, more: &[&str]| desk.run(&[&["keys", "import", file], more].concat());
    import("keys.csv", &["--dry-run"]).ends(0, "3 keys can be added");
    assert!(!desk.path("sidegate.db").exists());

    desk.write(
        "bad.csv",
        &format!(
            "name,hash,expires_at\nx,{},\ny,md5:nonsense,never\n",
            SHA256.replace("15ad", "15ae")
        ),
    );
    let bad = import("bad.csv", &[]);
    bad.ends(3, "nothing was added");
    for place in ["bad.csv:3:3:", "bad.csv:3:16:"] {
        assert!(bad.err.contains(place), "{}", bad.err);
    }
    assert!(!desk.path("sidegate.db").exists());

    let added = import("keys.csv", &["--set", "partners", "--json"]);
    assert_eq!(
        (added.code, &added.json()["added"]),
        (0, &3.into()),
        "{}",
        added.err
    );
    let keys = desk.keys(&[]);
    let kinds: Vec<&str> = keys
        .iter()
        .map(|key| key["generations"][0]["hash"].as_str().unwrap())
        .collect();
    assert_eq!(keys.len(), 3);
    for kind in ["sha256", "bcrypt", "argon2"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    // Again, with one that is new: none is added.
    desk.write(
        "again.jsonl",
        &format!(
            "{{\"hash\":\"{}\"}}\n{{\"hash\":\"{SHA256}\"}}\n",
            SHA256.replace("15ad", "15af")
        ),
    );
    let again = import("again.jsonl", &[]);
    again.ends(1, "again.jsonl:2: there is a key");
    assert_eq!(desk.keys(&["--all"]).len(), 3);
    import("again.jsonl", &["--dry-run"]).ends(1, "1 key is there already");
    import("again.yaml", &[]).ends(4, "again.yaml");
    import("again.txt", &[]).ends(2, "--form");
    desk.run(&["keys", "audit"]).ends(0, "import");
}

#[test]
fn long_file_goes_in_pieces_and_says_how_far_it_came() {
    let desk = Desk::new(POLICY);
    let row = |number: u32| format!("k{number},{number:064x}\n");
    let rows = |numbers: std::ops::Range<u32>| numbers.map(row).collect::<String>();
    desk.write("first.csv", &format!("name,hash\n{}", rows(10_500..10_501)));
    desk.run(&["keys", "import", "first.csv"])
        .ends(0, "added 1 key");
    desk.write("keys.csv", &format!("name,hash\n{}", rows(1..12_001)));
    let stopped = desk.run(&["keys", "import", "keys.csv"]);
    stopped.ends(1, "10,000 keys were added, those up to line 10001");
    assert!(
        stopped.err.contains("keys.csv:10501: there is a key"),
        "{}",
        stopped.err
    );
    desk.write(
        "keys.csv",
        &format!("name,hash\n{}\n{}", rows(1..10_500), rows(10_501..12_001)),
    );
    let more = desk.run(&["keys", "import", "keys.csv", "--after-line", "10001"]);
    more.ends(0, "added 1,999 keys");
    desk.run(&["store", "status"]).ends(0, "12,000");
}
