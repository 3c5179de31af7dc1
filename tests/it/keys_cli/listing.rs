//! API keys from the command line: what is there: lists, single keys, and those that end soon.

use super::*;

#[test]
fn documents_have_the_shape_that_is_promised() {
    let desk = Desk::new(POLICY);
    let made = desk.run(&[
        "keys",
        "new",
        "--json",
        "--name",
        "pager",
        "--scope",
        "alerts:read",
        "--scope",
        "*:write",
        "--source",
        "sentinel",
        "--network",
        "10.0.0.0/8",
        "--network",
        "192.0.2.7",
        "--not-before",
        "2026-01-31",
        "--expires",
        "30d",
        "--metadata",
        "plan=gold",
        "--metadata",
        "seats=3",
    ]);
    let made = made.json();
    let text = made["key"].as_str().unwrap();
    assert!(text.starts_with("acme_") && made["set"] == "partners");
    let id = made["id"].as_str().unwrap();
    let shown = desk.run(&["keys", "show", id, "--json"]).json();
    assert_eq!(shown["key"], Value::Null);
    assert_eq!(
        shown["scopes"],
        serde_json::json!(["alerts:read", "*:write"])
    );
    assert_eq!(shown["sources"], serde_json::json!(["sentinel"]));
    assert_eq!(
        shown["networks"],
        serde_json::json!(["10.0.0.0/8", "192.0.2.7/32"])
    );
    assert_eq!(
        shown["metadata"],
        serde_json::json!({ "plan": "gold", "seats": 3 })
    );
    assert_eq!(shown["not_before"], "2026-01-31T00:00:00Z");
    assert_eq!(
        (&shown["status"], &shown["uses"]),
        (&"active".into(), &0.into())
    );
    assert_eq!(shown["generations"][0]["hash"], "sha256");
    assert_eq!(shown["start"], format!("acme_{id}"));
    let rotated = desk
        .run(&["keys", "rotate", id, "--json", "--grace", "0s"])
        .json();
    assert!(rotated["key"].as_str().unwrap().starts_with("acme_"));
    assert_eq!(rotated["generations"].as_array().unwrap().len(), 2);
    let revoked = desk.run(&["keys", "revoke", id, "--yes", "--json"]).json();
    assert_eq!(revoked["keys"][0]["status"], "revoked");
    let audit = desk.run(&["keys", "audit", "--json"]).json();
    assert_eq!(audit["entries"].as_array().unwrap().len(), 3);
    let status = desk.run(&["store", "status", "--json"]).json();
    assert_eq!(
        status["keys"],
        serde_json::json!({ "partners": { "revoked": 1 } })
    );
    assert_eq!(
        (&status["kind"], &status["usable"]),
        (&"sqlite".into(), &true.into())
    );
}

#[test]
fn keys_that_end_soon_are_named_for_a_daily_job() {
    let desk = Desk::new(POLICY);
    desk.key(&["--name", "soon", "--expires", "5d", "--tenant", "acme"]);
    desk.key(&["--name", "later"]);
    desk.run(&["keys", "expiring", "--within", "3d"])
        .ends(0, "no key ends within 3 days");
    let found = desk.run(&["keys", "expiring", "--within", "7d"]);
    found.ends(1, "1 key ends within 7 days");
    assert!(
        found.out.contains("soon") && !found.out.contains("later"),
        "{}",
        found.out
    );
    let other = [
        "keys", "expiring", "--within", "7d", "--tenant", "other", "--json",
    ];
    let other = desk.run(&other);
    assert_eq!(
        (other.code, &other.json()["keys"]),
        (0, &serde_json::json!([]))
    );
    desk.run(&["keys", "revoke", &desk.id("soon"), "--yes"])
        .ends(0, "revoked");
    desk.run(&["keys", "expiring", "--within", "7d"])
        .ends(0, "no key");
}

#[test]
fn lists_are_narrowed_by_set_tenant_and_owner() {
    let desk = Desk::new(POLICY);
    desk.key(&["--name", "a", "--tenant", "acme", "--owner", "alice"]);
    desk.key(&["--name", "b", "--tenant", "acme", "--owner", "bob"]);
    desk.key(&["--name", "c", "--tenant", "umbrella", "--owner", "alice"]);
    let names = |words: &[&str]| {
        let mut names: Vec<String> = desk
            .keys(words)
            .iter()
            .map(|key| key["name"].to_string())
            .collect();
        names.sort();
        names.concat()
    };
    assert_eq!(names(&["--tenant", "acme"]), r#""a""b""#);
    assert_eq!(names(&["--owner", "alice"]), r#""a""c""#);
    assert_eq!(
        names(&["--owner", "alice", "--tenant", "acme", "--set", "partners"]),
        r#""a""#
    );
    desk.run(&["keys", "list", "--set", "partnes"])
        .ends(2, "did you mean `partners`");
    // Without a policy the store alone is asked.
    let store = [
        "keys",
        "list",
        "--store",
        "sqlite:sidegate.db",
        "--tenant",
        "umbrella",
    ];
    desk.bare(&store, "").ends(0, "umbrella");
    let variable = [("SIDEGATE_STORE", "sqlite:sidegate.db")];
    run_in(desk.folder.path(), &["keys", "list"], &variable, "").ends(0, "umbrella");
}
