//! What is wrong with a section `api_keys`, and what would be right.

use super::*;

const SECRET: &str = "hunter2-hunter2-hunter2";

/// Every mistake of a policy; none may quote the secret.
fn mistakes(house: &House, policy: &str) -> Vec<String> {
    let Err(problems) = house.build(policy) else {
        panic!("no mistake in:\n{policy}");
    };
    for problem in &problems {
        assert!(!problem.contains(SECRET), "{problem}");
    }
    problems
}

/// One set `main` with these lines.
fn set(lines: &str) -> String {
    format!("api_keys: {{ main: {{ {lines} }} }}\n")
}

#[test]
fn every_mistake_names_its_place_and_says_what_would_be_right() {
    let hash = hash("x");
    let key = |more: &str| set(&format!("keys: [ {{ name: a, {more} }} ]"));
    let good = format!("hash: '{hash}'");
    for (policy, place, words) in [
        (
            set("prefix: x"),
            "`api_keys.main.prefix`",
            &["2 to 32 characters", "acme_"][..],
        ),
        (set("prefix: ey_"), "`api_keys.main.prefix`", &["tokens do"]),
        (
            set("prefix: pk_, fromat: any"),
            "`api_keys.main.fromat`",
            &["unknown key `fromat`", "did you mean `format`"],
        ),
        (
            set("prefix: pk_, format: all"),
            "`api_keys.main.format`",
            &["`sidegate`", "`any`"],
        ),
        (
            set("prefix: pk_, from: []"),
            "`api_keys.main.from`",
            &["read from somewhere"],
        ),
        (
            set("prefix: pk_, from: { header: Authorization }"),
            "`api_keys.main.from`",
            &["write `bearer`"],
        ),
        (
            set("prefix: pk_, lifetime: 0s"),
            "`api_keys.main.lifetime`",
            &["has to last"],
        ),
        (
            set("prefix: pk_, lifetime: 2d, most: 1d"),
            "`api_keys.main.lifetime`",
            &["`most`"],
        ),
        (
            set("prefix: pk_, lifetime: soon"),
            "`api_keys.main.lifetime`",
            &["expected a duration"],
        ),
        (
            set("prefix: pk_, keys: [], lifetime: 1d"),
            "`api_keys.main.lifetime`",
            &["new keys", "`store: true`"],
        ),
        (
            set("prefix: pk_, store: false"),
            "`api_keys.main.store`",
            &["has no keys", "`environment`"],
        ),
        (
            set("format: any"),
            "`api_keys.main`",
            &["need a `prefix`", "`file`"],
        ),
        (
            set("keys: [], store: true"),
            "`api_keys.main.store`",
            &["need a `prefix`"],
        ),
        (
            set("keys: [], format: sidegate"),
            "`api_keys.main.format`",
            &["begin with a prefix"],
        ),
        (
            set("prefix: pk_, tenant:"),
            "`api_keys.main.tenant`",
            &["without a value"],
        ),
        (
            set("keys: { name: a }"),
            "`api_keys.main.keys`",
            &["expected a list of keys, found a map"],
        ),
        (
            set("keys: [ a ]"),
            "`api_keys.main.keys[0]`",
            &["expected a map of listed key keys"],
        ),
        (
            set(&format!("keys: [ {{ {good} }} ]")),
            "`api_keys.main.keys[0]`",
            &["needs the key `name`"],
        ),
        (
            key("tenant: t"),
            "`api_keys.main.keys[0]`",
            &["needs the key `hash`", "sidegate keys hash"],
        ),
        (
            key(&format!("hash: {SECRET}")),
            "`api_keys.main.keys[0].hash`",
            &["not a hash", "`sha256:`"],
        ),
        (
            key(&format!("hash: 'sha256:{SECRET}'")),
            "`api_keys.main.keys[0].hash`",
            &["64 hex digits"],
        ),
        (
            key("hash: 12"),
            "`api_keys.main.keys[0].hash`",
            &["is text"],
        ),
        (
            key(&format!("{good}, hsah: 1")),
            "`api_keys.main.keys[0].hsah`",
            &["did you mean `hash`"],
        ),
        (
            key(&format!("{good}, key: {SECRET}")),
            "`api_keys.main.keys[0].key`",
            &["unknown key `key`"],
        ),
        (
            key(&format!("{good}, expires_at: soon")),
            "`api_keys.main.keys[0].expires_at`",
            &["RFC 3339"],
        ),
        (
            key(&format!(
                "{good}, not_before: 2027-01-02, expires_at: 2027-01-01"
            )),
            "`api_keys.main.keys[0].expires_at`",
            &["never count"],
        ),
        (
            key(&format!("{good}, networks: [10.0.0.0/33]")),
            "`api_keys.main.keys[0].networks[0]`",
            &["not a network", "10.0.0.0/8"],
        ),
        (
            key(&format!("{good}, metadata: [a]")),
            "`api_keys.main.keys[0].metadata`",
            &["found a list"],
        ),
        (
            key(&format!("{good}, owner: \"a\\nb\"")),
            "`api_keys.main.keys[0].owner`",
            &["control characters"],
        ),
        (
            key(&format!("{good}, tenant: {}", "t".repeat(257))),
            "`api_keys.main.keys[0].tenant`",
            &["256 bytes"],
        ),
        (
            key(&format!("{good}, revoked: perhaps")),
            "`api_keys.main.keys[0].revoked`",
            &["true or false"],
        ),
        (
            key(&format!("{good}, start: abc, key_prefix: abc")),
            "`api_keys.main.keys[0].key_prefix`",
            &["two names"],
        ),
        (
            set(&format!(
                "prefix: pk_, keys: [ {{ name: a, {good}, start: sk_1 }} ]"
            )),
            "`api_keys.main.keys[0].start`",
            &["begins like this", "`pk_`"],
        ),
        (
            set(&format!(
                "keys: [ {{ name: a, {good} }}, {{ name: a, hash: '{}' }} ]",
                super::hash("y")
            )),
            "`api_keys.main.keys[1]`",
            &["called the same"],
        ),
        (
            set(&format!(
                "keys: [ {{ name: a, {good} }}, {{ name: b, {good} }} ]"
            )),
            "`api_keys.main.keys[1]`",
            &["`b` has the same text as `a`"],
        ),
        (
            set("keys: [], defaults: { owner: a }"),
            "`api_keys.main.defaults.owner`",
            &["unknown key `owner`"],
        ),
        (
            set("file: missing.yaml"),
            "`api_keys.main.file`",
            &["cannot be read"],
        ),
        (
            set("folder: missing"),
            "`api_keys.main.folder`",
            &["cannot be read"],
        ),
        (
            set("environment: NOT_SET"),
            "`api_keys.main.environment`",
            &["`NOT_SET` has no key", "with commas between"],
        ),
    ] {
        let found = mistakes(&House::new(), &policy).join("\n");
        assert!(found.contains(place), "{policy}{found}");
        for word in words {
            assert!(found.contains(word), "{policy}{word}\n{found}");
        }
        assert!(found.starts_with("policy.yaml:1:"), "{found}");
    }
}

#[test]
fn slow_hash_needs_to_be_told_how_the_key_begins() {
    let hash = bcrypt::hash(SECRET, 4).unwrap();
    for more in ["", "start: abc"] {
        let policy = set(&format!("keys: [ {{ name: a, hash: '{hash}', {more} }} ]"));
        let found = mistakes(&House::new(), &policy).join("\n");
        assert!(
            found.contains("a bcrypt hash needs the key `start`"),
            "{found}"
        );
    }
    let alone = House::new().write("keys/a", &hash);
    let found = mistakes(&alone, &set("folder: keys")).join("\n");
    assert!(found.contains("`hash` and `start`"), "{found}");
}

#[test]
fn places_are_shared_only_where_prefixes_tell_keys_apart() {
    let issuers = "issuers: { main: { issuer: a, audience: b, secret: '${SECRET}' } }\n";
    let house = House::new().set("SECRET", super::SECRET);
    let two = |one: &str, other: &str| {
        format!(
            "{issuers}api_keys:\n  first: {{ keys: [], {one} }}\n  second: {{ keys: [], {other} }}\n"
        )
    };
    for (one, other, wrong) in [
        ("prefix: a1_", "prefix: a2_", None),
        (
            "prefix: pk_, from: bearer",
            "prefix: sk_, from: bearer",
            None,
        ),
        ("from: { header: X-A }", "from: { header: X-B }", None),
        ("from: { header: X-A }", "prefix: pk_", None),
        (
            "prefix: pk_, from: { header: X-A }",
            "prefix: pk_, from: { header: X-B }",
            None,
        ),
        ("prefix: pk_", "prefix: pk_", Some("begin alike")),
        ("prefix: pk_", "prefix: pk_more_", Some("begin alike")),
        ("prefix: pk_more_", "prefix: pk_", Some("begin alike")),
        (
            "from: { header: X-A }",
            "from: { header: x-a }",
            Some("nobody can tell them apart"),
        ),
        (
            "prefix: pk_",
            "from: { header: X-API-Key }",
            Some("nobody can tell them apart"),
        ),
        (
            "prefix: pk_",
            "from: bearer",
            Some("may hold a token as well"),
        ),
        (
            "from: [bearer, { header: X-A }]",
            "prefix: pk_",
            Some("may hold a token as well"),
        ),
    ] {
        let policy = two(one, other);
        match (house.build(&policy), wrong) {
            (Ok(_), None) => {}
            (Err(found), Some(wrong)) => {
                let found = found.join("\n");
                assert!(found.contains(wrong), "{policy}{found}");
                assert!(found.contains("help: "), "{found}");
            }
            (built, _) => panic!("{policy}{built:?}"),
        }
    }
    // Without an issuer no token is read anywhere.
    assert!(house.build(&set("keys: [], from: bearer")).is_ok());
}

#[test]
fn issuers_and_sets_have_one_name_space() {
    let house = House::new().set("SECRET", super::SECRET);
    let policy = format!(
        "issuers: {{ main: {{ issuer: a, audience: b, secret: '${{SECRET}}' }} }}\n{}",
        set("prefix: pk_")
    );
    let found = mistakes(&house, &policy).join("\n");
    assert!(
        found.contains("there is an issuer `main` as well"),
        "{found}"
    );
}

#[test]
fn texts_from_outside_are_never_quoted() {
    let ours = "prefix: pk_, ";
    for (house, lines, words) in [
        (
            House::new().set("KEYS", SECRET),
            format!("{ours}environment: KEYS"),
            "key 1 of `KEYS` cannot be a key",
        ),
        (
            House::new().set("KEYS", &format!("{SECRET},{SECRET}")),
            "environment: KEYS".to_owned(),
            "`KEYS-2` has the same text as `KEYS-1`",
        ),
        (
            House::new().set("KEYS", &format!("{SECRET}\u{1}")),
            "environment: KEYS".to_owned(),
            "control characters",
        ),
        (
            House::new().set("KEYS", &SECRET.repeat(30)),
            "environment: KEYS".to_owned(),
            "longer than any key",
        ),
        (
            House::new().set("HASH", SECRET),
            "keys: [ { name: a, hash: '${HASH}' } ]".to_owned(),
            "not a hash",
        ),
        (
            House::new().write("keys/a", SECRET),
            format!("{ours}folder: keys"),
            "cannot be a key",
        ),
        (
            House::new().write("keys/a", ""),
            "folder: keys".to_owned(),
            "the file is empty",
        ),
        (
            House::new().write("keys/a", "\n"),
            "folder: keys".to_owned(),
            "the file is empty",
        ),
        (
            House::new().write("keys/a", &format!("sha256:{SECRET}")),
            "folder: keys".to_owned(),
            "64 hex digits",
        ),
        (
            House::new()
                .write("keys/a/key", SECRET)
                .write("keys/a/expires_at", SECRET),
            "folder: keys".to_owned(),
            "neither a date",
        ),
        (
            House::new()
                .write("keys/a/key", SECRET)
                .write("keys/a/hash", SECRET),
            "folder: keys".to_owned(),
            "not both",
        ),
        (
            House::new()
                .write("keys/a/key", SECRET)
                .write("keys/a/tennant", SECRET),
            "folder: keys".to_owned(),
            "did you mean `tenant`",
        ),
        (
            House::new().write("keys/a/tenant", SECRET),
            "folder: keys".to_owned(),
            "needs the key `hash`",
        ),
        (
            House::new().write("keys/a/hash", SECRET),
            "folder: keys".to_owned(),
            "not a hash",
        ),
        (
            House::new().write("keys/a/b/c", SECRET),
            "folder: keys".to_owned(),
            "a field of a key is a file",
        ),
        (
            House::new().write("keys/a", &"x".repeat(70_000)),
            "folder: keys".to_owned(),
            "larger than 64 KiB",
        ),
        (
            House::new().write("k.yaml", &format!("- {{ name: a, hash: {SECRET} }}")),
            "file: k.yaml".to_owned(),
            "not a hash",
        ),
        (
            House::new().write("k.yaml", "keys: []"),
            "file: k.yaml".to_owned(),
            "expected a list of keys, found a map",
        ),
    ] {
        let found = mistakes(&house, &set(&lines)).join("\n");
        assert!(found.contains(words), "{lines}\n{found}");
    }
}
