//! What files of keys may say, and what is said of their mistakes.

use std::path::Path;
use std::time::SystemTime;

use super::row::Target;
use super::rows::{Form, Rows};
use super::seen::Seen;
use crate::cli::trial;
use crate::document::Problems;
use crate::keys::{Format, KeySet};
use crate::model::{ApiKey, KeyHash};

const SHA256: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const BCRYPT: &str = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
const ARGON2: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$MTIzNDU2Nzg5MDEyMzQ1Ng";

fn at(text: &str) -> SystemTime {
    trial::moment(text).unwrap()
}

fn set(foreign: bool) -> KeySet {
    KeySet {
        name: "partners".into(),
        format: Some(Format::new("acme_").unwrap()),
        foreign,
        stored: true,
        lifetime: None,
        longest: None,
    }
}

/// The keys of a file, or what is wrong with it.
fn read_into(set: &KeySet, name: &str, text: &str) -> Result<Vec<ApiKey>, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    let problems = Problems::new();
    let target = Target {
        set,
        by: "cli:test",
        now: at("2026-11-22T08:00:00Z"),
    };
    let form = Form::of(Path::new(name)).unwrap();
    let mut rows = Rows::open(&file, form, &problems).unwrap();
    let (mut keys, mut seen) = (Vec::new(), Seen::default());
    while let Some(row) = rows.next(&problems).unwrap() {
        if let Some(key) = target.key(&row, &problems) {
            seen.take(&key, &row, &problems);
            keys.push(key);
        }
    }
    let folder = format!("{}/", folder.path().display());
    let found = problems.into_sorted();
    match found.is_empty() {
        true => Ok(keys),
        false => Err(found
            .iter()
            .map(|problem| problem.to_string().replace(&folder, ""))
            .collect()),
    }
}

fn read(name: &str, text: &str) -> Result<Vec<ApiKey>, Vec<String>> {
    read_into(&set(true), name, text)
}

#[test]
fn all_forms_of_a_file_say_the_same() {
    let csv = format!(
        "id,name,hash,key_prefix,tenant,owner,roles,scopes,allowed_sources,networks,not_before,expires_at,created_at,metadata\n\
         k-1,ci,{SHA256},abcdefgh,acme,alice,\"admin, dev\",a:read;b:read,\"[\"\"sentinel\"\"]\",\"{{10.0.0.0/8,192.0.2.7}}\",\
         2026-12-01,2027-01-31,2024-05-01 10:00:00+00,\"{{\"\"plan\"\":\"\"gold\"\"}}\"\n"
    );
    let json = format!(
        r#"{{"id":"k-1","name":"ci","hash":"{SHA256}","start":"abcdefgh","tenant":"acme","owner":"alice",
        "roles":["admin","dev"],"scopes":["a:read","b:read"],"sources":["sentinel"],"networks":["10.0.0.0/8","192.0.2.7"],
        "not_before":"2026-12-01T00:00:00Z","expires_at":"2027-02-01T00:00:00Z","created_at":1714557600,
        "metadata":{{"plan":"gold"}}}}"#
    )
    .replace('\n', " ");
    let yaml = format!(
        "keys:\n- {{ id: k-1, name: ci, hash: '{SHA256}', start: abcdefgh, tenant: acme, owner: alice, roles: [admin, dev],\n    \
         scopes: a:read b:read, allowed_sources: [sentinel], networks: [10.0.0.0/8, 192.0.2.7], not_before: 2026-12-01,\n    \
         expires_at: 2027-01-31, created_at: 2024-05-01T10:00:00Z, metadata: {{ plan: gold }} }}\n"
    );
    let wanted = read("keys.csv", &csv).unwrap();
    assert_eq!(wanted.len(), 1);
    assert_eq!(read("keys.jsonl", &json).unwrap(), wanted);
    assert_eq!(read("keys.json", &format!("[{json}]")).unwrap(), wanted);
    assert_eq!(read("keys.yaml", &yaml).unwrap(), wanted);
    let key = &wanted[0];
    assert_eq!((&*key.id, &*key.name, &*key.set), ("k-1", "ci", "partners"));
    assert_eq!(
        key.roles.as_deref(),
        Some(&["admin".into(), "dev".into()][..])
    );
    assert_eq!(key.not_before, Some(at("2026-12-01T00:00:00Z")));
    // A day counts to its end.
    assert_eq!(key.expires_at, Some(at("2027-02-01T00:00:00Z")));
    assert_eq!(key.created_at, at("2024-05-01T10:00:00Z"));
    assert_eq!(
        key.networks.as_ref().unwrap()[1].to_string(),
        "192.0.2.7/32"
    );
    assert_eq!(key.metadata["plan"], "gold");
    assert_eq!(&*key.generations[0].start, "abcdefgh");
}

#[test]
fn hash_alone_is_enough_and_makes_the_same_id_each_time() {
    let text = format!("hash\n{SHA256}\n");
    let one = read("keys.csv", &text).unwrap().remove(0);
    assert_eq!(one, read("keys.csv", &text).unwrap()[0]);
    assert_eq!((one.id.len(), &one.name), (12, &one.id));
    assert_eq!((one.roles, one.sources, one.expires_at), (None, None, None));
    let other = KeySet {
        name: "others".into(),
        ..set(true)
    };
    assert_ne!(read_into(&other, "keys.csv", &text).unwrap()[0].id, one.id);
}

#[test]
fn slow_hashes_come_with_how_their_texts_begin() {
    let text = format!("name,hash,key_prefix\na,{BCRYPT},cai_1234\nb,\"{ARGON2}\",cai_5678\n");
    let keys = read("keys.csv", &text).unwrap();
    let kinds = keys.iter().map(|key| key.generations[0].hash.kind());
    assert_eq!(kinds.collect::<Vec<_>>(), ["bcrypt", "argon2"]);
    assert!(matches!(&keys[0].generations[0].hash, KeyHash::Bcrypt(text) if **text == *BCRYPT));
    let problems = read("keys.csv", &format!("hash\n{BCRYPT}\n")).unwrap_err();
    assert!(
        problems[0].starts_with("keys.csv:2:1: error: `start` must be"),
        "{problems:?}"
    );
}

#[test]
fn empty_list_is_not_no_list() {
    let text = format!("{{\"hash\":\"{SHA256}\",\"roles\":[]}}\n");
    assert_eq!(
        read("keys.jsonl", &text).unwrap()[0].roles,
        Some(Vec::new())
    );
    let text = format!("{{\"hash\":\"{SHA256}\",\"roles\":null}}\n");
    assert_eq!(read("keys.jsonl", &text).unwrap()[0].roles, None);
    let text = format!("hash,roles\n{SHA256},[]\n");
    assert_eq!(read("keys.csv", &text).unwrap()[0].roles, Some(Vec::new()));
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let text = format!(
        "name,hash,key_prefix,scopes,expires_at,networks,metadata\n\
         a,sha256:nonsense,,,,,\n\
         b,{BCRYPT},short,,,,\n\
         c,{SHA256},,,tomorrow,10.0.0.1/8,[1]\n\
         d,,,,,,\n\
         e,too,few\n"
    );
    let found = read("keys.csv", &text).unwrap_err();
    let wanted = [
        "keys.csv:2:3: error: `hash`: this is not a SHA-256",
        "keys.csv:3:64: error: `key_prefix`: must be the first 8 characters",
        "keys.csv:4:77: error: `expires_at`: `tomorrow` is not a moment",
        "keys.csv:4:86: error: `networks`: `10.0.0.1/8` is not a network",
        "keys.csv:4:97: error: `metadata`: expected an object",
        "keys.csv:5:1: error: row needs a `hash`",
        "keys.csv:6:1: error: the row has 3 values, and the heading 7",
    ];
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.starts_with(wanted), "{found}");
    }
}

#[test]
fn mistakes_of_a_heading_are_named_once() {
    let rows: String = (0..50)
        .map(|number| format!("{number},{SHA256}\n"))
        .collect();
    let found = read("keys.csv", &format!("nmae,hash\n{rows}")).unwrap_err();
    assert!(
        found[0].contains("keys.csv:1:1") && found[0].contains("did you mean `name`"),
        "{found:?}"
    );
    let twice = read("keys.csv", &format!("hash,hash\n{SHA256},{SHA256}\n")).unwrap_err();
    assert!(twice[0].contains("there twice"), "{twice:?}");
    assert!(read("keys.csv", "").unwrap_err()[0].contains("the file is empty"));
}

#[test]
fn row_that_cannot_be_beside_another_is_a_mistake() {
    let text = format!(
        "hash,id\n{SHA256},a\n{SHA256},b\n{},a\n",
        SHA256.replace("15ad", "15ae")
    );
    let found = read("keys.csv", &text).unwrap_err();
    assert!(
        found[0].starts_with("keys.csv:3:1: error: `hash`: another row"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("keys.csv:4:73: error: `id`: another row"),
        "{found:?}"
    );
    let many: String = (10..27)
        .map(|number| {
            format!(
                "{},cai_1234\n",
                BCRYPT.replace("R9h/", &format!("R9{number}"))
            )
        })
        .collect();
    let found = read("keys.csv", &format!("hash,key_prefix\n{many}")).unwrap_err();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("more than 16"), "{found:?}");
}

#[test]
fn what_a_key_may_not_be_is_said_at_its_field() {
    let row = |fields: &str| format!("{{\"hash\":\"{SHA256}\",{fields}}}\n");
    for (fields, wanted) in [
        ("\"name\":\"\"", "`name`: must not be empty"),
        (
            "\"name\":\"a\\u0007\"",
            "`name`: must not hold control characters",
        ),
        ("\"id\":\"a b\"", "`id`: must consist of"),
        (
            "\"scopes\":[\"a b\"]",
            "`scopes`: must not hold white space",
        ),
        (
            "\"allowed_sources\":[]",
            "`allowed_sources`: must not be empty",
        ),
        (
            "\"metadata\":{\"key_id\":\"x\"}",
            "`metadata`: must not hold `key_id`",
        ),
        ("\"roles\":{}", "`roles`: expected a list"),
        ("\"extra\":1", "unknown key `extra`"),
        (
            "\"start\":\"a\",\"key_prefix\":\"a\"",
            "two names of one thing",
        ),
        ("\"expires_at\":1700000000000", "too late for seconds"),
        (
            "\"not_before\":\"2027-01-31\",\"expires_at\":\"2026-01-31\"",
            "`expires_at`: must come after",
        ),
    ] {
        let found = read("keys.jsonl", &row(fields)).unwrap_err();
        assert!(
            found.len() == 1 && found[0].contains(wanted),
            "{fields}: {found:?}"
        );
        assert!(found[0].starts_with("keys.jsonl:1:1:"), "{found:?}");
    }
}

#[test]
fn broken_lines_are_passed_over_and_said() {
    let good = format!("{{\"hash\":\"{SHA256}\"}}");
    let text = format!("{good}\n\n{{\"hash\":\n[1]\nhunter2\n");
    let found = read("keys.jsonl", &text).unwrap_err();
    let places = ["keys.jsonl:3:", "keys.jsonl:4:1:", "keys.jsonl:5:1:"];
    assert_eq!(found.len(), places.len(), "{found:?}");
    for (found, place) in found.iter().zip(places) {
        assert!(
            found.starts_with(place) && !found.contains("hunter2"),
            "{found}"
        );
    }
}

#[test]
fn set_of_own_forms_takes_no_texts_of_other_forms() {
    let row = |start: &str| format!("hash,key_prefix\n{SHA256},{start}\n");
    assert!(read_into(&set(false), "keys.csv", &row("acme_0aB")).is_ok());
    let found = read_into(&set(false), "keys.csv", &row("cai_1234")).unwrap_err();
    assert!(found[0].contains("begin with `acme_`"), "{found:?}");
    assert!(read_into(&set(true), "keys.csv", &row("cai_1234")).is_ok());
}

#[test]
fn value_that_may_be_a_text_is_never_quoted() {
    let found = read("keys.csv", "hash\nacme_hunter2hunter2hunter2\n").unwrap_err();
    assert!(!found[0].contains("hunter2"), "{found:?}");
}
