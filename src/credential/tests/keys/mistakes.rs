//! What is wrong with a section `api_keys`, and what would be right.

use super::*;

pub(super) const SECRET: &str = "hunter2-hunter2-hunter2";

/// Every mistake of a policy; none may quote the secret.
pub(super) fn mistakes(house: &House, policy: &str) -> Vec<String> {
    let Err(problems) = house.build(policy) else {
        panic!("no mistake in:\n{policy}");
    };
    for problem in &problems {
        assert!(!problem.contains(SECRET), "{problem}");
    }
    problems
}

/// One set `main` with these lines.
pub(super) fn set(lines: &str) -> String {
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
            &["named here has no key", "with commas between"],
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
