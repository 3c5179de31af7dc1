//! Calseta's own keys, moved in by their bcrypt hashes: row K1 of the policy in `config/examples/calseta`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::calseta_keys::{House, house};
use crate::support::Stop;

/// Like a row of the app's table, with the text that its holder has.
struct Old {
    text: &'static str,
    row: Value,
}

/// A key as the app kept it: hashed by bcrypt, at a cost that tests can wait for.
fn old(text: &'static str, mut row: Value) -> Old {
    row["hash"] = json!(bcrypt::hash(text, 4).unwrap());
    row["key_prefix"] = json!(text.get(..8));
    Old { text, row }
}

/// Moves them in.
fn import(house: &House, keys: &[Old]) {
    let lines: Vec<String> = keys.iter().map(|key| key.row.to_string()).collect();
    let path = house.folder.path().join("api_keys.jsonl");
    std::fs::write(path, lines.join("\n")).unwrap();
    house.keys(&["import", "api_keys.jsonl", "--set", "calseta"]);
}

/// Row K1: whoever holds a key goes on using it.
#[test]
fn old_keys_go_on_counting_with_scopes_sources_and_ends() {
    let house = house();
    let keys = [
        old(
            "cai_Reader00aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            json!({ "id": "old-1", "name": "reader", "scopes": ["alerts:read"] }),
        ),
        old(
            "cai_Sentinelbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
            json!({ "id": "old-2", "name": "sentinel", "scopes": ["alerts:write"],
                "allowed_sources": ["sentinel"], "expires_at": "2099-01-01T00:00:00Z" }),
        ),
        old(
            "cai_Finished1cccccccccccccccccccccccccccc",
            json!({ "id": "old-3", "name": "finished", "scopes": ["admin"],
                "expires_at": "2024-01-01T00:00:00Z" }),
        ),
        // Begins like another one.
        old(
            "cai_Readerdddddddddddddddddddddddddddddd",
            json!({ "id": "old-4", "name": "ops", "scopes": ["admin"] }),
        ),
    ];
    import(&house, &keys);
    let [reader, sentinel, finished, ops] = keys.map(|key| key.text);

    house.ask("GET", "/v1/alerts", reader).assert_passed();
    assert_eq!(house.upstream.last().header("x-api-key-id"), Some("old-1"));
    house
        .ingest("sentinel", reader)
        .assert_refused(403, "PERMISSION_DENIED");
    house.ingest("sentinel", sentinel).assert_passed();
    house
        .ingest("elastic", sentinel)
        .assert_refused(403, "SOURCE_NOT_ALLOWED");
    house
        .ask("GET", "/v1/alerts", finished)
        .assert_refused(401, "KEY_EXPIRED");
    house.ask("PUT", "/v1/settings/x", ops).assert_passed();
    assert_eq!(house.upstream.last().header("x-api-key-id"), Some("old-4"));
    for wrong in [
        "cai_Reader00aaaaaaaaaaaaaaaaaaaaaaaaaaab",
        "cai_Reader00aaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "cai_Reader00aaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "cai_Read",
    ] {
        house
            .ask("GET", "/v1/alerts", wrong)
            .assert_refused(401, "KEY_UNKNOWN");
    }
}

/// Row K1: new keys stand beside the old ones, and an old one can be given a new text.
#[test]
fn old_and_new_keys_live_side_by_side() {
    let house = house();
    let key = old(
        "cai_Reader00aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        json!({ "id": "old-1", "name": "reader", "scopes": ["alerts:read"] }),
    );
    import(&house, std::slice::from_ref(&key));
    let new = house.keys(&["new", "--name", "fresh", "--scope", "alerts:read"]);
    assert!(new.starts_with("cai_"));
    for text in [key.text, new.trim_end()] {
        house.ask("GET", "/v1/alerts", text).assert_passed();
    }
    let next = house.keys(&["rotate", "old-1", "--grace", "1h"]);
    let next = next.trim_end();
    assert!(next.starts_with("cai_") && next != key.text);
    for text in [key.text, next] {
        house.ask("GET", "/v1/alerts", text).assert_passed();
        assert_eq!(house.upstream.last().header("x-api-key-id"), Some("old-1"));
    }
    let shown = house.keys(&["list", "--all", "--json"]);
    for text in [key.text, next, new.trim_end(), "$2b$"] {
        assert!(!shown.contains(text), "{shown}");
    }
}

/// Row K1: guessing at slow hashes keeps nobody waiting who is known.
#[test]
fn flood_of_wrong_keys_keeps_no_known_key_out() {
    let house = house();
    let key = old(
        "cai_Reader00aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        json!({ "id": "old-1", "name": "reader", "scopes": ["alerts:read"] }),
    );
    // One that costs what the app's own keys cost.
    let mut costly = old(
        "cai_Costly00aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        json!({ "id": "old-2", "name": "costly", "scopes": ["alerts:read"] }),
    );
    costly.row["hash"] = json!(bcrypt::hash(costly.text, 10).unwrap());
    import(&house, &[key, costly]);
    let known = [
        "cai_Reader00aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "cai_Costly00aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ];
    for text in known {
        house.ask("GET", "/v1/alerts", text).assert_passed();
    }

    let (over, floods) = (Stop::default(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let end = over.at_the_end();
        for guesser in 0..8 {
            let (house, over, floods) = (&house, &over, &floods);
            scope.spawn(move || {
                for guess in 0.. {
                    if over.is_given() {
                        break;
                    }
                    let text = format!("cai_Costly00wrong{guesser:04}{guess:012}");
                    let status = house.ask("GET", "/v1/alerts", &text).status;
                    assert!(matches!(status, 401 | 503), "{status}");
                    floods.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let statuses: Vec<u16> = (0..200)
            .map(|turn| house.ask("GET", "/v1/alerts", known[turn % 2]).status)
            .collect();
        drop(end);
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    });
    assert!(floods.into_inner() > 0);
}
