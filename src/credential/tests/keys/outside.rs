//! What is wrong with keys that stand outside of the policy file, said without quoting them.

use super::mistakes::{SECRET, mistakes, set};
use super::*;

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

#[test]
fn hash_is_never_taken_for_a_key() {
    let sha256 = format!("sha256:{}", "ab".repeat(32));
    let bcrypt = bcrypt::hash(SECRET, 4).unwrap();
    let argon2 = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA";
    for hash in [&sha256, &sha256.to_uppercase(), &bcrypt, argon2] {
        for (house, lines) in [
            (House::new().set("KEYS", hash), "environment: KEYS"),
            (House::new().write("keys/a/key", hash), "folder: keys"),
        ] {
            let found = mistakes(&house, &set(lines)).join("\n");
            assert!(found.contains("is a hash of a key"), "{hash}: {found}");
            assert!(!found.contains(hash), "{found}");
        }
    }
}
